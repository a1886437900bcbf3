"""Days and times as pages write them, in English."""

from __future__ import annotations

import re
from datetime import date

from babel.dates import format_date

_DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
_MONTH = r"\d{4}年\d{1,2}月"
_TIME = _DAY + r" ?\d{1,2}:\d{2}(?::\d{2})?"
#: What a placeholder of such a name takes; any other takes whatever stands there.
KINDS = {
    "n": r"[0-9][0-9.,]*\+?",
    "day": _DAY,
    "month": _MONTH,
    "time": _TIME,
    "title": r"[^<>，。：；（为]{2,30}",
}
_WRITTEN = re.compile(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?(?: ?(\d{1,2}:\d{2}(?::\d{2})?))?")


def turned(text: str) -> str | None:
    """Write a day, a month or a time in English; None for anything else.

    >>> turned("2026年11月4日"), turned("1985年3月"), turned("2026年11月25日 00:05")
    ('4 November 2026', 'March 1985', '25 November 2026, 00:05')
    >>> turned("2026年"), turned("2026年13月4日")
    (None, None)
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    year, month, day, clock = match.groups()
    try:
        on = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    written = format_date(on, "d MMMM y" if day else "MMMM y", locale="en")
    return f"{written}, {clock}" if clock else written
