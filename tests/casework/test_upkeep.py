"""What the days bring by themselves: expiry, reminders, news of employers, due dates (C.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework import upkeep
from casework.registration import employer_sync, expiry
from casework.upkeep import DayNotReached
from engine.actors import Actor
from engine.tables import Job, JobState
from refusals.days import day_in_words
from registry.certificates import registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.errors import Unavailable
from registry.law import calendars
from registry.trail.audit import AuditEvent
from registry.trail.notices import Notice
from storage.database import writing
from tests import engineers, people
from tests.offices import TYPE, Town, person_id

pytestmark = pytest.mark.both_databases

EMPLOYER = 8  #: of those who are put on record without a case


def on_record(town: Town, number: int = 1) -> tuple[Actor, str]:
    """Put a registration on record; give the person and the registration."""
    person = town.person(number, ready=False)
    town.enterprise(EMPLOYER)
    town.already_registered(person_id(person))
    return person, _newest(town, person)


def _newest(town: Town, person: Actor) -> str:
    with town.office.sessions() as session:
        newest = registrations.newest(session, person_id(person), TYPE)
    assert newest is not None
    return newest.id


def registered(town: Town, number: int = 1) -> tuple[Actor, str]:
    """Bring a person to a claimed certificate; give the person and the registration."""
    person, employer = town.person(number, issued=date(2025, 6, 2)), town.enterprise()
    reviewer, approver = town.officer("wang", "reviewer"), town.officer("li", "approver")
    case = town.starts(person)
    town.files(case, person, employer)
    town.reviews(case, reviewer)
    town.decides(case, approver)
    town.claims(case, person)
    return person, _newest(town, person)


def registration(town: Town, id: str) -> Registration:
    with town.office.sessions() as session:
        return registrations.get(session, id)


def told(town: Town, inbox: str, kind: str) -> list[str]:
    with town.office.sessions() as session:
        query = select(Notice).where(Notice.inbox == inbox, Notice.kind == kind)
        return [notice.text for notice in session.scalars(query.order_by(Notice.id))]


def turn_to(town: Town, day: date) -> None:
    """Let it be ten past midnight in Shanghai on a day."""
    town.clock.now = calendars.start_of(day) + timedelta(minutes=10)


def test_a_registration_ends_with_its_last_day(town: Town) -> None:
    """I14, I18: the day after, the job of that day ends it everywhere and tells people."""
    person, id = registered(town)
    last = registration(town, id).valid_to
    upkeep.arm(town.office)
    town.works()
    turn_to(town, last)
    town.works()
    assert registration(town, id).status == "VALID"

    turn_to(town, last + timedelta(days=1))
    town.works()

    assert registration(town, id).status == "EXPIRED"
    with town.office.sessions() as session:
        certificate = session.scalars(select(Certificate)).one()
    assert certificate.validity == "EXPIRED"
    assert town.world.states[str(certificate.identifier)] == "05"
    inbox = f"person:{person_id(person)}"
    assert "有效期满" in told(town, inbox, "registration_expired")[0]
    assert len(told(town, f"enterprise:{people.uscc(1)}", "registration_expired")) == 1
    assert any("有效期满" in text for _, text in town.world.messages)
    assert town.troubles() == []


def test_each_duty_has_one_job_a_day(town: Town) -> None:
    """C.7: armed twice is one row; done, it asks for the next day at ten past midnight."""
    today = town.office.today()

    assert upkeep.arm(town.office) == len(upkeep.DUTIES)
    assert upkeep.arm(town.office) == 0
    town.works()

    assert upkeep.arm(town.office) == 0
    with town.office.sessions() as session:
        rows = session.scalars(select(Job).where(Job.operation.like("upkeep/%"))).all()
    tomorrow = today + timedelta(days=1)
    assert {row.key for row in rows} == {upkeep.key_of(name, tomorrow) for name in upkeep.DUTIES}
    assert {row.due_at for row in rows} == {calendars.start_of(tomorrow) + timedelta(minutes=10)}


def test_a_duty_that_failed_for_good_does_not_stop_the_next_day(town: Town) -> None:
    """C.7: an incident waits for an operator, tomorrow's duty is asked for all the same."""
    upkeep.arm(town.office)
    with writing(town.office.sessions) as session:
        for job in session.scalars(select(Job)):
            job.state = JobState.DEAD

    assert upkeep.arm(town.office) == len(upkeep.DUTIES)
    assert upkeep.arm(town.office) == 0


def test_a_process_that_was_away_for_days_catches_up(town: Town) -> None:
    """I18: what ran out meanwhile ends with the first duty that runs."""
    _, id = on_record(town)
    upkeep.arm(town.office)
    town.works()

    turn_to(town, registration(town, id).valid_to + timedelta(days=9))
    town.works()

    assert registration(town, id).status == "EXPIRED"
    assert upkeep.arm(town.office) == 0


