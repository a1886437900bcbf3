"""How times, dates, sizes and deadlines are written for people: Shanghai time, Chinese words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from refusals.days import SHANGHAI, day_in_words, moment_in_words

SOON_DAYS = 2  #: a deadline this near is marked


def clock_time(moment: datetime | None) -> str:
    """Write an aware time as Shanghai date and minute.

    >>> from datetime import UTC
    >>> clock_time(datetime(2026, 11, 24, 16, 5, tzinfo=UTC))
    '2026年11月25日 00:05'
    """
    return moment_in_words(moment) if moment else "—"


def shanghai_day(moment: date | datetime) -> date:
    """Return the day of law: a time becomes its day in Shanghai."""
    return moment.astimezone(SHANGHAI).date() if isinstance(moment, datetime) else moment


def day(moment: date | datetime | str | None) -> str:
    """Write a day in full.

    >>> day(date(2026, 11, 4)), day("2026-11-04"), day(None)
    ('2026年11月4日', '2026年11月4日', '—')
    """
    if not moment:
        return "—"
    return day_in_words(moment[:10] if isinstance(moment, str) else moment)


def month(moment: date | str | None) -> str:
    """Write year and month, as the form asks for 出生年月 (R22).

    >>> month("1985-03-07")
    '1985年3月'
    """
    return day(moment).split("月")[0] + "月" if moment else "—"


def millimetres(pixels: int) -> int:
    """Give the size on paper of so many pixels of a photo (300 to the inch).

    >>> millimetres(295), millimetres(413), millimetres(579)
    (25, 35, 49)
    """
    return round(pixels / 300 * 25.4)


def size(size_bytes: int) -> str:
    """Write a file size.

    >>> size(2_097_152), size(51_200), size(300)
    ('2.0 MB', '50 KB', '300 B')
    """
    if size_bytes >= 1024 * 1024:
        return f"{size_bytes / 1024 / 1024:.1f} MB"
    return f"{size_bytes // 1024} KB" if size_bytes >= 1024 else f"{size_bytes} B"


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A deadline for the eye: `tone` colours it, `words` say the same without colour."""

    tone: str  #: "calm", "soon" or "late"
    words: str


def _last_day(moment: date | datetime) -> date:
    if isinstance(moment, datetime):
        return shanghai_day(moment - timedelta(microseconds=1))
    return moment


def due(moment: date | datetime, today: date) -> Deadline:
    """Tell how near a deadline is, in days of Shanghai; a moment of 24:00 is still that day.

    >>> due(date(2026, 11, 24), date(2026, 11, 26)).words
    '2026年11月24日（已超期 2 天）'
    >>> from datetime import UTC
    >>> due(datetime(2026, 11, 26, 16, 0, tzinfo=UTC), date(2026, 11, 26)).words
    '2026年11月26日（今日到期）'
    >>> due(date(2026, 11, 27), date(2026, 11, 26))
    Deadline(tone='soon', words='2026年11月27日（剩 1 天）')
    """
    ends = _last_day(moment)
    left = (ends - today).days
    if left < 0:
        return Deadline(tone="late", words=f"{day(ends)}（已超期 {-left} 天）")
    if left == 0:
        return Deadline(tone="soon", words=f"{day(ends)}（今日到期）")
    return Deadline(
        tone="soon" if left <= SOON_DAYS else "calm", words=f"{day(ends)}（剩 {left} 天）"
    )


def capped(count: int, cap: int) -> str:
    """Write a count that was not counted to its end.

    >>> capped(99, 99), capped(100, 99)
    ('99', '99+')
    """
    return f"{cap}+" if count > cap else str(count)
