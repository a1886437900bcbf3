from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from registry.law import calendars
from registry.law.calendars import (
    HolidayNotice,
    NoticeRefused,
    WorkCalendar,
    add_months,
    add_years,
    age,
    end_of,
    renewed_until,
    shanghai_day,
    shipped,
    start_of,
    valid_until,
)
from storage.database import writing
from tests.holidays import OF_2027
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
    assert due.provisional == any(passed.year > 2026 for passed in between)


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
            calendars.load_year(session, arrangement(2027, off, worked), **notice)

    with sessions() as session:
        calendar = calendars.current(session)

    due = calendar.add_workdays(date(2026, 12, 14), 20)
    assert (due.day, due.provisional) == (date(2027, 1, 12), False)
    assert calendar.is_workday(date(2027, 1, 9))
    assert calendar.is_workday(date(2026, 10, 10)) == shipped().is_workday(date(2026, 10, 10))


def arrangement(
    year: int, holidays: list[date], workdays: list[date], *, supplements: bool = False
) -> HolidayNotice:
    return HolidayNotice(
        year=year,
        holidays=frozenset(holidays),
        workdays=frozenset(workdays),
        supplements=supplements,
    )


YEAR_2027 = list(OF_2027)


def without(feast: date) -> list[date]:
    """Give the arrangement of 2027 without the days of this month."""
    return [day for day in YEAR_2027 if day.month != feast.month]


@pytest.mark.proves("F:calendar-1")
def test_a_notice_may_name_days_of_the_years_beside_it(sessions: sessionmaker[Session]) -> None:
    """2018-12-29 was a Saturday worked for the first days of 2019."""
    notice = arrangement(2027, [*YEAR_2027, date(2027, 1, 4)], [date(2026, 12, 26)])
    notice.check(shipped())

    with writing(sessions) as session:
        calendars.load_year(session, notice, source="通知", actor="officer:1", at=NOW)
        known = calendars.current(session)

    assert known.is_workday(date(2026, 12, 26))
    assert not known.is_workday(date(2026, 12, 27))
    assert known.is_workday(date(2026, 12, 28)) == shipped().is_workday(date(2026, 12, 28))


@pytest.mark.proves("F:calendar-1")
def test_a_supplement_adds_to_its_year(sessions: sessionmaker[Session]) -> None:
    """One more free day changes this day alone; the rest of the year stays as it was."""
    extra = arrangement(2026, [date(2026, 9, 3)], [], supplements=True)
    extra.check(shipped())

    with writing(sessions) as session:
        told = calendars.changes(session, extra)
        calendars.load_year(session, extra, source="补充", actor="officer:1", at=NOW)
        known = calendars.current(session)

    assert told == [(date(2026, 9, 3), False)]
    assert known.add_workdays(date(2026, 9, 24), 20) == shipped().add_workdays(
        date(2026, 9, 24), 20
    )
    assert not known.is_workday(date(2026, 9, 3))


@pytest.mark.proves("F:calendar-1")
def test_a_supplement_keeps_what_the_notice_said_of_the_year_before(
    sessions: sessionmaker[Session],
) -> None:
    """A day of the year beside it stays as the notice has it; a corrected notice takes it back."""
    notice = arrangement(2027, [*YEAR_2027, date(2026, 12, 31)], [date(2026, 12, 26)])
    extra = arrangement(2027, [date(2027, 9, 3)], [], supplements=True)
    with writing(sessions) as session:
        for said in (notice, extra):
            calendars.load_year(session, said, source="通知", actor="officer:1", at=NOW)
        known = calendars.current(session)
        told = calendars.changes(session, arrangement(2027, YEAR_2027, []))

    assert known.is_workday(date(2026, 12, 26))
    assert not known.is_workday(date(2026, 12, 31))
    assert not known.is_workday(date(2027, 9, 3))
    assert told == [
        (date(2026, 12, 26), False),
        (date(2026, 12, 31), True),
        (date(2027, 9, 3), True),
    ]


