"""The timeline of a case: step, time, result, opinion, for the people concerned (I1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.applications.applications import Application
from storage.database import Base, Json, UtcDateTime, add_later, new_id, settle


class TimelineEntry(Base):
    """One line that applicant, enterprise and officers read."""

    __tablename__ = "timeline_entry"
    __table_args__ = (Index("ix_timeline_entry_application", "application_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(Json())  #: ids and opinions, never id numbers
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def add(
    session: Session,
    application_id: str,
    kind: str,
    text: str,
    *,
    actor: str,
    at: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    """Write a line."""
    line = {
        "application_id": application_id,
        "kind": kind,
        "text": text,
        "facts": facts or {},
        "actor": actor,
        "at": at,
    }
    add_later(session, TimelineEntry, line)


def of(session: Session, application_id: str) -> list[TimelineEntry]:
    """Return the lines of a case, oldest first."""
    settle(session)
    return list(session.scalars(_OF, {"b_application": application_id}))


_OF = (
    select(TimelineEntry)
    .where(TimelineEntry.application_id == bindparam("b_application"))
    .order_by(TimelineEntry.id)
)
