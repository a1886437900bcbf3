"""What officers do: formal check, review, decision, extension (Licensing Law 32–42, 34: two staff).

Each action stores the officer's result and moves the case in one transaction; the letters are
issued by the diagram.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy.orm import Session

from casework.application import corrections_asked, qualification
from casework.case import opened, texts
from casework.case.opened import Case
from casework.case.refusals import ReasonRequired, StepNotOpen
from casework.decision import automatic_checks, lawfulness
from casework.office import Office
from casework.tasks import held_tasks, officer_results
from casework.terms import renewal
from engine.actors import Actor
from engine.errors import NotYourTask, TaskNotOpen
from professions import messages
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import applications, decisions
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.applications.statuses import Status
from registry.law.calendars import shanghai_day
from registry.people import officers
from registry.people.officers import Officer, OfficerRole

NO_MARKS: Mapping[str, str] = MappingProxyType({})


class ItemsRequired(Refusal):
    """请一次性列明全部需要补正的内容（至少一项，每项至少5个字）。"""

    code = "E_ITEMS_REQUIRED"


class MarkUnknown(Refusal):
    """标记的内容不在本申请表中，请在申请信息旁重新标记需要补正的内容。"""

    code = "E_MARK_UNKNOWN"


class MarksWithoutCorrection(Refusal):
    """您在申请信息中标记了需要补正的内容，请选择“一次性告知补正”，或者清除标记。"""

    code = "E_MARKS_WITHOUT_CORRECTION"


class CorrectionAlreadyAsked(Refusal):
    """补正只能一次性告知，本申请已经补正过，请作出受理或不予受理的决定。"""

    code = "E_CORRECTION_ONCE"


class AlreadyExtended(Refusal):
    """办理期限已经延长过一次，不能再次延长。"""

    code = "E_EXTENDED_ONCE"


class ExtensionBeyondEnd(Refusal):
    """注册有效期至{last}届满，延续须在届满前决定，届满未决定视为准予延续，不能延长办理期限。"""

    code = "E_EXTENSION_BEYOND_END"


class ExtensionTooLate(Refusal):
    """办理期限已于{due}届满，不能再延长。"""

    code = "E_EXTENSION_LATE"


def claim_task(office: Office, task_id: str, actor: Actor) -> None:
    """Take a task from the inbox of the role, so that no colleague works on it too."""
    held_tasks.free(office, task_id)
    office.runner.claim(task_id, actor)


def release_task(office: Office, task_id: str, actor: Actor) -> None:
    """Put a task that the actor holds back into the inbox of the role, for any colleague."""
    office.runner.release(task_id, actor)


def formal_check(
    office: Office,
    task_id: str,
    outcome: str,
    *,
    items: Sequence[str] = (),
    marks: Mapping[str, str] = NO_MARKS,
    override: str = "",
    actor: Actor,
) -> None:
    """Accept, ask for a correction (once, everything in one list) or refuse to accept.

    `items` are what to correct, or the reasons of a refusal; `marks` what to correct at a field,
    by its name, and come first in the letter; `override` what was found of what the automatic
    checks ask to look at. Raises `OverrideRequired`, `ItemsRequired`, `ReasonRequired`,
    `CorrectionAlreadyAsked`, `MarkUnknown`, `MarksWithoutCorrection`, and the engine's refusals
    of tasks.
    """
    officer_results.insist(Task.FORMAL_CHECK, "outcome", outcome)
    if marks and outcome != "correct":
        raise MarksWithoutCorrection("outcome")
    said = texts.said(office, [*marks.values(), *items], field="items")
    if outcome == "correct":
        _all_useful(said, ItemsRequired)
    if outcome == "refuse":
        _all_useful(said, ReasonRequired)
    case, officer = _at(office, task_id, Task.FORMAL_CHECK, actor)
    application = case.application
    said = [*marked(office, application, marks), *said[len(marks) :]]
    if outcome == "correct" and _asked_before(office, application.id):
        raise CorrectionAlreadyAsked
    found = ""
    if outcome == "accept":
        case.read(lambda session: lawfulness.refuse(case, session))
        found = _examined(case, override, DecisionStep.FORMAL_CHECK)
    result = Result(
        step=DecisionStep.FORMAL_CHECK,
        outcome=outcome,
        reasons=said,
        opinion=found,
        marked=[*marks, *[""] * (len(said) - len(marks))] if marks else (),
    )
    write = officer_results.stored_by(officer, office, application, result, actor)
    office.runner.complete(task_id, actor, {"outcome": outcome}, write=write, case=case)


def marked(office: Office, application: Application, marks: Mapping[str, str]) -> list[str]:
    """Give the items that marks at fields are: title and what is to be corrected there.

    Raises `MarkUnknown`.
    """
    if not marks:
        return []
    with office.sessions() as session:
        titles = corrections_asked.markable(office, session, application)
    if not titles.keys() >= marks.keys():
        raise MarkUnknown("items")
    said = {name: " ".join(text.split()) for name, text in marks.items()}
    return [f"{titles[name]}：{text}" for name, text in said.items()]


def review(
    office: Office,
    task_id: str,
    recommendation: str,
    *,
    opinion: str,
    override: str = "",
    actor: Actor,
    at: Task = Task.REVIEW,
) -> None:
    """Record the substantive check and recommend approving or rejecting, with an opinion.

    `at` is the review, or the second one by another officer where a diagram asks for it.
    Raises `OverrideRequired` where approving needs a word on what came since the acceptance.
    """
    officer_results.insist(at, "recommendation", recommendation)
    said = "".join(texts.said(office, [opinion], field="opinion"))
    if recommendation == "reject":
        _all_useful([said] if said else [], ReasonRequired)
    step = DecisionStep(at)
    case, officer = _at(office, task_id, at, actor)
    if recommendation == "approve":
        found = _examined(case, override, step)
        said = "\n".join(filter(None, (said, found)))
    result = Result(step=step, outcome=recommendation, opinion=said)
    write = officer_results.stored_by(officer, office, case.application, result, actor, quiet=True)
    office.runner.complete(task_id, actor, {"recommendation": recommendation}, write, case=case)


def _examined(case: Case, typed: str, step: DecisionStep) -> str:
    return case.read(lambda session: automatic_checks.override(case, session, typed, step))


def decide(
    office: Office,
    task_id: str,
    outcome: str,
    *,
    reasons: Sequence[str] = (),
    opinion: str = "",
    override: str = "",
    actor: Actor,
) -> None:
    """Decide; a rejection has reasons, its letter tells the remedies (Law 38).

    Raises `FourEyes` for the officer who reviewed, `AlreadyDecided` for a second decision,
    `OverrideRequired` where granting needs a word on the automatic checks,
    `QualificationTaken` when the qualification is on record for another person by now.
    """
    officer_results.insist(Task.DECIDE, "outcome", outcome)
    said = texts.said(office, reasons, field="reasons")
    if outcome == "reject":
        _all_useful(said, ReasonRequired)
    case, officer = _at(office, task_id, Task.DECIDE, actor)
    application = case.application
    if outcome == "approve":
        case.read(lambda session: lawfulness.refuse(case, session))
        found = _examined(case, override, DecisionStep.DECIDE)
        opinion = "\n".join(filter(None, (opinion, found)))
    result = Result(step=DecisionStep.DECIDE, outcome=outcome, reasons=said, opinion=opinion)
    write = officer_results.stored_by(officer, office, application, result, actor)

    def decided(session: Session) -> None:
        write(session)
        current = applications.get(session, application.id)
        current.decided_on = shanghai_day(office.now())
        if outcome == "approve":
            qualification.record(session, office, application.id)

    office.runner.complete(task_id, actor, {"outcome": outcome}, decided, case=case)


def extend(office: Office, application_id: str, *, reason: str, actor: Actor) -> None:
    """Extend the time for the decision by ten working days: once, before it is due, with a reason.

    Only an approver may (Law 42). Raises `NotYourTask`, `AlreadyExtended`, `ExtensionTooLate`.
    """
    said = texts.said(office, [reason], field="reasons")
    _all_useful(said, ReasonRequired)
    if not actor.has_role(OfficerRole.APPROVER):
        raise NotYourTask
    with office.sessions() as session:
        application = applications.get(session, application_id)
        officer = officers.get(session, officer_results.officer_id(actor))
    if application.state is not Status.UNDER_REVIEW:
        raise StepNotOpen(status=application.state.label)
    if application.extended:
        raise AlreadyExtended
    with office.sessions() as session:
        last = renewal.must_decide_by(office, session, application)
    if last is not None and application.due_on is not None and application.due_on >= last:
        raise ExtensionBeyondEnd(last=last.isoformat())
    if application.due_on is not None and office.today() > application.due_on:
        raise ExtensionTooLate(due=application.due_on.isoformat())
    result = Result(step=DecisionStep.EXTENSION, outcome="extend", reasons=said)
    write = officer_results.stored_by(officer, office, application, result, actor)
    office.runner.message(messages.EXTENDED, application_id, {}, actor, write=write)


def _at(office: Office, task_id: str, node: str, actor: Actor) -> tuple[Case, Officer]:
    """Open the case of a task that stands at `node`, with the officer who acts."""
    case = opened.open_at(office, task_id)
    if case is None or node not in case.tasks or case.tasks[node].id != task_id:
        raise TaskNotOpen
    key = officer_results.officer_id(actor)
    return case, case.read(lambda session: officers.get(session, key))


def _asked_before(office: Office, application_id: str) -> bool:
    with office.sessions() as session:
        return any(
            decision.step == DecisionStep.FORMAL_CHECK and decision.outcome == "correct"
            for decision in decisions.of(session, application_id)
        )


def _all_useful(said: Sequence[str], refusal: type[ItemsRequired] | type[ReasonRequired]) -> None:
    if not said or any(len(text) < texts.LEAST_REASON for text in said):
        raise refusal("items" if refusal is ItemsRequired else "reasons")
