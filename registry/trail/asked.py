"""What one operator asks for and another confirms: the columns of a request, and how it ends once.

Two clicks at the same moment end a request once: the statement that settles it says who may.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, UtcDateTime


class Asked:
    """Who asked, and when: columns of every table of requests."""

    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has settled it."""
        raise NotImplementedError

    @property
    def settled(self) -> tuple[str | None, str]:
        """Who has settled it, and in which state it is."""
        return getattr(self, "settled_by", None), getattr(self, "state", "")


def settle(
    session: Session,
    table: type[Base],
    waits: ColumnElement[bool],
    settled: Mapping[str, Any],
) -> bool:
    """Settle the request that `waits` finds; False when there is none, or no more."""
    statement = update(table).where(waits).values(settled).returning(*table.__mapper__.primary_key)
    return session.execute(statement).one_or_none() is not None
