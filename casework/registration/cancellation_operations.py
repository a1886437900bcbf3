"""Operations of cancelling: end registration and certificates, note silence, seal a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from casework.case import moot, trail
from casework.certificate import certificate_data, publication, reissues
from casework.office import PATIENT, Office, reading
from casework.signature.operations import filed
from casework.tasks import moves
from engine import operations
from engine.operations import CaseCall, Outcome
from refusals.refusal import NotFound
from registry.applications import applications, statements
from registry.applications.applications import Application
from registry.applications.statuses import Matter, Status
from registry.certificates import certificates, issuing, registrations
from registry.certificates.certificates import Cause, Validity
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.errors import RegistrationNotValid
from registry.law.calendars import shanghai_day

LONGEST_REASON = 200  #: as the registration keeps it


@operations.add("registration/cancel", inline=True)
def cancel(office: Office, call: CaseCall) -> Outcome:
    """End the registration that the signed form names, with all its certificates (I14, R107).

    One transaction with the act that cancels: registration, certificates, the number of the
    cancellation certificate, and so the public answer. A registration that has ended by itself
    meanwhile stays as it is.
    """
    session = reading(call)
    application_id, today = call.business_key, shanghai_day(call.now)
    kind = office.type_of(call.definition)
    if registration_of(session, application_id).status_on(today) is not RegistrationStatus.VALID:
        return Outcome(values={"cancelled": False})
    reason = reason_of(_content(session, application_id))
    facts = certificate_data.snapshot(session, application_id) | {
        "title": f"{kind.title}注销注册证书",
        "reason": reason,
        "cancelled_on": today.isoformat(),
    }

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        registration = registration_of(session, application_id)
        session.refresh(registration, with_for_update=True)
        if registration.status_on(today) is not RegistrationStatus.VALID:
            raise RegistrationNotValid(status=registration.status_on(today).label)
        status, at = RegistrationStatus.CANCELLED, call.now
        registrations.end(session, registration, status, reason=reason[:LONGEST_REASON], at=at)
        ended = certificates.invalidate(session, registration.id, Validity.CANCELLED, at=at)
        publication.enqueue_ended(session, ended, at, "cancel")
        reissues.enqueue_lapses(session, ended, at)
        moot.enqueue_upon(session, registration, at, but=application_id)
        issuing.reserve(
            session,
            registration,
            application_id,
            facts=facts,
            numbers=certificate_data.numbers(office, kind),
            at=at,
            kind=certificates.CANCELLATION,
            cause=Cause.CANCELLATION,
        )
        application.decided_on = application.decided_on or today
        if application.state is Status.UNDER_REVIEW:
            moves.move(session, application, Status.APPROVED, at)
        text = f"注册（{registration.no}）已注销，电子注册证书同时失效"
        trail.step(session, call.actor, "cancel", text, application_id, at)

    return Outcome(values={"cancelled": True}, commit=commit)


def registration_of(session: Session, application_id: str) -> Registration:
    """Give the registration that a case is about: the one that its signed form names."""
    no = _content(session, application_id)["registration"]["registration_no"]
    registration = registrations.by_no(session, no)
    if registration is None:
        raise NotFound
    return registration


def reason_of(content: Mapping[str, Any]) -> str:
    """Give why, in words: the chosen reason, or what was written under 其他."""
    said = {answer["name"]: answer["text"] for answer in content["answers"]}
    return str(said.get("cancel_reason_text") or said.get("cancel_reason") or "")


def _content(session: Session, application_id: str) -> Mapping[str, Any]:
    revision = applications.current_revision(session, application_id)
    if revision is None:
        raise NotFound
    return revision.content


def other_party(application: Application) -> str:
    """Give who did not ask for the cancellation and is heard: "person" or "enterprise"."""
    return "person" if application.matter == Matter.ENTERPRISE_CANCELLATION else "enterprise"


@operations.add("cancellation/note_silence", inline=True)
def note_silence(office: Office, call: CaseCall) -> Outcome:
    """Write down that the other side has not answered in its time."""
    application_id = call.business_key

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        party = other_party(application)
        statements.add(
            session,
            application_id,
            statements.StatementKind.SILENCE,
            party=party,
            text="异议期内没有答复。",
            actor=call.actor.id,
            at=call.now,
        )
        text = f"{statements.PARTIES[party]}逾期未答复，转入审查"
        trail.step(session, call.actor, "silence", text, application_id, call.now)

    return Outcome(commit=commit)


@operations.add("signing/seal_request", retry=PATIENT)
def seal_request(office: Office, call: CaseCall) -> Outcome:
    """Put the enterprise's seal on its own request; the request is filed (G9)."""
    text = "企业提出注销申请并加盖电子签章"
    return filed(office, call, office.signatures.seal_as_enterprise, text)
