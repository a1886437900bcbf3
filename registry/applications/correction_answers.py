"""What an applicant answers to each item that the agency asked to correct."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.applications.decisions import Decision
from storage.database import Base, Encrypted, UtcDateTime


class CorrectionAnswer(Base):
    """The answer to one item of the list that a formal check gave; `number` is its place from 0."""

    __tablename__ = "correction_answer"

    decision_id: Mapped[str] = mapped_column(ForeignKey(Decision.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Encrypted("correction_answer.text"))
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def put(
    session: Session, decision_id: str, answers: Mapping[int, str], *, actor: str, at: datetime
) -> None:
    """Keep the answers by their items, instead of those before; an empty one is none."""
    session.execute(delete(CorrectionAnswer).where(CorrectionAnswer.decision_id == decision_id))
    session.add_all(
        CorrectionAnswer(decision_id=decision_id, number=number, text=text, actor=actor, at=at)
        for number, text in answers.items()
        if text
    )
    session.flush()


def of(session: Session, decision_id: str) -> dict[int, str]:
    """Return the answers by the places of their items."""
    query = select(CorrectionAnswer).where(CorrectionAnswer.decision_id == decision_id)
    return {answer.number: answer.text for answer in session.scalars(query)}
