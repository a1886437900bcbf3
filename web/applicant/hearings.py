"""The person's right to be heard before the agency decides about a registration (I19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.authority import ex_officio as acts
from casework.office import Office
from engine import queries
from engine.actors import person_inbox
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications import attachments, decisions, documents
from registry.applications.applications import Application
from registry.authority import ex_officio as proposals
from registry.certificates import registrations
from registry.versions import Seen
from web.extensions import db, office
from web.forms import evidence
from web.ui import cases
from web.visitors import access, once_more
from web.visitors.seen import acting, look

bp = Blueprint("hearings", __name__, url_prefix="/hearings")


@dataclass(frozen=True)
class Hearing:
    """A case in which the person may speak now."""

    id: str
    no: str
    due: datetime | None


def open_for(person_id: str) -> list[Hearing]:
    """Give the cases in which a person may state the case now."""
    session = db.session()
    tasks = [
        task
        for task in queries.open_tasks(session, [person_inbox(person_id)], limit=50)
        if task.node == Task.STATE_CASE
    ]
    waiting = cases.applications_of(session, [task.business_key for task in tasks])
    return [
        Hearing(task.business_key, waiting[task.business_key].no, task.due_at)
        for task in tasks
        if task.business_key in waiting
    ]


@bp.get("/<application_id>")
@access.person_only
def show(application_id: str) -> str:
    """Show what is intended or decided, and the form while the period runs."""
    return _page(access.own_hearing(application_id), {})


@bp.post("/<application_id>")
@access.person_only
def say(application_id: str) -> Response | str | tuple[str, int]:
    """Take the statement with its files, which is asked for once."""
    application = access.own_hearing(application_id)
    text = request.form.get("statement", "")
    actor = access.visitor().actor
    files = evidence.uploads_of()

    def act(place: Office) -> None:
        acts.state_case(place, application.id, text=text, files=files, actor=actor)

    try:
        place = acting(Seen.CASE, application.id)
        if asks := once_more.unanswered(
            act,
            place,
            "提交陈述、申辩",
            "陈述、申辩意见只能提交一次，提交后不能修改。",
            yes="确认提交",
            back=f"/hearings/{application.id}",
        ):
            return asks
        act(place)
    except Refusal as error:
        db.session.rollback()
        if proposals.get(db.session(), application_id).statement == text.strip() != "":
            return redirect(f"/hearings/{application_id}", 303)
        return _page(application, Fault.by_field(error)), 422
    flash("陈述、申辩意见已提交，市住建委将在复核后作出决定。", "success")
    return redirect(f"/hearings/{application_id}", 303)


def _page(application: Application, faults: Mapping[str, str]) -> str:
    look(Seen.CASE, application.id)
    session = db.session()
    proposal = proposals.get(session, application.id)
    files = attachments.of(session, application.id)
    mine = access.visitor().actor.id
    return render_template(
        "hearings/hearing.html",
        application=application,
        proposal=proposal,
        registration=registrations.get(session, proposal.registration_id),
        papers=documents.history(session, application.id),
        files=[file for file in files if file.uploaded_by == mine],
        decision=decisions.newest(session, application.id, decisions.DecisionStep.DECIDE),
        remedies=cases.remedies(office(), application),
        is_open=queries.task_for(session, application.id, Task.STATE_CASE) is not None,
        faults=faults,
        typed=request.form,
        today=office().today(),
    )
