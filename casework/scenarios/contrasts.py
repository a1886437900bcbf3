"""What an example says and what came of it, side by side, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from casework import why
from professions import vocabulary
from registry.applications.statuses import Status


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One thing of which an example says otherwise than what came."""

    title: str  #: what it is: a column of a table, 经过的状态
    wanted: str
    came: str

    @property
    def words(self) -> str:
        """Say it in half a sentence."""
        return f"{self.title}是 {self.came}，示例写的是 {self.wanted}"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A story or a question to a table that came differently."""

    text: str  #: the whole sentence, with what to do
    about: str = ""  #: which example; empty: the text says it
    contrasts: tuple[Contrast, ...] = ()

    def __str__(self) -> str:
        return self.text


def told(contrasts: Sequence[Contrast]) -> str:
    """Say several in one sentence."""
    return "；".join(contrast.words for contrast in contrasts)


def value(said: object) -> str:
    """Write a value of a table: as people read it, with the code that stands in the file.

    >>> value("RENEWAL"), value(True), value(60), value(None)
    ('延续注册（RENEWAL）', '是', '60', '（空）')
    """
    if isinstance(said, list):
        return "；".join(map(value, said)) or "（没有）"
    words = why.words(said)
    return f"{words}（{said}）" if isinstance(said, str) and words != said else words


def status(code: str) -> str:
    """Write a status of an application, with its code.

    >>> status("ACCEPTED")
    '已受理（ACCEPTED）'
    """
    return f"{Status(code).label}（{code}）" if code in Status._value2member_map_ else code


def called(operation: str, kind: str) -> str:
    """Write what an operation was called for: a letter, a notice."""
    words = vocabulary.STEPS_CALLED.get(operation, {}).get(kind)
    return f"{words[0]}（{kind}）" if words else kind


def letter(kind: str) -> str:
    """Write what a letter is."""
    return called("document/issue_notice", kind)


def notice(kind: str) -> str:
    """Write what a notice is."""
    return called("notice/send", kind)