@pytest.mark.parametrize(
    ("left", "bucket"),
    [(91, None), (90, 90), (61, 90), (60, 60), (30, 30), (29, 30), (7, 7), (0, 7)],
)
def test_the_reminder_of_a_day(town: Town, left: int, bucket: int | None) -> None:
    """I18: 90, 60, 30 and 7 days before the end; what was missed is told at the next."""
    person, id = on_record(town)
    turn_to(town, registration(town, id).valid_to - timedelta(days=left))

    assert expiry.remind(town.office, town.office.now()) == (bucket is not None)

    texts = told(town, f"person:{person_id(person)}", "renewal_reminder")
    assert len(texts) == (bucket is not None)
    assert registration(town, id).reminded_days == bucket
    if bucket:
        assert ("已不足法定的30日" in texts[0]) == (left < 30)


def test_the_enterprise_hears_of_the_last_day_on_it(town: Town) -> None:
    """D.5: who is reminded on the day that his registration ends is in the digest of that day."""
    _, id = on_record(town)
    turn_to(town, registration(town, id).valid_to)

    expiry.remind(town.office, town.office.now())

    [digest] = told(town, f"enterprise:{people.uscc(EMPLOYER)}", "renewal_digest")
    assert day_in_words(registration(town, id).valid_to) in digest


def test_four_reminders_and_no_more(town: Town) -> None:
    """I18, D.5: person by notice and short message, enterprise by one digest; each once."""
    person, id = on_record(town)
    last = registration(town, id).valid_to
    employer_sync.sync(town.office, town.office.now())  # who is its contact

    for left in range(95, -1, -1):
        turn_to(town, last - timedelta(days=left))
        expiry.remind(town.office, town.office.now())
        expiry.remind(town.office, town.office.now())
    town.works()

    assert len(told(town, f"person:{person_id(person)}", "renewal_reminder")) == 4
    digests = told(town, f"enterprise:{people.uscc(EMPLOYER)}", "renewal_digest")
    assert len(digests) == 4
    assert "1名注册人员" in digests[0]
    assert len([text for _, text in town.world.messages if "有效期至" in text]) == 4
    assert len([text for _, text in town.world.messages if "即将到期" in text]) == 4
    assert people.person(1).id_no not in "".join(digests)


def test_an_employer_that_is_no_more(town: Town) -> None:
    """C.7: person, enterprise and officers are told once; the registration stands."""
    person, id = on_record(town)
    company = town.world.companies[people.uscc(EMPLOYER)]
    town.world.companies[people.uscc(EMPLOYER)] = replace(company, status="DEREGISTERED")
    town.clock.forward(days=1)

    for _ in range(2):
        employer_sync.sync(town.office, town.office.now())
        town.clock.forward(days=1)

    assert len(told(town, f"person:{person_id(person)}", "enterprise_status")) == 1
    assert "注销注册" in told(town, f"person:{person_id(person)}", "enterprise_status")[0]
    assert len(told(town, f"enterprise:{people.uscc(EMPLOYER)}", "enterprise_status")) == 1
    assert len(told(town, "role:reviewer", "enterprise_status")) == 1
    assert len(told(town, "role:approver", "enterprise_status")) == 1
    assert registration(town, id).status == "VALID"


def test_an_employer_with_another_name(town: Town) -> None:
    """R111, C.7: the enterprise learns that its people's certificates bear another name."""
    on_record(town)
    company = town.world.companies[people.uscc(EMPLOYER)]
    town.world.companies[people.uscc(EMPLOYER)] = replace(
        company, name="上海新示例（虚构01）有限公司"
    )
    town.clock.forward(days=1)

    for _ in range(2):
        employer_sync.sync(town.office, town.office.now())
        town.clock.forward(days=1)

    texts = told(town, f"enterprise:{people.uscc(EMPLOYER)}", "enterprise_name")
    assert len(texts) == 1
    assert "上海新示例（虚构01）有限公司" in texts[0]
    with town.office.sessions() as session:
        assert employer_sync.stale_name(session, people.uscc(EMPLOYER)) == (
            "上海新示例（虚构01）有限公司",
            company.name,
        )


def test_a_register_that_does_not_answer(town: Town) -> None:
    """C.7: the duty is tried again later; nobody is told anything on a guess."""
    person, _ = on_record(town)
    town.world.down.add("enterprises")
    town.clock.forward(days=1)

    with pytest.raises(Unavailable):
        employer_sync.sync(town.office, town.office.now())
    town.world.down.clear()

    assert employer_sync.sync(town.office, town.office.now()) == 1
    assert employer_sync.sync(town.office, town.office.now()) == 0
    assert told(town, f"person:{person_id(person)}", "enterprise_status") == []


