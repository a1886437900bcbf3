from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from refusals.refusal import NotFound
from registry import verification_codes
from registry.applications import applications
from registry.applications.applications import Application
from registry.certificates import certificates, issuing, public_answers, registrations
from registry.certificates.certificates import Certificate, ClaimState, Validity
from registry.certificates.registrations import Registration
from registry.errors import (
    AlreadyRegistered,
    CertificateNotIssued,
    CertificateNotValid,
    CertificateSuperseded,
    RegistrationNotValid,
)
from registry.identifiers import has_check_character
from registry.people.persons import Person
from storage.database import new_id, writing
from tests.registry.conftest import NOW, USCC

Sessions = sessionmaker[Session]
DAY = date(2026, 11, 24)
NUMBERS = issuing.Numbers(type_code="11310000000000000D019", issuer_uscc=USCC)


@pytest.fixture
def registration(sessions: Sessions, application: Application) -> Registration:
    return grant(sessions, application.id)


def grant(sessions: Sessions, application_id: str, *, day: date = DAY) -> Registration:
    with writing(sessions) as session:
        application = applications.get(session, application_id)
        application.uscc, application.enterprise_name = USCC, "上海示例结构设计（虚构04）有限公司"
        return registrations.grant(session, application, valid_from=day, years=3, at=NOW)


def reserve(sessions: Sessions, registration: Registration, application_id: str) -> Certificate:
    with writing(sessions) as session:
        return issuing.reserve(
            session,
            registration,
            application_id,
            facts={"name": "陶示例"},
            numbers=NUMBERS,
            at=NOW,
        )


def issue(sessions: Sessions, certificate: Certificate, sha256: str = "e" * 64) -> Certificate:
    with writing(sessions) as session:
        current = certificates.get(session, certificate.id)
        issuing.prepare(session, current, "a" * 64)
        issuing.issue(session, current, sha256=sha256, document_id=None, at=NOW)
        return current


def finish(sessions: Sessions, application: Application) -> None:
    with writing(sessions) as session:
        session.get_one(Application, application.id).status = "COMPLETED"


@pytest.fixture
def certificate(
    sessions: Sessions, registration: Registration, application: Application
) -> Certificate:
    return issue(sessions, reserve(sessions, registration, application.id))


def test_a_grant_gives_a_number_and_three_years(registration: Registration) -> None:
    """The last valid day is the eve of the third anniversary."""
    assert registration.no == "S2263100001"
    assert (registration.valid_from, registration.valid_to) == (DAY, date(2029, 11, 23))
    assert registration.status_on(date(2029, 11, 23)).label == "有效"
    assert registration.status_on(date(2029, 11, 24)).label == "已过期"


def test_granting_again_is_the_same_registration(
    sessions: Sessions, registration: Registration, application: Application
) -> None:
    """A job that runs twice registers once and uses one number."""
    assert grant(sessions, application.id).id == registration.id


def test_one_valid_registration_a_person(
    sessions: Sessions, registration: Registration, application: Application, person: Person, start
) -> None:
    """A second employer needs a cancellation first."""
    finish(sessions, application)
    second = start(person)

    with pytest.raises(AlreadyRegistered, match="2029年11月23日"):
        grant(sessions, second.id)

    with writing(sessions) as session:
        current = session.get_one(Registration, registration.id)
        registrations.end(session, current, "CANCELLED", reason="VOLUNTARY", at=NOW)
    again = grant(sessions, second.id)
    assert (again.previous_id, again.no) == (registration.id, "S2263100002")


def test_the_database_itself_holds_one_valid_registration(
    sessions: Sessions, registration: Registration, application: Application
) -> None:
    """A partial unique index, not only code."""
    with sessions() as session:
        indexes = session.execute(
            text(
                "SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_registration_valid'"
                " AND schemaname = current_schema()"
                if session.get_bind().dialect.name == "postgresql"
                else "SELECT sql FROM sqlite_master WHERE name = 'uq_registration_valid'"
            )
        ).scalar_one()
    assert "UNIQUE" in indexes
    assert "VALID" in indexes


def test_an_expired_registration_makes_room(
    sessions: Sessions, registration: Registration, application: Application, person: Person, start
) -> None:
    """I18: expiry counts from the day itself, not from the night the sweep ran."""
    finish(sessions, application)
    second = start(person)

    again = grant(sessions, second.id, day=date(2029, 11, 24))

    with sessions() as session:
        assert session.get_one(Registration, registration.id).status == "EXPIRED"
    assert again.status == "VALID"


def test_the_sweep_marks_what_expired(sessions: Sessions, registration: Registration) -> None:
    """I18: the last valid day is valid until 24:00 in Shanghai."""
    last = NOW.replace(year=2029, month=11, day=23, hour=15, minute=59)
    with writing(sessions) as session:
        assert registrations.expire(session, at=last) == []
    with writing(sessions) as session:
        expired = registrations.expire(session, at=last + timedelta(minutes=1))
    assert [ended.id for ended in expired] == [registration.id]


