"""Time passes in the shipped diagrams: each period counts from the day its table names."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select

from casework.application import form_entry
from casework.decision import officer_tasks
from engine import queries
from engine.actors import Actor
from registry.trail.notices import Notice
from tests.offices import Town


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


def test_a_draft_is_kept_for_ninety_days_after_its_last_save(town: Town) -> None:
    """I18: reminded on days 60 and 83; a save on day 80 starts the period anew."""
    person = town.person(issued=date(2025, 6, 2))
    start = town.clock.now
    case = town.starts(person)

    pass_until(town, day_after(start, 62))
    assert told(town, case) == ["draft_reminder"]
    pass_until(town, day_after(start, 80))
    half = {"enterprise_phone": "021-00000001"}
    form_entry.save(town.office, case, half, expected_revision=0, actor=person, finish=False)
    pass_until(town, day_after(start, 95))

    assert town.status(case) == "DRAFT"
    assert town.open_nodes(case) == {"fill_form"}
    pass_until(town, day_after(start, 172))
    assert town.status(case) == "CLOSED"
    assert is_over(town, case)
    assert told(town, case)[-1] == "closed"


def filed(town: Town, *, issued: date | None = date(2025, 6, 2)) -> tuple[str, Actor]:
    """Give an application that is sealed, with its applicant."""
    person, employer = town.person(issued=issued), town.enterprise()
    case = town.starts(person)
    town.files(case, person, employer)
    return case, person


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


def test_an_enterprise_that_does_nothing_is_reminded_then_passed_over(town: Town) -> None:
    """I10: reminded after 3 and 7 working days; after 15 the application goes back."""
    person = town.person(issued=date(2025, 6, 2))
    town.enterprise()
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.signs(case, person)

    pass_until(town, date(2026, 9, 17))
    assert told(town, case).count("enterprise_reminder") == 2
    assert town.status(case) == "PERSONAL_SIGNED"
    pass_until(town, date(2026, 10, 9))

    assert town.status(case) == "RETURNED"
    assert town.open_nodes(case) == {"fix_or_resubmit"}
    assert told(town, case)[-1] == "enterprise_timeout"
