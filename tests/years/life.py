"""Living: day after day of a city, written down as a story; and a story lived again, shorter."""

from __future__ import annotations

import random
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from registry.trail import audit
from tests.years import deeds, habits
from tests.years.checks import Inspector, Violation
from tests.years.city import City, Size, city
from tests.years.deeds import Deed
from tests.years.law import DAY

Told = Callable[[str], None]


@dataclass
class Life:
    """What became of a city."""

    story: list[Deed] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    violation: Violation | None = None
    day: date | None = None  #: of the violation
    days: int = 0
    cpu_s: float = 0.0
    rss_mb: list[float] = field(default_factory=list)  #: at the end of each year
    #: CPU of the median night and its checks, by year: once in nine years a night stamps every
    #: paper anew (70 ms each), which says nothing of the others.
    night_ms: list[float] = field(default_factory=list)
    files: int = 0  #: verified

    @property
    def is_flat(self) -> bool:
        """Tell whether a late year costs no more than the second, in memory and at night."""
        if len(self.rss_mb) < 4:
            return True
        memory = self.rss_mb[-1] <= self.rss_mb[1] * 1.25 + 30
        return memory and self.night_ms[-1] <= 2 * self.night_ms[1] + 10


def live(size: Size, *, days: int, seed: int, say: Told = lambda _: None) -> Life:
    """Let a city live, everybody by chance; stop at the first violation."""
    chance = random.Random(seed)
    return _live(size, days, lambda place, day: habits.of_day(place, day, chance), say)


def again(size: Size, story: Sequence[Deed], *, until: date) -> Life:
    """Let a city live a given story, with every day in between."""
    by_day: dict[date, list[Deed]] = {}
    for deed in story:
        by_day.setdefault(deed.day, []).append(deed)
    days = (until - size.start).days + 1
    return _live(size, days, lambda _, day: by_day.get(day, []), lambda _: None, files=False)


def _live(
    size: Size,
    days: int,
    of_day: Callable[[City, date], object],
    say: Told,
    *,
    files: bool = True,
) -> Life:
    life, began = Life(), time.process_time()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, city(Path(folder), size) as place:
        inspector = Inspector(place)
        nights: list[float] = []
        day = size.start
        try:
            for number in range(days):
                day = size.start + timedelta(days=number)
                before = time.process_time()
                place.dawn(day)
                inspector.look(day)
                nights.append(time.process_time() - before)
                place.morning(day)
                for deed in of_day(place, day):  # type: ignore[attr-defined]
                    life.story.append(deed)
                    code = deeds.do(place, deed)
                    (life.refused if code else life.done)[code or _name(deed)] += 1
                place.town.works()
                if files:
                    inspector.verify(limit=1)
                life.days = number + 1
                if life.days % 365 == 0:
                    life.night_ms.append(statistics.median(nights) * 1000)
                    life.rss_mb.append(_rss_mb())
                    nights.clear()
                    cpu = time.process_time() - began
                    say(f"{day}  {len(life.story)} deeds, {cpu:.0f} s CPU, {_rss_mb():.0f} MB")
            if files:
                inspector.look(day)
                inspector.verify()
                _trail(place)
        except Violation as violation:
            life.violation, life.day = violation, day
        life.files = inspector.files
    life.cpu_s = time.process_time() - began
    return life


def _name(deed: Deed) -> str:
    return f"{deed.verb} {deed.about}".rstrip()


def _trail(place: City) -> None:
    with place.town.office.sessions() as session:
        if fault := audit.verify(session):
            raise Violation(kind="trail", text=fault)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shortest(size: Size, life: Life, *, seconds: float, say: Told = lambda _: None) -> list[Deed]:
    """Drop deeds from a story as long as the same thing goes wrong; give what is left.

    First everybody who has nothing to do with it, then ever smaller pieces. It ends after
    `seconds`, with the shortest story found until then.
    """
    violation, day, end = life.violation, life.day, time.monotonic() + seconds
    if violation is None or day is None:
        return []

    def goes_wrong(story: Sequence[Deed]) -> bool:
        lived = again(size, story, until=day)
        return lived.violation is not None and lived.violation.kind == violation.kind

    story = list(life.story)
    if violation.who:
        theirs = [deed for deed in story if deed.who in violation.who or not deed.profession]
        for fewer in (theirs, [deed for deed in theirs if deed.profession]):
            if len(fewer) < len(story) and goes_wrong(fewer):
                story = fewer
                say(f"{len(story)} deeds lead to it")
    piece = max(len(story) // 2, 1)
    while time.monotonic() < end and story:
        for begin in range(0, len(story), piece):
            fewer = story[:begin] + story[begin + piece :]
            if time.monotonic() > end:
                break
            if goes_wrong(fewer):
                story = fewer
                say(f"{len(story)} deeds lead to it")
                break
        else:
            if piece == 1:
                break
            piece = max(piece // 2, 1)
    return story


__all__ = ["DAY", "Life", "again", "live", "shortest"]
