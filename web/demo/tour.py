"""The guided walk of the demonstration: one 初始注册 from the form to the verified certificate.

The walk knows where the case of its person stands and tells the step that is next. Only the
demonstration has these pages; in production there is no walk.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters import world
from adapters.world import Citizen
from engine.actors import role_inbox
from engine.tables import UserTask
from professions.manifests import RegistrationType
from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import ACCEPTED, Matter, Status
from registry.identifiers import IdType
from registry.people import persons
from registry.people.officers import OfficerRole
from storage.literals import ONE
from web.demo import tour_steps
from web.demo.portrait import draw
from web.demo.tour_steps import ToldStep, TourStep
from web.extensions import db, settings
from web.ui import professions
from web.visitors import access
from web.visitors.access import Visitor

bp = Blueprint("tour", __name__, url_prefix="/tour")


@dataclass(frozen=True, kw_only=True)
class Tour:
    """Whose case is walked, and how far it is."""

    walker: Citizen
    step: TourStep
    steps: tuple[ToldStep, ...]
    next_walker: Citizen | None  #: with whom it may be walked once more


@bp.get("/photo.jpg")
@access.public
def photo() -> Response:
    """Give a portrait of nobody for the form; raises NotFound where there is no demonstration."""
    if not settings().demo:
        raise NotFound

    return Response(draw(1), mimetype="image/jpeg")


@bp.app_template_global("guided_walk")
def here() -> Tour | None:
    """Give the walk through the first profession, for the front page; None without a profession.

    `?walker=` names who walks, by the subject at the portal.
    """
    known = professions.all_offered()
    if not settings().demo or not known:
        return None
    return of(db.session(), known[0], g.visitor, wanted=request.args.get("walker"))


def walkers(kind: RegistrationType) -> list[Citizen]:
    """Give the demonstration people who have all that a timely 初始注册 needs."""
    term = 3 * 365
    entitled = {
        held.subject
        for held in world.named_credentials()
        if held.profession == kind.title and held.days_ago < term
    }
    return [
        citizen
        for citizen in world.CITIZENS
        if citizen.subject in entitled
        and citizen.card_read
        and citizen.has_certificate
        and citizen.signed_up
    ]


def of(
    session: Session, kind: RegistrationType, visitor: Visitor | None, *, wanted: str | None = None
) -> Tour | None:
    """Give the walk of `wanted` (a subject at the portal), else of whoever is on the way.

    None where the profession has nobody who could walk it.
    """
    able = walkers(kind)
    if not able:
        return None
    cases = {citizen.subject: _case(session, kind, citizen) for citizen in able}
    walker = next((citizen for citizen in able if citizen.subject == wanted), None)
    if walker is None:
        begun = [citizen for citizen in able if cases[citizen.subject] is not None]
        walker = max(begun, key=lambda citizen: _id(cases[citizen.subject]), default=able[0])
    application = cases[walker.subject]
    fresh = [
        citizen for citizen in able if cases[citizen.subject] is None and citizen is not walker
    ]
    return Tour(
        walker=walker,
        step=_step(session, application),
        steps=tuple(tour_steps.told(kind, walker, application, visitor)),
        next_walker=fresh[0] if fresh else None,
    )


def _id(application: Application | None) -> str:
    return application.id if application else ""


def _case(session: Session, kind: RegistrationType, citizen: Citizen) -> Application | None:
    """Give the newest 初始注册 of somebody in a profession."""
    person = persons.by_identity(session, IdType(citizen.id_type), citizen.id_no)
    if person is None:
        return None
    query = select(Application).where(
        Application.person_id == person.id,
        Application.matter == Matter.INITIAL,
        Application.type == kind.key,
    )
    return session.scalar(query.order_by(Application.id.desc()).limit(ONE))


def _step(session: Session, application: Application | None) -> TourStep:
    """Tell what is next: by the status, and among officers by whose inbox it is in."""
    by_status = {
        Status.READY_TO_SIGN: TourStep.SIGN,
        Status.PERSONAL_SIGNED: TourStep.SEAL,
        Status.APPROVED: TourStep.CLAIM,
        Status.COMPLETED: TourStep.VERIFY,
    }
    status = Status.CLOSED if application is None else Status(application.status)
    if application is None or status in by_status or status not in ACCEPTED:
        return by_status.get(status, TourStep.FILL)
    query = select(UserTask.inbox).where(
        UserTask.business_key == application.id, UserTask.status == "OPEN"
    )
    inboxes = session.scalars(query).all()
    return TourStep.DECIDE if role_inbox(OfficerRole.APPROVER) in inboxes else TourStep.REVIEW
