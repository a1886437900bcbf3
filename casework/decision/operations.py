"""Operations of the agency's clocks and of issuing: accept, extend, register, certify, claim."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from casework.case import opened, trail
from casework.certificate import certificate_data, publication, reissues, sealed_documents
from casework.certificate.sealed_documents import Paper
from casework.decision import lawfulness
from casework.office import PATIENT, Office, reading
from casework.tasks import moves
from casework.terms import renewal
from casework.terms.clocks import due_of
from engine import operations
from engine.operations import CaseCall, Outcome
from refusals.days import day_in_words
from refusals.refusal import Refusal
from registry.applications import applications, decisions
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.applications.documents import DocumentKind
from registry.applications.statuses import Matter, Status
from registry.certificates import certificates, issuing, registrations
from registry.certificates.certificates import Cause, Validity
from registry.certificates.registrations import Registration
from registry.law.calendars import shanghai_day
from storage.database import writing


@operations.add("application/accept", inline=True, schema={"deemed": bool})
def accept(office: Office, call: CaseCall, deemed: bool) -> Outcome:
    """Accept; silence for five working days accepts as of the day of receipt (Law 32)."""
    session = reading(call)
    application_id = call.business_key
    before = applications.get(session, application_id)
    filed = shanghai_day(before.filed_at or call.now)
    accepted_on = filed if deemed else shanghai_day(call.now)
    counted = due_of(office, call.definition, "DECISION", accepted_on)
    due = renewal.decision_due(office, session, before, counted)

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        facts = {"accepted_on": accepted_on, "deemed_accepted": deemed}
        facts |= {"due_on": due.day, "due_provisional": due.provisional}
        if not moves.move(session, application, Status.ACCEPTED, call.now, **facts):
            for name, value in facts.items():
                setattr(application, name, value)
        text = "逾期未告知，视为受理" if deemed else "受理申请"
        trail.step(session, call.actor, "accept", text, application_id, call.now)

    values = {
        "accepted_on": accepted_on.isoformat(),
        "due_on": due.day.isoformat(),
        "deemed": deemed,
    }
    return Outcome(values=values, commit=commit)


@operations.add("decision/extend", inline=True)
def extend(office: Office, call: CaseCall) -> Outcome:
    """Extend the time for the decision, once, by ten working days (Law 42)."""
    session = reading(call)
    application_id = call.business_key
    before = applications.get(session, application_id)
    start = before.due_on or shanghai_day(call.now)
    counted = due_of(office, call.definition, "DECISION_EXTENSION", start)
    new = renewal.decision_due(office, session, before, counted)

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        application.due_on, application.due_provisional = new.day, new.provisional
        application.extended = True
        text = f"办理期限延长至{day_in_words(new.day)}"
        trail.step(session, call.actor, "extend", text, application_id, call.now)

    return Outcome(values={"due_on": new.day.isoformat()}, commit=commit)


@operations.add("decision/deem", inline=True)
def deem(office: Office, call: CaseCall) -> Outcome:
    """Write down that the renewal counts as granted, as of the last day of the registration.

    Silence grants no more than an officer may: where something stands against it, that is written
    down, and the renewal has to be decided.
    """
    application_id = call.business_key
    try:
        lawfulness.refuse(opened.of(call), reading(call))
    except Refusal as refusal:
        why = f"有效期届满前未作决定，不能视为准予延续，须依法作出决定：{refusal}"

        def note(session: Session) -> None:
            trail.step(session, call.actor, "not_deemed", why, application_id, call.now)

        return Outcome(values={"deemed": False}, commit=note)

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        decisions.record(
            session,
            application_id,
            Result(
                step=DecisionStep.DECIDE,
                outcome="approve",
                opinion=f"有效期届满前未作决定，依照{renewal.BY_LAW}视为准予延续。",
            ),
            officer_id=call.actor.id,
            officer_name="（期限届满）",
            revision=application.revision,
            at=call.now,
        )
        application.decided_on = renewal.renewed(session, application).valid_to
        application.deemed_renewed = True
        text = "有效期届满前未作决定，视为准予延续"
        trail.step(session, call.actor, "deem", text, application_id, call.now)

    return Outcome(values={"deemed": True}, commit=commit)


@operations.add("certificate/reserve", inline=True)
def reserve(office: Office, call: CaseCall) -> Outcome:
    """Register the person and take the numbers of the certificate, before anything is sealed."""
    session = reading(call)
    application_id = call.business_key
    kind = office.type_of(call.definition)
    years = office.figures(session, call.definition)["validity_years"]
    facts = certificate_data.snapshot(session, application_id) | {"title": kind.face.title}
    before = applications.get(session, application_id)
    is_renewal = before.matter == Matter.RENEWAL
    last = renewal.last_day_of(office, session, before)

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        application.decided_on = application.decided_on or shanghai_day(call.now)
        if is_renewal:
            registration = _renewed(session, application, years, call.now, last)
            text = f"准予延续注册，有效期至{day_in_words(registration.valid_to)}"
        else:
            registration = registrations.grant(
                session,
                application,
                valid_from=shanghai_day(call.now),
                years=years,
                at=call.now,
                province=office.policy.province,
                patterns=kind.numbers,
                last=last,
            )
            text = f"准予许可，注册号{registration.no}"
        issuing.reserve(
            session,
            registration,
            application_id,
            facts=facts | {"enterprise_name": registration.enterprise_name},
            numbers=certificate_data.numbers(office, kind),
            at=call.now,
            cause=Cause.RENEWAL if is_renewal else Cause.ISSUE,
        )
        trail.step(session, call.actor, "register", text, application_id, call.now)

    return Outcome(values={"years": years}, commit=commit)


def _renewed(
    session: Session, application: Application, years: int, at: datetime, last: date | None
) -> Registration:
    """Extend the person's registration from its old end, under the employer's present name."""
    registration = registrations.newest(session, application.person_id, application.type)
    if registration is None:
        raise LookupError(f"application {application.id} renews nothing")
    registrations.renew(session, registration, years=years, at=at, last=last)
    registration.enterprise_name = application.enterprise_name or registration.enterprise_name
    return registration


@operations.add("certificate/issue", retry=PATIENT)
def issue(office: Office, call: CaseCall) -> Outcome:
    """Print and seal what was reserved; one transaction publishes certificate and document."""
    application_id = call.business_key
    case = opened.of(call)
    reserved, data, at = case.read(lambda session: certificate_data.to_print(session, case))
    template, title = certificate_data.TEMPLATES[reserved.kind]
    # 1. Print what is going to be sealed.
    rendered = office.templates(call.definition).render(template, data, at=at)
    printed = sealed_documents.store(office, rendered)
    # 2. Write down its digest before the seal, so that a crash later leaves evidence.
    with writing(office.sessions) as session:
        certificate = session.merge(reserved, load=False)
        issuing.prepare(session, certificate, printed.sha256)
        made = printed.sha256
        trail.audit(
            session, call.actor, "certificate.prepare", application_id, call.now, sha256=made
        )
    # 3. Seal it; the key of the call makes a repetition the identical file.
    sealed = sealed_documents.seal(office, call, printed)

    # 4. In one transaction: the document, the certificate, its publication, the trail.
    def commit(session: Session) -> None:
        certificate = session.merge(reserved, load=False)
        application = applications.get(session, application_id)
        paper = Paper(
            application_id=application_id,
            kind=DocumentKind.CERTIFICATE,
            number=certificate.no,
            revision=application.revision,
        )
        document = sealed_documents.keep(session, office, call, paper, sealed)
        superseded = issuing.issue(
            session, certificate, sha256=sealed.sha256, document_id=document.id, at=call.now
        )
        publication.enqueue(session, certificate.id, call.now, "issue")
        publication.enqueue_ended(session, superseded, call.now, "supersede")
        if certificate.validity != Validity.VALID:  # a newer version or the end came first
            reissues.enqueue_lapses(session, [certificate], call.now)
        text = f"制作{title}（{certificate.no}）"
        trail.step(session, call.actor, "issue", text, application_id, call.now)

    return Outcome(values={"sha256": sealed.sha256}, commit=commit)


@operations.add("certificate/claim", inline=True)
def claim(office: Office, call: CaseCall) -> Outcome:
    """Hand the certificate over (R113, R114)."""
    application_id = call.business_key

    def commit(session: Session) -> None:
        certificates.claim_of(session, application_id, at=call.now)
        text = "领取电子注册证书"
        trail.step(session, call.actor, "claim", text, application_id, call.now)

    return Outcome(values={"claimed": True}, commit=commit)
