"""A case as its officers may look at it at any time: search, whole file, where it stands."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from casework.authority import ex_officio
from casework.office import Office
from casework.retention_table import insist_kept
from engine import queries
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import decisions, documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.applications.statuses import OF_AGENCY
from registry.certificates import certificates
from registry.people.officers import OfficerRole
from registry.versions import Seen
from web.agency import lists, marks, proposals
from web.extensions import anew, db, office
from web.lists import pages as listed
from web.ui import cases, differences, sheets
from web.visitors import access, files, once_more
from web.visitors.seen import acting, look

bp = Blueprint("case_files", __name__, url_prefix="/agency/cases")


@bp.get("")
@access.officer()
def search() -> Redirect | str | tuple[str, int]:
    """Find a case that is or was a task of one's role, also a finished one."""
    proposals.caseworker()
    return listed.show(lists.all_cases(g.visitor.actor), "agency/cases.html")


@bp.get("/<application_id>")
@access.officer()
def case(application_id: str) -> str:
    """Show a whole case, read only; of one that the agency started what may be withdrawn too."""
    return _page(readable(application_id), {})


@bp.get("/<application_id>/diagram.bpmn")
@access.officer()
def diagram(application_id: str) -> Response:
    """Give the diagram that this case runs on."""
    drawn = cases.diagram_of(office(), readable(application_id))
    return Response(drawn, mimetype="application/xml")


def readable(application_id: str) -> Application:
    """Give a case of the agency to every caseworker, others to whose role they concern."""
    proposals.caseworker()
    application = db.session.get(Application, application_id)
    if application is not None and application.matter in OF_AGENCY:
        insist_kept(application.retired)
        return application
    return files.readable(application_id)


@bp.post("/<application_id>/withdraw")
@access.officer()
def withdraw(application_id: str) -> Redirect | str | tuple[str, int]:
    """Take a proposal back while the person may still state the case."""
    application = readable(application_id)
    if application.matter not in OF_AGENCY:
        raise NotFound
    reason = request.form.get("reason", "")

    def act(place: Office) -> None:
        ex_officio.withdraw(place, application.id, reason=reason, actor=g.visitor.actor)

    try:
        place = acting(Seen.CASE, application.id)
        if asks := once_more.unanswered(
            act,
            place,
            "撤回处理意见",
            "撤回后立即告知当事人，本次处理终止，不能恢复；仍需处理的，须重新提出。",
            yes="确认撤回",
            back=f"/agency/cases/{application.id}",
        ):
            return asks
        act(place)
    except Refusal as error:
        anew(application)
        if not application.state.is_open:
            return redirect(f"/agency/cases/{application.id}", 303)
        return _page(application, Fault.by_field(error)), 422
    flash("处理意见已撤回，已告知当事人。", "success")
    return redirect(f"/agency/cases/{application.id}", 303)


def _page(application: Application, faults: Mapping[str, str]) -> str:
    look(Seen.CASE, application.id)
    session, actor = db.session(), g.visitor.actor
    heard = queries.task_for(session, application.id, Task.STATE_CASE)
    waiting = queries.tasks_of(session, application.id)
    return render_template(
        "agency/case.html",
        application=application,
        case=cases.for_officer(office(), application, session),
        own_motion=proposals.shown(application),
        mine=[task for task in waiting if actor.may_open(task.inbox)],
        document=documents.current(session, application.id, DocumentKind.APPLICATION),
        groups=sheets.of_revision(office(), session, application),
        changes=differences.since_asked_to_correct(office(), session, application),
        certificate=certificates.of_application(session, application.id),
        decisions=decisions.of(session, application.id),
        **marks.shown(application),
        may_withdraw=heard is not None
        and actor.has_role(OfficerRole.REVIEWER, OfficerRole.APPROVER),
        faults=faults,
        typed=request.form,
        today=office().today(),
    )
