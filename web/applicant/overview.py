"""【办事概览】: what is to be done; the newest cases, certificates, documents and messages."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from engine.actors import person_inbox
from registry.applications import applications
from registry.certificates import certificates
from registry.trail import notices
from web.applicant import certificates as held
from web.applicant import hearings
from web.extensions import db, office
from web.ui import cases
from web.visitors import access

bp = Blueprint("applicant_overview", __name__, url_prefix="/overview")

SHOWN = 5  #: of each kind; the whole list is one press away


@bp.get("")
@access.person_only
def front() -> str:
    """Show on one page what concerns the person, each with the way to all of it."""
    session, person_id = db.session(), g.visitor.person_id
    listed = applications.of_person(session, person_id, limit=SHOWN)
    current = applications.all_open_for(session, person_id)
    return render_template(
        "applicant/overview.html",
        to_do=[step for own in current if (step := cases.to_do(office(), session, own))],
        hearings=hearings.open_for(person_id),
        cases=listed,
        certificates=[
            shown
            for certificate in certificates.of_person(session, person_id)
            if not (shown := held.shown(certificate)).ended
        ],
        papers=[
            (application, paper)
            for application in listed
            for paper in cases.papers(session, application)
            if paper.state == "current"
        ][:SHOWN],
        told=notices.inbox(session, person_inbox(person_id), limit=SHOWN),
        today=office().today(),
    )
