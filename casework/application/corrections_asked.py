"""What the agency asked to correct, item by item: the field it is about, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from casework.application import content
from casework.case import texts
from casework.office import Office
from engine.actors import Actor
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications import applications, correction_answers, decisions
from registry.applications.applications import Application
from registry.applications.attachments import Attachment
from registry.applications.decisions import Decision, DecisionStep
from registry.errors import ApplicationLocked
from storage.database import writing

FIELD = "answer-"  #: begins the name of each answer on a page


class ItemUnanswered(Refusal):
    """第{number}项还没有补正。请修改申请表中的该项内容或者重新上传文件，也可以在此写明如何补正。"""

    code = "E_CORRECTION_UNANSWERED"


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


def unanswered(
    office: Office, application: Application, values: Mapping[str, Any], files: Sequence[Attachment]
) -> dict[str, Fault]:
    """Give the items that a form to be filed again leaves as they are, by the names of answers.

    `values` are those of the form now, `files` all of the case. An item about a field is answered
    by words or by another value or file there; one about none by words, or by any change.
    """
    if application.filed_at is None:  # the agency has not seen it yet
        return {}
    with office.sessions() as session:
        asked = decisions.newest(session, application.id, DecisionStep.FORMAL_CHECK)
        if asked is None or asked.outcome != "correct":
            return {}
        checked = applications.revision(session, application.id, asked.revision)
        items = of(session, application)
    before = content.values_of(checked.content, files)
    changed = {name for name in {*before, *values} if before.get(name) != values.get(name)}
    return {
        item.name: Fault.of(ItemUnanswered(item.name, number=item.number + 1))
        for item in items
        if not item.answer and not (item.field in changed if item.field else changed)
    }


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
