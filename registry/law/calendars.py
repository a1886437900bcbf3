"""Time as the law counts it: Shanghai days, working days, months and years.

Civil Code 201: the day it starts is not counted; 202: a month or year ends on the corresponding
day, or on the last of the month; 203: a last day that is a holiday moves to the next working day.
Licensing Law 82: the agency's periods are working days.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.days import SHANGHAI
from refusals.refusal import Refusal
from storage.database import Base, Json, UtcDateTime, get_or_insert

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


def renewed_until(last: date, years: int) -> date:
    """Return the last day of a term that follows one that ended on `last` (Civil Code 201–203).

    >>> renewed_until(date(2033, 2, 28), 3), renewed_until(date(2029, 11, 22), 3)
    (datetime.date(2036, 2, 29), datetime.date(2032, 11, 22))
    """
    return valid_until(last + timedelta(days=1), years)


def age(birth: date, on: date) -> int:
    """Return the full years of a person born on `birth`.

    >>> age(date(2008, 2, 29), date(2026, 2, 28)), age(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def last_day_under(birth: date, years: int) -> date:
    """Return the last day on which a person born on `birth` has not reached `years`, see `age`.

    >>> last_day_under(date(1961, 11, 25), 65), last_day_under(date(1964, 2, 29), 65)
    (datetime.date(2026, 11, 24), datetime.date(2029, 2, 28))
    """
    reached = add_years(birth, years)
    return reached - timedelta(days=1) if reached.day == birth.day else reached


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

    def told(self) -> list[list[str]]:
        """Return all that it knows as text: years, holidays, weekends that are worked."""
        days = (self.holidays, self.workdays)
        told = [[day.isoformat() for day in sorted(each)] for each in days]
        return [[str(year) for year in sorted(self.years)], *told]

    def is_workday(self, day: date) -> bool:
        """Tell whether `day` is worked; never raises for a year that is not loaded."""
        if day in self.workdays:
            return True
        if day.year not in self.years and is_feast(day):
            return False
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

    def with_notice(self, notice: HolidayNotice) -> WorkCalendar:
        """Return the calendar with an official notice.

        A notice says everything of its own year; of the years beside it what it names. A
        supplement adds to what is known of its year.
        """
        named = notice.holidays | notice.workdays
        kept = {
            day
            for day in self.holidays | self.workdays
            if day not in named and (notice.supplements or day.year != notice.year)
        }
        return WorkCalendar(
            self.years | {notice.year},
            (self.holidays & kept) | notice.holidays,
            (self.workdays & kept) | notice.workdays,
        )


#: Festivals on fixed dates (全国年节及纪念日放假办法 2024), which hold in every year; those of the
#: moon wait for the notice.
FEASTS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_SECOND_OF_MAY, _SINCE = (5, 2), 2025  #: 2 May and 除夕 are free since the regulation of 2024


def is_feast(day: date) -> bool:
    """Tell whether a day is a festival on a fixed date.

    >>> is_feast(date(2019, 5, 1)), is_feast(date(2019, 5, 2)), is_feast(date(2027, 5, 2))
    (True, False, True)
    """
    fixed = (day.month, day.day)
    return fixed in FEASTS and (fixed != _SECOND_OF_MAY or day.year >= _SINCE)


#: Festivals of the moon and the sun: between which days they lie, and how many days they have.
_MOON_FEASTS = (
    ("春节", ((1, 20), (2, 24)), 4),
    ("清明节", ((4, 4), (4, 6)), 1),
    ("端午节", ((5, 25), (6, 26)), 1),
    ("中秋节", ((9, 5), (10, 8)), 1),
)


class NoticeRefused(Refusal):
    """放假安排不能录入：{why}。请对照通知更正。"""

    code = "E_HOLIDAY_NOTICE"


@dataclass(frozen=True, kw_only=True)
class HolidayNotice:
    """An official notice of the holidays of a year, or a supplement to one.

    It may name days of the years beside it: 2018-12-29 was worked for the first days of 2019.
    """

    year: int
    holidays: frozenset[date]
    workdays: frozenset[date]  #: weekends that are worked
    supplements: bool = False  #: adds to the year; everything else of it stays

    def check(self, calendar: WorkCalendar) -> None:
        """Refuse what cannot be meant. Raises: NoticeRefused."""
        for day in sorted(self.holidays | self.workdays):
            if not date(self.year - 1, 12, 1) <= day <= date(self.year + 1, 1, 31):
                self._refuse("holidays", f"{day}不在{self.year}年及其前后各一个月之内")
        for day in sorted(self.holidays & self.workdays):
            self._refuse("workdays", f"{day}同时列为放假和上班")
        for day in sorted(self.workdays):
            if day.weekday() < _SATURDAY and day not in calendar.holidays:
                self._refuse("workdays", f"{day}不是周末，本来就上班")
            if is_feast(day):
                self._refuse("workdays", f"{day}是法定节日，不能列为上班")
        if self.supplements:
            if self.year not in calendar.years:
                self._refuse("year", f"还没有{self.year}年的安排，请先录入全年安排，再作补充")
            if not self.holidays and not self.workdays:
                self._refuse("holidays", "没有写明任何一天")
            return
        for month, day_of_month in FEASTS:
            feast = date(self.year, month, day_of_month)
            is_free = feast.weekday() >= _SATURDAY or feast in self.holidays
            if is_feast(feast) and not is_free:
                text = f"全年安排中没有{feast}（法定节日）；只补充几天的，请选择“补充”"
                self._refuse("holidays", text)
        for name, (first, last), days in _MOON_FEASTS:
            span = (date(self.year, *first), date(self.year, *last))
            free = [day for day in self.holidays if span[0] <= day <= span[1] and not is_feast(day)]
            if len(free) < days - (name == "春节" and self.year < _SINCE):
                text = f"全年安排中没有{name}（法定节日）；只补充几天的，请选择“补充”"
                self._refuse("holidays", text)

    def _refuse(self, field: str, why: str) -> None:
        raise NoticeRefused(field, why=why)


@cache
def shipped() -> WorkCalendar:
    """Return the calendar of `chinesecalendar`; of later years the fixed festivals are known."""
    holidays = frozenset(chinese_calendar.constants.holidays)
    workdays = frozenset(chinese_calendar.constants.workdays)
    return WorkCalendar(frozenset(day.year for day in holidays), holidays, workdays)


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
    session: Session, notice: HolidayNotice, *, source: str, actor: str, at: datetime
) -> CalendarYear:
    """Enter, replace or supplement the arrangement of a year; provisional due dates follow it.

    Raises `NoticeRefused` for what contradicts the arrangement of a year beside it.
    """
    whole = _whole(session, notice)
    before = session.get(CalendarYear, notice.year)
    if notice.supplements and before:
        source = f"{before.source}；{source}"
    present = {
        "holidays": sorted(map(date.isoformat, whole.holidays)),
        "workdays": sorted(map(date.isoformat, whole.workdays)),
        "source": source,
        "loaded_by": actor,
        "loaded_at": at,
    }
    entry = get_or_insert(session, CalendarYear, {"year": notice.year}, present)
    for name, value in present.items():
        setattr(entry, name, value)
    session.flush()
    return entry


