"""make years: let the city live, tell what it cost, and the shortest story of what went wrong."""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import timedelta

import structlog

from tests.years.city import Size
from tests.years.life import Life, live, shortest


def main() -> int:
    """Live; return 1 when something did not hold."""
    years = float(os.environ.get("YEARS", "10"))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10_000))
    size = Size(persons=int(os.environ.get("PERSONS", "60")))
    print(f"{size.persons} persons, {years:g} years from {size.start}; SEED={seed}", flush=True)
    structlog.configure(processors=[_drop])  # what goes wrong is told by the checks
    began = time.monotonic()
    life = live(size, days=round(years * 365.25), seed=seed, say=_say)
    _report(life, time.monotonic() - began)
    if life.violation is not None:
        print(f"\n{life.day}  {life.violation}", flush=True)
        budget = float(os.environ.get("SHRINK", "600"))
        story = shortest(size, life, seconds=budget, say=_say)
        print(f"\nThe shortest story found, {len(story)} deeds (SEED={seed}):")
        for deed in story:
            print(f"  {deed}")
        until = size.start + timedelta(days=life.days)
        print(f"  {until}  {life.violation}")
        return 1
    if not life.is_flat:
        print(f"\nMemory or the nights grew: {life.rss_mb} MB, {life.night_ms} ms a night")
        return 1
    return 0


def _drop(*_: object) -> dict[str, object]:
    raise structlog.DropEvent


def _say(text: str) -> None:
    print(text, flush=True)


def _report(life: Life, seconds: float) -> None:
    print(
        f"{life.days} days, {len(life.story)} deeds, {sum(life.refused.values())} refused, "
        f"{life.files} files verified; {life.cpu_s:.0f} s CPU in {seconds:.0f} s, "
        f"{max(life.rss_mb, default=0):.0f} MB"
    )
    print("done:    " + _counts(life.done))
    print("refused: " + _counts(life.refused))


def _counts(counter: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


if __name__ == "__main__":
    sys.exit(main())
