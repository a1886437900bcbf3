"""What counts from the last save: reminders of a form, and the end of one that nobody goes on with.

The manual knows no such period; the table `deadline` says 60, 83 and 90 days (I18).
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.application import form_entry
from casework.certificate import paper_exchange
from casework.registration import cancellation
from casework.signature import personal
from engine.actors import Actor
from registry.law import calendars
from registry.law.calendars import shanghai_day
from registry.trail.notices import Notice
from tests import people
from tests.casework.registration import cancelling as they
from tests.offices import Town
from tests.papers import paper

pytestmark = pytest.mark.proves("F:years-4")


@pytest.fixture
def person(town: Town) -> Actor:
    return town.person(issued=date(2025, 6, 2))


def types(town: Town, case: str, actor: Actor, number: int) -> None:
    """Keep something typed, without finishing the form."""
    revision = town.case(case).revision
    typed = {"enterprise_phone": f"021-{number:08d}"}
    form_entry.save(town.office, case, typed, expected_revision=revision, actor=actor, finish=False)


def days_pass(town: Town, number: int) -> None:
    """Let days pass to ten past midnight, with what the workers have to do in them."""
    for _ in range(number):
        day = shanghai_day(town.clock.now) + timedelta(days=1)
        town.clock.now = calendars.start_of(day) + timedelta(minutes=10)
        town.works()


def asks_for_a_code(town: Town, case: str, person: Actor) -> None:
    """Look at the form and have a code sent, and do nothing further."""
    personal.begin(town.office, case, personal.document(town.office, case).sha256, person)
    town.clock.forward(hours=1)
    town.works()


def reminded(town: Town, case: str) -> list[int]:
    """Give the days of reminders, counted from the first day of the town."""
    first = date(2026, 9, 7)
    with town.office.sessions() as session:
        query = select(Notice).where(
            Notice.application_id == case,
            Notice.kind.in_(["draft_reminder", "sign_reminder"]),
        )
        told = session.scalars(query.order_by(Notice.id)).all()
    return [(shanghai_day(notice.created_at) - first).days for notice in told]


def test_reminders_and_end_count_from_the_last_save(town: Town, person: Actor) -> None:
    """I18: saved on day 40: reminded 60 and 83 days later, closed 90 days later, each once."""
    case = town.starts(person)
    days_pass(town, 40)
    types(town, case, person, 1)

    days_pass(town, 89)
    assert reminded(town, case) == [40 + 61, 40 + 84]  # at the end of the 60th and 83rd day
    assert town.status(case) == "DRAFT"
    days_pass(town, 2)

    assert town.status(case) == "CLOSED"
    assert town.troubles() == []


def test_a_save_after_a_reminder_begins_anew(town: Town, person: Actor) -> None:
    """I18: whoever goes on after the first reminder is reminded again 60 days later."""
    case = town.starts(person)
    days_pass(town, 62)
    types(town, case, person, 1)
    types(town, case, person, 2)
    days_pass(town, 62)
    types(town, case, person, 3)
    days_pass(town, 85)

    assert reminded(town, case) == [61, 62 + 61, 124 + 61, 124 + 84]
    days_pass(town, 7)
    assert town.status(case) == "CLOSED"
    assert town.troubles() == []


def test_whoever_does_not_sign_is_reminded_from_the_last_save(town: Town, person: Actor) -> None:
    """I18: a code that was never typed in does not begin the days anew."""
    town.enterprise()
    case = town.starts(person)
    values = town.values(case, person)
    town.saves(case, person, values)
    days_pass(town, 30)
    asks_for_a_code(town, case, person)
    days_pass(town, 29)
    town.saves(case, person, values)  # the same form again: nothing is voided

    days_pass(town, 85)

    assert town.status(case) == "READY_TO_SIGN"
    assert reminded(town, case) == [59 + 61, 59 + 84]


def test_a_request_of_an_enterprise_lives_while_it_is_worked_on(town: Town) -> None:
    """I18: the end of its draft counts from the last save too."""
    person, employer = town.person(), town.enterprise()
    case = cancellation.start_request(town.office, they.registers(town, person).id, employer)
    days_pass(town, 80)
    typed = {"explanation": "本人已于三月离职，多次联系未果"}
    form_entry.save(town.office, case, typed, expected_revision=0, actor=employer, finish=False)

    days_pass(town, 89)
    assert town.status(case) == "DRAFT"
    days_pass(town, 3)

    assert town.status(case) == "CLOSED"


def test_another_photo_keeps_an_exchange_open(town: Town) -> None:
    """I18, R120: whoever goes on choosing a photo is not closed out."""
    person = town.person()
    town.enterprise()
    paper(town.office, person)
    case = town.starts(person, "PAPER_EXCHANGE")
    for _ in range(2):
        days_pass(town, 60)
        paper_exchange.upload(town.office, case, "我.jpg", people.photo(), person)

    days_pass(town, 89)
    assert town.case(case).state.is_open
    days_pass(town, 3)

    assert town.status(case) == "CLOSED"