def current(session: Session) -> WorkCalendar:
    """Return the shipped calendar with the years that the agency entered."""
    return _with(_entered(session).values())


def changes(session: Session, notice: HolidayNotice) -> list[tuple[date, bool]]:
    """Return the days that a notice turns, and whether they are worked then.

    Raises `NoticeRefused` as `load_year`.
    """
    entered = _entered(session)
    before, after = (
        _with(entered.values()),
        _with({**entered, notice.year: _whole(session, notice)}.values()),
    )
    first, last = date(notice.year - 1, 12, 1), date(notice.year + 1, 1, 31)
    span = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [
        (day, after.is_workday(day))
        for day in span
        if before.is_workday(day) != after.is_workday(day)
    ]


def _entered(session: Session) -> dict[int, HolidayNotice]:
    """Give what the agency entered, by its year."""
    return {
        entry.year: HolidayNotice(
            year=entry.year,
            holidays=frozenset(map(date.fromisoformat, entry.holidays)),
            workdays=frozenset(map(date.fromisoformat, entry.workdays)),
        )
        for entry in session.scalars(select(CalendarYear).order_by(CalendarYear.year))
    }


def _whole(session: Session, notice: HolidayNotice) -> HolidayNotice:
    """Give what is on record of a year once a notice is entered: a supplement adds to it."""
    entered = _entered(session)
    for year, other in entered.items():
        torn = (notice.holidays & other.workdays) | (notice.workdays & other.holidays)
        for day in sorted(torn) if year != notice.year else ():
            why = f"{day}与已录入的{year}年安排相矛盾，请先更正{year}年的安排"
            raise NoticeRefused("workdays" if day in notice.workdays else "holidays", why=why)
    if not notice.supplements:
        return notice
    if (before := entered.get(notice.year)) is None:
        known = shipped()
        before = HolidayNotice(
            year=notice.year,
            holidays=frozenset(day for day in known.holidays if day.year == notice.year),
            workdays=frozenset(day for day in known.workdays if day.year == notice.year),
        )
    return replace(
        notice,
        holidays=notice.holidays | (before.holidays - notice.workdays),
        workdays=notice.workdays | (before.workdays - notice.holidays),
        supplements=False,
    )


def _with(notices: Iterable[HolidayNotice]) -> WorkCalendar:
    result, notices = shipped(), sorted(notices, key=lambda notice: notice.year)
    for notice in notices:  # 1. what each says of its own year
        result = result.with_notice(notice)
    for notice in notices:  # 2. what it says of the years beside it, whichever came first
        beside = replace(
            notice,
            supplements=True,
            holidays=frozenset(day for day in notice.holidays if day.year != notice.year),
            workdays=frozenset(day for day in notice.workdays if day.year != notice.year),
        )
        result = result.with_notice(beside)
    return result
