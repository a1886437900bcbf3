"""Second factors that operators reset: one asks with a reason, another confirms."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Asked, settle
from storage.database import Base, UtcDateTime, insert_once, new_id


class FactorRequestState(StrEnum):
    """How a request ended; the row stays."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


class FactorRequest(Asked, Base):
    """A request to take an officer's second factors away, so that he enrols anew."""

    __tablename__ = "factor_request"
    __table_args__ = (Index("ix_factor_request_state", "state", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    waiting_officer: Mapped[str | None] = mapped_column(String(32), unique=True)  #: while it waits
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether it is neither confirmed nor declined."""
        return self.state == FactorRequestState.WAITING


_WAITS = FactorRequest.state == FactorRequestState.WAITING


def ask(session: Session, officer_id: str, *, reason: str, actor: str, at: datetime) -> str | None:
    """Note a request and return its id; None when one for this officer waits already."""
    values = {
        "id": new_id(),
        "waiting_officer": officer_id,
        "officer_id": officer_id,
        "reason": reason,
        "asked_by": actor,
        "asked_at": at,
        "state": FactorRequestState.WAITING.value,
    }
    is_new = insert_once(session, FactorRequest, values, unique="waiting_officer")
    return str(values["id"]) if is_new else None


def get(session: Session, request_id: str) -> FactorRequest | None:
    """Return a request, settled or not."""
    return session.get(FactorRequest, request_id)


def waiting(session: Session) -> list[FactorRequest]:
    """Return the requests that nobody has settled, oldest first."""
    return list(session.scalars(select(FactorRequest).where(_WAITS).order_by(FactorRequest.id)))


def confirm(session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
    """Let another person confirm; False when no request of somebody else's waits."""
    by_another = FactorRequest.asked_by != actor
    waits = and_(FactorRequest.id == request_id, _WAITS, by_another)
    return settle(session, FactorRequest, waits, _settled(FactorRequestState.CONFIRMED, actor, at))


def decline(session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
    """Turn a request down, or take one's own back; False when it waits no more."""
    waits = and_(FactorRequest.id == request_id, _WAITS)
    return settle(session, FactorRequest, waits, _settled(FactorRequestState.DECLINED, actor, at))


def _settled(state: FactorRequestState, actor: str, at: datetime) -> dict[str, object]:
    return {"state": state.value, "settled_by": actor, "settled_at": at, "waiting_officer": None}
