"""What cannot be undone is asked once more: what goes out, to whom, and what speaks against it.

The act is rehearsed first (`web.visitors.once_more`), so that the page which asks is shown only
for what would not be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, render_template, request

from casework.case import opened, texts
from casework.case.opened import Case
from casework.decision import officer_tasks
from casework.notice import letters
from casework.office import Office
from engine.tables import UserTask
from professions.tasks import Task
from registry.applications import decisions
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.applications.documents import DocumentKind
from registry.versions import Seen
from web.agency import marks
from web.extensions import office
from web.ui import cases
from web.visitors import access
from web.visitors.once_more import CONFIRMED, rehearse
from web.visitors.seen import show_again

_STEPS: Mapping[str, DecisionStep] = {
    Task.FORMAL_CHECK: DecisionStep.FORMAL_CHECK,
    Task.DECIDE: DecisionStep.DECIDE,
    Task.DECIDE_ACT: DecisionStep.DECIDE,
    Task.CONFIRM_CORRECTION: DecisionStep.DECIDE,
    Task.CONFIRM_REOPENING: DecisionStep.DECIDE,
    "extend": DecisionStep.EXTENSION,
}
_OUTCOMES = {"extend": "extend"}  #: of actions that have one only
_SENT_ALONE = ("csrf_token", "seen", "action")
_BACK, _SHOW = "back", "letter"


@dataclass(frozen=True, kw_only=True)
class _At:
    """The task that the page is about, as it was before its act was rehearsed."""

    id: str
    name: str


def is_final(action: str) -> bool:
    """Tell whether an action of a task's page cannot be undone."""
    return action in _STEPS


def is_back() -> bool:
    """Tell whether the page that asks once more was left for what was typed."""
    return request.form.get(CONFIRMED) == _BACK


def ask(
    task: UserTask, action: str, act: Callable[[Office], object], place: Office
) -> str | Response:
    """Show what is going to happen, or the letter that would go out.

    Raises what refuses the act, as the act itself would.
    """
    asked_at = _At(id=task.id, name=task.name)
    case = access.at_hand(task.business_key) or opened.open_(office(), task.business_key)
    rehearse(act, place)
    application = case.application
    outcome = _OUTCOMES.get(action) or request.form.get("outcome", "")
    result = Result(step=_STEPS[action], outcome=outcome, reasons=_reasons(action, application))
    kind = letters.kind_of(office(), application, result)
    if kind is not None and request.form.get(CONFIRMED) == _SHOW:
        pdf = letters.draft(office(), application.id, kind, result)
        return Response(pdf, mimetype="application/pdf", headers={"Cache-Control": "no-store"})
    return _page(asked_at, case, action, result, kind)


def _reasons(action: str, application: Application) -> Sequence[str]:
    if action == "extend":
        return texts.said(office(), [request.form.get("extension_reason", "")])
    own = request.form.get("reasons", "").splitlines()
    marked = officer_tasks.marked(office(), application, marks.typed())
    return texts.said(office(), [*marked, *own])


def _page(task: _At, case: Case, action: str, result: Result, kind: str | None) -> str:
    show_again(Seen.CASE, case.id)
    application = case.application
    results = case.read(lambda session: decisions.of(session, case.id))
    standing = {decision.step: decision for decision in results if decision.annulled_by is None}
    reviewed = next(filter(None, map(standing.get, reversed(decisions.REVIEWS))), None)
    shown = decisions.Decision(step=result.step.value, outcome=result.outcome)
    against = (
        action == Task.DECIDE
        and reviewed is not None
        and reviewed.outcome in ("approve", "reject")
        and reviewed.outcome != result.outcome
    )
    return render_template(
        "agency/confirm.html",
        task=task,
        case=replace(cases.Brief.of(office(), application), person_name=case.person.name),
        outcome=shown.outcome_in(application.matter),
        reasons=result.reasons,
        letter=DocumentKind(kind).label if kind else "",
        against=reviewed if against else None,
        matter=application.matter,
        sent=[
            (name, value)
            for name, value in request.form.items(multi=True)
            if value and name not in (*_SENT_ALONE, CONFIRMED)
        ],
        action=action,
    )
