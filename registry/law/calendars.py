"""Time as the law counts it: Shanghai days, working days, months and years.

Civil Code 201: the day it starts is not counted; 202: a month or year ends on the corresponding
day, or on the last of the month; 203: a last day that is a holiday moves to the next working day.
Licensing Law 82: the agency's periods are working days.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Json, UtcDateTime, get_or_insert

SHANGHAI = ZoneInfo("Asia/Shanghai")
_SATURDAY = 5


def shanghai_day(at: datetime) -> date:
    """Return the day that it is in Shanghai.

    >>> shanghai_day(datetime(2026, 11, 24, 16, 0, tzinfo=UTC))
    datetime.date(2026, 11, 25)
    """
    return at.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """Return 00:00 in Shanghai, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return 24:00 in Shanghai, in UTC: a period runs until the end of its last day.

    >>> end_of(date(2026, 11, 24)).isoformat()
    '2026-11-24T16:00:00+00:00'
    """
    return start_of(day + timedelta(days=1))


def add_months(day: date, n: int) -> date:
    """Return the corresponding day `n` months on, or the last day of that month (art. 202).

    >>> add_months(date(2026, 8, 31), 6), add_months(date(2026, 1, 31), -2)
    (datetime.date(2027, 2, 28), datetime.date(2025, 11, 30))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_years(day: date, n: int) -> date:
    """Return the corresponding day `n` years on, 28 February for a missing 29th (art. 202).

    >>> add_years(date(2024, 2, 29), 3)
    datetime.date(2027, 2, 28)
    """
    return add_months(day, 12 * n)


def valid_until(first: date, years: int) -> date:
    """Return the last valid day of something valid for `years` from its `first` day.

    >>> valid_until(date(2026, 11, 23), 3), valid_until(date(2024, 2, 29), 3)
    (datetime.date(2029, 11, 22), datetime.date(2027, 2, 28))
    """
    end = add_years(first, years)
    return end if end.day != first.day else end - timedelta(days=1)


def age(birth: date, on: date) -> int:
    """Return the full years of a person born on `birth`.

    >>> age(date(2008, 2, 29), date(2026, 2, 28)), age(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


@dataclass(frozen=True, kw_only=True)
class Due:
    """A last day; provisional while the official calendar of a year in between is unknown."""

    day: date
    provisional: bool

    @property
    def at(self) -> datetime:
        """The moment it is over: 24:00 in Shanghai, in UTC."""
        return end_of(self.day)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked: Monday to Friday, but for the published exceptions of known years."""

    years: frozenset[int]  #: whose official arrangement is loaded
    holidays: frozenset[date] = field(default_factory=frozenset)
    workdays: frozenset[date] = field(default_factory=frozenset)  #: weekends that are worked

    def is_workday(self, day: date) -> bool:
        """Tell whether `day` is worked; never raises for a year that is not loaded."""
        if day in self.workdays:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def add_workdays(self, day: date, n: int) -> Due:
        """Return the `n`-th working day after `day` (`n` ≥ 0; 0 gives the day itself)."""
        if n < 0:
            raise ValueError("working days are counted forward")
        provisional = False
        while n:
            day += timedelta(days=1)
            provisional = provisional or day.year not in self.years
            n -= self.is_workday(day)
        return Due(day=day, provisional=provisional)

    def subtract_workdays(self, day: date, n: int) -> date:
        """Return the `n`-th working day before `day`; for reminders."""
        while n:
            day -= timedelta(days=1)
            n -= self.is_workday(day)
        return day

    def roll_forward(self, day: date) -> Due:
        """Return `day`, or the next working day when it is none (art. 203)."""
        provisional = day.year not in self.years
        while not self.is_workday(day):
            day += timedelta(days=1)
            provisional = provisional or day.year not in self.years
        return Due(day=day, provisional=provisional)

    def add_months(self, day: date, n: int) -> Due:
        """Return the last day of a period of months, moved off holidays (art. 202, 203)."""
        return self.roll_forward(add_months(day, n))

    def days_late(self, since: date, on: date, *, years: int) -> int:
        """Return by how many days `on` misses a period of `years` after `since`; ≤ 0 in time.

        Order 137 art. 11: initial registration within three years of the qualification.
        """
        return (on - self.roll_forward(add_years(since, years)).day).days

    def with_year(
        self, year: int, holidays: Iterable[date], workdays: Iterable[date]
    ) -> WorkCalendar:
        """Return the calendar with the official arrangement of one more year."""
        return WorkCalendar(
            self.years | {year},
            frozenset(d for d in self.holidays if d.year != year) | frozenset(holidays),
            frozenset(d for d in self.workdays if d.year != year) | frozenset(workdays),
        )


#: Festivals on fixed dates (全国年节及纪念日放假办法 2024); those of the moon wait for the notice.
_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))


@cache
def shipped() -> WorkCalendar:
    """Return the calendar of `chinesecalendar`, extended by the fixed festivals of ten years."""
    holidays = [day for day, name in chinese_calendar.constants.holidays.items()]
    workdays = list(chinese_calendar.constants.workdays)
    years = frozenset(day.year for day in holidays)
    later = range(max(years) + 1, max(years) + 11)
    fixed = [date(year, month, day) for year in later for month, day in _FIXED]
    return WorkCalendar(years, frozenset(holidays) | frozenset(fixed), frozenset(workdays))


class CalendarYear(Base):
    """The official arrangement of a year as the agency entered it; overrides what is shipped."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True)
    holidays: Mapped[list[str]] = mapped_column(Json())  #: ISO dates
    workdays: Mapped[list[str]] = mapped_column(Json())
    source: Mapped[str]
    loaded_by: Mapped[str]
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime())


def load_year(
    session: Session,
    year: int,
    *,
    holidays: Iterable[date],
    workdays: Iterable[date],
    source: str,
    actor: str,
    at: datetime,
) -> CalendarYear:
    """Enter or replace the arrangement of a year; due dates marked provisional follow it."""
    off = sorted(day.isoformat() for day in holidays)
    worked = sorted(day.isoformat() for day in workdays)
    if any(day[:4] != str(year) for day in off + worked):
        raise ValueError(f"a day outside {year}")
    present = {
        "holidays": off,
        "workdays": worked,
        "source": source,
        "loaded_by": actor,
        "loaded_at": at,
    }
    entry = get_or_insert(session, CalendarYear, {"year": year}, present)
    for name, value in present.items():
        setattr(entry, name, value)
    session.flush()
    return entry


def current(session: Session) -> WorkCalendar:
    """Return the shipped calendar with the years that the agency entered."""
    result = shipped()
    for entry in session.scalars(select(CalendarYear)):
        holidays = map(date.fromisoformat, entry.holidays)
        result = result.with_year(entry.year, holidays, map(date.fromisoformat, entry.workdays))
    return result
