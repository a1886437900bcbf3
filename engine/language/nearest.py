"""The word that was meant: for remedies."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word that is most like `word`, in whatever case it is written.

    >>> nearest("Aprove", ["approve", "reject"]), nearest("yes", ["approve"])
    ('approve', None)
    """
    plain = {name.casefold(): name for name in sorted(known, reverse=True)}
    close = get_close_matches(word.strip().casefold(), plain, n=1, cutoff=cutoff)
    return plain[close[0]] if close else None


def hint(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Ask whether the nearest word was meant, or say nothing.

    >>> hint("INITAL", ["INITIAL"]), hint("x", ["INITIAL"])
    ('是不是 INITIAL？', '')
    """
    close = nearest(word, known, cutoff=cutoff)
    return f"是不是 {close}？" if close else ""
