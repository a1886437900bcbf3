"""Who has nothing to do asks nothing, and still sees at once what others left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, text

from engine.jobs import ear, queue
from engine.running.lookout import Lookout
from engine.tables import CHANNEL, JobKind
from storage.database import open_database, writing
from tests.engine.conftest import House, TestClock


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[str]]:
    """Give the statements that were sent, without the frames of transactions."""
    texts: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
        if text.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
            texts.append(text)

    event.listen(engine, "before_cursor_execute", note)
    yield texts
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def lookout(house: House) -> Iterator[Lookout]:
    lookout = Lookout(house.runner)
    yield lookout
    lookout.close()


def leave(house: House, clock: TestClock, key: str, **delay: float) -> None:
    """Leave a job as another process does, which rings no bell of ours."""
    with writing(house.sessions) as session:
        queue.add(session, "test/work", {}, key, clock(), delay=timedelta(**delay))


def test_an_idle_process_asks_nothing(lookout: Lookout, engine: Engine, asked: list[str]) -> None:
    """Twenty turns without a write cost one look on SQLite, one each where nobody can tell."""
    for _ in range(20):
        lookout.turn()

    assert len(asked) == (1 if engine.dialect.name == "sqlite" else 20)


def test_what_another_process_left_rings_at_the_next_turn(
    house: House, clock: TestClock, lookout: Lookout
) -> None:
    """The bell is only of this process; the row is seen by the next turn."""
    lookout.turn()
    assert not house.runner.bell.wait(0)

    leave(house, clock, "theirs")
    lookout.turn()

    assert house.runner.bell.wait(0)


def test_a_moment_that_comes_by_itself_rings_without_a_statement(
    house: House, clock: TestClock, lookout: Lookout, engine: Engine, asked: list[str]
) -> None:
    """The next moment is known since the last look."""
    leave(house, clock, "later", hours=1)
    lookout.turn()
    assert not house.runner.bell.wait(0)
    asked.clear()

    clock.pass_(hours=2)
    lookout.turn()

    assert house.runner.bell.wait(0)
    assert len(asked) == (0 if engine.dialect.name == "sqlite" else 1)


def test_while_somebody_works_every_turn_asks(
    house: House, clock: TestClock, lookout: Lookout, asked: list[str]
) -> None:
    """A lease may end at any moment, and its holder too: nothing of that is written."""
    leave(house, clock, "theirs")
    with writing(house.sessions) as session:
        queue.claim(session, clock())
    lookout.turn()
    asked.clear()

    lookout.turn()

    assert asked


def test_a_clock_that_was_set_is_compared_again(
    house: House, lookout: Lookout, asked: list[str]
) -> None:
    """Whose clock jumps asks the database for its time, though nobody wrote."""
    lookout.turn()
    asked.clear()
    machine, wall = house.runner.machine, house.runner.machine.wall

    machine.wall = lambda: wall() + 3600
    lookout.turn()

    assert len(asked) == 1
    assert not machine.is_right


def test_who_waits_is_called_when_work_was_left(
    house: House, clock: TestClock, lookout: Lookout, engine: Engine
) -> None:
    """PostgreSQL calls at the commit; on SQLite the next turn sees it."""
    lookout.wait()  # from here on it listens
    lookout.turn()
    leave(house, clock, "now")

    began = time.monotonic()
    lookout.wait()
    waited = time.monotonic() - began
    lookout.turn()

    assert house.runner.bell.wait(0)
    assert engine.dialect.name == "sqlite" or waited < ear.ASKING_S


@pytest.mark.both_databases
def test_nobody_is_called_for_what_its_writer_does_or_for_much_later(
    house: House, clock: TestClock, engine: Engine
) -> None:
    """PostgreSQL: a note to all at each commit would let commits wait for each other."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as listening:
        schema = listening.scalar(text("SELECT current_schema()"))
        listening.execute(text(f'LISTEN "{CHANNEL}{schema}"'))
        listening.commit()
        with writing(house.sessions) as session:
            named = {"operation": "test/work", "params": {}, "due_at": clock(), "now": clock()}
            row = queue.row(kind=JobKind.EFFECT, key="at once", **named)
            queue.insert_rows(session, [row], "a" * 32)
        leave(house, clock, "later", days=3)
        leave(house, clock, "now")
        driver = listening.connection.driver_connection
        assert driver is not None
        assert len(list(driver.notifies(timeout=5, stop_after=1))) == 1
        assert not list(driver.notifies(timeout=0))


def test_who_listens_outlives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that looks must not end with the connection: it comes again each turn."""
    monkeypatch.setattr(ear, "ASKING_S", 0.01)
    away = open_database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    listener = ear.Ear(away)

    listener.wait()
    listener.wait()

    assert listener.may_have_changed()
    listener.close()
    away.dispose()


@pytest.mark.both_databases
def test_a_connection_that_ends_is_made_anew(
    house: House, clock: TestClock, engine: Engine
) -> None:
    """A restarted server ends what listened; the next turn listens again."""
    if engine.dialect.name != "postgresql":
        return
    lookout = Lookout(house.runner)
    lookout.wait()
    with engine.connect() as another:
        another.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%' AND query LIKE :schema"
            ),
            {"schema": f"%{another.scalar(text('SELECT current_schema()'))}%"},
        )
    lookout.wait()  # hears that it ended
    lookout.wait()  # listens again

    leave(house, clock, "now")
    began = time.monotonic()
    lookout.wait()

    assert time.monotonic() - began < ear.ASKING_S
    lookout.close()


def test_what_a_dead_machine_held_is_found_within_ten_seconds() -> None:
    """Its lease ends, and at the latest the turn after it asks."""
    assert queue.LEASE_S + ear.ASKING_S < 10
