from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import QueuePool

from storage.connections import keeping
from storage.database import open_database, writing
from tests.storage.own import Own

Sessions = sessionmaker[Session]


class Line(Own):
    __tablename__ = "test_line"

    id: Mapped[str] = mapped_column(primary_key=True)


@contextmanager
def taken(engine: Engine) -> Iterator[list[Any]]:
    """Note what is taken from the pool in here."""
    seen: list[Any] = []

    def note(*checkout: object) -> None:
        seen.append(checkout[0])

    event.listen(engine, "checkout", note)
    try:
        yield seen
    finally:
        event.remove(engine, "checkout", note)


def in_use(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def lines(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return sorted(session.scalars(text("SELECT id FROM test_line")))


def end(engine: Engine, connections: list[Any]) -> None:
    """Let the server end these connections."""
    others = open_database(engine.url.render_as_string(hide_password=False))
    with others.connect() as other:
        for connection in connections:
            pid = connection.info.backend_pid
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    others.dispose()


def test_one_connection_serves_one_session_after_the_other(
    sessions: Sessions, engine: Engine
) -> None:
    with taken(engine) as connections, keeping():
        for name in ("a", "b"):
            with writing(sessions) as session:
                session.add(Line(id=name))
            assert name in lines(sessions)  # each transaction sees what the one before committed

        assert len(connections) == 1
        assert in_use(engine) == 1

    assert in_use(engine) == 0


def test_without_keeping_each_session_gives_its_connection_back(
    sessions: Sessions, engine: Engine
) -> None:
    """So do workers, sweeps and whatever else is no request: idle, they hold none."""
    with taken(engine) as connections:
        assert lines(sessions) == lines(sessions) == []

    assert len(connections) == 2
    assert in_use(engine) == 0


def test_a_reader_does_not_inherit_leave_to_write(sessions: Sessions) -> None:
    with keeping():
        with writing(sessions) as session:
            session.add(Line(id="a"))
        with sessions() as session:
            session.add(Line(id="b"))
            with pytest.raises(RuntimeError, match="a write outside"):
                session.flush()

        assert lines(sessions) == ["a"]


def test_what_was_not_committed_is_not_there_for_the_next(
    sessions: Sessions, engine: Engine
) -> None:
    def fail_late() -> None:
        with writing(sessions) as session:
            session.add(Line(id="a"))
            session.flush()
            raise ZeroDivisionError

    with taken(engine) as connections, keeping():
        with pytest.raises(ZeroDivisionError):
            fail_late()

        assert lines(sessions) == []
    assert len(connections) == 1


def test_a_session_inside_another_has_a_transaction_of_its_own(
    sessions: Sessions, engine: Engine
) -> None:
    with taken(engine) as connections, keeping(), sessions() as outer:
        outer.connection()
        with writing(sessions) as inner:
            inner.add(Line(id="a"))

    assert len(connections) == 2
    assert lines(sessions) == ["a"]
    assert in_use(engine) == 0


def test_another_thread_takes_its_own(sessions: Sessions, engine: Engine) -> None:
    """What a request leaves to a thread that outlives it is not taken from the request."""
    with taken(engine) as connections, keeping():
        assert lines(sessions) == []
        thread = threading.Thread(target=lines, args=(sessions,))
        thread.start()
        thread.join()

    assert len(connections) == 2


def test_a_session_that_outlives_the_request_gives_back_when_it_is_closed(
    sessions: Sessions, engine: Engine
) -> None:
    with keeping():
        session = sessions()
        session.connection()
    assert in_use(engine) == 1

    session.close()

    assert in_use(engine) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_the_server_ended_is_not_used_again(
    sessions: Sessions, engine: Engine
) -> None:
    with taken(engine) as connections, keeping():
        assert lines(sessions) == []
        end(engine, connections)

        with writing(sessions) as session:
            session.add(Line(id="a"))

        assert lines(sessions) == ["a"]
    assert len(connections) == 2
    assert in_use(engine) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_write_that_the_server_ended_is_lost_and_says_so(
    sessions: Sessions, engine: Engine
) -> None:
    """It is neither kept by half nor written twice; the next transaction is a good one."""

    def lose() -> None:
        with writing(sessions) as session:
            session.add(Line(id="a"))
            session.flush()
            end(engine, connections)

    with taken(engine) as connections, keeping():
        with pytest.raises(OperationalError):
            lose()

        assert lines(sessions) == []
        with writing(sessions) as session:
            session.add(Line(id="a"))
        assert lines(sessions) == ["a"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_was_read_before_the_server_left_is_good(sessions: Sessions, engine: Engine) -> None:
    with writing(sessions) as session:
        session.add(Line(id="a"))

    with taken(engine) as connections, keeping(), sessions() as session:
        line = session.get_one(Line, "a")
        end(engine, connections)

    assert line.id == "a"
    assert in_use(engine) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_may_not_begin_is_told_as_by_any_statement(engine: Engine) -> None:
    """BEGIN goes to the driver itself; what it refuses is an error that everybody knows."""
    first = engine.connect().execution_options(writes=True)
    with first, first.begin(), engine.connect() as second:
        second.exec_driver_sql("PRAGMA busy_timeout=0")
        second.rollback()
        with pytest.raises(OperationalError, match="locked"):
            second.execution_options(writes=True).begin()

    assert in_use(engine) == 0


def test_a_row_that_is_asked_for_again_is_the_same(sessions: Sessions) -> None:
    """By its key: as the transaction has it, also when it was added or deleted a moment ago."""
    with writing(sessions) as session:
        session.add(line := Line(id="a"))
        assert session.get(Line, "a") is line
        assert session.get(Line, "b") is None

        session.delete(line)
        session.flush()
        assert session.get(Line, "a") is None
