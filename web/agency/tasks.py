"""The agency's inboxes and its three steps: formal check, review, decision (I12, domain C.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.case import offered_professions
from casework.decision import officer_tasks
from casework.office import Office
from casework.tasks import held_tasks
from engine import queries
from engine.actors import role_inbox
from engine.errors import FourEyes
from engine.running import store
from engine.tables import TaskStatus, UserTask
from professions.tasks import Task, page_of
from refusals.faults import Fault
from refusals.refusal import Refusal, text_of
from registry.applications import applications, decisions, documents
from registry.applications.documents import DocumentKind
from registry.people import officers
from registry.people.officers import CASEWORKERS, OfficerRole
from registry.versions import Seen
from web.agency import proposals, reopenings
from web.extensions import db, office
from web.ui import cases, pages, sheets
from web.visitors import access
from web.visitors.seen import acting, look

bp = Blueprint("agency", __name__, url_prefix="/agency")

PAGE = 20
CAP = 99


@bp.get("/inbox")
@access.officer()
def inbox() -> str:
    """List the open tasks of one role, the nearest deadline first."""
    roles = [role for role in CASEWORKERS if role in g.visitor.roles]
    asked = request.args.get("role")
    role = asked if asked in roles else next(iter(roles), None)
    after = pages.cursor(request.args.get("after"))
    inboxes = [role_inbox(role)] if role else []
    tasks = queries.open_tasks(db.session(), inboxes, after=after, limit=PAGE + 1)
    return render_template(
        "agency/inbox.html",
        tabs=[
            {"role": own_role, "text": own_role.label, "count": _count(own_role)}
            for own_role in roles
        ],
        role=role,
        rows=_rows(tasks[:PAGE]),
        first=url_for(".inbox", role=role) if after else None,
        next=url_for(".inbox", role=role, after=pages.mark(tasks[PAGE - 1]))
        if tasks[PAGE:]
        else None,
        today=office().today(),
    )


def _count(role: str) -> str:
    return pages.capped(queries.capped_count(db.session(), [role_inbox(role)], cap=CAP), CAP)


def _rows(tasks: Sequence[UserTask]) -> list[dict[str, Any]]:
    """Give the lines of the inbox; names only, no numbers of persons (D.4)."""
    waiting = cases.applications_of(db.session(), [task.business_key for task in tasks])
    holders = _holders(tasks)
    return [
        {
            "id": task.id,
            "no": waiting[task.business_key].no,
            "name": waiting[task.business_key].person.name,
            "enterprise": waiting[task.business_key].enterprise_name or "—",
            "profession": offered_professions.of(office(), waiting[task.business_key]).title,
            "matter": waiting[task.business_key].matter_label,
            "task": task.name,
            "due": waiting[task.business_key].due_on or task.due_at,
            "claimed": _claimed(task, holders),
        }
        for task in tasks
    ]


def _holders(tasks: Sequence[UserTask]) -> dict[str, str]:
    """Give the names of those who hold tasks, by the tasks' ids."""
    ids = {
        user_task.id: user_task.claimed_by.partition(":")[2]
        for user_task in tasks
        if user_task.claimed_by
        and held_tasks.keeps(db.session(), user_task.claimed_by, user_task.inbox)
    }
    names = officers.names(db.session(), ids.values())
    return {task_id: names.get(officer_id, "其他工作人员") for task_id, officer_id in ids.items()}


def _claimed(task: UserTask, holders: Mapping[str, str]) -> str:
    if task.id not in holders:
        return "未领取"
    return "我已领取" if _is_mine(task) else f"{holders[task.id]}已领取"


def _is_mine(task: UserTask) -> bool:
    return bool(task.claimed_by == g.visitor.actor.id)


@bp.get("/tasks/<task_id>")
@access.officer()
def task(task_id: str) -> str:
    """Show one task: the signed form and the evidence beside the form of the outcome."""
    return _page(access.agency_task(task_id), {})


