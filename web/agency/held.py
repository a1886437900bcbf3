"""Approvers see which tasks officers hold, and take back what somebody cannot go on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from casework.tasks import held_tasks
from engine import queries
from engine.actors import role_inbox
from engine.tables import TaskStatus, UserTask
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications.applications import Application
from registry.people import officers
from registry.people.officers import CASEWORKERS, OfficerRole
from storage.literals import literal
from web.errors import told
from web.extensions import db, office
from web.lists import case_lines, pages
from web.lists import cases as narrowing
from web.lists.listing import Column, Empty, Filter, Listing, Sort
from web.ui import cases
from web.visitors import access

bp = Blueprint("held", __name__, url_prefix="/agency/held")


@bp.get("")
@access.officer(OfficerRole.APPROVER)
def listed() -> Response | str | tuple[str, int]:
    """List who holds which task since when, the nearest deadline first."""
    return pages.show(_list(), "agency/held.html")


def _list() -> Listing:
    query = select(UserTask.id).join(Application, Application.id == UserTask.business_key)
    inboxes = [role_inbox(role) for role in OfficerRole]
    return Listing(
        key="held",
        caption="已领取的事项",
        query=query.where(
            UserTask.inbox.in_(inboxes),
            UserTask.status == literal(TaskStatus.OPEN),
            UserTask.claimed_by.is_not(None),
        ),
        id=UserTask.id,
        rows=_listed,
        columns=[
            case_lines.NUMBER,
            case_lines.APPLICANT,
            Column(key="task", head="环节", note="matter", note_head="申请事项"),
            case_lines.DUE,
            Column(key="holder", head="领取人"),
            Column(key="since", head="领取时间", kind="moment"),
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(key="due", label="期限近的在前", by=UserTask.due_by.expression),
            Sort(key="newest", label="最近到达的在前", descending=True),
        ],
        search=narrowing.search_of_agency(tasks=True),
        filters=[
            Filter(
                key="step",
                label="环节",
                choices=[(role.value, role.label) for role in CASEWORKERS],
                where=lambda word: UserTask.inbox == role_inbox(word),
            ),
            narrowing.task_dues(office().today()),
        ],
        empty=Empty(
            text="没有已领取的事项。",
            advice="工作人员领取待办事项后会出现在这里；领取人不能继续办理的，可以收回或者转交。",
        ),
    )


def _listed(ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    tasks = db.session().scalars(select(UserTask).where(UserTask.id.in_(ids))).all()
    return {row["id"]: row | {"actions": [_action(row)]} for row in _rows(tasks)}


def _action(row: Mapping[str, Any]) -> dict[str, str]:
    unseen = f"{row['name']} {row['no']}"
    if row["is_mine"]:
        return {"href": f"/agency/tasks/{row['id']}", "text": "办理", "unseen": unseen}
    return {"href": f"/agency/held/{row['id']}", "text": "收回", "unseen": unseen}


def _rows(tasks: Sequence[UserTask]) -> list[dict[str, Any]]:
    session = db.session()
    waiting = cases.applications_of(session, [task.business_key for task in tasks])
    held_by = {task.id: str(task.claimed_by).partition(":")[2] for task in tasks}
    names = officers.names(session, held_by.values())
    return [
        {
            "id": task.id,
            "no": waiting[task.business_key].no,
            "name": waiting[task.business_key].person.name,
            "matter": waiting[task.business_key].matter_label,
            "task": task.name,
            "due": waiting[task.business_key].decision_due or task.due_at,
            "holder": names.get(held_by[task.id], "其他工作人员"),
            "since": task.claimed_at,
            "held_by": task.claimed_by,
            "is_mine": task.claimed_by == g.visitor.actor.id,
        }
        for task in tasks
    ]


@bp.get("/<task_id>")
@access.officer()
def ask(task_id: str) -> str:
    """Ask for the reason before a task is taken back."""
    _insist_on_approver()
    return _page(task_id, {})


@bp.post("/<task_id>")
@access.officer()
def take_back(task_id: str) -> Response | tuple[str, int]:
    """Put the task back into the inbox of its role; the former holder is told."""
    _insist_on_approver()
    reason, to = request.form.get("reason", ""), request.form.get("to", "")
    holder, actor = request.form.get("seen", ""), g.visitor.actor
    try:
        if to:
            held_tasks.hand_over(
                office(), task_id, to=to, reason=reason, actor=actor, holder=holder
            )
        else:
            held_tasks.take_back(office(), task_id, reason=reason, actor=actor, holder=holder)
    except Refusal as error:
        return _page(task_id, Fault.by_field(error)), 422
    flash(_DONE["given" if to else "back"], "success")
    return redirect("/agency/held", 303)


_DONE = {
    "back": "已收回，其他工作人员可以领取；原领取人已收到消息。",
    "given": "已转交，双方都已收到消息。",
}


@bp.post("/<task_id>/hand-over")
@access.officer()
def hand_over(task_id: str) -> Response:
    """Give a task that one holds to a colleague."""
    task = access.agency_task(task_id)
    reason, to = request.form.get("reason", ""), request.form.get("to", "")
    try:
        held_tasks.hand_over(office(), task.id, to=to, reason=reason, actor=g.visitor.actor)
    except Refusal as error:
        flash(told(error), "error")
        return redirect(url_for("agency.task", task_id=task.id, reason=reason[:200]), 303)
    flash(_DONE["given"], "success")
    return redirect(url_for("agency.inbox", role=task.inbox.partition(":")[2]), 303)


def _insist_on_approver() -> None:
    """Go on for approvers only: for others no task here exists, held or not."""
    if OfficerRole.APPROVER not in g.visitor.roles:
        raise NotFound


def _page(task_id: str, faults: Mapping[str, str]) -> str:
    task = queries.task(db.session(), task_id)
    rows = _rows([task]) if task is not None and task in held_tasks.of_agency(db.session()) else []
    if not rows and not faults:
        raise NotFound
    return render_template(
        "agency/take_back.html",
        row=rows[0] if rows else None,
        colleagues=choices(task) if task is not None else [],
        faults=faults,
        typed=request.form,
        today=office().today(),
    )


def choices(task: UserTask) -> list[tuple[str, str]]:
    """Give the colleagues to whom the visitor may hand on a task: id and name."""
    may = held_tasks.colleagues(db.session(), task, g.visitor.actor)
    return [(officer.id, officer.name) for officer in may]
