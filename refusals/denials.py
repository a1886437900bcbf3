"""Refusals that somebody must hear of: a wrong PIN, a lock-out, another's matter.

They are noted where they are made, so that a page that catches one and shows it beside a field
leaves the same trace as one that ends in an error page.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

#: Codes of the denials of the request that this thread answers; None: nobody asks for them.
_CODES: ContextVar[list[str] | None] = ContextVar("denials", default=None)


def watch() -> Token[list[str] | None]:
    """Begin to note the denials of this thread, until `end` is given what this returns."""
    return _CODES.set([])


def end(watched: Token[list[str] | None]) -> None:
    """Go back to the request around this one, if there is one."""
    _CODES.reset(watched)


def note(code: str) -> None:
    """Note a denial, once each; without a request to answer there is nobody to deny."""
    codes = _CODES.get()
    if codes is not None and code not in codes:
        codes.append(code)


def noted() -> list[str]:
    """Give the codes noted since `watch`.

    >>> watched = watch()
    >>> note("E_PIN_WRONG"), note("E_PIN_WRONG"), noted()
    (None, None, ['E_PIN_WRONG'])
    >>> end(watched), note("E_PIN_WRONG"), noted()
    (None, None, [])
    """
    return _CODES.get() or []
