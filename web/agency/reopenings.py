"""An officer has a refused application decided anew, because its refusal was annulled (C.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.case import offered_professions
from casework.decision import reopening
from casework.office import Office
from engine.tables import UserTask
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.applications.applications import Application
from registry.applications.statuses import REFUSED
from registry.authority.reopenings import Ruling, RulingSource, running
from registry.people import persons
from registry.people.officers import OfficerRole
from registry.versions import Seen
from web.agency import proposals
from web.extensions import anew, db, office
from web.forms import evidence
from web.ui import refusals
from web.visitors import access
from web.visitors.seen import acting, look

bp = Blueprint("reopenings", __name__, url_prefix="/agency")


@bp.get("/applications/<application_id>/reopening")
@access.officer()
def form(application_id: str) -> str:
    """Show a refused application with its reasons, and the form of the ruling."""
    return _form(_refused(application_id), {})


@bp.post("/applications/<application_id>/reopening")
@access.officer()
def open_reopening(application_id: str) -> Response | tuple[str, int]:
    """Open the case; it is checked and submitted, then confirmed by another officer."""
    application, typed = _refused(application_id), request.form
    try:
        case = reopening.propose(
            acting(Seen.CASE, application.id),
            application.id,
            source=typed.get("source", ""),
            ruling=typed.get("ruling", ""),
            ruling_no=typed.get("ruling_no", ""),
            ruled_on=readings.as_day(typed.get("ruled_on", "")),
            files=evidence.uploads_of(),
            actor=g.visitor.actor,
        )
    except Refusal as error:
        anew()
        if opened := proposals.opened_by_me(running(db.session(), application.id)):
            return opened
        fault = Fault.by_field(error)
        return _form(application, fault), 422
    flash("已记录。请核对后提交，由另一名工作人员确认。", "success")
    return redirect(proposals.task_page(case), 303)


def _refused(application_id: str) -> Application:
    """Give the refused application to who may propose; to others there is no such page."""
    application = db.session.get(Application, application_id)
    if (
        OfficerRole.REVIEWER not in g.visitor.roles
        or application is None
        or application.state not in REFUSED
    ):
        raise NotFound
    return application


def _form(application: Application, faults: Mapping[str, str]) -> str:
    look(Seen.CASE, application.id)
    session = db.session()
    return render_template(
        "agency/reopening.html",
        application=application,
        person=persons.get(session, application.person_id),
        profession=offered_professions.of(office(), application).title,
        refusal=refusals.newest(session, application.id),
        sources=[(source.value, source.label, "") for source in RulingSource],
        rulings=[(ruling.value, ruling.label, "") for ruling in Ruling],
        faults=faults,
        typed=request.form,
    )


def _propose(task: UserTask, place: Office) -> str:
    outcome = request.form["outcome"]
    reopening.submit(place, task.id, outcome, actor=g.visitor.actor)
    return "已提交，转确认环节。" if outcome == "submit" else "已放弃。"


def _confirm(task: UserTask, place: Office) -> str:
    outcome, reasons = request.form["outcome"], proposals.lines("reasons")
    reopening.decide(place, task.id, outcome, reasons=reasons, actor=g.visitor.actor)
    if outcome == "reopen":
        return "原决定已标为撤销，申请即日重新办理，正在告知申请人和企业。"
    return "已决定不予重新办理。"


ACTIONS: Mapping[str, Callable[[UserTask, Office], str]] = {
    Task.PROPOSE_REOPENING: _propose,
    Task.CONFIRM_REOPENING: _confirm,
}
