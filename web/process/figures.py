"""The figures of the service: what every process counts, and what the database says of the work.

Each process of the web server counts in files of its own (the multiprocess mode of
prometheus_client), which `monitor` adds up: whoever reads asks for the service, not for one of its
processes. Labels are closed lists: routes, methods, states, systems; never what somebody typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from adapters.systems import KeyService, System
from casework.keys import stock
from casework.office import Office
from engine.actors import role_inbox
from engine.jobs import queue
from engine.tables import Job, JobKind, JobState, UserTask
from registry.trail.audit import AuditEvent
from storage.literals import ONE
from web.process import sharing
from web.visitors.sessions import WebSession

#: What a label may say: a method is any word that somebody sends (RFC 9110, section 9.1).
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KINDS = ("person", "operator", "officer")
_COUNTED = CollectorRegistry()
_SECONDS = Histogram("zhuce_http_seconds", "Time to answer", ["route", "method"], registry=_COUNTED)
_ANSWERS = Counter(
    "zhuce_http_answers", "Answers by status", ["route", "status"], registry=_COUNTED
)
_OUTSIDE_SECONDS = Histogram(
    "zhuce_outside_seconds", "Time until an outside system answered", ["system"], registry=_COUNTED
)
_OUTSIDE = Counter(
    "zhuce_outside_answers", "What came of asking", ["system", "outcome"], registry=_COUNTED
)


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer to a request."""
    _SECONDS.labels(route, method if method in _METHODS else "other").observe(seconds)
    _ANSWERS.labels(route, str(status)).inc()


def asked(system: System | KeyService, outcome: str, seconds: float) -> None:
    """Count one conversation with an outside system."""
    _OUTSIDE_SECONDS.labels(system.value).observe(seconds)
    _OUTSIDE.labels(system.value, outcome).inc()


def text(office: Office) -> bytes:
    """Give everything as Prometheus reads it."""
    registry = CollectorRegistry()
    if sharing.is_on():
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = _COUNTED
    return generate_latest(registry) + generate_latest(_of_the_work(office))


def _of_the_work(office: Office) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Work(office))
    return registry


class _Work(Collector):
    """Figures that are read from the database when somebody asks."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def collect(self) -> Iterator[Metric]:
        """Count; when the database is away that is all that is said."""
        is_up = GaugeMetricFamily("zhuce_database_up", "The database answers")
        try:
            with self._office.sessions() as session:
                read = [*self._read(session, self._office.now())]
        except SQLAlchemyError:
            read = []
        is_up.add_metric([], float(bool(read)))
        yield is_up
        yield from read

    def describe(self) -> list[Metric]:
        """Tell nothing in advance: describing would ask the database at start."""
        return []

    def _read(self, session: Session, now: datetime) -> Iterator[Metric]:
        yield _jobs(session)
        yield _waiting(session, now)
        yield _incidents(session)
        yield _tasks(session)
        yield _sessions(session, now)
        yield from _trail(session, now)
        ends = GaugeMetricFamily(
            "zhuce_key_days", "Days until a certificate of ours ends", labels=["name"]
        )
        for line in stock.of(self._office, now).lines:
            ends.add_metric([line.label], line.days)
        yield ends


def _jobs(session: Session) -> Metric:
    jobs = GaugeMetricFamily("zhuce_jobs", "Jobs by kind and state", labels=["kind", "state"])
    for state in JobState:  # some of each: every open case waits for several moments
        some = sa.select(Job.kind).where(Job.state == state.value)
        kinds = some.limit(queue.MOST_COUNTED).subquery()
        query = sa.select(kinds.c.kind, sa.func.count()).group_by(kinds.c.kind)
        for kind, count in session.execute(query):
            jobs.add_metric([str(kind), state.value], count)
    return jobs


def _waiting(session: Session, now: datetime) -> Metric:
    """Tell how long the oldest job has been due: of timers, and of what somebody waits for."""
    late = GaugeMetricFamily(
        "zhuce_jobs_oldest_seconds", "How long the oldest due job waits", labels=["kind"]
    )
    for kind in JobKind:
        due = sa.select(Job.due_at).where(
            Job.state == JobState.READY, Job.kind == kind.value, Job.due_at <= now
        )
        oldest = session.scalar(due.order_by(Job.due_at).limit(ONE))
        late.add_metric([kind.value], 0.0 if oldest is None else (now - oldest).total_seconds())
    return late


def _incidents(session: Session) -> Metric:
    dead = GaugeMetricFamily(
        "zhuce_incidents", "Jobs that wait for an operator", labels=["operation"]
    )
    some = sa.select(Job.operation).where(Job.state == JobState.DEAD)
    names = some.limit(queue.MOST_COUNTED).subquery()
    query = sa.select(names.c.operation, sa.func.count()).group_by(names.c.operation)
    for operation, count in session.execute(query):
        dead.add_metric([str(operation)], count)
    return dead


def _tasks(session: Session) -> Metric:
    tasks = GaugeMetricFamily("zhuce_open_tasks", "Open tasks", labels=["inbox"])
    agency = sa.select(UserTask.inbox, sa.func.count()).where(
        UserTask.status == "OPEN",
        UserTask.inbox > role_inbox(""),
        UserTask.inbox < role_inbox("~"),
    )
    for inbox, count in session.execute(agency.group_by(UserTask.inbox)):
        tasks.add_metric([inbox], count)
    return tasks


def _sessions(session: Session, now: datetime) -> Metric:
    signed_in = GaugeMetricFamily("zhuce_sessions", "Sessions that count", labels=["kind"])
    for kind in _KINDS:
        query = sa.select(sa.func.count()).where(
            WebSession.expires_at > now, WebSession.visitor.like(f"{kind}:%")
        )
        signed_in.add_metric([kind], session.scalar(query) or 0)
    return signed_in


def _trail(session: Session, now: datetime) -> Iterator[Metric]:
    loose = sa.select(AuditEvent.at).where(AuditEvent.seq.is_(None)).order_by(AuditEvent.id)
    some = loose.limit(queue.MOST_COUNTED).subquery()
    count = GaugeMetricFamily("zhuce_audit_unsealed", "Rows of the trail not yet in its chain")
    count.add_metric([], session.scalar(sa.select(sa.func.count()).select_from(some)) or 0)
    yield count
    oldest = session.scalar(loose.limit(ONE))
    age = GaugeMetricFamily("zhuce_audit_unsealed_seconds", "How long the oldest of them waits")
    age.add_metric([], 0.0 if oldest is None else (now - oldest).total_seconds())
    yield age
