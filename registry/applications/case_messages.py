"""What applicant and agency write to each other about a case; kept with it, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, bindparam, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.applications.applications import Application
from storage.database import Base, Encrypted, UtcDateTime, insert_once, new_id


class Side(StrEnum):
    """Who writes: whoever applied, or the agency."""

    APPLICANT = "APPLICANT"
    AGENCY = "AGENCY"

    @property
    def other(self) -> Side:
        """The side that reads."""
        return Side.AGENCY if self is Side.APPLICANT else Side.APPLICANT


_UNREAD = text("read_at IS NULL")


class CaseMessage(Base):
    """One message; `read_at` is when somebody of the other side opened it."""

    __tablename__ = "case_message"
    __table_args__ = (
        Index("ix_case_message_application", "application_id", "id"),
        Index(
            "ix_case_message_unread",
            "application_id",
            "side",
            sqlite_where=_UNREAD,
            postgresql_where=_UNREAD,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)  #: a second press is the same message
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))
    side: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(Encrypted("case_message.name"))
    text: Mapped[str] = mapped_column(Encrypted("case_message.text"))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


def add(
    session: Session,
    application_id: str,
    side: Side,
    *,
    text: str,
    after: str,
    actor: str,
    name: str,
    at: datetime,
) -> str | None:
    """Write a message and return its id; None for the second press of one button.

    `after` is the id of the last message that the writer's page showed, "" without one.
    """
    said = "\0".join((application_id, actor, after, text))
    values = {
        "id": new_id(),
        "key": hashlib.sha256(said.encode()).hexdigest(),
        "application_id": application_id,
        "side": side.value,
        "actor": actor,
        "name": name,
        "text": text,
        "at": at,
    }
    return str(values["id"]) if insert_once(session, CaseMessage, values, unique="key") else None


def of(session: Session, application_id: str) -> list[CaseMessage]:
    """Return the messages of a case, oldest first."""
    query = select(CaseMessage).where(CaseMessage.application_id == application_id)
    return list(session.scalars(query.order_by(CaseMessage.id)))


def unread(session: Session, application_ids: Iterable[str], reader: Side) -> dict[str, int]:
    """Count what the other side wrote and nobody of the reader's has opened, by case."""
    wanted = list(application_ids)
    if not wanted:
        return {}
    asked = {"b_applications": wanted, "b_side": reader.other.value}
    return {row[0]: row[1] for row in session.execute(_UNREAD_BY_CASE, asked)}


def unread_of(session: Session, application_id: str, reader: Side) -> int:
    """Count the same in one case."""
    asked = {"b_application": application_id, "b_side": reader.other.value}
    return session.connection().scalar(_UNREAD_OF_CASE, asked) or 0


_UNREAD_OF_CASE = select(func.count()).where(
    CaseMessage.application_id == bindparam("b_application"),
    CaseMessage.side == bindparam("b_side"),
    CaseMessage.read_at.is_(None),
)
_UNREAD_BY_CASE = (
    select(CaseMessage.application_id, func.count())
    .where(
        CaseMessage.application_id.in_(bindparam("b_applications", expanding=True)),
        CaseMessage.side == bindparam("b_side"),
        CaseMessage.read_at.is_(None),
    )
    .group_by(CaseMessage.application_id)
)


def mark_read(session: Session, application_id: str, reader: Side, *, at: datetime) -> None:
    """Note that the reader's side has opened what the other one wrote."""
    session.execute(
        update(CaseMessage)
        .where(
            CaseMessage.application_id == application_id,
            CaseMessage.side == reader.other.value,
            CaseMessage.read_at.is_(None),
        )
        .values(read_at=at)
    )
