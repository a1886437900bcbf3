"""Steps that operators went on without: one asks with a reason, another confirms (§trust)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, and_, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Asked, settle
from storage.database import Base, Encrypted, UtcDateTime, insert_once

CONFIRMED = "CONFIRMED"


class Skip(Asked, Base):
    """A request to go on without a job; the row stays when the job is gone."""

    __tablename__ = "skip"
    __table_args__ = (Index("ix_skip_case", "business_key"),)

    job_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    operation: Mapped[str] = mapped_column(String(80))
    business_key: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Encrypted("skip.reason"))  #: as the first operator wrote it
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def settled(self) -> tuple[str | None, str]:
        """Who has confirmed it."""
        return self.confirmed_by, CONFIRMED if self.confirmed_by else ""

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has confirmed it; what is declined is dropped."""
        return self.confirmed_at is None


def ask(
    session: Session,
    job_id: str,
    *,
    operation: str,
    business_key: str | None,
    reason: str,
    actor: str,
    at: datetime,
) -> bool:
    """Note a request; False when somebody asked for the same before."""
    values = {
        "job_id": job_id,
        "operation": operation,
        "business_key": business_key,
        "reason": reason,
        "asked_by": actor,
        "asked_at": at,
    }
    return insert_once(session, Skip, values, unique="job_id")


def get(session: Session, job_id: str) -> Skip | None:
    """Return the request about a job."""
    return session.get(Skip, job_id)


def waiting(session: Session) -> dict[str, Skip]:
    """Return the requests that nobody has confirmed, by the ids of their jobs."""
    query = select(Skip).where(Skip.confirmed_at.is_(None))
    return {skip.job_id: skip for skip in session.scalars(query)}


def confirm(session: Session, job_id: str, *, actor: str, at: datetime) -> bool:
    """Let another person confirm; False when there is no such request of somebody else's."""
    waits = and_(Skip.job_id == job_id, Skip.confirmed_at.is_(None), Skip.asked_by != actor)
    return settle(session, Skip, waits, {"confirmed_by": actor, "confirmed_at": at})


def drop(session: Session, job_id: str) -> None:
    """Forget a request that nobody has confirmed: it was declined, or the job is tried again."""
    session.execute(delete(Skip).where(Skip.job_id == job_id, Skip.confirmed_at.is_(None)))
