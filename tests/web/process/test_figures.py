"""The figures that a monitor reads: apart from the pages, of all processes together."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adapters import world
from casework.office import Office
from engine.jobs import queue
from engine.tables import Job, JobState
from storage.database import writing
from tests.installed import installed
from tests.web.browser import Tab
from web.demo.walk.server import Server, free_port
from web.process import figures, monitor
from web.settings import Settings

ASKED = 24
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    port = free_port()
    extra = {"ZHUCE_PROCESSES": "2", "ZHUCE_METRICS_PORT": str(port), "ZHUCE_WORKER_THREADS": "0"}
    running = installed(tmp_path_factory, tmp_path_factory.mktemp("figures"), extra=extra)
    running.start()
    yield running, port
    running.stop()


def read(port: int, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}/metrics", headers=headers, timeout=30)


def value(told: str, line: str) -> float:
    """Give the figure of one line, 0 when there is none."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", told, re.M)
    return float(found.group(1)) if found else 0.0


VERIFY = 'zhuce_http_answers_total{route="/verify",status="200"}'


def test_two_processes_count_together(service: tuple[Server, int]) -> None:
    """Whichever of them answered, and also after it has ended."""
    server, port = service
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            before = value(read(port).text, VERIFY)
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            break
    for _ in range(ASKED):  # each on a connection of its own: now one answers, now the other
        assert httpx.get(f"{server.base}/verify", timeout=30).status_code == 200
    assert value(read(port).text, VERIFY) == before + ASKED

    for pid in server.pids()[1:]:
        os.kill(pid, signal.SIGKILL)

    while True:  # the killed are followed, that of the monitor too
        try:
            told = read(port).text
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            break
    assert value(told, VERIFY) == before + ASKED
    bucket = 'zhuce_http_seconds_bucket{le="+Inf",method="GET",route="/verify"}'
    assert value(told, bucket) == before + ASKED


def test_nothing_of_it_is_at_the_port_of_the_pages(service: tuple[Server, int]) -> None:
    server, port = service

    assert httpx.get(f"{server.base}/metrics", timeout=30).status_code == 404
    assert httpx.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 404
    assert httpx.post(f"http://127.0.0.1:{port}/metrics", timeout=30).status_code == 404


def test_the_work_is_counted(office: Office, tab: Tab) -> None:
    """Jobs that are due, late or dead, who is signed in, the trail, the keys."""
    tab.sign_in("person", world.CITIZENS[0].subject)
    with writing(office.sessions) as session:
        queue.add(session, "notice/deliver_sms", {}, "broken", office.now())
        job = session.scalars(select(Job)).one()
        job.state, job.error = JobState.DEAD, "Unavailable"
    with writing(office.sessions) as session:
        queue.add(session, "notice/deliver_sms", {}, "late", office.now())
    office.clock.turn(minutes=5)  # type: ignore[attr-defined]  # the clock of the tests

    told = figures.text(office).decode()

    assert value(told, "zhuce_database_up") == 1
    assert value(told, 'zhuce_incidents{operation="notice/deliver_sms"}') == 1
    assert value(told, 'zhuce_jobs{kind="EFFECT",state="READY"}') == 1
    assert value(told, 'zhuce_jobs_oldest_seconds{kind="EFFECT"}') == 300
    assert value(told, 'zhuce_jobs_oldest_seconds{kind="TIMER"}') == 0
    assert value(told, 'zhuce_sessions{kind="person"}') == 1
    assert value(told, 'zhuce_sessions{kind="officer"}') == 0
    assert value(told, "zhuce_audit_unsealed") >= 1
    assert value(told, "zhuce_audit_unsealed_seconds") >= 300
    assert re.search(r"^zhuce_key_days\{name=.+\} [1-9]", told, re.M)


def test_a_database_that_is_away_is_a_figure(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor that gets no answer could not tell which of the two is gone."""

    def away() -> None:
        raise OperationalError("begin", {}, Exception("it is away"))

    monkeypatch.setattr(office, "sessions", away)

    told = figures.text(office).decode()

    assert value(told, "zhuce_database_up") == 0
    assert "zhuce_jobs{" not in told


def test_a_token_is_asked_for_where_there_is_one(settings: Settings, office: Office) -> None:
    port = free_port()
    guarded = replace(settings, metrics_port=port, metrics_token="monitor")
    watching = monitor.Monitor(office, guarded, monitor.bind(guarded))
    watching.start()
    try:
        assert read(port).status_code == 401
        assert read(port, Authorization="Bearer other").status_code == 401
        assert read(port, Authorization="Bearer monitor").status_code == 200
    finally:
        watching.stop()


def test_a_port_that_is_taken_is_told_with_its_setting(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = replace(settings, metrics_port=other.getsockname()[1])

        with pytest.raises(Exception, match="ZHUCE_METRICS_PORT"):
            monitor.bind(taken)
