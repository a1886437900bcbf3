"""Words that the authority keeps for its officers: what is often written, at the step it is for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, UtcDateTime, new_id


class OpinionTemplate(Base):
    """A text under a title; one that is not offered any more stays on record."""

    __tablename__ = "opinion_template"
    __table_args__ = (Index("ix_opinion_template_step", "step", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    step: Mapped[str] = mapped_column(String(40))  #: node of the task: formal_check, review, decide
    title: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime())
    dropped_by: Mapped[str | None] = mapped_column(String(60))
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


def offered(session: Session, step: str) -> list[OpinionTemplate]:
    """Return what is offered at a step, in the order in which it was added."""
    return list(session.scalars(_OFFERED, {"b_step": step}))


_OFFERED = (
    select(OpinionTemplate)
    .where(OpinionTemplate.step == bindparam("b_step"), OpinionTemplate.dropped_at.is_(None))
    .order_by(OpinionTemplate.id)
)


def titles(session: Session, step: str) -> list[tuple[str, str]]:
    """Return id and title of what is offered at a step, in the same order."""
    rows = session.connection().execute(_TITLES, {"b_step": step})
    return [(row.id, row.title) for row in rows]


_TITLES = _OFFERED.with_only_columns(OpinionTemplate.id, OpinionTemplate.title)


def count(session: Session, step: str) -> int:
    """Return how many are offered at a step."""
    query = select(func.count()).where(
        OpinionTemplate.step == step, OpinionTemplate.dropped_at.is_(None)
    )
    return session.scalar(query) or 0


def get(session: Session, template_id: str) -> OpinionTemplate | None:
    """Return a template, offered or not."""
    return session.get(OpinionTemplate, template_id)
