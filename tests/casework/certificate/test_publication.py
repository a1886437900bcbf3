"""Certificates reach the electronic certificate store, whatever happens to it (C.0, C.3)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from casework.certificate import ofd_forms, publication
from casework.office import Office
from engine import actors
from engine.jobs import queue
from engine.tables import Job
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Certificate, Validity
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.ports import CertificateState, StoreOperation
from registry.trail import audit
from storage.database import writing
from tests.offices import Town


def approve(town: Town) -> str:
    """Take one person from the form to the approval."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    return case


def certificate_of(town: Town, case: str) -> Certificate:
    with town.office.sessions() as session:
        certificate = certificates.of_application(session, case)
    assert certificate is not None
    return certificate


def end(
    town: Town, certificate: Certificate, status: RegistrationStatus, validity: Validity
) -> None:
    """End a registration with its certificate, and have the store told."""
    now = town.office.now()
    with writing(town.office.sessions) as session:
        registration = session.get_one(Registration, certificate.registration_id)
        registrations.end(session, registration, status, reason="示例", at=now)
        ended = certificates.invalidate(session, registration.id, validity, at=now)
        publication.enqueue_ended(session, ended, now, "end")


def waiting(office: Office) -> list[Job]:
    with office.sessions() as session:
        query = select(Job).where(Job.operation == "certificate/publish")
        return list(session.scalars(query))


@pytest.mark.both_databases
def test_an_issued_certificate_is_published_with_its_facts(town: Town) -> None:
    """R48, R112: other services find the certificate, its holder and its file."""
    certificate = certificate_of(town, approve(town))

    town.works()

    entry = town.world.published[certificate.identifier]
    pdf = town.office.files.get(str(certificate.sha256))
    assert entry.sha256 == hashlib.sha256(pdf).hexdigest()
    assert (entry.state, entry.operation) == (CertificateState.VALID, StoreOperation.NEW)
    assert (entry.no, entry.holder_name) == (certificate.no, certificate.facts["name"])
    assert (entry.valid_from, entry.valid_to) == (date(2026, 9, 7), date(2029, 9, 6))
    assert waiting(town.office) == []
    with town.office.sessions() as session:
        events = audit.of(session, f"application:{certificate.application_id}")
    assert [event.facts["why"] for event in events if event.action == "certificate.publish"] == [
        "issue"
    ]


def test_the_store_is_handed_both_forms_where_it_takes_them(town: Town) -> None:
    """C.0: the same file that its holder downloads as OFD."""
    town.office.policy = replace(town.office.policy, store_takes_ofd=True)
    certificate = certificate_of(town, approve(town))

    town.works()

    entry = town.world.published[certificate.identifier]
    form = ofd_forms.of(town.office, str(certificate.document_id), actors.SYSTEM)
    assert entry.ofd_sha256 == form.sha256


def test_the_legal_act_does_not_wait_for_the_store(town: Town) -> None:
    """C.3: while the store is away the certificate is issued and can be claimed; it follows."""
    town.world.down.add("certificate_store")
    certificate = certificate_of(town, approve(town))
    town.works()

    assert certificate_of(town, certificate.application_id).claim_state == "UNCLAIMED"
    [job] = waiting(town.office)
    assert job.error is not None
    assert job.error.startswith("Unavailable")

    town.world.down.clear()
    town.clock.forward(hours=1)
    town.works()

    assert town.world.states == {certificate.identifier: CertificateState.VALID}
    assert waiting(town.office) == []


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("status", "validity", "told"),
    [
        (RegistrationStatus.CANCELLED, Validity.CANCELLED, CertificateState.CANCELLED),
        (RegistrationStatus.REVOKED, Validity.REVOKED, CertificateState.REVOKED),
        (RegistrationStatus.RESCINDED, Validity.REVOKED, CertificateState.RESCINDED),
    ],
)
def test_what_ended_is_told_with_its_state(
    town: Town, status: RegistrationStatus, validity: Validity, told: CertificateState
) -> None:
    """I14: whoever asks the store learns that the certificate counts no longer."""
    certificate = certificate_of(town, approve(town))
    town.works()

    end(town, certificate, status, validity)
    town.works()

    assert town.world.states == {certificate.identifier: told}


