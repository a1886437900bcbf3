"""【本企业注册人员】 and what the enterprise asks for by itself: to cancel a registration (G9)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.application import withdrawal
from casework.case import offered_professions
from casework.registration import cancellation, invitation
from casework.terms import periods
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.applications.statuses import Status
from registry.certificates.registrations import Registration
from registry.enterprises.operators import Duty
from registry.people.persons import Person
from registry.versions import Seen
from web.applicant import application_form
from web.enterprise import people_lists
from web.errors import told
from web.extensions import anew, db, office
from web.lists import pages as listed
from web.ui import cases
from web.visitors import access
from web.visitors.rate_limits import limit
from web.visitors.seen import ChangedMeanwhile, acting, look

bp = Blueprint("roster", __name__, url_prefix="/enterprise")


@bp.get("/people")
@access.enterprise_only
def people() -> Response | str | tuple[str, int]:
    """List who is validly registered with this enterprise."""
    return listed.show(people_lists.roster(g.visitor.uscc, office().today()), "roster/people.html")


@bp.post("/people/<registration_id>/invite")
@access.enterprise(Duty.AGREE)
def invite(registration_id: str) -> Response:
    """Ask one of the enterprise's people to renew, once a term."""
    registration = access.enterprise_registration(registration_id)
    try:
        invitation.invite(office(), registration.id, g.visitor.actor)
    except Refusal as refusal:
        flash(told(refusal), "error")
    else:
        flash("已向本人发送延续注册的提醒。", "success")
    return redirect(url_for(".people"), 303)


def _row(registration: Registration, person: Person) -> dict[str, Any]:
    return {
        "id": registration.id,
        "name": person.name,
        "profession": offered_professions.title(office(), registration.type),
        "no": registration.no,
        "valid_to": registration.valid_to,
    }


@bp.get("/people/<registration_id>/cancel")
@access.enterprise_only
def ask(registration_id: str) -> str:
    """Say what an application of the enterprise is for, before it is started."""
    look(Seen.REGISTRATION, registration_id)
    registration = access.enterprise_registration(registration_id)
    person = db.session.get_one(Person, registration.person_id)
    definition = office().definitions.latest(registration.type).hash
    return render_template(
        "roster/ask.html",
        row=_row(registration, person),
        periods=periods.words(office(), definition),
    )


@bp.post("/people/<registration_id>/cancel")
@access.enterprise(Duty.AGREE)
def start(registration_id: str) -> Response:
    """Start an application to cancel, or go on with the one that is open."""
    registration = access.enterprise_registration(registration_id)
    try:
        place = acting(Seen.REGISTRATION, registration.id)
        started = cancellation.start_request(place, registration.id, g.visitor.actor)
    except Refusal as refusal:
        flash(told(refusal), "error")
        return redirect(url_for(".people"), 303)
    return redirect(f"/enterprise/requests/{started}", 303)


@bp.get("/requests/<application_id>")
@access.enterprise_only
def go_on(application_id: str) -> Response:
    """Lead to the next step of a request: its form, its seal, or its progress."""
    application = access.enterprise_request(application_id)
    places = {Status.DRAFT: ".form", Status.READY_TO_SIGN: ".seal"}
    place = places.get(application.state, "enterprise.review")
    return redirect(url_for(place, application_id=application.id), 303)


@bp.get("/requests/<application_id>/form")
@access.enterprise_only
def form(application_id: str) -> str | Response:
    """Show the form of a request."""
    return application_form.shown_form(access.enterprise_request(application_id))


@bp.post("/requests/<application_id>/form")
@access.enterprise(Duty.AGREE)
def submit(application_id: str) -> Response | str | tuple[str, int]:
    """Take the form of a request."""
    return application_form.posted_form(access.enterprise_request(application_id))


@bp.post("/requests/<application_id>/form/draft")
@access.enterprise(Duty.AGREE)
def keep(application_id: str) -> Response:
    """Keep what is being typed of a request, for the script of the page."""
    return application_form.kept_draft(access.enterprise_request(application_id))


@bp.post("/requests/<application_id>/form/groups/<int:number>")
@access.enterprise(Duty.AGREE)
def group(application_id: str, number: int) -> str | tuple[str, int]:
    """Answer one group of the form of a request, for the script of the page."""
    return application_form.posted_group(access.enterprise_request(application_id), number)


@bp.get("/requests/<application_id>/seal")
@access.enterprise_only
def seal(application_id: str) -> str | Response:
    """Show the exact file that is going to be sealed."""
    application = access.enterprise_request(application_id)
    if application.state is not Status.READY_TO_SIGN:
        return redirect(url_for("enterprise.review", application_id=application.id), 303)
    return _seal(application, {})


def _seal(application: Application, faults: dict[str, str]) -> str:
    look(Seen.CASE, application.id)
    return render_template(
        "roster/seal.html",
        case=cases.for_enterprise(office(), application, db.session()),
        document=documents.current(db.session(), application.id, DocumentKind.APPLICATION),
        faults=faults,
    )


@bp.post("/requests/<application_id>/seal")
@access.enterprise(Duty.SEAL)
def put_seal(application_id: str) -> Response | tuple[str, int]:
    """Unlock the seal with the PIN, seal and submit the request."""
    application = access.enterprise_request(application_id)
    limit("seal", g.visitor.uscc, times=600, per_s=600)
    pin = request.form.get("pin", "")
    try:
        place = acting(Seen.CASE, application.id)
        cancellation.seal_request(place, application.id, pin=pin, actor=g.visitor.actor)
    except Refusal as error:
        anew(application)
        if application.state is Status.READY_TO_SIGN:
            return _seal(application, {"pin": Fault.of(error)}), 422
        flash("申请已经盖章提交，进度见本页。")
    else:
        within = periods.words(office(), application.definition)["FORMAL_CHECK"]
        flash(f"已盖章提交，市住建委{within}内告知是否受理。", "success")
    return redirect(url_for("enterprise.review", application_id=application.id), 303)


@bp.get("/requests/<application_id>/withdraw")
@access.enterprise_only
def ask_to_withdraw(application_id: str) -> str:
    """Ask before withdrawing a request (I18)."""
    application = access.enterprise_request(application_id)
    look(Seen.CASE, application.id)
    case = cases.for_enterprise(office(), application, db.session())
    return render_template("roster/withdraw.html", case=case)


@bp.post("/requests/<application_id>/withdraw")
@access.enterprise(Duty.AGREE)
def withdraw(application_id: str) -> Response:
    """Withdraw a request (I18)."""
    application = access.enterprise_request(application_id)
    try:
        if not _is_withdrawn(application):
            withdrawal.withdraw(acting(Seen.CASE, application.id), application.id, g.visitor.actor)
    except ChangedMeanwhile as error:
        flash(told(error), "error")
        return redirect(url_for(".ask_to_withdraw", application_id=application.id), 303)
    except Refusal:
        if not _is_withdrawn(application):
            raise
    flash("申请已撤回，已盖章的文件已作废。", "success")
    return redirect(url_for("enterprise.review", application_id=application.id), 303)


def _is_withdrawn(application: Application) -> bool:
    anew(application)
    return application.state is Status.WITHDRAWN
