"""延续注册: when it may be started, and why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from casework.application.new_application import NotAvailable
from refusals.days import day_in_words
from tests.casework.terms.renewals import TODAY, Story, noon, renewal_item
from tests.offices import Town


@pytest.mark.parametrize(
    ("left", "reason", "warned"),
    [
        (91, "E_RENEWAL_NOT_OPEN", False),
        (90, None, False),
        (31, None, False),
        (30, None, False),
        (29, None, True),
        (1, None, True),
        (0, None, True),
        (-1, "E_EXPIRED_USE_INITIAL", False),
    ],
)
def test_the_window_is_exact_to_the_day(
    town: Town, left: int, reason: str | None, warned: bool
) -> None:
    """R65, R66: open 90 days before the end; late, with a warning, in the last 30; then over."""
    person = town.person()
    town.registered(person, ends=TODAY + timedelta(days=left))

    item = renewal_item(town, person)

    assert [refusal.code for refusal in item.reasons] == ([reason] if reason else [])
    assert ("可能来不及在到期前作出决定" in item.warning) is warned


@pytest.mark.parametrize(
    ("ends", "opens"),
    [
        (date(2028, 2, 29), date(2027, 12, 1)),  # 29 February is a day like others
        (date(2027, 3, 1), date(2026, 12, 1)),
        (date(2027, 1, 8), date(2026, 10, 10)),  # the days of the National Day holiday count too
    ],
)
def test_a_closed_window_says_when_it_opens(town: Town, ends: date, opens: date) -> None:
    """R66: calendar days, whatever holidays lie between; the day that is told really opens it."""
    person = town.person()
    town.registered(person, ends=ends)
    [reason] = renewal_item(town, person).reasons
    assert f"自{day_in_words(opens)}起可申请" in reason.text

    town.clock.now = noon(opens)

    assert renewal_item(town, person).is_available
    town.clock.forward(days=-1)
    assert not renewal_item(town, person).is_available


def test_the_last_day_runs_until_midnight_in_shanghai(town: Town) -> None:
    """R66, Civil Code 203: at 23:59 of the last day it may be renewed, at 0:00 no more."""
    person = town.person()
    town.registered(person, ends=TODAY)

    town.clock.now = datetime(2026, 9, 7, 15, 59, tzinfo=UTC)
    assert renewal_item(town, person).is_available
    town.clock.now = datetime(2026, 9, 7, 16, 0, tzinfo=UTC)

    assert [reason.code for reason in renewal_item(town, person).reasons] == [
        "E_EXPIRED_USE_INITIAL"
    ]


def test_without_registration_there_is_nothing_to_renew(town: Town) -> None:
    """R66."""
    person = town.person()

    with pytest.raises(NotAvailable, match="请先办理初始注册"):
        town.starts(person, "RENEWAL")


@pytest.mark.both_databases
def test_one_application_at_a_time(town: Town) -> None:
    """R66: what is in progress has to be finished first, and is named."""
    story = Story(town, ends=TODAY + timedelta(days=60))
    case = town.starts(story.person, "RENEWAL")

    with pytest.raises(NotAvailable, match=town.case(case).no):
        town.starts(story.person, "RENEWAL")
