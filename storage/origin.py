"""Whence an action comes: the address and page, the job, or the command that it began with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

LONGEST = 200
INSIDE = "inside"  #: of what no page, job or command began

_ORIGIN: ContextVar[str] = ContextVar("origin", default=INSIDE)


def current() -> str:
    """Give whence this thread acts, for the trail.

    >>> with coming_from("GET /verify"), coming_from("job notice/send"):
    ...     current()
    'GET /verify > job notice/send'
    >>> current()
    'inside'
    """
    return _ORIGIN.get()[:LONGEST]


def begin(origin: str) -> Token[str]:
    """Say whence everything comes that this thread does, until `end` is given what this returns."""
    return _ORIGIN.set(origin)


def end(begun: Token[str]) -> None:
    """Go back to whence this thread came before: a request to ourselves may lie within another."""
    _ORIGIN.reset(begun)


@contextmanager
def coming_from(origin: str) -> Iterator[None]:
    """Say whence comes what is done inside; a job of a request keeps the request before it."""
    before = _ORIGIN.get()
    token = _ORIGIN.set(origin if before == INSIDE else f"{before} > {origin}")
    try:
        yield
    finally:
        _ORIGIN.reset(token)
