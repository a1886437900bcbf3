"""What both sides of a contested cancellation say: request, consent, objection or silence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.applications.applications import Application
from storage.database import Base, Encrypted, UtcDateTime, new_id


class StatementKind(StrEnum):
    """What is said."""

    REQUEST = "REQUEST"
    CONSENT = "CONSENT"
    OBJECTION = "OBJECTION"
    SILENCE = "SILENCE"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _KINDS[self]


_KINDS = {
    StatementKind.REQUEST: "申请说明",
    StatementKind.CONSENT: "同意注销",
    StatementKind.OBJECTION: "提出异议",
    StatementKind.SILENCE: "逾期未答复",
}


class Obstacle(StrEnum):
    """Why a person asks without the enterprise (domain C.3, G9)."""

    REFUSED = "REFUSED"
    SILENT = "SILENT"
    GONE = "GONE"
    OTHER = "OTHER"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _OBSTACLES[self]


_OBSTACLES = {
    Obstacle.REFUSED: "企业拒绝确认",
    Obstacle.SILENT: "企业逾期未确认或无法联系",
    Obstacle.GONE: "企业已注销、被吊销或者破产",
    Obstacle.OTHER: "其他",
}
PARTIES = {"person": "注册人员", "enterprise": "聘用企业"}


class Statement(Base):
    """One thing that a side said; never changed."""

    __tablename__ = "statement"
    __table_args__ = (Index("ix_statement_application", "application_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))
    kind: Mapped[str] = mapped_column(String(12))
    party: Mapped[str] = mapped_column(String(12))  #: person or enterprise
    obstacle: Mapped[str | None] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Encrypted("statement.text"))
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def title(self) -> str:
        """Who said what, for people."""
        return f"{PARTIES[self.party]}：{StatementKind(self.kind).label}"

    @property
    def obstacle_label(self) -> str:
        """The Chinese words for the obstacle."""
        return Obstacle(self.obstacle).label if self.obstacle else ""


def add(
    session: Session,
    application_id: str,
    kind: str,
    *,
    party: str,
    text: str,
    actor: str,
    at: datetime,
    obstacle: str | None = None,
) -> Statement:
    """Write down what a side said."""
    statement = Statement(
        application_id=application_id,
        kind=StatementKind(kind),
        party=party,
        obstacle=Obstacle(obstacle) if obstacle else None,
        text=text,
        actor=actor,
        at=at,
    )
    session.add(statement)
    session.flush()
    return statement


def of(session: Session, application_id: str) -> list[Statement]:
    """Return what was said in a case, oldest first."""
    return list(session.scalars(_OF, {"b_application": application_id}))


_OF = (
    select(Statement)
    .where(Statement.application_id == bindparam("b_application"))
    .order_by(Statement.id)
)