@pytest.mark.proves("F:calendar-1")
def test_two_notices_do_not_contradict_each_other(sessions: sessionmaker[Session]) -> None:
    """What one year's notice has free the next one's does not have worked."""
    first = arrangement(2027, [*YEAR_2027, date(2028, 1, 2)], [date(2028, 1, 8)])
    with writing(sessions) as session:
        calendars.load_year(session, first, source="通知", actor="officer:1", at=NOW)
        for off, worked, day in (
            ([date(2028, 1, 8)], [], "2028-01-08"),
            ([], [date(2028, 1, 2)], "2028-01-02"),
        ):
            torn = arrangement(2028, off, worked)
            with pytest.raises(NoticeRefused, match=f"{day}与已录入的2027年安排相矛盾"):
                calendars.load_year(session, torn, source="通知", actor="officer:1", at=NOW)


def test_a_corrected_notice_forgets_the_weekend_that_is_not_worked() -> None:
    """What a notice of the year does not name any more is as every week has it."""
    first = shipped().with_notice(arrangement(2027, YEAR_2027, [date(2027, 1, 9)]))
    corrected = first.with_notice(arrangement(2027, YEAR_2027, []))

    assert first.is_workday(date(2027, 1, 9))
    assert not corrected.is_workday(date(2027, 1, 9))


@pytest.mark.parametrize(
    ("day", "provisional"),
    [
        (date(2026, 11, 24), False),
        (date(2027, 1, 12), True),
        (date(2026, 12, 31), False),
    ],
)
def test_a_last_day_in_an_unknown_year_may_move(day: date, provisional: bool) -> None:
    """Civil Code 203: nobody knows yet whether it is a holiday, worked as it may look."""
    assert shipped().roll_forward(day).provisional is provisional


@pytest.mark.proves("F:calendar-1")
@pytest.mark.parametrize(
    ("notice", "why"),
    [
        (arrangement(2027, [date(2027, 2, 5)], []), "法定节日"),
        (arrangement(2027, without(date(2027, 2, 6)), []), "没有春节"),
        (arrangement(2027, without(date(2027, 4, 5)), []), "没有清明节"),
        (arrangement(2027, without(date(2027, 6, 9)), []), "没有端午节"),
        (arrangement(2027, without(date(2027, 9, 15)), []), "没有中秋节"),
        (arrangement(2027, [*YEAR_2027, date(2027, 2, 6)], [date(2027, 2, 6)]), "同时列为"),
        (arrangement(2027, YEAR_2027, [date(2027, 2, 3)]), "本来就上班"),
        (arrangement(2027, YEAR_2027, [date(2027, 10, 2)]), "不能列为上班"),
        (arrangement(2027, [*YEAR_2027, date(2028, 5, 1)], []), "前后各一个月"),
        (arrangement(2033, [date(2033, 3, 1)], [], supplements=True), "先录入全年"),
        (arrangement(2026, [], [], supplements=True), "没有写明"),
    ],
)
def test_a_notice_that_cannot_be_meant_is_refused(notice: HolidayNotice, why: str) -> None:
    """Contradictions, and a "year" without its feasts, would move everybody's due dates."""
    with pytest.raises(NoticeRefused, match=why):
        notice.check(shipped())


@pytest.mark.proves("F:years-8")
@pytest.mark.parametrize("year", [2031, 2037, 2055])
def test_feasts_of_the_law_hold_in_years_that_nobody_knows(year: int) -> None:
    """1 January and the days of October are free, and the date is told as provisional."""
    assert not shipped().is_workday(date(year, 1, 1))
    assert not shipped().is_workday(date(year, 10, 1))
    assert shipped().add_workdays(date(year - 1, 12, 30), 5).provisional


@pytest.mark.proves("F:years-5")
@given(days, st.integers(1, 5))
def test_a_renewed_term_ends_like_a_fresh_one(last: date, years: int) -> None:
    """One rule for ends of terms (Civil Code 201–203), also after 28 February."""
    assert renewed_until(last, years) == valid_until(last + timedelta(days=1), years)
    assert renewed_until(date(2033, 2, 28), 3) == date(2036, 2, 29)


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
