"""Counts over all cases: made each time while they are small, kept for five minutes when large."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from casework import tallies
from casework.tallies import Tallies

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


def test_few_are_counted_each_time() -> None:
    counts = iter([3, 4])
    kept = Tallies()

    def ask(after: timedelta) -> int:
        return kept.of("waiting", lambda: next(counts), int, NOON + after).value

    assert (ask(timedelta()), ask(timedelta())) == (3, 4)


def test_many_are_counted_anew_after_five_minutes_and_say_of_when_they_are() -> None:
    many = tallies.FEW + 1
    counts = iter([many, many + 1])
    kept = Tallies()

    def ask(after: timedelta) -> tuple[int, datetime, bool]:
        tally = kept.of("waiting", lambda: next(counts), int, NOON + after)
        return tally.value, tally.at, tally.is_large

    assert ask(timedelta()) == (many, NOON, True)
    assert ask(timedelta(minutes=4, seconds=59)) == (many, NOON, True)
    assert ask(tallies.KEPT) == (many + 1, NOON + tallies.KEPT, True)


def test_each_question_has_its_own_count() -> None:
    kept = Tallies()
    many = tallies.FEW + 1

    first = kept.of(("waiting", "a"), lambda: many, int, NOON)
    second = kept.of(("waiting", "b"), lambda: many + 9, int, NOON)

    assert (first.value, second.value) == (many, many + 9)
