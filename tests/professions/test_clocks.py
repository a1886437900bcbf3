"""Time passes in the shipped diagrams: each period counts from the day its table names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from casework.application import form_entry
from casework.decision import officer_tasks
from engine import queries
from engine.actors import Actor
from refusals.days import SHANGHAI
from registry.law.calendars import shanghai_day
from registry.trail.notices import Notice
from tests.offices import Town

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def pass_until(town: Town, day: date) -> None:
    """Let time pass to noon of a day, stopping each morning for what is due."""
    while town.clock.now.date() < day:
        town.clock.forward(days=1)
        town.works()


def told(town: Town, case: str) -> list[str]:
    """Give what people were told about a case, oldest first."""
    with town.office.sessions() as session:
        query = select(Notice).where(Notice.application_id == case).order_by(Notice.id)
        return [notice.kind for notice in session.scalars(query)]


def is_over(town: Town, case: str) -> bool:
    with town.office.sessions() as session:
        instance = queries.instance_of(session, case)
    return instance is not None and instance.status == "ENDED"


def day_after(start: datetime, days: int) -> date:
    return (start + timedelta(days=days)).date()


def at_noon(town: Town, day: date) -> None:
    """Jump to noon of a day and do what is due."""
    town.clock.now = datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)
    town.works()


def comes_on(town: Town, case: str, kind: str, day: date) -> None:
    """Look that people are not told the day before, and are told on the day."""
    before = told(town, case).count(kind)
    at_noon(town, day - timedelta(days=1))
    assert told(town, case).count(kind) == before, f"{kind} came before {day}"
    at_noon(town, day)
    assert told(town, case).count(kind) > before, f"{kind} did not come on {day}"


def after_days(town: Town, number: int) -> date:
    """Give the day behind the last of so many days: a period runs until its last day is over."""
    return day_after(town.clock.now, number + 1)


def after_workdays(town: Town, number: int) -> date:
    """Give the day behind the last of so many working days."""
    last = town.office.calendar.add_workdays(shanghai_day(town.clock.now), number).day
    return last + timedelta(days=1)


def in_days(town: Town, number: int) -> date:
    """Give the day that is so many days on: a reminder of one's own counts from the moment."""
    return day_after(town.clock.now, number)


def drafted(town: Town) -> str:
    return town.starts(town.person(issued=date(2025, 6, 2)))


def to_be_signed(town: Town) -> str:
    return _saved(town)[0]


def _saved(town: Town) -> tuple[str, Actor]:
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    return case, person


def to_be_sealed(town: Town) -> str:
    case, person = _saved(town)
    town.clock.forward(minutes=2)
    town.signs(case, person)
    return case


def under_review(town: Town) -> str:
    town.officer("li", "approver")
    return filed(town)[0]


def to_be_claimed(town: Town) -> str:
    case, _ = filed(town)
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    return case


Days = Callable[[Town, int], date]


