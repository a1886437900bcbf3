"""Holidays of a year that are published while cases wait: days and timers move together (C.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from casework.application import form_entry
from casework.decision import officer_tasks
from casework.office import Office
from casework.terms import due_dates, moved_timers
from engine import queries
from engine.actors import SYSTEM, Actor
from engine.running import store
from engine.tables import Job, JobKind
from registry.applications.applications import Application
from registry.authority import ex_officio
from registry.law import calendars
from registry.law.calendars import HolidayNotice, shanghai_day
from registry.trail import notices
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.casework.authority.test_ex_officio import served
from tests.casework.test_upkeep import on_record
from tests.holidays import OF_2027
from tests.memory import remembered
from tests.offices import Town

pytestmark = pytest.mark.both_databases

LONG = [date(2027, 1, day) for day in (1, 4, 5)]  #: two more working days off than the law's own
SOON, OVER = "decision_due_soon", "decision_overdue"


@pytest.fixture(autouse=True)
def december(town: Town) -> None:
    """Let it be four days before Christmas: nobody knows the holidays of the year to come."""
    town.clock.now = datetime(2026, 12, 21, 2, tzinfo=UTC)


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person()


@pytest.fixture
def acceptor(town: Town) -> Actor:
    return town.officer("zhao", "acceptor")


def seals(town: Town, person: Actor) -> str:
    """Bring an application as far as an officer has to check it."""
    employer, case = town.enterprise(), town.starts(person)
    typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(case, person)]}
    town.saves(case, person, town.values(case, person, **typed))
    town.signs(case, person)
    town.seals(case, employer)
    return case


@pytest.fixture
def sealed(town: Town, person: Actor) -> str:
    return seals(town, person)


@remembered
def checks(town: Town, case: str, acceptor: Actor, outcome: str = "accept", *items: str) -> None:
    task = town.task(case, "formal_check")
    officer_tasks.formal_check(town.office, task.id, outcome, items=items, actor=acceptor)


@pytest.fixture
def accepted(town: Town, sealed: str, acceptor: Actor) -> str:
    checks(town, sealed, acceptor)
    return sealed


def publishes(town: Town, holidays: Sequence[date], workdays: Sequence[date] = ()) -> None:
    due_dates.load_year(
        town.office,
        HolidayNotice(
            year=2027,
            holidays=frozenset({*holidays, *OF_2027}),
            workdays=frozenset(workdays),
        ),
        source="国办通知（虚构）",
        actor=SYSTEM,
    )
    town.works()


def last_days(town: Town, case: str) -> dict[str, date]:
    """Give the last day of each armed timer of a case, by its node."""
    with town.office.sessions() as session:
        armed = select(Job).where(Job.business_key == case, Job.kind == JobKind.TIMER)
        return {
            str(job.node): shanghai_day(job.due_at) - timedelta(days=1)
            for job in session.scalars(armed)
        }


def told(town: Town) -> list[str]:
    with town.office.sessions() as session:
        return [notice.kind for notice in reversed(notices.inbox(session, "role:approver"))]


def on(town: Town, day: date) -> list[str]:
    """Let a day be over by an hour; give what the approvers have been told by then."""
    town.clock.now = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    town.works()
    return told(town)


def rearmed(town: Town, case: str) -> list[AuditEvent]:
    with town.office.sessions() as session:
        query = select(AuditEvent).where(
            AuditEvent.action == "timer.rearm", AuditEvent.subject == f"application:{case}"
        )
        return list(session.scalars(query))


def test_more_holidays_move_the_day_and_its_timers_later(town: Town, accepted: str) -> None:
    """C.7, I12: reminders and the report to the head come by the day that the page shows."""
    assert town.case(accepted).due_on == date(2027, 1, 19)
    assert last_days(town, accepted)["decision_due"] == date(2027, 1, 19)

    publishes(town, LONG)

    assert town.case(accepted).due_on == date(2027, 1, 21)
    moved = last_days(town, accepted)
    assert moved["decision_due"] == date(2027, 1, 21)
    assert moved["due_tomorrow"] == date(2027, 1, 20)
    assert moved["due_in_5_days"] == date(2027, 1, 14)
    assert moved["extension_due"] == date(2027, 2, 4)
    [event] = rearmed(town, accepted)
    assert set(event.facts["timers"]) == set(moved)
    assert on(town, date(2027, 1, 13)) == []
    assert on(town, date(2027, 1, 14)) == [SOON]
    assert on(town, date(2027, 1, 19)) == [SOON]
    assert on(town, date(2027, 1, 20)) == [SOON, SOON]
    assert on(town, date(2027, 1, 21)) == [SOON, SOON, OVER]


def test_what_began_in_an_unknown_year_stays_uncertain_when_it_is_extended(town: Town) -> None:
    """C.7: only the year of the end is published, so the day may still move."""
    town.clock.now = datetime(2027, 12, 21, 2, tzinfo=UTC)
    case = seals(town, town.person())
    checks(town, case, town.officer("zhao", "acceptor"))
    head = town.officer("li", "approver")
    officer_tasks.extend(town.office, case, reason="须向发证机关核实", actor=head)

    known = calendars.shipped()
    town.office.calendar = replace(known, years=known.years | {2028})
    due_dates.recount(town.office, SYSTEM)

    assert town.case(case).due_provisional


def test_worked_weekends_move_the_day_and_its_timers_earlier(town: Town, accepted: str) -> None:
    """C.7: the other way round; nobody hears of it a day late."""
    publishes(town, [date(2027, 1, 1)], [date(2027, 1, 2), date(2027, 1, 3)])

    assert town.case(accepted).due_on == date(2027, 1, 15)
    assert last_days(town, accepted)["decision_due"] == date(2027, 1, 15)
    assert on(town, date(2027, 1, 8)) == [SOON]
    assert on(town, date(2027, 1, 14)) == [SOON, SOON]
    assert on(town, date(2027, 1, 15)) == [SOON, SOON, OVER]


def test_what_has_fired_stays_fired(town: Town, accepted: str) -> None:
    """C.7: a reminder that went out is not repeated by the new count; the others follow it."""
    assert on(town, date(2027, 1, 12)) == [SOON]

    publishes(town, LONG)

    assert "due_in_5_days" not in last_days(town, accepted)
    assert on(town, date(2027, 1, 14)) == [SOON]
    assert on(town, date(2027, 1, 20)) == [SOON, SOON]
    assert on(town, date(2027, 1, 21)) == [SOON, SOON, OVER]


def test_counting_again_changes_nothing(town: Town, accepted: str) -> None:
    """C.7: the duty of each day finds nothing to do, and writes nothing."""
    publishes(town, LONG)
    before = last_days(town, accepted)

    assert moved_timers.rearm(town.office, SYSTEM) == 0
    assert due_dates.recount(town.office, SYSTEM) == 0
    publishes(town, LONG)

    assert last_days(town, accepted) == before
    assert len(rearmed(town, accepted)) == 1


def test_a_night_computes_what_was_changed_since(town: Town, accepted: str) -> None:
    """C.7: an unchanged case costs its place in one list; one that was changed is computed."""
    publishes(town, LONG)
    moved_timers.rearm(town.office, SYSTEM)
    quiet = statements(town)
    with writing(town.office.sessions) as session:
        store.touch(session, accepted)

    assert statements(town) > quiet
    assert statements(town) == quiet


def test_what_a_night_computed_is_known_to_a_process_that_begins(
    town: Town, accepted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C.7: by what a case was computed stands beside it; other figures compute it once more."""
    publishes(town, LONG)
    moved_timers.rearm(town.office, SYSTEM)
    with town.office.sessions() as session:
        instance = store.active_instance(session, accepted)
        assert instance is not None
        assert instance.timers_version == instance.version
    quiet = statements(town)

    assert quiet <= 4  # two for the calendar, one for the parameters, one for the cases
    monkeypatch.setattr(moved_timers, "_WAY", 2)
    assert statements(town) > quiet
    assert statements(town) == quiet


