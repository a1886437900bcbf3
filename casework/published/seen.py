"""What became of the cases of a version: counts of its nodes, why cases came back, one way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.office import Office
from engine import flow, queries
from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.decisions import Decision, DecisionStep
from registry.applications.timeline import TimelineEntry
from registry.law.calendars import shanghai_day, start_of
from storage.database import id_at, writing

MOST_REASONS = 500  #: returns that are read for their reasons, the newest


@dataclass(frozen=True, kw_only=True)
class Stay:
    """A stretch of one case's way: what happened, and how long until the next."""

    at: datetime
    kind: str
    nodes: tuple[str, ...]
    until_next_s: float | None


def roll(office: Office) -> int:
    """Count what happened since it was counted last; return how many events."""
    until, total = id_at(office.now() - flow.LAG), 0
    while True:
        with writing(office.sessions) as session:
            counted = flow.roll(session, until, shanghai_day)
        total += counted
        if counted < flow.CHUNK:
            return total


def returns(
    session: Session, definition: str, process_matter: str, since: date, until: date
) -> list[tuple[str, str, int]]:
    """Give why cases came back in a period: by whom, reason, how often; the most frequent first."""
    first, after = start_of(since), start_of(until + timedelta(days=1))
    of_version = (Application.definition == definition, Application.matter == process_matter)
    returned = (
        select(TimelineEntry.facts)
        .join(Application, Application.id == TimelineEntry.application_id)
        .where(TimelineEntry.kind == "return", *of_version)
        .where(TimelineEntry.at >= first, TimelineEntry.at < after)
        .order_by(TimelineEntry.id.desc())
        .limit(MOST_REASONS)
    )
    corrected = (
        select(Decision.reasons)
        .join(Application, Application.id == Decision.application_id)
        .where(Decision.step == DecisionStep.FORMAL_CHECK, Decision.outcome == "correct")
        .where(*of_version, Decision.at >= first, Decision.at < after)
        .order_by(Decision.id.desc())
        .limit(MOST_REASONS)
    )
    told = Counter[tuple[str, str]]()
    for facts in session.scalars(returned):
        told["聘用企业", str(facts.get("reason") or "（没有写明）")] += 1
    for reasons in session.scalars(corrected):
        told.update(("受理", reason) for reason in reasons)
    return [(by, reason, count) for (by, reason), count in told.most_common(20)]


def way(session: Session, number: str) -> tuple[Application, list[Stay]]:
    """Give the way that one case went, by its number. Raises: NotFound."""
    application = session.scalar(select(Application).where(Application.no == number))
    if application is None:
        raise NotFound
    events = list(queries.history(session, application.id))
    ends = [*(event.at for event in events[1:]), None]
    return application, [
        Stay(
            at=event.at,
            kind=event.kind,
            nodes=tuple(event.passed),
            until_next_s=None if end is None else (end - event.at).total_seconds(),
        )
        for event, end in zip(events, ends, strict=True)
    ]
