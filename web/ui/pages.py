"""Pages of long lists: the place of the last line is in the address, never an offset."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.queries import Cursor
from engine.tables import UserTask


def mark(task: UserTask) -> str:
    """Name the place of a task in its inbox, for the address of the next page."""
    return f"{task.due_by.isoformat()}~{task.id}"


def cursor(text: str | None) -> Cursor | None:
    """Read a place back; what is none gives the first page.

    >>> cursor("x"), cursor(None)
    (None, None)
    >>> cursor("9999-12-31T23:59:59-23:00~0a1b")
    >>> cursor("2026-11-24T08:00:00+00:00~0a1b")
    (datetime.datetime(2026, 11, 24, 8, 0, tzinfo=datetime.timezone.utc), '0a1b')
    """
    moment, tilde, identifier = (text or "").partition("~")
    if not tilde or not identifier.isalnum():
        return None
    try:
        at = datetime.fromisoformat(moment)
        return (at.astimezone(UTC), identifier) if at.tzinfo else None
    except (ValueError, OverflowError):  # the first and the last day of the calendar have an end
        return None


def capped(count: int, cap: int) -> str:
    """Write a count that was not counted to its end.

    >>> capped(99, 99), capped(100, 99)
    ('99', '99+')
    """
    return f"{cap}+" if count > cap else str(count)
