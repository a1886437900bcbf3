"""What the agency proposes to do to a registration of its own motion (Licensing Law 69, 70, 79).

The proposal is frozen with the rule that it was made under; the decision and its letter rest on it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import OPEN
from registry.certificates.registrations import Registration
from storage.database import Base, Encrypted, UtcDateTime


class Act(StrEnum):
    """What may be done: 注销 ≠ 吊销 ≠ 撤销."""

    CANCEL = "CANCEL"
    REVOKE = "REVOKE"
    RESCIND = "RESCIND"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _ACTS[self]


_ACTS = {
    Act.CANCEL: "注销注册",
    Act.REVOKE: "吊销注册证书",
    Act.RESCIND: "撤销注册",
}


class Ground(StrEnum):
    """Why (domain D.3, the grounds that only the authority may use)."""

    EXPIRED = "EXPIRED"
    DECEASED_OR_INCAPACITATED = "DECEASED_OR_INCAPACITATED"
    RESCINDED = "RESCINDED"
    REVOKED = "REVOKED"
    CRIMINAL = "CRIMINAL"
    OTHER_BY_LAW = "OTHER_BY_LAW"
    FRAUD = "FRAUD"
    UNLAWFUL_GRANT = "UNLAWFUL_GRANT"
    SERIOUS_ACCIDENT = "SERIOUS_ACCIDENT"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _GROUNDS[self]


_GROUNDS = {
    Ground.EXPIRED: "有效期满且未延续注册",
    Ground.DECEASED_OR_INCAPACITATED: "死亡或者丧失行为能力",
    Ground.RESCINDED: "依法被撤销注册",
    Ground.REVOKED: "依法被吊销注册证书",
    Ground.CRIMINAL: "受到刑事处罚",
    Ground.OTHER_BY_LAW: "法律、法规规定的其他情形",
    Ground.FRAUD: "以欺骗、贿赂等不正当手段取得注册",
    Ground.UNLAWFUL_GRANT: "滥用职权、超越职权、违反法定程序或者对不符合条件者准予注册",
    Ground.SERIOUS_ACCIDENT: "因过错造成重大质量事故",
}


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
    return session.scalar(query.limit(1))
