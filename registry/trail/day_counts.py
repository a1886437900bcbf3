"""What the daily duties of a day did, until all of them are done: then one audit row says it.

The duties are jobs of their own, on any worker; each adds its count to the row of its day, under
the lock of that row. Whoever completes the row takes it away, with those of days that were never
completed, and writes them to the trail in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Date, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Json, get_or_insert


class DayCount(Base):
    """A day whose duties are not all done yet."""

    __tablename__ = "day_count"

    day: Mapped[date] = mapped_column(Date(), primary_key=True)
    counts: Mapped[dict[str, int]] = mapped_column(Json())  #: how much each duty did, by its name


def add(
    session: Session, day: date, duty: str, count: int, *, duties: Collection[str]
) -> dict[date, dict[str, int]]:
    """Note what a duty did; return the days that are to be written down now: {day: {duty: count}}.

    That is `day` once each of `duties` has been done, and any day before it.
    """
    row = get_or_insert(session, DayCount, {"day": day}, {"counts": {}})
    row.counts = {**row.counts, duty: row.counts.get(duty, 0) + count}
    session.flush()
    left = select(DayCount).where(DayCount.day < day).order_by(DayCount.day.desc())
    rows = list(session.scalars(left.with_for_update()))
    if set(duties) <= row.counts.keys():
        rows.append(row)
    told = {entry.day: dict(entry.counts) for entry in rows}
    for entry in rows:
        session.delete(entry)
    session.flush()
    return told
