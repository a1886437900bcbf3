"""Files in which people get what is kept about them: one at a time for each person."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.law.calendars import shanghai_day
from storage.database import Base, UtcDateTime, insert_once, new_id


class DataExport(Base):
    """A file that somebody asked for; it has no `sha256` while it is being made."""

    __tablename__ = "data_export"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    done: Mapped[int] = mapped_column(default=0)  #: files that are in it so far
    total: Mapped[int] = mapped_column(default=0)  #: files that are going to be in it; 0: not known
    sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    def last_day(self, days: int) -> date:
        """Give the last day on which it is there, when it is kept for `days`."""
        return shanghai_day(self.asked_at) + timedelta(days=days)


def of(session: Session, person_id: str) -> DataExport | None:
    """Return the file of a person, ready or not."""
    return session.scalar(select(DataExport).where(DataExport.person_id == person_id))


def ask(session: Session, person_id: str, *, at: datetime) -> str | None:
    """Ask for a file; give its id, or None when there is one. Twice at once is once."""
    key = new_id()
    values = {"id": key, "person_id": person_id, "asked_at": at, "done": 0, "total": 0}
    values["size_bytes"] = 0
    return key if insert_once(session, DataExport, values, unique="person_id") else None
