"""Approvers see which tasks officers hold, and take back what somebody cannot go on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.tasks import held_tasks
from engine import queries
from engine.tables import UserTask
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people import officers
from registry.people.officers import OfficerRole
from web.errors import told
from web.extensions import db, office
from web.ui import cases
from web.visitors import access

bp = Blueprint("held", __name__, url_prefix="/agency/held")


@bp.get("")
@access.officer(OfficerRole.APPROVER)
def listed() -> str:
    """List who holds which task since when, the nearest deadline first."""
    tasks = held_tasks.of_agency(db.session())
    return render_template("agency/held.html", rows=_rows(tasks), today=office().today())


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
            "due": waiting[task.business_key].due_on or task.due_at,
            "holder": names.get(held_by[task.id], "其他工作人员"),
            "since": task.claimed_at,
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
    try:
        if to:
            held_tasks.hand_over(office(), task_id, to=to, reason=reason, actor=g.visitor.actor)
        else:
            held_tasks.take_back(office(), task_id, reason=reason, actor=g.visitor.actor)
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
