"""Where a case is computed: its moment, its definition, its data, and what is loaded about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.definitions import Definition, Definitions
from engine.holds import Keeps, always
from engine.instances import runtime
from engine.instances.script import Engine
from engine.language.expressions import Functions
from engine.operations import CaseCall, Commit, NothingLoaded, Opened, Operations
from engine.running.plans import Entered
from engine.tables import ProcessInstance

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where an expression is computed; the first argument of every host function."""

    now: datetime
    business_key: str
    definition: Definition
    data: Mapping[str, Any]  #: the case data at that node
    session: Session  #: to read
    case: Opened  #: what is loaded about the case, once for all timers of an action
    armed: datetime | None = None  #: until when a timer waits that is being computed anew


HostFunction = Callable[..., object]  #: `deadline(scene, "ACCEPTANCE") -> datetime`

#: Opens a case by its business key, to be read through a session.
OpenCase = Callable[[Session, str], Opened]


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


def nothing_loaded(_: Session, __: str) -> Opened:
    """Open a case of a house that loads nothing."""
    return NothingLoaded()


def nothing_entered(_: Session, __: Entered) -> None:
    """Do nothing when a token enters a node."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """What the house that runs diagrams lends to the engine."""

    #: what expressions may call beside the built-in functions
    functions: Mapping[str, HostFunction] = field(default_factory=dict)
    #: joins the transaction for each node with a status or milestone
    entered: Callable[[Session, Entered], None] = nothing_entered
    open_case: OpenCase = nothing_loaded  #: gives what the house loads about a case
    keeps: Keeps = always  #: whether who took a task still has its inbox


NOBODY = Host()  #: lends nothing


class Scenes:
    """Makes what computes one action: binds expressions, host functions and inline operations."""

    def __init__(
        self,
        definitions: Definitions,
        operations: Operations,
        office: object,
        clock: Clock,
        host: Host,
    ) -> None:
        self.definitions = definitions
        self.operations = operations
        self.office = office  #: handed to every operation
        self.clock = clock
        self.functions = {**BUILT_IN, **host.functions}
        self.open_case = host.open_case
        self.keeps = host.keeps

    def engine(
        self,
        session: Session,
        row: ProcessInstance,
        actor: Actor,
        case: Opened,
        *,
        now: datetime | None = None,
        others: Mapping[str, HostFunction] | None = None,
        armed: datetime | None = None,
    ) -> Engine:
        """Return what computes one action of one instance, reading through `session`.

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
                case=case,
                armed=armed,
            )
            return {name: partial(host, scene) for name, host in hosts.items()}

        def serve(
            task: Any, name: str, params: dict[str, object]
        ) -> tuple[bool, object, Commit | None]:
            operation = self.operations.get(name)
            if not operation.inline:
                return False, None, None
            call = CaseCall(
                key=f"task:{task.id.hex}",
                instance_id=row.id,
                business_key=row.business_key,
                definition=row.definition,
                node=task.task_spec.bpmn_id,
                actor=actor,
                now=now,
                case=case,
                session=session,
            )
            outcome = self.operations.run(name, self.office, call, params)
            runtime.check_values({"value": outcome.values})
            return True, outcome.values, outcome.commit

        return Engine(functions, now, serve)
