"""What the agency asked to correct, item by item: the field it is about, and the answer to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from casework.application import content, form_checks
from casework.case import texts
from casework.office import Office
from engine.actors import Actor
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications import (
    applications,
    attachments,
    correction_answers,
    decisions,
    statements,
)
from registry.applications.applications import Application
from registry.applications.attachments import Attachment, AttachmentKind
from registry.applications.decisions import Decision, DecisionStep
from registry.applications.statements import Statement, StatementKind
from registry.errors import ApplicationLocked
from storage.database import writing

FIELD = "answer-"  #: begins the name of each answer on a page
#: What a request without the enterprise says beside the form, by the names of its marks.
REASON, WORDS, PROOFS = "request-obstacle", "request-text", "request-proofs"
REQUEST = {REASON: "企业没有确认的原因", WORDS: "情况说明", PROOFS: "证明材料"}


class ItemUnanswered(Refusal):
    """第{number}项还没有补正。请修改该项内容或者重新上传文件，也可以在此写明如何补正。"""

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


def left_in_form(
    office: Office, application: Application, values: Mapping[str, Any], files: Sequence[Attachment]
) -> dict[str, Fault]:
    """Give the items that a form to be filed again leaves as they are, by the names of answers.

    `values` are those of the form now, `files` all of the case. An item about a field is answered
    by words or by another value or file there; one about none by words, or by any change. What is
    about a request beside the form is held when that request is made again.
    """
    if application.filed_at is None:  # the agency has not seen it yet
        return {}
    with office.sessions() as session:
        if (asked := _awaited(session, application)) is None:
            return {}
        checked = applications.revision(session, application.id, asked.revision)
        items = of(session, application)
    changed = _changed(content.values_of(checked.content, files), values)
    return _unanswered([item for item in items if item.field not in REQUEST], changed)


def left_in_request(
    office: Office, application: Application, said: Mapping[str, Any], proofs: Collection[str]
) -> dict[str, Fault]:
    """Give the items that a request made again leaves as they are, as `left_in_form` does.

    `said` are its reason and words by `REASON` and `WORDS`, `proofs` the ids of its files. What is
    about the form is answered by another form too.
    """
    with office.sessions() as session:
        if (asked := _awaited(session, application)) is None:
            return {}
        files = attachments.of(session, application.id)
        revisions = (
            applications.revision(session, application.id, asked.revision),
            applications.current_revision(session, application.id),
        )
        before, now = (
            content.values_of(revision.content, files) if revision else {} for revision in revisions
        )
        request = _request(session, application, asked)
        items = of(session, application)
    seen = {file.sha256 for file in _proofs(files) if file.id < asked.id}
    is_new = any(file.id in proofs and file.sha256 not in seen for file in _proofs(files))
    told = {} if request is None else {REASON: request.obstacle, WORDS: request.text}
    changed = _changed(before, now) | _changed(told, said) | ({PROOFS} if is_new else set())
    return _unanswered(items, changed)


def request_made_again(
    session: Session, application: Application
) -> tuple[set[str], set[str]] | None:
    """Give what the last request says otherwise than the one that was to be corrected.

    The names in `REQUEST`, and the ids of the files that came since; None while it was not made
    again.
    """
    asked, newest = _asked(session, application), _request(session, application)
    if asked is None or newest is None or newest.id < asked.id:
        return None
    before = _request(session, application, asked)
    now = {REASON: newest.obstacle, WORDS: newest.text}
    told = {} if before is None else {REASON: before.obstacle, WORDS: before.text}
    files = _proofs(attachments.of(session, application.id))
    seen = {file.sha256 for file in files if file.id < asked.id}
    came = {file.id for file in files if file.sha256 not in seen}
    return _changed(told, now) | ({PROOFS} if came else set()), came


def markable(office: Office, session: Session, application: Application) -> dict[str, str]:
    """Give what may be marked, name → title: the form's fields and those of a request beside it."""
    form = form_checks.form_of(office, application)
    request = REQUEST if _request(session, application) else {}
    return {field.name: field.title for field in form.fields()} | request


def _awaited(session: Session, application: Application) -> Decision | None:
    """Give the check whose items are to be answered before the agency gets the case again."""
    asked = decisions.newest(session, application.id, DecisionStep.FORMAL_CHECK)
    return asked if asked is not None and asked.outcome == "correct" else None


def _request(
    session: Session, application: Application, asked: Decision | None = None
) -> Statement | None:
    """Give the last request without the enterprise, or the last before `asked`."""
    for statement in reversed(statements.of(session, application.id)):
        if statement.kind == StatementKind.REQUEST and (asked is None or statement.id < asked.id):
            return statement
    return None


def _proofs(files: Sequence[Attachment]) -> list[Attachment]:
    return [file for file in files if file.kind == AttachmentKind.CANCEL_PROOF]


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    return {name for name in {*before, *now} if before.get(name) != now.get(name)}


def _unanswered(items: Sequence[CorrectionItem], changed: Collection[str]) -> dict[str, Fault]:
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
