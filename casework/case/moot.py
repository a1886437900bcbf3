"""Ending a case that has become pointless, with its reason: what it asked for cannot be any more.

A registration that ended leaves nothing to renew, exchange or cancel; a barred person may not be
registered. What is decided already goes on: that only a rescission can take back.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy.orm import Session

from casework.case import trail
from casework.office import OUTAGE, Office
from engine import operations
from engine.actors import SYSTEM, Actor
from engine.errors import NobodyWaits
from engine.jobs import queue
from engine.operations import Call, Outcome
from professions import messages
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.statuses import CANCELLING, Matter
from registry.certificates.registrations import Registration

#: What cannot stand without the registration that it is about.
_UPON_REGISTRATION = (Matter.RENEWAL, Matter.PAPER_EXCHANGE, *sorted(CANCELLING))
_ENDED_WITH = "所涉注册已经终止，本申请没有可以办理的内容，自动结束"


def enqueue(session: Session, application_id: str, at: datetime) -> None:
    """Have a case ended, in the transaction that makes it pointless."""
    params = {"application_id": application_id}
    queue.add(
        session, "application/end_moot", params, f"moot/{application_id}/{at.isoformat()}", at
    )


def enqueue_upon(
    session: Session, registration: Registration, at: datetime, *, but: str | None = None
) -> None:
    """Have every case upon a registration ended, in the transaction that ends the registration.

    `but` is the case that ends it.
    """
    for case in upon(session, registration):
        if case.id != but:
            enqueue(session, case.id, at)


def upon(session: Session, registration: Registration) -> list[Application]:
    """Return the cases in progress that cannot stand without a registration."""
    about = (registration.person_id, registration.type)
    running = (applications.open_of(session, *about, matter) for matter in _UPON_REGISTRATION)
    return [case for case in running if case is not None]


def barred_by(session: Session, person_id: str) -> list[Application]:
    """Return the person's cases that cannot go on once he is barred; a cancellation can."""
    running = applications.all_open_for(session, person_id)
    return [own for own in running if own.matter not in CANCELLING]


def end_case(office: Office, application_id: str, actor: Actor, *, why: str = _ENDED_WITH) -> bool:
    """End a case and say `why`; False when it was decided, or ended, meanwhile."""
    with office.sessions() as session:
        application = applications.get(session, application_id)
    message = messages.WITHDRAWN if application.matter in CANCELLING else messages.BARRED

    def write(session: Session) -> None:
        if application.matter in CANCELLING:
            trail.step(session, actor, "moot", why, application_id, office.now())

    with suppress(NobodyWaits):
        office.runner.message(message, application_id, {}, actor, write=write)
        return True
    return False


@operations.add("application/end_moot", schema={"application_id": str}, retry=OUTAGE)
def end(office: Office, call: Call, application_id: str) -> Outcome:
    """End a case that has become pointless, unless it has ended by itself."""
    return Outcome(values={"ended": end_case(office, application_id, SYSTEM)})