def test_timers_are_walked_through_once_not_for_each_case(town: Town) -> None:
    """C.7: SQLite would look for a case's timer among all that are due, 100,000 times a night."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        asked.append((statement, values))

    engine = town.office.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    with town.office.sessions() as session:
        queries.not_counted(session, "by", town.clock())
    event.remove(engine, "before_cursor_execute", note)

    statement, values = asked[-1]
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{word} {statement}", values).all()
    plan = " / ".join(str(row[-1]) for row in rows)
    assert "job" in plan
    assert not re.search("CORRELATED|EXISTS|SubPlan", plan), plan


def test_dates_that_did_not_move_are_compared_in_one_pass(town: Town, accepted: str) -> None:
    """C.7: what is not another day is not opened, however many cases wait."""
    publishes(town, LONG)
    quiet = statements(town, due_dates.recount)
    with writing(town.office.sessions) as session:
        row = session.get_one(Application, accepted)
        row.due_provisional = not row.due_provisional

    assert quiet <= 3
    assert statements(town, due_dates.recount, moved=1) > quiet
    assert statements(town, due_dates.recount) == quiet


def statements(
    town: Town, duty: Callable[[Office, Actor], int] = moved_timers.rearm, *, moved: int = 0
) -> int:
    """Count what a night asks the database for the timers, or for another duty."""
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    engine = town.office.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert duty(town.office, SYSTEM) == moved
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_a_year_that_was_entered_wrong_is_entered_again(town: Town, accepted: str) -> None:
    """C.7: the correction of a slip reaches day and timers, which are final by then."""
    publishes(town, [date(2027, 1, day) for day in (1, 4, 5, 6, 7, 8)])
    assert town.case(accepted).due_on == date(2027, 1, 26)

    publishes(town, LONG)

    assert town.case(accepted).due_on == date(2027, 1, 21)
    assert last_days(town, accepted)["decision_due"] == date(2027, 1, 21)


def shown(town: Town, case: str, node: str) -> date:
    """Give the last day that the page of a task shows."""
    due = town.task(case, node).due_at
    assert due is not None
    return shanghai_day(due) - timedelta(days=1)


def test_the_task_shows_the_day_on_which_silence_accepts(town: Town, person: Actor) -> None:
    """C.7, R63: an officer's deadline on the page is the moment at which the timer fires."""
    town.clock.now = datetime(2026, 12, 29, 2, tzinfo=UTC)
    case = seals(town, person)
    assert shown(town, case, "formal_check") == date(2027, 1, 6)

    publishes(town, LONG)

    assert shown(town, case, "formal_check") == date(2027, 1, 8)
    on(town, date(2027, 1, 7))
    assert town.status(case) == "ENTERPRISE_SEALED"
    on(town, date(2027, 1, 8))
    assert town.status(case) == "UNDER_REVIEW"


