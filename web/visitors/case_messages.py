"""留言: what applicant and agency write to each other about a case, on one page for both."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.notice import case_messages as threads
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import case_messages
from registry.applications.applications import Application
from registry.applications.case_messages import Side
from registry.people import persons
from registry.people.officers import CASEWORKERS
from storage.database import writing
from web.extensions import db, office
from web.ui import cases
from web.visitors import access, files
from web.visitors.rate_limits import limit

bp = Blueprint("case_messages", __name__, url_prefix="/case-messages")


@bp.get("/<application_id>")
@access.signed_in
def thread(application_id: str) -> str:
    """Show the messages of a case; the other side's are read by that."""
    application, side = _case(application_id)
    place = office()
    if case_messages.unread(db.session(), [application.id], side):
        with writing(place.sessions) as session:
            case_messages.mark_read(session, application.id, side, at=place.now())
    return _page(application, side, {})


@bp.post("/<application_id>")
@access.signed_in
def write(application_id: str) -> Response | tuple[str, int]:
    """Write a message; a refusal keeps what was typed."""
    application, side = _case(application_id)
    visitor = access.visitor()
    limit("case-message", visitor.actor.id, times=30, per_s=3600)
    try:
        is_new = threads.write(
            office(),
            application.id,
            request.form.get("text", ""),
            after=request.form.get("after", "")[:32],
            actor=visitor.actor,
            name=visitor.name,
        )
    except Refusal as error:
        return _page(application, side, Fault.by_field(error)), 422
    flash("留言已发送，对方将收到消息。" if is_new else "这条留言已经发送。", "success")
    return redirect(f"/case-messages/{application.id}", 303)


def _case(application_id: str) -> tuple[Application, Side]:
    """Give the case with the side on which the visitor stands; raises `NotFound` for others."""
    visitor = access.visitor()
    if visitor.kind == "person":
        application, side = access.own_form(application_id), Side.APPLICANT
    elif visitor.kind == "enterprise":
        application, side = access.enterprise_request(application_id), Side.APPLICANT
    else:
        if visitor.roles.isdisjoint(CASEWORKERS):
            raise NotFound
        application, side = files.readable(application_id), Side.AGENCY
    if not threads.has_thread(application):
        raise NotFound
    return application, side


def _page(application: Application, side: Side, faults: Mapping[str, str]) -> str:
    messages = case_messages.of(db.session(), application.id)
    refused = threads.refusal(application)
    back = "/agency/cases/" if side is Side.AGENCY else "/applications/"
    if access.visitor().kind == "enterprise":
        back = "/enterprise/applications/"
    return render_template(
        "notices/thread.html",
        case=cases.Brief.of(office(), application),
        person_name=persons.get(db.session(), application.person_id).name,
        messages=messages,
        after=request.form.get("after") or (messages[-1].id if messages else ""),
        side=side,
        back=f"{back}{application.id}",
        refused=refused,
        faults=faults,
        typed=request.form,
    )