def test_who_is_registered_in_two_professions_is_told_once(town: Town) -> None:
    """D.5: an employer that is no more: one word and one short message for him."""
    town.enterprise(EMPLOYER)
    company = town.world.companies[people.uscc(EMPLOYER)]
    with writing(town.office.sessions) as session:
        for profession in (TYPE, "builder-2"):
            [registration] = engineers.register(
                session,
                town.office.files,
                [1],
                uscc=company.uscc,
                enterprise_name=company.name,
                at=town.clock(),
                valid_to=date(2029, 9, 6),
                type=profession,
            )
        person = registration.person_id
    town.world.companies[company.uscc] = replace(company, status="DEREGISTERED")

    employer_sync.sync(town.office, town.office.now())
    town.works()

    assert len(told(town, f"person:{person}", "enterprise_status")) == 1
    assert len([text for _, text in town.world.messages if "您的聘用企业" in text]) == 1
    assert "有1名人员" in told(town, "role:reviewer", "enterprise_status")[0]


@pytest.mark.proves("F:years-7")
def test_an_employer_that_the_register_misses_again_and_again(town: Town) -> None:
    """§years 7, C.7: officers hear each time that it is missed, and once a month while it is."""
    on_record(town)
    known = dict(town.world.companies)
    counts = []
    for here, days in ((False, 1), (False, 1), (True, 3), (False, 1), (False, 4), (False, 30)):
        town.world.companies = dict(known) if here else {}
        town.clock.forward(days=days)
        employer_sync.sync(town.office, town.office.now())
        employer_sync.sync(town.office, town.office.now())
        counts.append(len(told(town, "role:reviewer", "enterprise_missing")))

    assert counts == [1, 1, 1, 2, 2, 3]
    assert "查不到" in told(town, "role:reviewer", "enterprise_missing")[0]
    with town.office.sessions() as session:
        noted = select(AuditEvent).where(AuditEvent.action == "enterprise.missing")
        assert len(session.scalars(noted).all()) == 3


@pytest.mark.proves("F:years-7")
def test_an_employer_that_takes_a_former_name_again(town: Town) -> None:
    """§years 7, R111: the second change to the same name is told like the first."""
    on_record(town)
    known = town.world.companies[people.uscc(EMPLOYER)]
    new = replace(known, name="上海新示例（虚构01）有限公司")
    counts = []
    for company in (new, new, known, new):
        town.world.companies[people.uscc(EMPLOYER)] = company
        town.clock.forward(days=1)
        employer_sync.sync(town.office, town.office.now())
        counts.append(len(told(town, f"enterprise:{people.uscc(EMPLOYER)}", "enterprise_name")))

    assert counts == [1, 1, 1, 2]


def rows_of_duties(town: Town) -> list[AuditEvent]:
    with town.office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action.like("upkeep.%"))
        return list(session.scalars(query.order_by(AuditEvent.id)))


@pytest.mark.proves("F:years-10")
def test_the_duties_of_a_day_leave_one_audit_row(town: Town) -> None:
    """§years 10: what each did stands in the one row of the day, also when one came later."""
    on_record(town)
    first = town.office.today()
    turn_to(town, first + timedelta(days=1))
    upkeep.arm(town.office)
    town.world.down.add("enterprises")
    town.works()
    assert rows_of_duties(town) == []

    town.world.down.clear()
    town.clock.forward(hours=1)
    town.works()

    [row] = rows_of_duties(town)
    assert row.subject == f"day:{first + timedelta(days=1)}"
    assert set(row.facts) == {name.partition("/")[2] for name in upkeep.DUTIES}
    assert row.facts["sync_enterprises"] == 1


@pytest.mark.proves("F:years-10")
def test_a_day_that_was_never_completed_is_written_down_with_the_next(town: Town) -> None:
    """§years 10: a duty that ended as an incident takes nothing from the trail."""
    on_record(town)
    upkeep.arm(town.office)
    with writing(town.office.sessions) as session:
        for job in session.scalars(select(Job).where(Job.operation == "upkeep/expire")):
            job.state = JobState.DEAD
    town.works()
    upkeep.arm(town.office)

    turn_to(town, town.office.today() + timedelta(days=1))
    town.works()

    before, after = rows_of_duties(town)
    assert set(after.facts) - set(before.facts) == {"expire"}


def test_nothing_is_done_before_its_day(town: Town) -> None:
    """I18: by hand for today or earlier, never for a day to come."""
    with pytest.raises(DayNotReached):
        upkeep.run(town.office, town.office.today() + timedelta(days=1))

    assert set(upkeep.run(town.office, town.office.today())) == set(upkeep.DUTIES)


def test_many_run_out_in_pages(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """I18: more than a page ends completely, each once."""
    monkeypatch.setattr(expiry, "PAGE", 2)
    ids = []
    for number in range(1, 6):
        person = town.person(number, ready=False)
        town.already_registered(person_id(person))
        ids.append(_newest(town, person))
    end = registration(town, ids[0]).valid_to
    turn_to(town, end + timedelta(days=1))

    assert expiry.expire(town.office, town.office.now()) == 5
    assert expiry.expire(town.office, town.office.now()) == 0

    assert {registration(town, id).status for id in ids} == {"EXPIRED"}
