"""Publishing certificates in the electronic certificate store 电子证照库 (C.0, C.3).

The legal act never waits for the store: it enqueues a job in its own transaction, and the job is
tried until the store has understood. Whatever the order in which jobs run, the store ends with the
state that the register holds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from casework.case import trail
from casework.certificate import ofd_forms, reissues
from casework.certificate.ofd_forms import NoOfdForm, OfdNotDrawn
from casework.office import OUTAGE, Office
from engine import operations
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.tables import JobKind
from registry.certificates import certificates
from registry.certificates.certificates import Certificate, ClaimState, Validity
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.identifiers import IdType
from registry.law.calendars import shanghai_day
from registry.people import persons
from registry.ports import CertificateEntry, CertificateState, StoreOperation
from storage.database import writing

_LOG = logging.getLogger(__name__)
_STATES = {
    Validity.VALID: CertificateState.VALID,
    Validity.SUPERSEDED: CertificateState.INVALID,
    Validity.EXPIRED: CertificateState.INVALID,
    Validity.CANCELLED: CertificateState.CANCELLED,
    Validity.REVOKED: CertificateState.REVOKED,
    Validity.RESCINDED: CertificateState.RESCINDED,
}
_ENDINGS = {
    Validity.SUPERSEDED: StoreOperation.CHANGE,
    Validity.EXPIRED: StoreOperation.EXPIRY,
    Validity.CANCELLED: StoreOperation.ENDING,
    Validity.REVOKED: StoreOperation.ENDING,
    Validity.RESCINDED: StoreOperation.ENDING,
}
#: By the cause of a certificate; an exchanged paper certificate is new as an electronic one.
_BEGINNINGS = {
    "ISSUE": StoreOperation.NEW,
    "EXCHANGE": StoreOperation.NEW,
    "CANCELLATION": StoreOperation.NEW,
    "RENEWAL": StoreOperation.RENEWAL,
}


def enqueue(session: Session, certificate_id: str, at: datetime, why: str) -> None:
    """Have the store told of a certificate, in the transaction that issued or ended it.

    `why` is a code for the audit log, as "issue", "supersede", "expire", "rename".
    """
    certificate = certificates.get(session, certificate_id)
    state = state_of(session, certificate)
    params = {"certificate_id": certificate_id, "why": why}
    queue.ask(
        session,
        "certificate/publish",
        params,
        f"ecert/{certificate_id}/{state}",
        at,
        business_key=certificate.application_id,
    )


def enqueue_all(
    session: Session, ended: Iterable[Certificate], at: datetime, why: str, state: CertificateState
) -> None:
    """Have all told of many certificates that came to the same state, as `enqueue_ended` does."""
    ended = list(ended)
    reissues.enqueue_lapses(session, ended, at)
    rows = [
        queue.row(
            kind=JobKind.EFFECT,
            operation="certificate/publish",
            params={"certificate_id": certificate.id, "why": why},
            key=f"ecert/{certificate.id}/{state}",
            due_at=at,
            now=at,
            business_key=certificate.application_id,
        )
        for certificate in ended
        if certificate.identifier is not None
    ]
    queue.add_all(session, rows)


def enqueue_ended(session: Session, ended: Iterable[Certificate], at: datetime, why: str) -> None:
    """Have all told of certificates that count no longer: the store, and who waits for 领证.

    What is on paper the store never knew.
    """
    ended = list(ended)
    reissues.enqueue_lapses(session, ended, at)
    for certificate in ended:
        if certificate.identifier is not None:
            enqueue(session, certificate.id, at, why)


def reconcile(office: Office, at: datetime) -> int:
    """Ask anew for what the store was never told; return how many certificates that were.

    A job that still waits is left as it is, also one that became an incident; one that an operator
    skipped comes again. So the store ends with the truth even after a long outage.
    """
    total, after = 0, ""
    while True:
        with writing(office.sessions) as session:
            untold = certificates.untold(session, after=after)
            for certificate in untold:
                enqueue(session, certificate.id, at, "reconcile")
        if not untold:
            return total
        total, after = total + len(untold), untold[-1].id


def state_of(session: Session, certificate: Certificate) -> CertificateState:
    """Give the national state code of a certificate as the register holds it."""
    validity = Validity(certificate.validity)
    if validity is Validity.REVOKED:
        registration = session.get_one(Registration, certificate.registration_id)
        if registration.status == RegistrationStatus.RESCINDED:
            return CertificateState.RESCINDED
    return _STATES[validity]


@operations.add(
    "certificate/publish",
    schema={"certificate_id": str, "why": str},
    retry=OUTAGE,
    small=True,
)
def publish(office: Office, call: Call, certificate_id: str, why: str) -> Outcome:
    """Hand a valid certificate to the store; of one that ended, tell its state.

    A certificate that ended before the store ever saw it is handed over first, so that whoever
    holds a copy finds out. What was never issued, or never was a file, is not told at all.
    """
    with office.sessions() as session:
        certificate = certificates.get(session, certificate_id)
        state = state_of(session, certificate)
        if certificate.claim_state == ClaimState.RESERVED or certificate.sha256 is None:
            return Outcome()
        entry = _entry(office, session, certificate, state)
    store, identifier = office.certificate_store, entry.identifier
    if state is CertificateState.VALID:
        _hand_over(office, call, certificate, entry)
    else:
        ending, key = _ENDINGS[Validity(certificate.validity)], f"{state}/{identifier}"
        if not store.update_state(identifier, state, ending, key):
            _hand_over(office, call, certificate, entry)
            store.update_state(identifier, state, ending, key)

    def commit(session: Session) -> None:
        about = {"certificate": certificate_id, "state": state.value, "why": why}
        certificates.get(session, certificate_id).told_validity = certificate.validity
        application_id = str(certificate.application_id)
        trail.audit(session, call.actor, "certificate.publish", application_id, call.now, **about)

    return Outcome(values={"state": state.value}, commit=commit)


def _hand_over(
    office: Office, call: Call, certificate: Certificate, entry: CertificateEntry
) -> None:
    """Hand over the entry with its files."""
    entry, ofd = _with_ofd(office, call, certificate, entry)
    pdf, key = office.files.get(entry.sha256), f"publish/{entry.identifier}"
    office.certificate_store.publish(entry, pdf, key, ofd=ofd)


def _with_ofd(
    office: Office, call: Call, certificate: Certificate, entry: CertificateEntry
) -> tuple[CertificateEntry, bytes | None]:
    """Add the OFD form where the store takes it; what cannot be drawn goes as PDF alone."""
    if not office.policy.store_takes_ofd or certificate.document_id is None:
        return entry, None
    try:
        form = ofd_forms.of(office, certificate.document_id, call.actor)
    except (OfdNotDrawn, NoOfdForm) as refusal:
        _LOG.warning("ofd_not_published code=%s identifier=%s", refusal.code, entry.identifier)
        return entry, None
    return replace(entry, ofd_sha256=form.sha256), form.data


def _entry(
    office: Office, session: Session, certificate: Certificate, state: CertificateState
) -> CertificateEntry:
    registration = session.get_one(Registration, certificate.registration_id)
    person = persons.get(session, certificate.person_id)
    facts = certificate.facts
    return CertificateEntry(
        identifier=str(certificate.identifier),
        name=facts["title"],
        no=certificate.no,
        version=certificate.version,
        registration_no=registration.no,
        holder_name=facts.get("name", person.name),
        holder_id_type=IdType(person.id_type),
        holder_id_no=person.id_no,
        enterprise_name=facts.get("enterprise_name", registration.enterprise_name),
        uscc=registration.uscc,
        issuer=office.policy.authority,
        issuer_uscc=office.policy.authority_uscc,
        issued_on=shanghai_day(certificate.issued_at or certificate.reserved_at),
        valid_from=registration.valid_from,
        valid_to=registration.valid_to,
        state=state,
        operation=_BEGINNINGS.get(certificate.cause, StoreOperation.CHANGE),
        sha256=str(certificate.sha256),
    )
