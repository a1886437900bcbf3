"""How cases flow through the nodes of a version: counted by day, out of the event rows.

`node_day` holds, for a version, process, day and node, how often each measure occurred: `PASSED`
(the token came), `FIRST` (for the first time in this case), and, from 0 up, how long people's
steps took, four sizes an octave. `roll` counts what is new; a question adds what was not counted
yet, so that it is exact at any moment. Medians and percentiles are those of the sizes: within a
tenth of what they would be of the seconds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from engine.tables import FlowMark, InstanceEvent, NodeDay, ProcessInstance, UserTask
from storage.database import insert_of, insert_once
from storage.literals import ONE

PASSED, FIRST = -1, -2
LAG = timedelta(minutes=10)  #: an event is counted when no older one can still come
CHUNK = 1000  #: events counted in one transaction
MOST = 5000  #: events that a question counts by itself; after an upgrade `roll` comes to the rest
_OCTAVE = 4  #: sizes of durations from one power of two to the next

Key = tuple[str, str, date, str, int]  #: version, process, day, node, measure
DayOf = Callable[[datetime], date]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What happened at a node in a period."""

    passed: int  #: how often a case came here
    cases: int  #: how many cases did for the first time
    median_s: float | None  #: how long the step took; None: it is nobody's work
    late_s: float | None  #: 90th percentile


def size_of(seconds: float) -> int:
    """Return the size of a duration.

    >>> size_of(0), size_of(1), size_of(2), size_of(3600)
    (0, 0, 4, 47)
    """
    return int(_OCTAVE * math.log2(max(seconds, 1.0)))


def seconds_of(size: int) -> float:
    """Return a duration in the middle of a size."""
    return float(2 ** ((size + 0.5) / _OCTAVE))


def roll(session: Session, until: str, day_of: DayOf, *, limit: int = CHUNK) -> int:
    """Count the next events with ids below `until`; return how many, 0 when none is left.

    Inside a writing transaction; of two at once one counts, the other finds nothing to do.
    """
    mark = _mark(session)
    events = _events(session, _after(mark).where(InstanceEvent.id < until).limit(limit))
    if not events:
        return 0
    insert_once(session, FlowMark, {"id": 1, "event": ""}, unique="id")
    moved = update(FlowMark).where(FlowMark.id == 1, FlowMark.event == mark)
    if session.connection().execute(moved.values(event=events[-1].id)).rowcount != 1:
        return 0
    _add(session, _count(session, events, day_of))
    return len(events)


def recount(session: Session, day_of: DayOf) -> Counter[Key]:
    """Count every event there is, for who holds the kept rows against them."""
    return _count(session, _events(session, _after("")), day_of)