def test_a_renewal_loses_no_day(sessions: Sessions, registration: Registration) -> None:
    """Three more years from the old last day."""
    with writing(sessions) as session:
        current = session.get_one(Registration, registration.id)
        assert registrations.renew(session, current, years=3, at=NOW) == date(2032, 11, 23)


def to_remind(sessions: Sessions, today: date) -> list[str]:
    with sessions() as session:
        due = registrations.to_remind(session, today=today, days=90, more_than=60)
    return [registration.id for registration in due]


def test_a_renewed_registration_is_reminded_of_its_next_end(
    sessions: Sessions, registration: Registration
) -> None:
    """I18: what was told of the last end says nothing about the next one."""
    with writing(sessions) as session:
        current = session.get_one(Registration, registration.id)
        registrations.reminded(current, days=7, on=date(2029, 11, 16))
    with writing(sessions) as session:
        current = session.get_one(Registration, registration.id)
        next_end = registrations.renew(session, current, years=3, at=NOW)

    assert to_remind(sessions, next_end - timedelta(days=90)) == [registration.id]


@pytest.mark.parametrize(
    ("status", "is_reminded"),
    [("DRAFT", True), ("READY_TO_SIGN", True), ("PERSONAL_SIGNED", False), ("ACCEPTED", False)],
)
def test_who_began_a_renewal_and_forgot_it_is_reminded(
    sessions: Sessions,
    registration: Registration,
    application: Application,
    status: str,
    is_reminded: bool,
) -> None:
    """I18: only a renewal that was signed is on its way."""
    with writing(sessions) as session:
        current = applications.get(session, application.id)
        current.matter, current.status = "RENEWAL", status
    eve = registration.valid_to - timedelta(days=90)

    assert (to_remind(sessions, eve) == [registration.id]) is is_reminded


@pytest.mark.parametrize(("last", "status"), [(DAY, "VALID"), (DAY - timedelta(days=1), "EXPIRED")])
def test_what_is_taken_over_is_valid_on_its_last_day(
    sessions: Sessions, person: Person, last: date, status: str
) -> None:
    """R118: a registration of the register before ours counts until the end of its last day."""
    with writing(sessions) as session:
        earlier = registrations.Earlier(
            no="S2263100099",
            person_id=person.id,
            type="structural-engineer-2",
            uscc=USCC,
            enterprise_name="上海示例结构设计（虚构04）有限公司",
            valid_from=date(2023, 11, 25),
            valid_to=last,
        )
        entered = registrations.take_over(session, earlier, at=NOW)

    assert entered.status == status


def test_what_ended_does_not_come_back(sessions: Sessions, registration: Registration) -> None:
    """Cancelling twice is harmless, renewing or revoking a cancelled one is refused."""
    with writing(sessions) as session:
        current = session.get_one(Registration, registration.id)
        registrations.end(session, current, "CANCELLED", reason="VOLUNTARY", at=NOW)
        registrations.end(session, current, "CANCELLED", reason="VOLUNTARY", at=NOW)
        with pytest.raises(RegistrationNotValid, match="已注销"):
            registrations.end(session, current, "REVOKED", reason="x", at=NOW)
        with pytest.raises(RegistrationNotValid, match="已注销"):
            registrations.renew(session, current, years=3, at=NOW)


def test_numbers_are_reserved_once(
    sessions: Sessions, registration: Registration, application: Application
) -> None:
    """A crash after the reservation repeats with the same number, token and identifier."""
    first = reserve(sessions, registration, application.id)
    second = reserve(sessions, registration, application.id)

    assert first.id == second.id
    assert has_check_character(first.no)
    assert first.identifier.startswith("1.2.156.3005.2.11310000000000000D019.")
    assert first.identifier[-6:-2] == ".001"
    assert verification_codes.looks_like(first.qr_token)
    assert verification_codes.is_code(first.qr_token)
    assert first.facts == {"name": "陶示例", "valid_to": registration.valid_to.isoformat()}


def test_a_reserved_certificate_is_nobodys_yet(
    sessions: Sessions, registration: Registration, application: Application, person: Person
) -> None:
    """R112: neither listed, nor verifiable, nor claimable before it is sealed."""
    reserved = reserve(sessions, registration, application.id)

    with writing(sessions) as session:
        assert certificates.of_person(session, person.id) == []
        with pytest.raises(NotFound):
            certificates.by_token(session, reserved.qr_token)
        current = certificates.get(session, reserved.id)
        with pytest.raises(CertificateNotIssued):
            certificates.claim(session, current, at=NOW)


def test_issuing_again_changes_nothing(sessions: Sessions, certificate: Certificate) -> None:
    """The second end of the job finds it done."""
    again = issue(sessions, certificate, "f" * 64)

    assert (again.sha256, again.prepared_sha256) == ("e" * 64, "a" * 64)
    assert again.claim_label == "待领取"
    with sessions() as session:
        assert certificates.by_sha256(session, "e" * 64).id == certificate.id


