"""For machines: is the process alive, may it get work, and how is it doing."""

from __future__ import annotations

import hmac
import shutil
import threading
import time
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from casework.keys import stock
from engine.actors import role_inbox
from engine.jobs import queue
from engine.tables import Job, JobState, UserTask
from refusals.refusal import NotFound
from web.extensions import db, office, settings
from web.process import wiring
from web.visitors import access

bp = Blueprint("health", __name__)

_FREE_FLOOR_BYTES = 200 * 2**20  #: with less room a commit may soon fail
#: What a label may say: a method is any word that somebody sends (RFC 9110, section 9.1).
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REGISTRY = CollectorRegistry()
_SECONDS = Histogram(
    "zhuce_http_seconds", "Time to answer", ["route", "method"], registry=_REGISTRY
)
_ANSWERS = Counter(
    "zhuce_http_answers", "Answers by status", ["route", "status"], registry=_REGISTRY
)


@bp.get("/healthz")
@access.public
def alive() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@access.public
def ready() -> tuple[Response, int]:
    """Say whether this process may get work, and what is missing if not."""
    checks = {
        "database": _database_answers(),
        "schema": _schema_is_current(),
        "disk": _has_room(),
        "clock": office().runner.machine.is_right,
    }
    is_ready = all(checks.values())
    status = "ok" if is_ready else "unready"
    warnings = [*_wrong_clock(), *_late_keys()] if checks["database"] else []
    return jsonify(status=status, checks=checks, warnings=warnings), 200 if is_ready else 503


@bp.get("/metrics")
@access.public
def metrics() -> Response:
    """Give figures to a monitor on this host, or to one that brings the token.

    Raises: NotFound for everybody else.
    """
    if not _may_read():
        raise NotFound
    return Response(generate_latest(_REGISTRY), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask) -> None:
    """Measure every request by its route, never by its address."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        began = g.get("began", time.perf_counter())  # unset when refused before anything ran
        method = request.method if request.method in _METHODS else "other"
        _SECONDS.labels(route, method).observe(time.perf_counter() - began)
        _ANSWERS.labels(route, str(response.status_code)).inc()
        return response


class _Work(Collector):
    """Figures that are read from the database when somebody asks."""

    def collect(self) -> list[Metric]:
        """Count jobs and open tasks."""
        jobs = GaugeMetricFamily("zhuce_jobs", "Jobs by kind and state", labels=["kind", "state"])
        for state in JobState:  # some of each: every open case waits for several moments
            some = sa.select(Job.kind).where(Job.state == state.value)
            kinds = some.limit(queue.MOST_COUNTED).subquery()
            query = sa.select(kinds.c.kind, sa.func.count()).group_by(kinds.c.kind)
            for kind, count in db.session.execute(query):
                jobs.add_metric([str(kind), state.value], count)
        tasks = GaugeMetricFamily("zhuce_open_tasks", "Open tasks", labels=["inbox"])
        agency = sa.select(UserTask.inbox, sa.func.count()).where(
            UserTask.status == "OPEN",
            UserTask.inbox > role_inbox(""),
            UserTask.inbox < role_inbox("~"),
        )
        for inbox, count in db.session.execute(agency.group_by(UserTask.inbox)):
            tasks.add_metric([inbox], count)
        threads = GaugeMetricFamily("zhuce_threads", "Threads of this process")
        threads.add_metric([], threading.active_count())
        ends = GaugeMetricFamily(
            "zhuce_key_days", "Days until a certificate of ours ends", labels=["name"]
        )
        for line in stock.of(office(), office().now()).lines:
            ends.add_metric([line.label], line.days)
        return [jobs, tasks, threads, ends]

    def describe(self) -> list[Metric]:
        """Tell nothing in advance: describing would ask the database at start."""
        return []


_REGISTRY.register(_Work())


def _may_read() -> bool:
    token = settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(given.encode(), token.encode())
    if not settings().is_embedded:
        return False  # a proxy on this host would make everybody local
    return ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104  (not a place to listen)


def _database_answers() -> bool:
    """Tell whether the database is there; it tells its time with it."""
    try:
        with office().sessions() as session:
            office().runner.machine.compare(session)
    except SQLAlchemyError:
        return False
    return True


def _wrong_clock() -> list[str]:
    trouble = office().runner.machine.trouble
    return [trouble] if trouble else []


def _late_keys() -> list[str]:
    """Tell which keys should have been replaced; they stop nothing yet, so we are ready still."""
    try:
        return [trouble.words for trouble in stock.of(office(), office().now()).late]
    except SQLAlchemyError:
        return ["密钥库无法读取，请检查 ZHUCE_KEYS_URL 和数据库服务。"]


def _schema_is_current() -> bool:
    try:
        _require_schema_once(settings().database_url)
    except (SQLAlchemyError, wiring.SchemaBehind):
        return False
    return True


@cache
def _require_schema_once(database_url: str) -> None:
    wiring.require_schema(database_url)


def _has_room() -> bool:
    place = settings().files
    if place.startswith("s3://"):
        return True
    return shutil.disk_usage(Path(place)).free > _FREE_FLOOR_BYTES
