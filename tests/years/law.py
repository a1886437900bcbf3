"""Terms and periods counted anew from the texts, by nothing that the product counts with.

Civil Code 201–203 (the first day is not counted; the corresponding day, or the last of the month),
Licensing Law 32, 42, 50, 82 (5, 20 and 10 working days; thirty days before the end), the terms of
Order 137, 147 and 153 (three years; builders and supervisors until they are 65), the manual (90
days).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar

DAY = timedelta(days=1)
YEARS = 3  #: of a registration
ENDS_AT = {
    "builder-2": 65,
    "supervising-engineer": 65,
}  #: years of age with which a registration is over
#: 全国年节及纪念日放假办法 (2024), article 2: those on fixed dates, in every year.
FEASTS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass
class Days:
    """Working days: what the State Council published, and the statutory feasts."""

    #: Year → (free days, worked weekends), as the notices of this city say
    notices: dict[int, tuple[frozenset[date], frozenset[date]]] = field(default_factory=dict)

    def is_known(self, year: int) -> bool:
        """Tell whether the arrangement of a year has been published."""
        return year <= 2026 or year in self.notices

    def is_worked(self, day: date) -> bool:
        """Tell whether a day is worked."""
        for free, worked in self.notices.values():
            if day in free:
                return False
            if day in worked:
                return True
        if day.year <= 2026:
            return bool(chinese_calendar.is_workday(day))
        is_feast = (day.month, day.day) in FEASTS and day.year not in self.notices
        return day.weekday() < 5 and not is_feast

    def after(self, day: date, number: int) -> date:
        """Give the last day of so many working days; `day` is not counted."""
        while number:
            day += DAY
            number -= int(self.is_worked(day))
        return day


def corresponding(day: date, years: int) -> date | None:
    """Give the same day of a later year; None where that year has no 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return None


def last_of_term(first: date, years: int = YEARS) -> date:
    """Give the last day of a term that begins on `first`."""
    again = corresponding(first, years)
    return date(first.year + years, 2, 28) if again is None else again - DAY


def last_by_age(birth: date, profession: str) -> date:
    """Give the day before the birthday with which nobody is registered any more."""
    years = ENDS_AT.get(profession)
    if years is None:
        return date.max
    birthday = corresponding(birth, years) or date(birth.year + years, 3, 1)
    return birthday - DAY


def granted(first: date, birth: date, profession: str) -> date:
    """Give the last day of a registration that begins on `first`."""
    return min(last_of_term(first), last_by_age(birth, profession))


def renewed(last: date, birth: date, profession: str) -> date:
    """Give the last day of a registration renewed from its old `last` one."""
    return max(last, min(last_of_term(last + DAY), last_by_age(birth, profession)))


REMINDERS = (90, 60, 30, 7)


def reminder(left: int) -> int | None:
    """Give which reminder belongs to so many days before the end; None: not yet, or over."""
    return next((days for days in sorted(REMINDERS) if 0 <= left <= days), None)


#: How long a step before filing may take, in days from the last save or the return.
IDLE: Mapping[str, int] = {"DRAFT": 90, "READY_TO_SIGN": 90, "RETURNED": 90}
CHECK, CORRECTION, SEALING, DECISION, EXTENSION = 5, 15, 15, 20, 10  # working days
IN_TIME = 30  #: days before the end: filed so early, a renewal is decided by then, or granted