def test_claiming_twice_is_harmless(sessions: Sessions, certificate: Certificate) -> None:
    """R113–R114, I17: the first time counts."""
    for hours in (1, 2):
        with writing(sessions) as session:
            current = certificates.get(session, certificate.id)
            certificates.claim(session, current, at=NOW + timedelta(hours=hours))

    with sessions() as session:
        current = certificates.get(session, certificate.id)
    assert (current.claim_state, current.claimed_at) == (
        ClaimState.CLAIMED,
        NOW + timedelta(hours=1),
    )


def test_only_a_claimed_certificate_is_downloaded(
    sessions: Sessions, certificate: Certificate
) -> None:
    """R114: first 【领证】, then 【下载】, each download logged."""
    with writing(sessions) as session:
        current = certificates.get(session, certificate.id)
        with pytest.raises(CertificateNotIssued):
            certificates.downloaded(session, current, actor="person:1", at=NOW)
        certificates.claim(session, current, at=NOW)
        certificates.downloaded(session, current, actor="person:1", at=NOW, purpose="投标")

    with sessions() as session:
        assert session.query(certificates.Download).count() == 1


def test_unclaimed_certificates_come_first(
    sessions: Sessions, certificate: Certificate, person: Person
) -> None:
    """R112: the list begins with what is waiting to be claimed."""
    with sessions() as session:
        assert [listed.id for listed in certificates.of_person(session, person.id)] == [
            certificate.id
        ]
        assert certificates.of_application(session, certificate.application_id).id == certificate.id


def test_a_new_version_supersedes_the_old(
    sessions: Sessions,
    certificate: Certificate,
    registration: Registration,
    application: Application,
    person: Person,
    start,
) -> None:
    """I17: the holder claims again; the old one says that it was replaced."""
    finish(sessions, application)
    second = start(person)
    newer = issue(sessions, reserve(sessions, registration, second.id), "f" * 64)

    assert newer.version == 2
    with writing(sessions) as session:
        old = certificates.get(session, certificate.id)
        assert old.validity == Validity.SUPERSEDED
        assert public_answers.of(session, old, on=DAY).newer_exists
        with pytest.raises(CertificateSuperseded):
            certificates.claim(session, old, at=NOW)


def test_the_public_answer_tells_little_and_the_truth(
    sessions: Sessions, certificate: Certificate
) -> None:
    """I14: masked name, number, employer, validity; expired from the first day after."""
    with sessions() as session:
        public = certificates.by_token(session, certificate.qr_token)
        answer = public_answers.of(session, public, on=DAY)
        later = public_answers.of(session, public, on=date(2029, 11, 24))

    assert (answer.status, answer.name) == (Validity.VALID, "陶**")
    assert (answer.registration_no, answer.issued_on) == ("S2263100001", DAY)
    assert later.status is Validity.EXPIRED
    assert "31000019" not in repr(answer)


def test_a_cancelled_registration_ends_its_certificates_at_once(
    sessions: Sessions, certificate: Certificate, registration: Registration
) -> None:
    """I14: in the same transaction; even a version left VALID answers 已注销."""
    with writing(sessions) as session:
        current = session.get_one(Registration, registration.id)
        registrations.end(session, current, "CANCELLED", reason="VOLUNTARY", at=NOW)
        answer = public_answers.of(session, certificate, on=DAY)
        assert answer.status.label == "已注销"
        ended = certificates.invalidate(session, registration.id, "CANCELLED", at=NOW)

    assert [version.ended_at for version in ended] == [NOW]
    with writing(sessions) as session:
        current = certificates.get(session, certificate.id)
        with pytest.raises(CertificateNotValid, match="已注销"):
            certificates.claim(session, current, at=NOW)


def test_nothing_is_found_by_a_guess(sessions: Sessions, certificate: Certificate) -> None:
    """The token is random; numbers do not open the public page."""
    with sessions() as session:
        for guess in (certificate.no, certificate.id, new_id()):
            with pytest.raises(NotFound):
                certificates.by_token(session, guess)


@pytest.mark.parametrize(
    ("today", "phase"),
    [
        (date(2029, 8, 23), "NOT_OPEN"),
        (date(2029, 8, 24), "OPEN"),
        (date(2029, 10, 23), "OPEN"),
        (date(2029, 10, 24), "LATE"),
        (date(2029, 11, 22), "LATE"),
        (date(2029, 11, 23), "EXPIRED"),
    ],
)
def test_the_renewal_window(today: date, phase: str) -> None:
    """Ninety days before the last day it opens, thirty days before it is late."""
    shown = registrations.renewal_phase(date(2029, 11, 22), today, open_days=90, statutory_days=30)
    assert shown == phase
