"""An action on an instance: read, compute, one short write transaction.

Nothing is computed inside a transaction; what was computed on a stale version is computed again,
up to three times, before the person is told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from engine.actors import Actor
from engine.definitions import Definition, Definitions
from engine.errors import Busy, NoSuchInstance, TaskNotOpen
from engine.instances import runtime, state
from engine.instances.script import Engine
from engine.instances.workflow import Workflow
from engine.jobs.bell import Bell
from engine.jobs.queue import RINGS, Claim
from engine.language.expressions import Functions
from engine.operations import Call, Commit, Operations
from engine.running import plans, store
from engine.running.plans import Entered, Plan
from engine.running.store import Conflict, Write
from engine.tables import InstanceStatus, Job, ProcessInstance
from storage.database import new_id, writing

TRIES = 4  #: computations of one action when others keep changing the instance

Clock = Callable[[], datetime]
Verb = Callable[[Workflow], None]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where an expression is computed; the first argument of every host function."""

    now: datetime
    business_key: str
    definition: Definition
    data: Mapping[str, Any]  #: the case data at that node
    session: Session  #: to read
    armed: datetime | None = None  #: until when a timer waits that is being computed anew


HostFunction = Callable[..., object]  #: `deadline(scene, "ACCEPTANCE") -> datetime`


def days(_: Scene, number: int) -> timedelta:
    """Give calendar days, for timers."""
    return timedelta(days=number)


def minutes(_: Scene, number: int) -> timedelta:
    """Give minutes, for timers."""
    return timedelta(minutes=number)


def date_time(_: Scene, text: str) -> datetime:
    """Read an ISO 8601 moment with zone out of the case data, for timers."""
    return datetime.fromisoformat(text)


BUILT_IN: dict[str, HostFunction] = {"days": days, "minutes": minutes, "date_time": date_time}


def _nothing(_: Session, __: Entered) -> None:
    """Do nothing when a node is entered."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An action as its caller asked for it."""

    kind: str
    node: str | None
    actor: Actor
    completed: str | None = None
    write: Write | None = None
    held: Claim | None = None


#: Finds the instance of an action, in the read transaction in which it is computed.
Look = Callable[[Session], tuple[ProcessInstance, Asked]]


def at(instance_id: str, asked: Asked) -> Look:
    """Return a look at a known instance."""

    def look(session: Session) -> tuple[ProcessInstance, Asked]:
        row = store.instance(session, instance_id)
        if row is None:
            raise NoSuchInstance
        return row, asked

    return look


class _Own(threading.local):
    """The jobs that a thread leased to itself, to run after its commit."""

    def __init__(self) -> None:
        self.queue: list[Claim] = []
        self.is_running = False


class Actions:
    """Computes and writes actions; the base of `Runner`, safe to share between threads."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        definitions: Definitions,
        operations: Operations,
        office: object,
        clock: Clock,
        functions: Mapping[str, HostFunction] | None = None,
        entered: Callable[[Session, Entered], None] = _nothing,
        *,
        bell: Bell | None = None,
        runs_own_jobs: bool = True,
    ) -> None:
        self.sessions = sessions
        self.definitions = definitions
        self.operations = operations
        self.office = office  #: handed to every operation; may be set after construction
        self.clock = clock
        self.functions = {**BUILT_IN, **(functions or {})}
        self.entered = entered
        self.bell = bell or Bell()
        self.runs_own_jobs = runs_own_jobs

        self.own = _Own()

    def engine_for(
        self,
        session: Session,
        row: ProcessInstance,
        actor: Actor,
        *,
        now: datetime | None = None,
        others: Mapping[str, HostFunction] | None = None,
        armed: datetime | None = None,
    ) -> Engine:
        """Return what computes one action of one instance.

        It counts from `now`, by default the present; `others` stand in for host functions,
        which read `armed` in their scene.
        """
        now, hosts = now or self.clock(), {**self.functions, **(others or {})}
        definition = self.definitions.get(row.definition)

        def functions(data: Mapping[str, Any]) -> Functions:
            scene = Scene(
                now=now,
                business_key=row.business_key,
                definition=definition,
                data=data,
                session=session,
                armed=armed,
            )
            return {name: partial(host, scene) for name, host in hosts.items()}

        def serve(
            task: Any, name: str, params: dict[str, object]
        ) -> tuple[bool, object, Commit | None]:
            operation = self.operations.get(name)
            if not operation.inline:
                return False, None, None
            call = Call(
                key=f"task:{task.id.hex}",
                instance_id=row.id,
                business_key=row.business_key,
                definition=row.definition,
                node=task.task_spec.bpmn_id,
                actor=actor,
                now=now,
                session=session,
            )
            outcome = self.operations.run(name, self.office, call, params)
            runtime.check_values({"value": outcome.values})
            return True, outcome.values, outcome.commit

        return Engine(functions, now, serve)

    def act(self, look: Look, verb: Verb) -> None:
        """Read, compute and write an action, again when somebody else was faster."""
        for _ in range(TRIES):
            with self.sessions() as session:
                row, asked = look(session)
                plan = self._compute(session, row, asked, verb)
            try:
                self.commit(plan, asked)
            except Conflict:
                continue
            return
        raise Busy

    def _compute(self, session: Session, row: ProcessInstance, asked: Asked, verb: Verb) -> Plan:
        process = self.definitions.get(row.definition).process(row.process_id)
        if row.status != InstanceStatus.ACTIVE:
            raise TaskNotOpen
        workflow = state.load(row.state, process, self.engine_for(session, row, asked.actor))
        earlier = plans.before(workflow)
        verb(workflow)
        return plans.plan(
            workflow,
            row,
            earlier,
            kind=asked.kind,
            node=asked.node,
            actor=asked.actor,
            completed=asked.completed,
        )

    def commit(self, plan: Plan, asked: Asked) -> None:
        """Write a computed action; raise Conflict when it came too late."""
        token = new_id() if self.runs_own_jobs else None
        with writing(self.sessions) as session:
            leased = store.commit(
                session,
                plan,
                write=asked.write,
                entered=self.entered,
                held=asked.held,
                token=token,
            )
        if len(plan.jobs) > leased or session.info.get(RINGS):
            self.bell.ring()
        if leased and token is not None:
            job = Job(**{**plan.jobs[0], "attempts": 1})
            self.own.queue.append(Claim(job=job, token=token))
