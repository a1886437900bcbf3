"""Days as texts for people write them in Chinese; a moment counts as its day in Shanghai."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day_in_words(day: date | datetime | str) -> str:
    """Write a day in full; a text is one of ISO 8601. Raises ValueError for any other text.

    >>> day_in_words(date(2026, 11, 4)), day_in_words("2026-11-04")
    ('2026年11月4日', '2026年11月4日')
    """
    if isinstance(day, str):
        day = date.fromisoformat(day)
    if isinstance(day, datetime):
        day = day.astimezone(SHANGHAI).date()
    return f"{day.year}年{day.month}月{day.day}日"


def moment_in_words(moment: datetime) -> str:
    """Write an aware time as Shanghai date and minute.

    >>> from datetime import UTC
    >>> moment_in_words(datetime(2026, 11, 24, 16, 5, tzinfo=UTC))
    '2026年11月25日 00:05'
    """
    return f"{day_in_words(moment)} {moment.astimezone(SHANGHAI):%H:%M}"


def as_read(fact: object) -> object:
    """Return a fact of a text as people read it: a day in full, anything else as it is.

    >>> as_read("2027-01-01"), as_read("2027-13-01"), as_read("31S2C2026-11-04"), as_read(3)
    ('2027年1月1日', '2027-13-01', '31S2C2026-11-04', 3)
    """
    is_day = isinstance(fact, str) and _ISO.fullmatch(fact)
    if not is_day and (not isinstance(fact, date) or isinstance(fact, datetime)):
        return fact
    try:
        return day_in_words(fact)  # type: ignore[arg-type]  # the line above leaves these two
    except ValueError:
        return fact