def _page(task: UserTask, faults: Mapping[str, str]) -> str:
    look(Seen.CASE, task.business_key)
    session = db.session()
    application = applications.get(session, task.business_key)
    taken = decisions.newest(session, application.id, decisions.DecisionStep.EXTENSION)
    return render_template(
        "agency/task.html",
        task=task,
        page=page_of(task.node),
        due=application.due_on or task.due_at,
        case=cases.for_officer(office(), application),
        document=documents.current(session, application.id, DocumentKind.APPLICATION),
        groups=sheets.of_revision(office(), session, application),
        decisions=decisions.of(session, application.id),
        matter=application.matter,
        holder=None if _is_mine(task) else _holders([task]).get(task.id),
        may_take_back=OfficerRole.APPROVER in g.visitor.roles,
        is_mine=_is_mine(task),
        may_claim=task.id not in _holders([task]),
        kept_out=_kept_out(task),
        may_extend=task.node == Task.DECIDE and taken is None,
        own_motion=proposals.shown(application),
        faults=faults,
        typed=request.form,
        today=office().today(),
    )


def _kept_out(task: UserTask) -> str:
    """Say why four eyes keep this officer from a task, before he types anything."""
    earlier = store.own_earlier(
        db.session(), task.instance_id, task.different_from, g.visitor.actor
    )
    return text_of(FourEyes).format(earlier=earlier) if earlier else ""


@bp.post("/tasks/<task_id>")
@access.officer()
def act(task_id: str) -> Response | tuple[str, int]:
    """Do what the pressed button says; a refusal keeps what was typed."""
    task = access.agency_task(task_id)
    action = request.form.get("action", "")
    if action not in _ACTIONS:
        return _page(task, {"": Fault("请通过页面上的按钮办理。", "E_BAD_REQUEST")}), 422
    if action in _WITH_OUTCOME and not request.form.get("outcome"):
        return _page(task, {"outcome": Fault("请选择处理结果。", "E_REQUIRED")}), 422
    try:
        said = _ACTIONS[action](task, acting(Seen.CASE, task.business_key))
    except Refusal as error:
        if _did(task, action):
            return redirect("/agency/inbox", 303)
        field = _BOXES.get(action, "") if error.field in ("items", "reasons") else error.field
        return _page(task, {field or "": Fault.of(error)}), 422
    flash(said, "success")
    stays = action not in _WITH_OUTCOME
    return redirect(f"/agency/tasks/{task.id}" if stays else "/agency/inbox", 303)


def _did(task: UserTask, action: str) -> bool:
    """Tell whether this officer has done it already: the second press of a button is done."""
    db.session.refresh(task)
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
        place, task.id, outcome, items=_lines("reasons"), actor=g.visitor.actor
    )
    return "受理意见已提交。"


def _review(task: UserTask, place: Office) -> str:
    outcome = request.form["outcome"]
    opinion = request.form.get("opinion", "")
    officer_tasks.review(place, task.id, outcome, opinion=opinion, actor=g.visitor.actor)
    return "审查意见已提交，转决定环节。"


def _decide(task: UserTask, place: Office) -> str:
    officer_tasks.decide(
        place,
        task.id,
        request.form["outcome"],
        reasons=_lines("reasons"),
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
    Task.DECIDE: _decide,
    "extend": _extend,
    **proposals.ACTIONS,
    **reopenings.ACTIONS,
}
_WITH_OUTCOME = (
    Task.FORMAL_CHECK,
    Task.REVIEW,
    Task.DECIDE,
    *proposals.ACTIONS,
    *reopenings.ACTIONS,
)
#: In which box of the page the words of an action are typed.
_BOXES = {
    Task.FORMAL_CHECK: "reasons",
    Task.REVIEW: "opinion",
    Task.DECIDE: "reasons",
    Task.CONFIRM_REOPENING: "reasons",
    "extend": "extension_reason",
}