def test_a_period_told_to_a_person_becomes_longer_and_never_shorter(
    town: Town, person: Actor, sealed: str, acceptor: Actor
) -> None:
    """C.7, I18: the letter said until when to correct; new holidays give more time, never less."""
    checks(town, sealed, acceptor, "correct", "请补充上传资格证书的盖章页")
    said = last_days(town, sealed)["idle_correct_form"]
    assert said == date(2027, 1, 12)

    publishes(town, [date(2027, 1, 1)], [date(2027, 1, 2), date(2027, 1, 3)])
    assert last_days(town, sealed)["idle_correct_form"] == said

    publishes(town, LONG)
    assert last_days(town, sealed)["idle_correct_form"] == date(2027, 1, 14)
    assert shown(town, sealed, "correct_form") == date(2027, 1, 14)
    on(town, date(2027, 1, 13))
    assert town.status(sealed) == "CORRECTION_REQUIRED"
    on(town, date(2027, 1, 14))
    assert town.status(sealed) == "CLOSED"


def test_what_counts_calendar_days_stays(town: Town, person: Actor) -> None:
    """C.7: the ninety days of a draft have nothing to do with holidays, also after a save."""
    case = town.starts(person)
    before = last_days(town, case)
    town.clock.forward(days=5)
    values = town.values(case, person)

    form_entry.save(town.office, case, values, expected_revision=0, actor=person, finish=False)
    saved = {node: day + timedelta(days=5) for node, day in before.items()}

    publishes(town, LONG)

    assert last_days(town, case) == saved
    assert rearmed(town, case) == []


def test_a_hearing_ends_on_the_day_that_its_page_shows(town: Town) -> None:
    """C.7, I19: new holidays give the person more time to be heard; page and timer agree."""
    town.clock.now = datetime(2026, 12, 29, 2, tzinfo=UTC)
    _, registration = on_record(town)
    case = served(town, registration, town.officer("qi", "reviewer"))
    assert hear_until(town, case) == date(2027, 1, 6)

    publishes(town, LONG)

    assert hear_until(town, case) == shown(town, case, "state_case") == date(2027, 1, 8)
    on(town, date(2027, 1, 7))
    assert town.open_nodes(case) == {"state_case"}
    on(town, date(2027, 1, 8))
    assert town.open_nodes(case) == {"decide_act"}


def hear_until(town: Town, case: str) -> date | None:
    with town.office.sessions() as session:
        return ex_officio.get(session, case).hear_until
