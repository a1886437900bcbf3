"""Two at once: whatever they do, one result, and nobody meets a database error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from registry.applications import applications, documents
from registry.applications.applications import Application, FormDraft, FormRevision
from registry.applications.documents import Blob, StoredFile
from registry.certificates import (
    certificates,
    issuing,
    public_answers,
    qualifications,
    registrations,
)
from registry.certificates.certificates import Certificate
from registry.certificates.qualifications import Qualification, QualificationSource
from registry.certificates.registrations import Registration
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, EnterpriseName, Operator
from registry.errors import AlreadyRegistered, IllegalMove, QualificationTaken, StaleRevision
from registry.law import calendars
from registry.law.calendars import CalendarYear
from registry.numbering import Sequence
from registry.people import officers, persons
from registry.people.officers import Officer, OfficerRole
from registry.people.persons import Person
from storage.database import writing
from tests.registry.conftest import NOW, USCC, enterprise_facts, resident

Sessions = sessionmaker[Session]
ROUNDS = 15


def at_once(work: Callable[[int], object], count: int = 8) -> list[object]:
    """Run `work` in threads that start together; what each returned or raised."""
    barrier, results = threading.Barrier(count), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            results.append(work(number))
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def count(sessions: Sessions, table: type) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_one_person_signs_up_in_eight_windows(sessions: Sessions) -> None:
    """R12: one identity is one account."""

    def sign_up(_: int) -> str:
        with writing(sessions) as session:
            return persons.register(session, resident(), at=NOW).id

    assert len(set(at_once(sign_up))) == 1
    assert count(sessions, Person) == 1


def test_one_enterprise_is_looked_up_by_eight_people(sessions: Sessions) -> None:
    """R24: the first look-ups of an enterprise do not disturb each other, nor does a rename."""

    def look_up(number: int) -> str:
        name = "上海示例设计有限公司" if number % 2 else "上海样本设计有限公司"
        with writing(sessions) as session:
            return enterprises.record(session, enterprise_facts(name=name), at=NOW).uscc

    assert set(at_once(look_up)) == {USCC}
    assert count(sessions, Enterprise) == 1
    assert count(sessions, EnterpriseName) >= 1


def test_the_same_file_is_uploaded_by_eight_people(sessions: Sessions) -> None:
    """Files are kept by hash, so the same bytes are one file."""

    def upload(_: int) -> str:
        with writing(sessions) as session:
            file = StoredFile(sha256="a" * 64, size_bytes=1, media_type="image/jpeg")
            documents.keep(session, file, at=NOW)
        return "kept"

    assert at_once(upload) == ["kept"] * 8
    assert count(sessions, Blob) == 1


def test_eight_windows_save_different_forms(sessions: Sessions, application: Application) -> None:
    """R42: exactly one wins, the others are told that their form is stale."""

    def save(number: int) -> str:
        with writing(sessions) as session:
            current = applications.get(session, application.id)
            applications.save_revision(session, current, {"phone": number}, 0, NOW)
        return "saved"

    results = at_once(save)

    assert results.count("saved") == 1
    assert sum(isinstance(result, StaleRevision) for result in results) == 7
    assert count(sessions, FormRevision) == 1


def test_withdrawal_meets_decision(sessions: Sessions, application: Application) -> None:
    """I18: the applicant withdraws while the officers decide: the first commit wins."""
    with writing(sessions) as session:
        session.get_one(Application, application.id).status = "UNDER_REVIEW"
    targets = ["WITHDRAWN", "APPROVED", "REJECTED"]  # each excludes the others

    def move(number: int) -> str:
        with writing(sessions) as session:
            current = applications.get(session, application.id)
            applications.move(session, current, targets[number], NOW)
        return targets[number]

    results = at_once(move, 3)

    (winner,) = [result for result in results if isinstance(result, str)]
    assert sum(isinstance(result, IllegalMove) for result in results) == 2
    with sessions() as session:
        assert applications.get(session, application.id).status == winner


def test_eight_grants_are_one_registration(sessions: Sessions, application: Application) -> None:
    """A job run twice, or two jobs: one valid registration, one certificate."""
    with writing(sessions) as session:
        waiting = session.get_one(Application, application.id)
        waiting.uscc, waiting.enterprise_name = USCC, "上海示例设计有限公司"

    def grant(_: int) -> str:
        with writing(sessions) as session:
            current = applications.get(session, application.id)
            return registrations.grant(
                session, current, valid_from=date(2026, 11, 24), years=3, at=NOW
            ).id

    results = at_once(grant)

    granted = {result for result in results if isinstance(result, str)}
    assert len(granted) == 1
    assert all(isinstance(result, str | AlreadyRegistered) for result in results)
    assert count(sessions, Registration) == 1


@pytest.fixture
def issued(sessions: Sessions, application: Application) -> Certificate:
    with writing(sessions) as session:
        return go_through(session, application.id)


def go_through(session: Session, application_id: str) -> Certificate:
    """Save, sign, approve and issue in one go."""
    application = applications.get(session, application_id)
    application.uscc, application.enterprise_name = USCC, "上海示例设计有限公司"
    applications.save_revision(session, application, {"phone": "021-00000004"}, 0, NOW)
    file = StoredFile(sha256="a" * 64, size_bytes=1)
    document = documents.add(session, application.id, "application", file, revision=1, at=NOW)
    documents.signed(
        session,
        document,
        StoredFile(sha256="b" * 64, size_bytes=1),
        role="applicant",
        signer="陶示例",
        serial="1",
        at=NOW,
    )
    way = "READY_TO_SIGN PERSONAL_SIGNED ENTERPRISE_SEALED ACCEPTED UNDER_REVIEW APPROVED"
    for status in way.split():
        applications.move(session, application, status, NOW)
    registration = registrations.grant(
        session, application, valid_from=date(2026, 11, 24), years=3, at=NOW
    )
    certificate = issuing.reserve(
        session,
        registration,
        application.id,
        facts={"name": "陶示例"},
        numbers=issuing.Numbers(type_code="11310000000000000D019", issuer_uscc=USCC),
        at=NOW,
    )
    issuing.issue(session, certificate, sha256="c" * 64, document_id=None, at=NOW)
    return certificate


def test_a_claim_meets_a_cancellation(sessions: Sessions, issued: Certificate) -> None:
    """I14, I17: whoever is first, a cancelled certificate never answers 有效."""

    def act(number: int) -> str:
        with writing(sessions) as session:
            if number:
                certificates.claim(session, certificates.get(session, issued.id), at=NOW)
            else:
                registration = session.get_one(Registration, issued.registration_id)
                registrations.end(session, registration, "CANCELLED", reason="x", at=NOW)
                certificates.invalidate(session, registration.id, "CANCELLED", at=NOW)
        return "done"

    results = at_once(act, 4)

    assert "done" in results
    with sessions() as session:
        certificate = certificates.get(session, issued.id)
        answer = public_answers.of(session, certificate, on=date(2026, 11, 25))
    assert answer.status.label == "已注销"
    assert certificate.validity == "CANCELLED"


class Failed(Exception):
    """The database failed as told."""


def _records(session: Session, person: Person, number: str) -> str:
    shown = qualifications.Shown(
        type="structural-engineer-2",
        certificate_no=number,
        issued_on=date(2020, 1, 1),
        issuer="上海市职业能力考试院",
        source=QualificationSource.MANUAL,
    )
    return qualifications.record(session, person.id, shown, at=NOW).person_id


@pytest.mark.proves("F:crossed-8")
def test_one_number_is_recorded_for_one_of_two_people(sessions: Sessions) -> None:
    """R27: the database decides whose a number is, whichever of two comes first."""
    with writing(sessions) as session:
        both = [persons.register(session, resident(serial), at=NOW) for serial in (1, 2)]

    for turn in range(ROUNDS):

        def record(number: int, turn: int = turn) -> str:
            with writing(sessions) as session:
                return _records(session, both[number], f"SH{turn:06d}")

        results = at_once(record, 2)

        assert sorted(type(result).__name__ for result in results) == ["QualificationTaken", "str"]
    assert count(sessions, Qualification) == ROUNDS


@pytest.mark.proves("F:crossed-8")
def test_a_number_that_appears_between_two_statements(sessions: Sessions, engine: Engine) -> None:
    """R27: another's row that is committed right before ours is his, and not refreshed as ours."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets nobody write between the statements of a writer")
    with writing(sessions) as session:
        ours, other = (persons.register(session, resident(serial), at=NOW) for serial in (1, 2))
    looked: list[str] = []

    def interrupt(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO qualification") and not looked:
            looked.append(statement)
            with writing(sessions) as session:
                _records(session, other, "SH000001")

    event.listen(engine, "before_cursor_execute", interrupt)
    try:
        with pytest.raises(QualificationTaken), writing(sessions) as session:
            _records(session, ours, "SH000001")
    finally:
        event.remove(engine, "before_cursor_execute", interrupt)

    assert looked
    with sessions() as session:
        key = {"type": "structural-engineer-2", "certificate_no": "SH000001"}
        assert qualifications.holder(session, **key) == other.id


@pytest.mark.proves("F:crossed-4")
def test_the_first_save_in_two_windows(
    sessions: Sessions, start: Callable[[Person], Application]
) -> None:
    """R45: what two windows type at once is kept, the last of both, and neither meets an error."""
    with writing(sessions) as session:
        people = [persons.register(session, resident(serial), at=NOW) for serial in range(ROUNDS)]

    for person in people:
        application = start(person)

        def save(number: int, application: Application = application) -> str:
            with writing(sessions) as session:
                own = applications.get(session, application.id)
                applications.save_draft(session, own, {"phone": f"{number}"}, NOW)
                return "saved"

        assert at_once(save, 2) == ["saved", "saved"]
    assert count(sessions, FormDraft) == ROUNDS


@pytest.mark.parametrize("again", range(5))
def test_everything_that_is_looked_for_and_added(sessions: Sessions, again: int) -> None:
    """Operators, officers and years that two enter at once are there once."""
    with writing(sessions) as session:
        enterprises.record(session, enterprise_facts(), at=NOW)

    def enter(_: int) -> str:
        with writing(sessions) as session:
            enterprises.enrol_operator(session, USCC, subject="key", name="经办", at=NOW)
            officers.appoint(session, "sun", name="孙", roles=[OfficerRole.ACCEPTOR], at=NOW)
            calendars.load_year(
                session,
                calendars.HolidayNotice(year=2031, holidays=frozenset(), workdays=frozenset()),
                source="示例",
                actor="officer:1",
                at=NOW,
            )
            return "entered"

    assert at_once(enter, 4) == ["entered"] * 4
    assert [count(sessions, table) for table in (Operator, Officer, CalendarYear)] == [1, 1, 1]


def test_whichever_statement_fails_nothing_is_half_done(
    sessions: Sessions, engine: Engine, application: Application
) -> None:
    """The k-th statement fails, for every k: all or nothing; then it works as if new."""
    seen = {"left": -1, "count": 0}

    def fail(*_: object) -> None:
        seen["count"] += 1
        if seen["count"] == seen["left"]:
            raise Failed

    event.listen(engine, "before_cursor_execute", fail)
    failures = 0
    for k in range(2, 200):
        seen.update(left=k, count=0)
        try:
            with writing(sessions) as session:
                go_through(session, application.id)
        except Failed:
            failures += 1
            seen["left"] = -1
            assert [count(sessions, table) for table in (FormRevision, Blob, Registration)] == [
                0
            ] * 3
            assert count(sessions, Certificate) == 0
            assert count(sessions, Sequence) == 1  # of the application itself
            continue
        break
    seen["left"] = -1

    assert failures >= 25
    assert count(sessions, Certificate) == 1
    with sessions() as session:
        assert applications.get(session, application.id).status == "APPROVED"
