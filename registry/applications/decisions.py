"""Decisions of officers: what each step concluded, with reasons, by whom (I12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import CANCELLING
from registry.errors import AlreadyDecided
from storage.database import Base, Json, UtcDateTime, new_id
from storage.literals import ONE
from storage.passing import ask_once, forget, recall, remember


class DecisionStep(StrEnum):
    """Where the agency decides something."""

    FORMAL_CHECK = "formal_check"
    REVIEW = "review"
    SECOND_REVIEW = "second_review"
    DECIDE = "decide"
    EXTENSION = "extension"

    @property
    def label(self) -> str:
        """The Chinese name of the step."""
        return _LABELS[self]


_LABELS = {
    DecisionStep.FORMAL_CHECK: "形式审查",
    DecisionStep.REVIEW: "审查",
    DecisionStep.SECOND_REVIEW: "复审",
    DecisionStep.DECIDE: "决定",
    DecisionStep.EXTENSION: "延长期限",
}
#: Steps that only recommend, in the order in which they are taken.
REVIEWS = (DecisionStep.REVIEW, DecisionStep.SECOND_REVIEW)
#: Steps with one result: the decision, and the extension (Licensing Law 42: once). It is for ever
#: unless the decision is annulled: then the case is decided anew.
_ONCE = (DecisionStep.DECIDE.value, DecisionStep.EXTENSION.value)
OUTCOMES: dict[str, str] = {
    "accept": "受理",
    "correct": "补正",
    "refuse": "不予受理",
    "approve": "准予许可",
    "reject": "不予许可",
    "extend": "延长期限",
    "propose": "提出处理意见",
    "reopen": "同意重新办理",
    "keep": "不予重新办理",
    "act": "作出处理决定",
    "drop": "不予处理",
    "withdraw": "撤回处理意见",
    "confirm": "同意更正",
    "decline": "不予更正",
}


class Decision(Base):
    """The result of one step; a refusal has reasons (Licensing Law 38)."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_application", "application_id", "step", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id))
    step: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[str]] = mapped_column(Json())  #: or the complete list to correct
    opinion: Mapped[str] = mapped_column(Text)
    officer_id: Mapped[str] = mapped_column(String(60))
    officer_name: Mapped[str] = mapped_column(String(50))
    revision: Mapped[int]  #: of the form that it was taken on
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    #: kind and number of what annulled it; the row stays on record
    annulled_by: Mapped[str | None] = mapped_column(String(120))
    #: of each item to correct the field that it is about, "" for what is about none
    marked: Mapped[list[str] | None] = mapped_column(Json())

    @property
    def step_label(self) -> str:
        """The Chinese name of the step."""
        return DecisionStep(self.step).label

    @property
    def outcome_label(self) -> str:
        """The Chinese word for the outcome; a review only recommends it."""
        word = OUTCOMES.get(self.outcome, self.outcome)
        return f"建议{word}" if self.step in REVIEWS else word

    def outcome_in(self, matter: str) -> str:
        """Give the Chinese word for the outcome in a matter: a cancellation is no licence."""
        return self.outcome_label.replace("许可", "注销" if matter in CANCELLING else "许可")


_once = Decision.step.in_(_ONCE) & Decision.annulled_by.is_(None)
Index(
    "uq_decision_once",
    Decision.application_id,
    Decision.step,
    unique=True,
    sqlite_where=_once,
    postgresql_where=_once,
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was found at a step, before it is on record."""

    step: DecisionStep
    outcome: str  #: a key of `OUTCOMES`
    reasons: Sequence[str] = ()  #: or the complete list to correct
    opinion: str = ""
    marked: Sequence[str] = ()  #: of each item the field that it is about


def record(
    session: Session,
    application_id: str,
    result: Result,
    *,
    officer_id: str,
    officer_name: str,
    revision: int,
    at: datetime,
) -> Decision:
    """Write the result of a step; raises `AlreadyDecided` for a second decision or extension."""
    decision = Decision(
        application_id=application_id,
        step=result.step,
        outcome=result.outcome,
        reasons=list(result.reasons),
        opinion=result.opinion,
        marked=list(result.marked) or None,
        officer_id=officer_id,
        officer_name=officer_name,
        revision=revision,
        at=at,
    )
    if decision.step not in _ONCE:
        session.add(decision)
        session.flush()
        _remember(session, decision)
        return decision
    try:
        with session.begin_nested():
            session.add(decision)
    except IntegrityError as error:
        if newest(session, application_id, result.step) is None:
            raise
        raise AlreadyDecided from error
    _remember(session, decision)
    return decision


def _remember(session: Session, decision: Decision) -> None:
    remember(session, (Decision, decision.application_id, decision.step), decision)
    remember(session, (Decision, decision.application_id), decision)


def get(session: Session, decision_id: str) -> Decision:
    """Return the decision; raises `NotFound`."""
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise NotFound
    return decision


def newest(session: Session, application_id: str, step: str) -> Decision | None:
    """Return the last result of a step that stands."""
    values = {"b_id": application_id, "b_step": step}
    slot = (Decision, application_id, step)
    return recall(session, slot, lambda: session.scalar(_NEWEST, values))


_NEWEST = (
    select(Decision)
    .where(
        Decision.application_id == bindparam("b_id"),
        Decision.step == bindparam("b_step"),
        Decision.annulled_by.is_(None),
    )
    .order_by(Decision.id.desc())
    .limit(ONE)
)


def last(session: Session, application_id: str) -> Decision | None:
    """Return the last result of all steps, one that was annulled too."""
    query = select(Decision).where(Decision.application_id == application_id)
    query = query.order_by(Decision.id.desc()).limit(ONE)
    return recall(session, (Decision, application_id), lambda: session.scalar(query))


def of(session: Session, application_id: str) -> list[Decision]:
    """Return every result, oldest first, annulled ones too."""
    slot = (Decision, application_id, "all")
    return list(
        ask_once(session, slot, lambda: session.scalars(_ALL_OF, {"b_id": application_id}).all())
    )


_ALL_OF = select(Decision).where(Decision.application_id == bindparam("b_id")).order_by(Decision.id)


def annul(session: Session, application_id: str, by: str) -> None:
    """Mark what refused an application as annulled by `by`, with the steps that led to it.

    What accepted the application, or had it corrected, stands: nothing is filed again.
    """
    for decision in of(session, application_id):
        if decision.step != DecisionStep.FORMAL_CHECK or decision.outcome == "refuse":
            decision.annulled_by = decision.annulled_by or by
            forget(session, (Decision, application_id, decision.step))
    session.flush()
