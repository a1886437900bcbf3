"""Where time goes: a request, the acts in it, the jobs, each call outside, one within the other.

Nothing is measured until `use` names who listens (`web.operations.traces`). What a span is called
and what it notes comes from closed lists: routes, operations, systems; never what somebody
typed, and no id of a person or a case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Span(Protocol):
    """One stretch of time."""

    def name(self, name: str) -> None:
        """Call it by what is known only now."""

    def note(self, **facts: str | int) -> None:
        """Note what it was."""


class _Nobody:
    """Hears nothing."""

    def name(self, name: str) -> None:
        """Forget it."""

    def note(self, **facts: str | int) -> None:
        """Forget it."""


Listener = Callable[[str, dict[str, str | int]], AbstractContextManager[Span]]
_NOBODY = _Nobody()
_listener: Listener | None = None


def use(listener: Listener | None) -> None:
    """Tell spans of this process to somebody from now on, or to nobody."""
    global _listener  # of the whole process, like its logs
    _listener = listener


@contextmanager
def span(name: str, **facts: str | int) -> Iterator[Span]:
    """Measure what happens inside, by this thread."""
    if _listener is None:
        yield _NOBODY
        return
    with _listener(name, facts) as opened:
        yield opened
