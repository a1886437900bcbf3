"""J10: what is kept, how long, by which law, and what comes then."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from casework import retention, retention_table, upkeep
from casework.application import withdrawal
from engine.actors import Actor, operator
from refusals.refusal import Refusal
from registry.applications import attachments, documents
from registry.applications.applications import Application, FormRevision
from registry.applications.attachments import Attachment, Uploaded
from registry.applications.documents import Blob, Document, StoredFile
from registry.certificates import certificates, public_answers
from registry.certificates.certificates import Validity
from registry.people.persons import Person
from registry.trail import audit
from registry.trail.audit import AuditEvent
from registry.trail.notices import Notice, Sms
from storage.database import writing
from tests import people
from tests.offices import Town
from web.process.tables import metadata

pytestmark = pytest.mark.proves("J10")


@pytest.fixture
def person(town: Town) -> Actor:
    town.enterprise()
    return town.person(issued=date(2025, 6, 2))


def night(town: Town, *day: int) -> None:
    """Let the duties of a night be done."""
    town.clock.now = datetime(day[0], day[1], day[2], 17, 0, tzinfo=UTC)
    upkeep.run(town.office, town.office.today())
    town.works()


def rows(town: Town, table: type) -> int:
    with town.office.sessions() as session:
        return len(session.scalars(select(table)).all())


def signed_and_withdrawn(town: Town, person: Actor) -> tuple[str, list[str]]:
    """Give a case that ended before its seal, and the files that it left."""
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.clock.forward(minutes=2)
    town.signs(case, person)
    withdrawal.withdraw(town.office, case, person)
    town.works()
    with town.office.sessions() as session:
        return case, list(session.scalars(select(Blob.sha256)))


def test_every_table_has_its_period() -> None:
    """No table is forgotten, none stands twice, no period is shorter than the law asks."""
    assert list(retention_table.faults(metadata.tables)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"sms"\ncounts_from', '"smss"\ncounts_from', "没有名为 smss 的表"),
        ('"seal_item", ', "", "表 seal_item 没有保存期限"),
        ('"audit_head", ', '"audit_head", "person", ', "表 person 有2个保存期限"),
        ("days = 180", "days = 30", "期限短于180日"),
        ('key = "refused"', 'key = "other"', "案卷须为"),
    ],
)
def test_a_slip_in_the_file_is_told(tmp_path: Path, before: str, after: str, said: str) -> None:
    """What `zhuce doctor` says of a file that was changed."""
    text = retention_table.TABLE.read_text("utf-8")
    assert before in text
    changed = tmp_path / "retention.toml"
    changed.write_text(text.replace(before, after, 1), "utf-8")

    faults = list(retention_table.faults(metadata.tables, retention_table.read(changed)))

    assert any(said in fault for fault in faults), faults


@pytest.mark.both_databases
def test_what_was_never_filed_is_erased_after_a_year(town: Town, person: Actor) -> None:
    """Form, scans and signed file go with their bytes; the case, its steps and the trail stay."""
    case, digests = signed_and_withdrawn(town, person)
    night(town, 2027, 9, 6)
    assert rows(town, FormRevision) == 1

    night(town, 2027, 9, 7)

    assert [rows(town, table) for table in (FormRevision, Attachment, Document)] == [0, 0, 0]
    assert not any(has(town, digest) for digest in digests)
    assert has(town, person_signature(town))
    with town.office.sessions() as session:
        application = session.get_one(Application, case)
        erased = select(AuditEvent).where(AuditEvent.action == retention.ERASED)
        [row] = session.scalars(erased.where(AuditEvent.subject == f"application:{case}"))
        assert audit.verify(session) is None
    assert (application.status, application.retired) == ("WITHDRAWN", "ERASE")
    assert row.facts["files"] > 0
    assert "个人信息保护法" in row.facts["law"]
    night(town, 2027, 9, 8)
    assert town.troubles() == []


def test_a_version_that_something_else_names_is_kept_when_its_paper_goes(
    town: Town, person: Actor
) -> None:
    """What was printed is kept as the beginning of what was signed: it is whole again before."""
    case, _ = signed_and_withdrawn(town, person)
    with town.office.sessions() as session:
        [document] = session.scalars(select(Document).where(Document.application_id == case))
        stages = documents.earlier(session, document)
        newest = document.sha256
    [printed] = stages
    content = town.office.files.get(printed)
    assert town.office.files.fold(stages, town.office.files.get(newest)) == 1
    other = town.starts(town.person(2))
    with writing(town.office.sessions) as session:
        file = StoredFile(sha256=printed, size_bytes=len(content))
        attachments.add(
            session,
            other,
            attachments.AttachmentKind.OTHER,
            Uploaded(filename="申请表.pdf", file=file, pages=3),
            actor=person.id,
            at=town.clock(),
        )

    night(town, 2027, 9, 7)

    assert not has(town, newest)
    assert town.office.files.get(printed) == content
    assert town.troubles() == []


def person_signature(town: Town) -> str:
    with town.office.sessions() as session:
        return str(session.scalar(select(Person.signature_sha256)))


def has(town: Town, digest: str) -> bool:
    try:
        return bool(town.office.files.get(digest))
    except Refusal:
        return False


def test_a_file_that_another_case_has_stays(town: Town, person: Actor) -> None:
    """The same photograph in a case of today is not dropped with the one of last year."""
    signed_and_withdrawn(town, person)
    town.clock.now = datetime(2027, 9, 6, 2, tzinfo=UTC)
    second = town.starts(person)
    photo = town.values(second, person)["photo"]

    night(town, 2027, 9, 7)

    with town.office.sessions() as session:
        attachment = session.get_one(Attachment, photo)
    assert has(town, attachment.sha256)


def test_what_was_filed_is_locked_and_not_erased(town: Town, person: Actor) -> None:
    """After ten years a refused case is closed to everybody; archives are appraised by people."""
    case = town.starts(person)
    town.files(case, person, operator("op1", people.uscc(1)))
    town.reviews(case, town.officer("wang", "reviewer"), "reject")
    town.decides(case, town.officer("li", "approver"), "reject")
    night(town, 2036, 9, 6)
    assert town.case(case).retired is None

    night(town, 2036, 9, 7)

    assert town.case(case).retired == "LOCK"
    assert rows(town, FormRevision) == 1
    with pytest.raises(retention_table.CaseLocked):
        retention_table.insist_kept(town.case(case).retired)


def test_a_granted_case_is_locked_thirty_years_after_its_end(town: Town, person: Actor) -> None:
    """Locked when nothing rests on it any more; the register still answers what it was worth."""
    case = town.starts(person)
    town.files(case, person, operator("op1", people.uscc(1)))
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.claims(case, person)
    town.works()
    assert town.status(case) == "COMPLETED"
    ended = town.case(case).closed_at
    assert ended is not None
    night(town, 2029, 9, 10)  # three years on, nobody renewed it

    night(town, ended.year + 30, ended.month, ended.day - 1)
    assert town.case(case).retired is None
    night(town, ended.year + 30, ended.month, ended.day + 1)

    assert town.case(case).retired == "LOCK"
    with pytest.raises(retention_table.CaseLocked):
        retention_table.insist_kept(town.case(case).retired)
    with town.office.sessions() as session:
        locked = select(AuditEvent).where(AuditEvent.action == retention.LOCKED)
        [row] = session.scalars(locked.where(AuditEvent.subject == f"application:{case}"))
        certificate = certificates.of_application(session, case)
        assert certificate is not None
        answer = public_answers.of(session, certificate, on=town.office.today())
    assert "第六条（定期30年）" in row.facts["law"]
    assert answer.status is not Validity.VALID
    assert rows(town, FormRevision) == 1


def test_a_registration_that_stands_keeps_its_case_open(town: Town, person: Actor) -> None:
    """Thirty years on, what a valid registration rests on is not locked."""
    town.registered(person, ends=date(2060, 1, 1))
    query = retention.over_query(retention_table.read().cases[2], datetime(2057, 1, 1, tzinfo=UTC))

    with town.office.sessions() as session:
        assert session.scalars(query).all() == []


def test_messages_go_after_their_time(town: Town, person: Actor) -> None:
    """Short messages are kept for half a year, notices for three; one audit row says how many."""
    signed_and_withdrawn(town, person)
    assert rows(town, Sms) > 0

    night(town, 2027, 3, 6)
    assert rows(town, Sms) == 0
    notices = rows(town, Notice)
    assert notices > 0
    night(town, 2029, 9, 8)

    with town.office.sessions() as session:
        of_rows = select(AuditEvent).where(AuditEvent.subject == "retention:sms")
        [row] = session.scalars(of_rows)
    assert row.facts["rows"] > 0
    assert rows(town, Notice) < notices
