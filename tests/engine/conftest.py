from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine import definitions, queries
from engine.actors import Actor
from engine.definitions import Definitions
from engine.operations import Operations
from engine.running.runner import Runner, open_runner
from engine.running.scenes import Host
from engine.running.store import Entered
from engine.tables import UserTask
from storage.database import writing
from tests.databases import database_url, sessions
from tests.databases import engine as engine
from tests.engine import drawing as d

__all__ = ["database_url", "sessions"]


class TestClock:
    """A clock that stands still until it is told."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


class House:
    """A runner with its database, and what tests ask of it."""

    def __init__(self, sessions: sessionmaker[Session], clock: TestClock) -> None:
        self.sessions = sessions
        self.clock = clock
        self.operations = Operations()
        self.entered: list[str] = []
        self.definitions = Definitions(sessions)
        self.runner = self.another_runner()

    def another_runner(self, **options: Any) -> Runner:
        """Give a runner like another process would have."""

        def entered(session: Session, node: Entered) -> None:
            self.entered.append(node.node)

        def deadline(scene: Any, clock: str) -> timedelta:
            return timedelta(days=scene.data.get("days", 5))

        return open_runner(
            self.sessions,
            Definitions(self.sessions),
            self.operations,
            self,
            self.clock,
            Host(functions={"deadline": deadline}, entered=entered),
            **options,
        )

    def deploy(self, body: str, outside: str = "", **files: bytes) -> str:
        """Deploy one diagram with the process `main`."""
        every = {"main.bpmn": d.process(body, outside), **files}
        with writing(self.sessions) as session:
            return definitions.deploy(session, "test", every, "tester", self.clock())

    def start(self, body: str, outside: str = "", case: str = "a1", **data: Any) -> str:
        """Deploy and start; return the instance id."""
        name = self.deploy(body, outside)
        return self.runner.start(name, "main", case, {**d.DATA, **data}, d.ZHANG)

    def tasks(self, case: str = "a1") -> list[str]:
        """Return the nodes at which a case waits for people."""
        with self.sessions() as session:
            return sorted(task.node for task in queries.tasks_of(session, case))

    def task(self, node: str, case: str = "a1") -> UserTask:
        """Return the open task at a node."""
        with self.sessions() as session:
            user_task = queries.task_for(session, case, node)
        assert user_task is not None, f"{node} is not open, but {self.tasks(case)}"
        return user_task

    def do(self, node: str, actor: Actor = d.ZHANG, case: str = "a1", **values: Any) -> None:
        """Complete the open task at a node."""
        self.runner.complete(self.task(node, case).id, actor, values)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def house(sessions: sessionmaker[Session], clock: TestClock) -> House:
    return House(sessions, clock)