def kept(session: Session) -> Counter[Key]:
    """Return what the rows say."""
    query = select(NodeDay.definition, NodeDay.process, NodeDay.day, NodeDay.node)
    rows = session.execute(query.add_columns(NodeDay.measure, NodeDay.count))
    return Counter({(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows})


def passages(
    session: Session, definition: str, process: str, since: date, until: date, day_of: DayOf
) -> dict[str, Passage]:
    """Return what happened at each node of a process from one day to another, both counted."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for node, measure, count in session.execute(of_period(definition, process, since, until)):
        counts[node][measure] += count
    tail = _count(session, _events(session, _after(_mark(session)).limit(MOST)), day_of)
    for (version, of, day, node, measure), count in tail.items():
        if (version, of) == (definition, process) and since <= day <= until:
            counts[node][measure] += count
    return {node: _passage(measures) for node, measures in counts.items()}


def is_behind(session: Session, *, most: int = MOST) -> bool:
    """Tell whether more waits to be counted than a question counts by itself."""
    further = _after(_mark(session)).with_only_columns(InstanceEvent.id).offset(most).limit(ONE)
    return session.scalar(further) is not None


def of_period(definition: str, process: str, since: date, until: date) -> Any:
    """Return the question for the counts of a period: a range of the primary key."""
    return (
        select(NodeDay.node, NodeDay.measure, func.sum(NodeDay.count))
        .where(NodeDay.definition == definition, NodeDay.process == process)
        .where(NodeDay.day >= since, NodeDay.day <= until)
        .group_by(NodeDay.node, NodeDay.measure)
    )


def _passage(measures: Mapping[int, int]) -> Passage:
    sizes = sorted((size, count) for size, count in measures.items() if size >= 0)
    return Passage(
        passed=measures.get(PASSED, 0),
        cases=measures.get(FIRST, 0),
        median_s=_quantile(sizes, 0.5),
        late_s=_quantile(sizes, 0.9),
    )


def _quantile(sizes: Sequence[tuple[int, int]], share: float) -> float | None:
    wanted, seen = share * sum(count for _, count in sizes), 0
    for size, count in sizes:
        seen += count
        if seen >= wanted:
            return seconds_of(size)
    return None


def _mark(session: Session) -> str:
    return session.scalar(select(FlowMark.event).where(FlowMark.id == 1)) or ""


def _after(mark: str) -> Select[Any]:
    return select(InstanceEvent).where(InstanceEvent.id > mark).order_by(InstanceEvent.id)


def _events(session: Session, query: Select[Any]) -> list[InstanceEvent]:
    return list(session.scalars(query))


def _count(session: Session, events: Sequence[InstanceEvent], day_of: DayOf) -> Counter[Key]:
    """Count events, in their order, with what is known of their instances."""
    counts: Counter[Key] = Counter()
    for start in range(0, len(events), CHUNK):
        part = events[start : start + CHUNK]
        instances = {event.instance_id for event in part}
        about = _about(session, instances)
        seen, counted = _before(session, part)
        for event in part:
            if event.instance_id not in about:
                continue
            version, process = about[event.instance_id]
            day = day_of(event.at)
            for node in event.passed:
                counts[version, process, day, node, PASSED] += 1
                if node not in seen[event.instance_id]:
                    seen[event.instance_id].add(node)
                    counts[version, process, day, node, FIRST] += 1
        for instance, node, entered, closed in _closed(session, part, counted):
            if instance not in about:
                continue
            version, process = about[instance]
            size = size_of((closed - entered).total_seconds())
            counts[version, process, day_of(closed), node, size] += 1
    return counts


def _about(session: Session, instances: Iterable[str]) -> dict[str, tuple[str, str]]:
    query = select(ProcessInstance.id, ProcessInstance.definition, ProcessInstance.process_id)
    rows = session.execute(query.where(ProcessInstance.id.in_(instances)))
    return {row.id: (row.definition, row.process_id) for row in rows}


def _before(
    session: Session, events: Sequence[InstanceEvent]
) -> tuple[dict[str, set[str]], set[tuple[str, datetime]]]:
    """Return what came before these events: the nodes of each instance, and its moments."""
    seen: dict[str, set[str]] = defaultdict(set)
    moments: set[tuple[str, datetime]] = set()
    query = select(InstanceEvent.instance_id, InstanceEvent.at, InstanceEvent.passed).where(
        InstanceEvent.business_key.in_({event.business_key for event in events}),
        InstanceEvent.id < events[0].id,
    )
    for instance, at, passed in session.execute(query):
        seen[instance].update(passed)
        moments.add((instance, at))
    return seen, moments


def _closed(
    session: Session, events: Sequence[InstanceEvent], counted: set[tuple[str, datetime]]
) -> Iterable[tuple[str, str, datetime, datetime]]:
    """Yield the people's steps that these events closed: instance, node, from, until.

    Those of a moment that an earlier event had too were counted with it.
    """
    moments = {(event.instance_id, event.at) for event in events} - counted
    query = select(UserTask.instance_id, UserTask.node, UserTask.entered_at, UserTask.closed_at)
    query = query.where(UserTask.instance_id.in_({instance for instance, _ in moments}))
    for instance, node, entered, closed in session.execute(query):
        if closed is not None and (instance, closed) in moments:
            yield instance, node, entered, closed


def _add(session: Session, counts: Mapping[Key, int]) -> None:
    names = ("definition", "process", "day", "node", "measure")
    rows = [
        {**dict(zip(names, key, strict=True)), "count": count}
        for key, count in sorted(counts.items())
    ]
    if not rows:
        return
    statement = insert_of(session)(NodeDay)
    added = NodeDay.count + statement.excluded.count
    statement = statement.on_conflict_do_update(index_elements=list(names), set_={"count": added})
    session.connection().execute(statement, rows)
