from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from registry.law import calendars
from registry.law.calendars import (
    WorkCalendar,
    add_months,
    add_years,
    age,
    end_of,
    shanghai_day,
    shipped,
    start_of,
    valid_until,
)
from storage.database import writing
from tests.registry.conftest import NOW

days = st.dates(date(2005, 1, 1), date(2035, 12, 31))
FIRST, LAST = datetime(2005, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001 (hypothesis adds UTC)
known_days = st.dates(date(2004, 1, 1), date(2026, 12, 31))


@given(known_days)
def test_known_years_follow_the_official_notices(day: date) -> None:
    """Festivals, bridges and worked weekends as published."""
    assert shipped().is_workday(day) == chinese_calendar.is_workday(day)


@given(days, st.integers(0, 60))
def test_the_last_day_is_worked_and_counted(day: date, n: int) -> None:
    """The day of receipt is not counted; between there are exactly n working days."""
    due = shipped().add_workdays(day, n)
    between = [day + timedelta(k) for k in range(1, (due.day - day).days + 1)]

    assert sum(map(shipped().is_workday, between)) == n
    assert n == 0 or shipped().is_workday(due.day)
    assert due.provisional == any(one.year > 2026 for one in between)


@given(days, st.integers(1, 30))
def test_reminders_count_back(day: date, n: int) -> None:
    """N working days before the last day is n working days away from it."""
    due = shipped().add_workdays(day, n + 5).day
    assert shipped().add_workdays(shipped().subtract_workdays(due, n), n).day == due


def test_a_deadline_over_the_new_year_is_provisional() -> None:
    """The year 2027 is not published: no crash, a date, and a mark that it may move."""
    due = shipped().add_workdays(date(2026, 12, 14), 20)

    assert due.provisional
    assert due.day == date(2027, 1, 12)  # 1 January is fixed by law, the bridge is not
    assert not shipped().add_workdays(date(2026, 11, 22), 5).provisional


def test_a_negative_count_is_a_fault_of_the_caller() -> None:
    """Periods run forward."""
    with pytest.raises(ValueError, match="forward"):
        shipped().add_workdays(date(2026, 1, 1), -1)


def test_a_worked_weekend_counts() -> None:
    """10 October 2026 is a Saturday that is worked."""
    holidays = {date(2026, 10, d) for d in range(1, 8)}
    calendar = WorkCalendar(frozenset({2026}), frozenset(holidays), frozenset({date(2026, 10, 10)}))
    assert calendar.add_workdays(date(2026, 9, 30), 3).day == date(2026, 10, 10)


def test_the_agency_loads_a_year(sessions: sessionmaker[Session]) -> None:
    """Once the notice for 2027 is entered, dates are final; entering it again replaces it."""
    notice = {"source": "国办发明电〔2026〕示例号", "actor": "officer:1", "at": NOW}
    worked = [date(2027, 1, 9)]
    with writing(sessions) as session:
        for off in ([date(2027, 1, 1)], [date(2027, 1, 1), date(2027, 1, 4)]):
            calendars.load_year(session, 2027, holidays=off, workdays=worked, **notice)
        with pytest.raises(ValueError, match="outside 2027"):
            calendars.load_year(session, 2027, holidays=[date(2028, 1, 1)], workdays=[], **notice)

    with sessions() as session:
        calendar = calendars.current(session)

    due = calendar.add_workdays(date(2026, 12, 14), 20)
    assert (due.day, due.provisional) == (date(2027, 1, 12), False)
    assert calendar.is_workday(date(2027, 1, 9))
    assert calendar.is_workday(date(2026, 10, 10)) == shipped().is_workday(date(2026, 10, 10))


@given(days, st.integers(-24, 600))
def test_months_end_on_the_corresponding_day(day: date, n: int) -> None:
    """Civil Code 202: the same day, or the last of a shorter month."""
    end = add_months(day, n)

    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == n
    assert end.day == day.day or (end.day < day.day and (end + timedelta(1)).day == 1)


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        (date(2023, 11, 22), date(2026, 11, 23)),  # a Sunday moves to Monday
        (date(2023, 10, 1), date(2026, 10, 8)),  # the National Day week
        (date(2020, 2, 29), date(2023, 2, 28)),
        (date(2024, 2, 29), date(2027, 3, 1)),  # 28 February 2027 is a Sunday
    ],
)
def test_three_years_after_the_qualification(issued: date, last: date) -> None:
    """R28: overdue from the day after; a last day on a holiday moves (Civil Code 203)."""
    calendar = shipped()

    assert calendar.days_late(issued, last, years=3) == 0
    assert calendar.days_late(issued, last + timedelta(1), years=3) == 1
    assert calendar.days_late(issued, issued, years=3) < 0


@given(days, st.integers(1, 5))
def test_validity_ends_on_the_eve(first: date, years: int) -> None:
    """No day twice, no day lost; 29 February ends on 28 February."""
    last = valid_until(first, years)

    assert last < add_years(first, years) or first.day == 29
    assert add_years(first, years) - last <= timedelta(1)
    assert valid_until(date(2024, 2, 29), 3) == valid_until(date(2024, 3, 1), 3)


def test_a_month_moved_off_a_holiday() -> None:
    """Six months for a lawsuit from 1 April end after the National Day week."""
    assert shipped().add_months(date(2026, 4, 1), 6).day == date(2026, 10, 8)


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_a_shanghai_day_is_from_midnight_to_midnight(at: datetime) -> None:
    """A period runs until 24:00 in Shanghai."""
    day = shanghai_day(at)

    assert start_of(day) <= at < end_of(day)
    assert end_of(day) - start_of(day) == timedelta(hours=24)


def test_birthdays() -> None:
    """Eighteen on the birthday itself."""
    assert age(date(2008, 11, 24), date(2026, 11, 23)) == 17
    assert age(date(2008, 11, 24), date(2026, 11, 24)) == 18
