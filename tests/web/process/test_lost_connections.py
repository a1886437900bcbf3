"""The database server ends connections, or goes away and comes back, in the midst of requests."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event, func, select, text
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import QueuePool

from casework.office import Office
from engine.tables import InstanceEvent, ProcessInstance
from registry.applications.applications import Application
from registry.trail.audit import AuditEvent
from tests.postgresql import Cluster
from tests.web import conftest
from tests.web.desk import Desk
from web import create_app
from web.process import wiring

pytestmark = pytest.mark.postgresql
NEW = "/applications/new"
INITIAL = {"matter": "INITIAL"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Start a server of our own, which may be stopped without harm to anybody."""
    own = Cluster()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def office(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = cluster.start()
    folder: Path = tmp_path_factory.mktemp("lost")
    keys = f"{url}&options=-csearch_path%3Dkeys"
    first = create_engine(url)
    with first.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA keys")
    first.dispose()
    settings = dataclasses.replace(conftest.settings_in(folder, url), keys_url=keys)
    conftest._prepare(settings)
    opened = wiring.open_office_of(settings, clock=conftest.Clock())
    list(wiring.deploy_types(opened, wiring.TYPES))
    opened.__dict__["settings"] = settings
    yield opened
    wiring.close(opened)


@pytest.fixture
def app(office: Office) -> Flask:
    made = create_app(office.__dict__["settings"], office)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def engine(office: Office) -> Engine:
    engine: Engine = office.sessions.kw["bind"]
    return engine


class Trouble:
    """Does something to the server before the n-th statement of what follows, once."""

    def __init__(self, at: int, what: Any) -> None:
        self.left, self._what = at, what

    def __call__(self, *_: object) -> None:
        """Hear of a statement."""
        self.left -= 1
        if self.left == 0:
            self._what()


def end_connections(engine: Engine) -> None:
    """End every connection but our own, and wait until they have ended."""
    others = create_engine(engine.url)
    with others.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
    others.dispose()


def written(office: Office) -> dict[str, int]:
    """Count what starting an application writes."""
    tables = (Application, ProcessInstance, InstanceEvent)
    with office.sessions() as session:
        counts = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }
        started = select(func.count()).where(AuditEvent.action == "start")
        return counts | {"audit": session.scalar(started) or 0}


def open_transactions(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(
            connection.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
                )
            )
            or 0
        )


def test_connections_that_end_between_requests_are_not_noticed(app: Flask, engine: Engine) -> None:
    me = Desk(app).comes_as("person-02")

    end_connections(engine)

    assert me.open("/applications").status_code == 200


def test_a_connection_that_ends_at_any_statement_loses_and_doubles_nothing(
    app: Flask, office: Office, engine: Engine
) -> None:
    """503 with nothing written; the next request is a good one. Every third is enough to see."""
    me = Desk(app).comes_as("person-01")
    token = {"csrf_token": me.token()}
    refused, at = 0, -2
    while True:
        at += 3
        before = written(office)
        trouble = Trouble(at, lambda: end_connections(engine))
        event.listen(engine, "before_cursor_execute", trouble)
        try:
            answer = me.client.post(NEW, data={**token, **INITIAL})
        finally:
            event.remove(engine, "before_cursor_execute", trouble)
        assert isinstance(engine.pool, QueuePool)
        assert engine.pool.checkedout() == 0
        assert open_transactions(engine) == 0
        assert me.open("/applications").status_code == 200
        if answer.status_code != 503:
            break
        refused += 1
        assert "您已保存的内容没有丢失" in answer.text
        assert answer.headers["Retry-After"] == "5"
        assert written(office) == before, f"statement {at}"

    assert answer.status_code == 303
    assert trouble.left > 0  # it came through only when nothing went wrong any more
    assert refused > 5
    assert {name: count - before[name] for name, count in written(office).items()} == {
        "application": 1,
        "process_instance": 1,
        "instance_event": 1,
        "audit": 1,
    }


def test_a_connection_that_ends_between_two_transactions_is_taken_anew(
    app: Flask, office: Office, engine: Engine
) -> None:
    me = Desk(app).comes_as("person-02")
    token, before = {"csrf_token": me.token()}, written(office)

    def end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            end_connections(engine)

    event.listen(office.sessions, "after_transaction_end", end)
    answer = me.client.post(NEW, data={**token, **INITIAL})
    event.remove(office.sessions, "after_transaction_end", end)

    assert answer.status_code == 303
    assert written(office)["application"] == before["application"] + 1


def test_a_server_that_restarts_is_away_for_a_while_and_then_on_as_before(
    app: Flask, office: Office, engine: Engine, cluster: Cluster
) -> None:
    me = Desk(app).comes_as("person-03")
    token, before = {"csrf_token": me.token()}, written(office)
    trouble = Trouble(12, cluster.go_away)
    event.listen(engine, "before_cursor_execute", trouble)

    during = me.client.post(NEW, data={**token, **INITIAL})
    away = me.open("/applications")
    event.remove(engine, "before_cursor_execute", trouble)
    cluster.come_back()
    again = me.client.post(NEW, data={**token, **INITIAL})

    assert [during.status_code, away.status_code, again.status_code] == [503, 503, 303]
    assert written(office)["application"] == before["application"] + 1
    assert open_transactions(engine) == 0


def test_who_runs_jobs_keeps_no_connection(office: Office, engine: Engine) -> None:
    office.runner.run_due()

    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.checkedout() == 0