def test_a_certificate_that_ended_while_the_store_was_away_is_not_valid_there(town: Town) -> None:
    """C.3: both jobs run late and in any order; the store ends with the state of the register."""
    town.world.down.add("certificate_store")
    certificate = certificate_of(town, approve(town))
    end(town, certificate, RegistrationStatus.CANCELLED, Validity.CANCELLED)
    town.works()
    assert len(waiting(town.office)) == 2

    town.world.down.clear()
    town.clock.forward(hours=1)
    town.works()

    assert town.world.states == {certificate.identifier: CertificateState.CANCELLED}
    assert certificate.identifier in town.world.published


def test_the_next_version_ends_the_last_at_the_store(town: Town) -> None:
    """B.6: a version that was replaced is 失效 by 变更."""
    first = certificate_of(town, approve(town))
    town.works()
    now = town.office.now()

    with writing(town.office.sessions) as session:
        [old] = certificates.invalidate(session, first.registration_id, Validity.SUPERSEDED, at=now)
        publication.enqueue(session, old.id, now, "supersede")
    town.works()

    assert town.world.states == {first.identifier: CertificateState.INVALID}


@pytest.mark.both_databases
def test_what_expired_is_told_as_invalid(town: Town) -> None:
    certificate = certificate_of(town, approve(town))
    town.works()
    town.clock.forward(days=3 * 365 + 2)
    now = town.office.now()

    with writing(town.office.sessions) as session:
        for registration in registrations.expire(session, at=now):
            ended = certificates.invalidate(session, registration.id, Validity.EXPIRED, at=now)
            publication.enqueue_ended(session, ended, now, "expire")
    town.works()

    assert town.world.states == {certificate.identifier: CertificateState.INVALID}


@pytest.mark.both_databases
def test_a_certificate_still_being_made_is_not_published(town: Town) -> None:
    """I12: only a sealed file leaves the house."""
    case = approve(town)
    town.works()
    town.world.published.clear()
    with writing(town.office.sessions) as session:
        certificate = session.get_one(Certificate, certificate_of(town, case).id)
        certificate.claim_state = "RESERVED"
        publication.enqueue(session, certificate.id, town.office.now(), "issue")
    town.works()

    assert town.world.published == {}
    assert waiting(town.office) == []


@pytest.mark.both_databases
def test_asking_twice_is_one_job(town: Town) -> None:
    certificate = certificate_of(town, approve(town))
    town.works()

    with writing(town.office.sessions) as session:
        for _ in range(2):
            publication.enqueue(session, certificate.id, town.office.now(), "issue")

    assert len(waiting(town.office)) == 1
    with town.office.sessions() as session:
        assert queue.counts(session, town.office.now())["ready"] == 1


@pytest.mark.both_databases
def test_what_the_store_was_never_told_is_told_the_next_night(town: Town) -> None:
    """X13: an outage longer than the job's patience, and an operator who skipped the job."""
    town.world.down.add("certificate_store")
    certificate = certificate_of(town, approve(town))
    with writing(town.office.sessions) as session:
        [job] = session.scalars(select(Job).where(Job.operation == "certificate/publish"))
        session.delete(job)
    town.world.down.clear()

    assert publication.reconcile(town.office, town.office.now()) == 1
    town.works()

    assert town.world.states == {certificate.identifier: CertificateState.VALID}
    assert publication.reconcile(town.office, town.office.now()) == 0
    end(town, certificate, RegistrationStatus.CANCELLED, Validity.CANCELLED)
    assert publication.reconcile(town.office, town.office.now()) == 1
    assert len(waiting(town.office)) == 1, "the job that waits is not doubled"
    town.works()
    assert town.world.states == {certificate.identifier: CertificateState.CANCELLED}
    assert publication.reconcile(town.office, town.office.now()) == 0
