"""Issuing the next version of a certificate, and ending the wait for one that counts no longer.

A registered name, a corrected identity or an exchange changes what the certificate shows. The
register takes the change and the numbers of the new version in one transaction; the case CLAIM
prints and seals it, tells the holder and waits for 领证 (R112, R129, I17, I20).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.case import trail
from casework.case.opening import About, FirstLine, open_case
from casework.case.refusals import NotElectronic
from casework.certificate import certificate_data
from casework.office import OUTAGE, Office
from engine import operations
from engine.actors import SYSTEM, Actor
from engine.errors import AlreadyRunning, NobodyWaits
from engine.jobs import queue
from engine.operations import Call, CaseCall, Outcome
from professions import messages
from registry.applications.applications import Application
from registry.applications.statuses import Matter, Status
from registry.certificates import certificates, issuing, registrations
from registry.certificates.certificates import Cause, Certificate, ClaimState
from registry.certificates.registrations import Registration
from registry.errors import RegistrationNotValid


def start(
    office: Office,
    registration_id: str,
    cause: str,
    actor: Actor,
    *,
    application_id: str,
    changes: Mapping[str, Any],
    write: Callable[[Session], None] | None = None,
    known: Registration | None = None,
) -> str:
    """Give the holder the next version of a certificate to claim; return the id of the case.

    `changes` replaces facts of the newest version (`name`, `enterprise_name` …); `write` joins
    the transaction, before the new version is written down. The same `application_id` again
    changes nothing. `known` is the registration where the caller has just read it. Raises
    `NotFound`, `RegistrationNotValid`, `NotElectronic` for who has only a paper certificate; then
    nothing is written.
    """
    registration = known
    with office.sessions() as session:
        if session.get(Application, application_id) is not None:
            return application_id
        if registration is None:
            registration = registrations.get(session, registration_id)

    def refuse(session: Session) -> None:
        if write is not None:
            write(session)
        registrations.locked(session, registration_id)

    def fill(session: Session, application: Application) -> FirstLine:
        current, reason = registrations.get(session, registration_id), Cause(cause)
        application.enterprise_name = current.enterprise_name
        reserve(office, session, application, current, reason, changes, office.now())
        text = f"因{reason.label}换发电子注册证书"
        return FirstLine(kind="reissue", text=text, facts={"cause": reason.value})

    about = About(
        matter=Matter.CLAIM,
        type=registration.type,
        person_id=registration.person_id,
        uscc=registration.uscc,
        enterprise_name=changes.get("enterprise_name", registration.enterprise_name),
    )
    with suppress(AlreadyRunning):  # the same request, at the same moment
        open_case(
            office,
            about,
            actor,
            refuse=refuse,
            fill=fill,
            status=Status.APPROVED,
            id=application_id,
        )
    return application_id


def reserve(
    office: Office,
    session: Session,
    application: Application,
    registration: Registration,
    cause: Cause,
    changes: Mapping[str, Any],
    at: datetime,
) -> Certificate:
    """Take the numbers of the next version, which shows the last one's facts but for `changes`.

    The last one is the last written down, even when its sealing is still on the way.
    """
    status = registration.status_on(office.today())
    if status is not registrations.RegistrationStatus.VALID:
        raise RegistrationNotValid(status=status.label)
    last = certificates.latest(session, registration.id)
    if last is None or (last.form == certificates.PAPER and cause is not Cause.EXCHANGE):
        raise NotElectronic
    kind = office.type_of(application.definition)
    return issuing.reserve(
        session,
        registration,
        application.id,
        facts={**last.facts, "title": kind.face.title, **changes},
        numbers=certificate_data.numbers(office, kind),
        at=at,
        cause=cause,
    )


def enqueue_lapses(session: Session, ended: Iterable[Certificate], at: datetime) -> None:
    """Have those told who still wait for 领证 of certificates that count no longer.

    Call it in the transaction that ended them.
    """
    for certificate in ended:
        if certificate.application_id is None or certificate.claim_state == ClaimState.CLAIMED:
            continue
        queue.add(
            session,
            "certificate/end_wait",
            {"application_id": certificate.application_id},
            f"end_wait/{certificate.id}/{certificate.claim_state}",
            at,
            business_key=certificate.application_id,
        )


@operations.add("certificate/end_wait", schema={"application_id": str}, retry=OUTAGE)
def end_wait(office: Office, call: Call, application_id: str) -> Outcome:
    """Tell a case that the certificate it waits to hand over counts no longer.

    Whose case does not wait (claimed meanwhile, not sealed yet) is left alone.
    """
    try:
        office.runner.message(messages.SUPERSEDED, application_id, {}, SYSTEM)
    except NobodyWaits:
        return Outcome(values={"waited": False})
    return Outcome(values={"waited": True})


@operations.add("certificate/lapse", inline=True)
def lapse(office: Office, call: CaseCall) -> Outcome:
    """Note in the timeline that there is nothing to claim here any more, and why."""
    application_id = call.business_key

    def commit(session: Session) -> None:
        certificate = certificates.of_application(session, application_id)
        label = certificate.validity_label if certificate else "已更新"
        is_replaced = label == certificates.Validity.SUPERSEDED.label
        text = (
            "证书信息已更新，请领取新版，本次领证结束" if is_replaced else f"证书{label}，不再领取"
        )
        trail.step(session, call.actor, "lapse", text, application_id, call.now)

    return Outcome(commit=commit)
