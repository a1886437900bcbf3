"""Operations of the cases that the agency starts: hear, end a registration, correct an identity."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from sqlalchemy.orm import Session

from casework.application import qualification
from casework.case import moot, trail
from casework.case.refusals import NotElectronic
from casework.certificate import publication, reissues
from casework.office import OUTAGE, PATIENT, Office, reading
from casework.terms.clocks import due_of
from engine import operations
from engine.actors import SYSTEM
from engine.jobs import queue
from engine.operations import Call, CaseCall, Outcome
from engine.running import store
from refusals.days import day_in_words
from registry.applications import applications
from registry.authority import bans, ex_officio, identities
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Cause, Validity
from registry.certificates.registrations import RegistrationStatus
from registry.errors import RegistrationNotValid
from registry.law.calendars import add_years, shanghai_day
from registry.people import persons

#: What a registration that was ended does to its certificates.
_VALIDITIES = {
    RegistrationStatus.CANCELLED: Validity.CANCELLED,
    RegistrationStatus.REVOKED: Validity.REVOKED,
    RegistrationStatus.RESCINDED: Validity.RESCINDED,
}
#: Matters that need the registration; they end with it.


@operations.add("ex_officio/open_hearing", inline=True)
def open_hearing(office: Office, call: CaseCall) -> Outcome:
    """Write down until when the person may state the case: five working days (HEARING)."""
    application_id, today = call.business_key, shanghai_day(call.now)
    until = due_of(office, call.definition, "HEARING", today)

    def commit(session: Session) -> None:
        ex_officio.get(session, application_id).hear_until = until.day
        text = f"已告知当事人，{day_in_words(until.day)}前可以陈述、申辩"
        trail.step(session, call.actor, "open_hearing", text, application_id, call.now)

    return Outcome(values={"hear_until": until.day.isoformat()}, commit=commit)


@operations.add("ex_officio/end_registration", inline=True)
def end_registration(office: Office, call: CaseCall) -> Outcome:
    """End registration and certificates, impose the ban, and have all told: one transaction.

    Law 69, 70, 79; I14, I19.
    """
    application_id = call.business_key

    def commit(session: Session) -> None:
        proposal = ex_officio.get(session, application_id)
        registration = registrations.get(session, proposal.registration_id)
        status = RegistrationStatus(proposal.status)
        reason = f"{proposal.act_label}：{proposal.ground_label}"
        registrations.end(
            session, registration, status, reason=reason, at=call.now, also_expired=True
        )
        if status is RegistrationStatus.RESCINDED:
            qualification.release(session, registration)
        ended = certificates.invalidate(session, registration.id, _VALIDITIES[status], at=call.now)
        publication.enqueue_ended(session, ended, call.now, "ex_officio")
        if proposal.ban_basis is not None:
            bans.impose(
                session,
                registration.person_id,
                proposal.ban_basis,
                actor=call.actor.id,
                at=call.now,
                until=add_years(shanghai_day(call.now), proposal.ban_years),
                reason=reason,
                application_id=application_id,
            )
        params = {"application_id": application_id}
        queue.add(
            session,
            "ex_officio/end_open_case",
            params,
            f"end_open_case/{application_id}",
            call.now,
            business_key=application_id,
        )
        text = f"{proposal.act_label}，证书失效"
        facts = {"registration_id": registration.id, "status": status.value}
        trail.step(session, call.actor, "end_registration", text, application_id, call.now, **facts)

    return Outcome(values={"ended": True}, commit=commit)


@operations.add("ex_officio/end_open_case", schema={"application_id": str}, retry=OUTAGE)
def end_open_case(office: Office, call: Call, application_id: str) -> Outcome:
    """End what cannot stand without the registration, or with a ban.

    What is decided already, and an initial registration nobody bars, goes on.
    """
    with office.sessions() as session:
        proposal = ex_officio.get(session, application_id)
        registration = registrations.get(session, proposal.registration_id)
        running = {case.id for case in moot.upon(session, registration)}
        if proposal.ban_basis is not None:
            running |= {case.id for case in moot.barred_by(session, registration.person_id)}
    ended = [case for case in sorted(running) if moot.end_case(office, case, SYSTEM)]
    return Outcome(values={"ended": bool(ended)})


@operations.add("identity/correct", inline=True)
def correct(office: Office, call: CaseCall) -> Outcome:
    """Give the person the confirmed identity; the old number goes on finding the person (I20)."""
    application_id = call.business_key
    reading(call)

    def commit(session: Session) -> None:
        correction = identities.get(session, application_id)
        # Whoever computes from the person as he was before is too late and reads again.
        for other in applications.ids_open_of(session, correction.person_id):
            if other != application_id:
                store.touch(session, other)
        identities.correct(session, correction, at=call.now)
        text = "已更正姓名和证件号码" if correction.changes_number else "已更正姓名"
        trail.step(session, call.actor, "correct", text, application_id, call.now)

    return Outcome(values={"corrected": True}, commit=commit)


@operations.add("identity/reissue", retry=PATIENT)
def reissue(office: Office, call: CaseCall) -> Outcome:
    """Have each certificate in force issued anew under the corrected identity (cause CORRECTION).

    Who holds only a paper certificate exchanges it, and gets the new name then.
    """
    application_id, reissued = call.business_key, []
    with office.sessions() as session:
        correction = identities.get(session, application_id)
        person = persons.get(session, correction.person_id)
        held = registrations.of_person(session, person.id)
    changes = {
        "name": person.name,
        "sex": person.sex,
        "birth": person.birth.isoformat(),
        "id_no": persons.mask_id(person.id_no),
        "signature": person.signature_sha256,
    }
    for registration in held:
        if registration.status_on(office.today()) is not RegistrationStatus.VALID:
            continue
        named = f"{application_id}/{registration.id}".encode()  # the same case when tried again
        case = hashlib.sha256(named).hexdigest()[:32]
        with suppress(NotElectronic, RegistrationNotValid):
            reissues.start(
                office,
                registration.id,
                Cause.CORRECTION,
                SYSTEM,
                application_id=case,
                changes=changes,
            )
            reissued.append(case)
    return Outcome(values={"count": len(reissued)})
