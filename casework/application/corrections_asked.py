"""What the agency asked to correct, item by item: the field it is about, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.case import texts
from casework.office import Office
from engine.actors import Actor
from registry.applications import applications, correction_answers, decisions
from registry.applications.applications import Application
from registry.applications.decisions import Decision, DecisionStep
from registry.errors import ApplicationLocked
from storage.database import writing

FIELD = "answer-"  #: begins the name of each answer on a page


@dataclass(frozen=True, kw_only=True)
class CorrectionItem:
    """One item of the list; `number` is its place from 0."""

    number: int
    text: str
    field: str  #: name of the field that was marked; "" for what is about none
    answer: str

    @property
    def name(self) -> str:
        """Name of the answer on a page."""
        return f"{FIELD}{self.number}"


def of(session: Session, application: Application) -> list[CorrectionItem]:
    """Give what was asked for last; empty when nothing was."""
    asked = _asked(session, application)
    if asked is None:
        return []
    answers = correction_answers.of(session, asked.id)
    marked = asked.marked or []
    return [
        CorrectionItem(
            number=number,
            text=text,
            field=marked[number] if number < len(marked) else "",
            answer=answers.get(number, ""),
        )
        for number, text in enumerate(asked.reasons)
    ]


def _asked(session: Session, application: Application) -> Decision | None:
    """Give the check that asked; there is one at most in the life of a case."""
    for decision in reversed(decisions.of(session, application.id)):
        if (decision.step, decision.outcome) == (DecisionStep.FORMAL_CHECK, "correct"):
            return decision
    return None


def answer(office: Office, application_id: str, typed: Mapping[str, str], *, actor: Actor) -> None:
    """Keep the answers that a page of the form posted, while the form may be edited.

    They explain the form and are no part of it: what is signed does not change with them.
    Raises what no letter could hold, by the name of the answer, and `ApplicationLocked`.
    """
    if not any(name.startswith(FIELD) for name in typed):
        return
    with office.sessions() as session:
        items = of(session, applications.get(session, application_id))
    given = {
        item.number: "".join(texts.said(office, [typed[item.name]], field=item.name))
        for item in items
        if item.name in typed
    }
    if given == {item.number: item.answer for item in items if item.name in typed}:
        return
    with writing(office.sessions) as session:
        application = applications.get(session, application_id)
        if not application.state.is_editable:
            raise ApplicationLocked(status=application.state.label)
        asked = _asked(session, application)
        if asked is not None:
            correction_answers.put(session, asked.id, given, actor=actor.id, at=office.now())
