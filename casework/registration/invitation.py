"""An enterprise invites its people to renew: a message to the person, once a term."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.case import announcements, offered_professions
from casework.office import Office
from casework.registration import expiry
from casework.terms import eligibility
from engine.actors import Actor
from refusals.days import day_in_words
from refusals.refusal import NotFound, Refusal
from registry.applications import applications
from registry.applications.statuses import Matter
from registry.certificates import registrations
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.people import persons
from registry.trail import audit
from registry.trail.notices import Notice
from storage.database import writing


class RenewalNotOpen(Refusal):
    """该注册目前不能申请延续：{why}"""

    code = "E_RENEWAL_NOT_OPEN"


class AlreadyInvited(Refusal):
    """本注册有效期内已经邀请过，不再重复发送。"""

    code = "E_ALREADY_INVITED"


def key_of(registration: Registration) -> str:
    """Name the one invitation of a term."""
    return f"renewal-invited/{registration.id}/{registration.valid_to:%Y%m%d}"


def invited(session: Session, listed: Iterable[Registration]) -> set[str]:
    """Tell which of these registrations were invited in their present term, by their ids."""
    keys = {key_of(registration): registration.id for registration in listed}
    told = session.scalars(select(Notice.key).where(Notice.key.in_(list(keys))))
    return {keys[key] for key in told}


def open_days(office: Office, session: Session, kind: str) -> int:
    """Return how many days before its end a registration of this profession may be renewed."""
    definition = office.definitions.latest(kind).hash
    return int(office.figures(session, definition)["renewal_open_days"])


def invite(office: Office, registration_id: str, actor: Actor) -> None:
    """Tell a person that the enterprise asks him to renew, and by when.

    Raises `NotFound` for others' people, `RenewalNotOpen` for whoever cannot renew now or does
    so already, `AlreadyInvited` the second time in a term.
    """
    today = office.today()
    with writing(office.sessions) as session:
        registration = registrations.get(session, registration_id)
        if not actor.is_operator_of(registration.uscc):
            raise NotFound
        if why := _hindrance(office, session, registration):
            raise RenewalNotOpen(why=why)
        person = persons.get(session, registration.person_id)
        title = offered_professions.title(office, registration.type)
        statutory = office.figures(session, office.definitions.latest(registration.type).hash)
        text = f"聘用企业{registration.enterprise_name}提醒您办理延续注册。" + expiry.reminder(
            title, registration, today, int(statutory["renewal_statutory_days"])
        )
        word = announcements.to_person(person, "renewal_invited", text, key_of(registration))
        if not announcements.tell(session, [word], office.now()):
            raise AlreadyInvited
        audit.record(
            session,
            "renewal.invite",
            actor=actor.id,
            acting_for=registration.uscc,
            subject=f"registration:{registration.id}",
            at=office.now(),
        )


def _hindrance(office: Office, session: Session, registration: Registration) -> str:
    if registration.status_on(office.today()) != RegistrationStatus.VALID:
        return "注册已失效。"
    days = open_days(office, session, registration.type)
    opens = registration.valid_to - timedelta(days=days)
    if office.today() < opens:
        return f"{day_in_words(opens)}起可以申请。"
    running = applications.open_for(session, registration.person_id, registration.type)
    if running is not None and running.matter == Matter.RENEWAL:
        return f"本人已经提出延续申请（{running.no}）。"
    kind = offered_professions.newest(office, registration.type)
    if kind is None:
        return "该注册类别不再受理。"
    person = persons.get(session, registration.person_id)
    against = eligibility.against(session, person, kind, today=office.today(), renewed=registration)
    return "".join(reason.text for reason in against.reasons)
