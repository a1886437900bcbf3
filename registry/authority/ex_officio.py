"""What the agency proposes to do to a registration of its own motion (Licensing Law 69, 70, 79).

The proposal is frozen with the rule that it was made under; the decision and its letter rest on it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import OPEN
from registry.certificates.registrations import Registration
from registry.closed_lists import Act as Act
from registry.closed_lists import Ground as Ground
from storage.database import Base, Encrypted, UtcDateTime
from storage.literals import ONE


class Proposal(Base):
    """An intended act with its ground and facts, and what the person said to it."""

    __tablename__ = "ex_officio_proposal"

    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id), primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey(Registration.id), index=True)
    act: Mapped[str] = mapped_column(String(8))
    ground: Mapped[str] = mapped_column(String(26))
    facts: Mapped[str] = mapped_column(Encrypted("ex_officio_proposal.facts"))
    law: Mapped[str] = mapped_column(String(200))  #: the clause it rests on
    status: Mapped[str] = mapped_column(String(10))  #: of the registration afterwards
    ban_basis: Mapped[str | None] = mapped_column(String(16))
    ban_years: Mapped[int] = mapped_column(default=0)  #: 0: none
    hear_until: Mapped[date | None]  #: last day to state one's case; None until it was served
    statement: Mapped[str | None] = mapped_column(Encrypted("ex_officio_proposal.statement"))
    stated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def act_label(self) -> str:
        """The Chinese words for the act."""
        return Act(self.act).label

    @property
    def ground_label(self) -> str:
        """The Chinese words for the ground."""
        return Ground(self.ground).label


def get(session: Session, application_id: str) -> Proposal:
    """Return the proposal of a case; raises `NotFound`."""
    proposal = session.get(Proposal, application_id)
    if proposal is None:
        raise NotFound
    return proposal


def running(session: Session, registration_id: str) -> Application | None:
    """Return the case in progress against a registration."""
    query = select(Application).join(Proposal, Proposal.application_id == Application.id)
    query = query.where(
        Proposal.registration_id == registration_id,
        Application.status.in_([status.value for status in OPEN]),
    )
    return session.scalar(query.limit(ONE))
