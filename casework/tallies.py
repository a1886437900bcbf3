"""Counts over all cases: they cost the more, the more there are, and then are kept for a while.

A process keeps its own. What counts few things is counted each time, so that a small office and
every test read what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

FEW = 5_000  #: what counts so many is counted each time: a few milliseconds
KEPT = timedelta(minutes=5)

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Tally(Generic[Value]):
    """What was counted, and when."""

    value: Value
    at: datetime
    is_large: bool  #: it is kept: a page says of what moment it is


class Tallies:
    """The tallies of one process."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Tally[Any]] = {}

    def of(
        self,
        key: Hashable,
        count: Callable[[], Value],
        weigh: Callable[[Value], int],
        now: datetime,
    ) -> Tally[Value]:
        """Return a tally, at most `KEPT` old where it is large.

        `weigh` says how much was counted.
        """
        known = self._kept.get(key)
        if known is not None and known.at <= now < known.at + KEPT:
            return known
        value = count()
        tally = Tally(value=value, at=now, is_large=weigh(value) > FEW)
        if tally.is_large:
            self._kept[key] = tally
        else:
            self._kept.pop(key, None)
        return tally
