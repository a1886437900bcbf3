"""The agency's inboxes and its three steps: formal check, review, decision (I12, domain C.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.application import corrections_asked
from casework.case import opened
from casework.case.opened import Case
from casework.decision import automatic_checks, officer_tasks, opinion_templates
from casework.decision.automatic_checks import AutomaticCheck, CheckResult
from casework.office import Office
from engine import queries
from engine.actors import role_inbox
from engine.errors import FourEyes
from engine.running import store
from engine.tables import TaskStatus, UserTask
from professions.tasks import Task, page_of
from refusals.faults import Fault
from refusals.refusal import Refusal, text_of
from registry.applications import decisions, documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.applications.statuses import OF_AGENCY
from registry.authority import opinion_templates as kept_templates
from registry.people.officers import CASEWORKERS, OfficerRole
from registry.versions import Seen
from storage.connections import has_asked
from web import display
from web.agency import final_acts, held, lists, marks, proposals, reopenings
from web.errors import told
from web.extensions import anew, db, office
from web.lists import pages as listed
from web.ui import cases, differences, sheets
from web.visitors import access, once_more
from web.visitors.seen import acting, look, version

bp = Blueprint("agency", __name__, url_prefix="/agency")

CAP = 99


@bp.get("/inbox")
@access.officer()
def inbox() -> Response | str | tuple[str, int]:
    """List the open tasks of one role, the nearest deadline first."""
    session, actor, roles = db.session(), g.visitor.actor, _roles()
    if not roles:
        return render_template("agency/inbox.html", tabs=[], role=None, list_faults={}, next=None)
    role = _role(roles)
    return listed.show(
        lists.inbox(role, actor),
        "agency/inbox.html",
        tabs=[
            {"role": own_role, "text": own_role.label, "count": _count(own_role)}
            for own_role in roles
        ],
        role=role,
        next=lists.next_task(session, role, actor),
    )


def _roles() -> list[OfficerRole]:
    return [role for role in CASEWORKERS if role in g.visitor.roles]


def _role(roles: Sequence[OfficerRole]) -> OfficerRole:
    asked = request.args.get("role")
    return next((role for role in roles if role == asked), roles[0])


def _count(role: str) -> str:
    """Count what this officer may do; what four eyes keep from him is not his work."""
    inboxes, actor_id = [role_inbox(role)], g.visitor.actor.id
    counted = queries.capped_count(db.session(), inboxes, cap=CAP, actor_id=actor_id)
    return display.capped(counted, CAP)


@bp.get("/done")
@access.officer()
def done() -> Response | str | tuple[str, int]:
    """List what this officer has done."""
    proposals.caseworker()
    return listed.show(lists.done(g.visitor.actor), "agency/done.html")


@bp.get("/next")
@access.officer()
def go_on() -> Response:
    """Lead to the task that this officer can do next."""
    proposals.caseworker()
    role = _role(_roles())
    task_id = lists.next_task(db.session(), role, g.visitor.actor)
    if task_id is None:
        flash("没有可以由您办理的事项了。")
        return redirect(url_for(".inbox", role=role), 303)
    return redirect(url_for(".task", task_id=task_id), 303)


@bp.post("/tasks/<task_id>/claim")
@access.officer()
def claim(task_id: str) -> Response:
    """Take a task from the list; what a colleague took first is said."""
    task = access.agency_task(task_id)
    try:
        officer_tasks.claim_task(office(), task.id, g.visitor.actor)
    except Refusal as error:
        flash(told(error), "error")
    else:
        flash(f"已领取“{task.name}”，该事项由您办理。", "success")
    return redirect(url_for(".inbox", role=task.inbox.partition(":")[2]), 303)


@bp.get("/tasks/<task_id>")
@access.officer()
def task(task_id: str) -> str:
    """Show one task: the signed form and the evidence beside the form of the outcome."""
    return _page(access.agency_task(task_id), {})


def _page(task: UserTask, faults: Mapping[str, str], typed: Mapping[str, str] | None = None) -> str:
    session = db.session()
    case = _opened(task)
    application = case.application
    results = decisions.of(session, application.id)
    extension = decisions.DecisionStep.EXTENSION
    taken = any(result.step == extension and result.annulled_by is None for result in results)
    shown = cases.for_officer(office(), application, session)
    groups = sheets.of_revision(office(), session, application)
    return render_template(
        "agency/task.html",
        task=task,
        page=page_of(task.node),
        due=application.decision_due or task.due_at,
        case=shown,
        document=documents.current(session, application.id, DocumentKind.APPLICATION),
        groups=groups,
        evidence=sheets.evidence(groups, shown.proofs),
        changes=differences.since_asked_to_correct(office(), session, application),
        decisions=results,
        matter=application.matter,
        holder=None if _is_mine(task) else lists.holders(session, [task]).get(task.id),
        may_take_back=OfficerRole.APPROVER in g.visitor.roles,
        is_mine=_is_mine(task),
        colleagues=held.choices(task) if _is_mine(task) else [],
        may_claim=task.id not in lists.holders(session, [task]),
        kept_out=_kept_out(task),
        may_extend=task.node == Task.DECIDE and not taken,
        own_motion=proposals.shown(application),
        templates=_templates(task),
        marking=task.node == Task.FORMAL_CHECK and _may_mark(task, application),
        **marks.shown(application),
        **checks_of(task, case),
        faults=faults,
        typed=request.form if typed is None else typed,
        today=office().today(),
    )


def _may_mark(task: UserTask, application: Application) -> bool:
    """Tell whether something may be asked to be corrected: once in the life of a case (I18)."""
    return not _kept_out(task) and not corrections_asked.of(db.session(), application)


def _opened(task: UserTask) -> Case:
    """Give the case that the page shows: what was opened with it is not read again.

    After a refusal it is opened anew, and where the page has read something before: the version
    that is going to be shown comes first.
    """
    session, shown = db.session(), access.at_hand(task.business_key)
    is_fresh = request.method == "GET" and not has_asked(session)
    if shown is None or not is_fresh or shown.application.matter in OF_AGENCY:
        look(Seen.CASE, task.business_key)
        shown = opened.open_(office(), task.business_key)
    case = shown.into(session)
    version(Seen.CASE, task.business_key)
    queries.know_tasks(session, case.id, list(shown.tasks.values()))
    return case


def checks_of(task: UserTask, case: Case) -> dict[str, Any]:
    """Give what the machine has checked, at the steps where somebody examines it."""
    listed: list[AutomaticCheck] = []
    needs: list[str] = []
    if task.node in opinion_templates.STEPS:
        session = db.session()
        listed = automatic_checks.of(case, session)
        if any(check.result is CheckResult.ATTENTION for check in listed):
            needs = automatic_checks.to_examine(case, session, _STEPS[task.node])
    return {"checks": listed, "to_override": needs}


_STEPS: Mapping[str, decisions.DecisionStep] = {
    Task.FORMAL_CHECK: decisions.DecisionStep.FORMAL_CHECK,
    Task.REVIEW: decisions.DecisionStep.REVIEW,
    Task.SECOND_REVIEW: decisions.DecisionStep.SECOND_REVIEW,
    Task.DECIDE: decisions.DecisionStep.DECIDE,
}


def _templates(task: UserTask) -> list[tuple[str, str]]:
    """Give the opinions that the authority keeps for this step: id and title."""
    if task.node not in opinion_templates.STEPS:
        return []
    return kept_templates.titles(db.session(), task.node)


def _with_template(task: UserTask) -> str:
    """Show the page with the chosen opinion below what stands in the box already."""
    typed, box = request.form.to_dict(), _BOXES[task.node]
    template = kept_templates.get(db.session(), typed.get("template", ""))
    if template is None or (template.id, template.title) not in _templates(task):
        return _page(task, {"template": Fault("请从列表中选择一个模板。", "E_TEMPLATE_CHOICE")})
    typed[box] = "\n".join(filter(None, (typed.get(box, "").rstrip(), template.text)))
    return _page(task, {}, typed)


def _is_mine(task: UserTask) -> bool:
    return bool(task.claimed_by == g.visitor.actor.id)


def _kept_out(task: UserTask) -> str:
    """Say why four eyes keep this officer from a task, before he types anything."""
    earlier = _earlier(task)
    return text_of(FourEyes).format(earlier=earlier) if earlier else ""


def _earlier(task: UserTask) -> str:
    return store.own_earlier(db.session(), task.instance_id, task.different_from, g.visitor.actor)


@bp.post("/tasks/<task_id>")
@access.officer()
def act(task_id: str) -> Response | str | tuple[str, int]:
    """Do what the pressed button says; a refusal keeps what was typed."""
    task = access.agency_task(task_id)
    action = request.form.get("action", "")
    if action == "insert" and task.node in opinion_templates.STEPS:
        return _with_template(task)
    if action not in _ACTIONS:
        return _page(task, {"": Fault("请通过页面上的按钮办理。", "E_BAD_REQUEST")}), 422
    if action in _WITH_OUTCOME and not request.form.get("outcome"):
        return _page(task, {"outcome": Fault("请选择处理结果。", "E_REQUIRED")}), 422
    if final_acts.is_back():
        return _page(task, {})
    try:
        place = acting(Seen.CASE, task.business_key)
        if final_acts.is_final(action) and not once_more.is_confirmed():
            return final_acts.ask(task, action, partial(_ACTIONS[action], task), place)
        if action == Task.EXAMINE_REPORT and (
            asks := once_more.unanswered(
                partial(_ACTIONS[action], task),
                place,
                "答复持证人",
                "答复立即发给持证人，本次报告办结，不能撤回。",
                yes="确认答复",
                back=f"/agency/tasks/{task.id}",
            )
        ):
            return asks
        said = _ACTIONS[action](task, place)
    except Refusal as refused:
        if _did(task, action):
            return redirect(_inbox_of(task), 303)
        # Whose it is comes before the version: the page shows none to whom four eyes keep out.
        earlier = _earlier(task)
        error = FourEyes(earlier=earlier) if earlier else refused
        field = _BOXES.get(action, "") if error.field in ("items", "reasons") else error.field
        return _page(task, {field or "": Fault.of(error)}), 422
    flash(said, "success")
    stays = action not in _WITH_OUTCOME
    return redirect(f"/agency/tasks/{task.id}" if stays else _inbox_of(task), 303)


def _inbox_of(task: UserTask) -> str:
    """Give the list that a task came from, which offers the next one."""
    return url_for(".inbox", role=task.inbox.partition(":")[2])


def _did(task: UserTask, action: str) -> bool:
    """Tell whether this officer has done it already: the second press of a button is done."""
    anew(task)
    if action == "extend":
        step = decisions.DecisionStep.EXTENSION
        extended = decisions.newest(db.session(), task.business_key, step)
        return extended is not None and g.visitor.actor.id.endswith(extended.officer_id)
    is_done = task.status == TaskStatus.DONE and task.closed_by == g.visitor.actor.id
    if is_done and action in _WITH_OUTCOME:
        flash("该事项您已经办结，处理结果见办理记录。")
        return True
    return False


def _lines(name: str) -> list[str]:
    """Read a text box with one item a line."""
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


def _claim(task: UserTask, place: Office) -> str:
    officer_tasks.claim_task(place, task.id, g.visitor.actor)
    return "已领取，该事项由您办理。"


def _release(task: UserTask, place: Office) -> str:
    officer_tasks.release_task(place, task.id, g.visitor.actor)
    return "已退回待办事项，其他工作人员可以领取。"


def _formal_check(task: UserTask, place: Office) -> str:
    outcome = request.form["outcome"]
    officer_tasks.formal_check(
        place,
        task.id,
        outcome,
        items=_lines("reasons"),
        marks=marks.typed(),
        override=request.form.get("override", ""),
        actor=g.visitor.actor,
    )
    return "受理意见已提交。"


def _review(task: UserTask, place: Office) -> str:
    outcome = request.form["outcome"]
    opinion = request.form.get("opinion", "")
    officer_tasks.review(
        place,
        task.id,
        outcome,
        opinion=opinion,
        override=request.form.get("override", ""),
        actor=g.visitor.actor,
        at=Task(task.node),
    )
    return f"{task.name}意见已提交，转下一环节。"


def _decide(task: UserTask, place: Office) -> str:
    officer_tasks.decide(
        place,
        task.id,
        request.form["outcome"],
        reasons=_lines("reasons"),
        override=request.form.get("override", ""),
        actor=g.visitor.actor,
    )
    return "决定已作出，决定书已送达申请人和企业。"


def _extend(task: UserTask, place: Office) -> str:
    reason = request.form.get("extension_reason", "")
    officer_tasks.extend(place, task.business_key, reason=reason, actor=g.visitor.actor)
    return "办理期限已延长，已告知申请人。"


_ACTIONS: Mapping[str, Callable[[UserTask, Office], str]] = {
    "claim": _claim,
    "release": _release,
    Task.FORMAL_CHECK: _formal_check,
    Task.REVIEW: _review,
    Task.SECOND_REVIEW: _review,
    Task.DECIDE: _decide,
    "extend": _extend,
    **proposals.ACTIONS,
    **reopenings.ACTIONS,
}
_WITH_OUTCOME = (
    Task.FORMAL_CHECK,
    Task.REVIEW,
    Task.SECOND_REVIEW,
    Task.DECIDE,
    *proposals.ACTIONS,
    *reopenings.ACTIONS,
)
#: In which box of the page the words of an action are typed.
_BOXES = {
    Task.FORMAL_CHECK: "reasons",
    Task.REVIEW: "opinion",
    Task.SECOND_REVIEW: "opinion",
    Task.DECIDE: "reasons",
    Task.CONFIRM_REOPENING: "reasons",
    "extend": "extension_reason",
}