@pytest.mark.proves("I18")
@pytest.mark.parametrize(
    ("begins", "reminder", "counted", "numbers", "end"),
    [
        (drafted, "draft_reminder", after_days, (60, 83), ("closed", 90)),
        (to_be_signed, "sign_reminder", after_days, (60, 83), ("closed", 90)),
        (to_be_sealed, "enterprise_reminder", after_workdays, (3, 7), ("enterprise_timeout", 15)),
        (under_review, "decision_due_soon", after_workdays, (15, 19), ("decision_overdue", 20)),
        (to_be_claimed, "claim_reminder", in_days, (10, 30), ("claim_reminder", 90)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_not_on_the_day_before_and_on_the_day(
    town: Town,
    begins: Callable[[Town], str],
    reminder: str,
    counted: Days,
    numbers: tuple[int, ...],
    end: tuple[str, int],
) -> None:
    """I12, I18: each reminder and each end comes on its day, neither earlier nor later."""
    case = begins(town)
    plan = [*((reminder, number) for number in numbers), end]
    days = [(kind, counted(town, number)) for kind, number in plan]

    for kind, day in days:
        comes_on(town, case, kind, day)


def test_a_save_on_the_way_starts_the_ninety_days_of_a_draft_anew(town: Town) -> None:
    """I18: counted from the last save: one on day 80 moves the reminders and the end."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    first_end = after_days(town, 90)
    at_noon(town, day_after(town.clock.now, 80))
    half = {"enterprise_phone": "021-00000001"}
    form_entry.save(town.office, case, half, expected_revision=0, actor=person, finish=False)
    end = after_days(town, 90)

    at_noon(town, first_end)
    assert town.status(case) == "DRAFT"
    assert town.open_nodes(case) == {"fill_form"}
    comes_on(town, case, "closed", end)
    assert town.status(case) == "CLOSED"
    assert is_over(town, case)


def filed(town: Town, *, issued: date | None = date(2025, 6, 2)) -> tuple[str, Actor]:
    """Give an application that is sealed, with its applicant."""
    person, employer = town.person(issued=issued), town.enterprise()
    case = town.starts(person)
    town.files(case, person, employer)
    return case, person


@pytest.mark.proves("I12")
def test_an_extension_moves_the_day_that_officers_are_told(town: Town) -> None:
    """I12, Law 42: reminded before the day, reported after it; not while an extension runs."""
    approver = town.officer("li", "approver")
    case, _ = filed(town)
    due = town.case(case).due_on
    assert due == town.office.calendar.add_workdays(date(2026, 9, 7), 20).day

    pass_until(town, due)
    reminders = [kind for kind in told(town, case) if kind.startswith("decision_")]
    assert set(reminders) == {"decision_due_soon"}
    officer_tasks.extend(town.office, case, reason="须向发证机关核实", actor=approver)
    town.works()
    extended = town.case(case).due_on
    assert extended == town.office.calendar.add_workdays(due, 10).day
    pass_until(town, extended)
    assert "decision_overdue" not in told(town, case)
    pass_until(town, extended + timedelta(days=2))

    assert told(town, case)[-1] == "decision_overdue"
    assert town.open_nodes(case) == {"review"}


@pytest.mark.proves("I12")
def test_silence_accepts_as_of_the_day_of_receipt(town: Town) -> None:
    """I12, Law 32(4): five working days without a word; the twenty days began at the receipt."""
    person, employer = town.person(), town.enterprise()
    case = town.starts(person)
    other = {
        "qualification_region": "OTHER",
        "qualification_province": "浙江省",
        "qualification_no": "DEMO-9999",
        "qualification_issued_on": "2025-06-02",
        "qualification_issuer": "浙江省人力资源和社会保障厅（虚构）",
        "qualification_scans": [town.scan(case, person)],
    }
    town.saves(case, person, town.values(case, person, **other))
    town.signs(case, person)
    town.seals(case, employer)
    assert town.open_nodes(case) == {"formal_check"}

    pass_until(town, date(2026, 9, 15))

    application = town.case(case)
    assert (application.deemed_accepted, application.accepted_on) == (True, date(2026, 9, 7))
    assert town.open_nodes(case) == {"review"}
    assert application.due_on is not None
    pass_until(town, application.due_on + timedelta(days=2))
    assert told(town, case)[-1] == "decision_overdue"


@pytest.mark.proves("J4")
def test_an_enterprise_that_does_nothing_is_passed_over(town: Town) -> None:
    """I10: after 15 working days the application goes back to the person, who may send it again."""
    case = to_be_sealed(town)
    returned = after_workdays(town, 15)

    at_noon(town, returned - timedelta(days=1))
    assert town.status(case) == "PERSONAL_SIGNED"
    at_noon(town, returned)

    assert town.status(case) == "RETURNED"
    assert town.open_nodes(case) == {"fix_or_resubmit"}
    assert told(town, case).count("enterprise_reminder") == 2
    assert told(town, case)[-1] == "enterprise_timeout"
