"""Second factors that operators reset: one asks with a reason, another confirms."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Request


class FactorRequest(Request):
    """A request to take an officer's second factors away, so that he enrols anew."""

    __tablename__ = "factor_request"
    __table_args__ = (Index("ix_factor_request_state", "state", "id"),)
    waiting_for = "waiting_officer"

    waiting_officer: Mapped[str | None] = mapped_column(String(32), unique=True)  #: while it waits
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    reason: Mapped[str] = mapped_column(String(500))


def ask(session: Session, officer_id: str, *, reason: str, actor: str, at: datetime) -> str | None:
    """Note a request and return its id; None when one for this officer waits already."""
    values = {"officer_id": officer_id, "reason": reason}
    return FactorRequest.note(session, officer_id, values, actor=actor, at=at)
