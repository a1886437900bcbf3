"""Operations: what service tasks do, by name. A handler looks, then says what to commit.

A handler may read and — unless inline — reach outside; only `Outcome.commit(session)` writes.
Inline handlers run while the engine computes and commit with the action; the others run as jobs
and commit with the job's end. A job may run again after a crash: outside effects carry `Call.key`.

A service of a diagram is called with a `CaseCall`, a stand-alone effect with a bare `Call`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

from engine.actors import SYSTEM, Actor
from engine.errors import BadParameter, NoSuchOperation

if TYPE_CHECKING:  # the check of a folder needs no database
    from sqlalchemy.orm import Session

    from engine.tables import ProcessInstance, UserTask

    Commit = Callable[[Session], None]
else:
    Commit = Callable


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How patiently a failed job is tried again: after `first_s`, then doubled, up to `cap_s`."""

    attempts: int = 5
    first_s: float = 2.0
    cap_s: float = 300.0

    def pause_s(self, attempt: int) -> float:
        """Return the pause after failed attempt number `attempt` (from 1), in seconds.

        >>> [Retry().pause_s(n) for n in (1, 2, 3, 20)]
        [2.0, 4.0, 8.0, 300.0]
        """
        return float(min(self.cap_s, self.first_s * 2 ** min(attempt - 1, 30)))


@dataclass(frozen=True, kw_only=True)
class Call:
    """The circumstances in which a stand-alone effect runs: of the house, of no case."""

    key: str  #: idempotency key: the same for every attempt, new when the token comes again
    about: str | None = None  #: business key of the case that an effect belongs to
    actor: Actor = SYSTEM  #: who set it off; the system for jobs
    now: datetime


class Opened(Protocol):
    """What the house has loaded about a case; the engine only passes it on.

    It is opened once and goes along from the computation to the transaction that writes, and on to
    the service that this thread does next, as long as nobody else acted on the instance meanwhile.
    """

    version: int | None  #: of the instance when the case was opened; None: it does not say
    instance: ProcessInstance | None  #: its running instance, if that was read with it

    def waiting(self, task_id: str) -> UserTask | None:
        """Give an open task of the running instance, if that was read with it."""

    def into(self, session: Session) -> Opened:
        """Give the same case as `session` is to see it; the one at hand stays as it is."""

    def anew(self, session: Session) -> Opened:
        """Give the same case to be read again: somebody acted on it since."""

    def apart(self) -> Opened:
        """Give the case as it stands now, to who reads in transactions of his own."""


class NothingLoaded:
    """Stands in where the house loads nothing."""

    version: int | None = None
    instance: ProcessInstance | None = None

    def waiting(self, _: str) -> None:
        """Know no task."""

    def into(self, session: Session) -> NothingLoaded:
        """Give itself."""
        return self

    def anew(self, session: Session) -> NothingLoaded:
        """Give itself."""
        return self

    def apart(self) -> NothingLoaded:
        """Give itself."""
        return self


@dataclass(frozen=True, kw_only=True)
class CaseCall(Call):
    """The circumstances in which a service of a case runs."""

    instance_id: str
    business_key: str
    definition: str  #: hash of the definition version the case runs on
    node: str  #: the service task
    case: Opened  #: what is loaded about the case
    is_first: bool = False  #: nobody ran it before: straight from the action that asked for it
    session: Session | None = None  #: inline handlers read through it and never write


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a handler found, and what is to be written with it."""

    values: Any = None  #: JSON; stored under the service task's resultVariable
    commit: Commit | None = None
    #: Makes room once all is on record, of what was kept until then. A process that ends before
    #: leaves it undone for good, so nothing may need it.
    afterwards: Callable[[], object] | None = None


class BpmnError(Exception):
    """A business error: goes to the error boundary event with `code`, not to the operators.

    A job's `commit` is written in the transaction in which its case goes on.
    """

    def __init__(self, code: str, *, commit: Commit | None = None, **facts: object) -> None:
        self.code = code
        self.commit = commit
        self.facts = facts
        super().__init__(code)


Handler = Callable[..., Outcome]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A registered handler with its policy."""

    name: str
    handler: Handler
    retry: Retry
    inline: bool
    schema: Mapping[str, type]  #: parameter name → type; all are required, none other allowed
    small: bool = False  #: several may be leased, and put on record, together


class Vocabulary(Protocol):
    """What a check of diagrams asks about operations."""

    def fault(self, name: str, params: frozenset[str]) -> str | None:
        """Return what is wrong with calling `name` with these parameters, or None."""


@dataclass(frozen=True, eq=False)
class Declared:
    """Operations by name and parameters, for who checks diagrams and runs none."""

    schemas: Mapping[str, Mapping[str, type]]  #: name → parameter → type

    def fault(self, name: str, params: frozenset[str]) -> str | None:
        """Return what is wrong with calling `name` with these parameters, or None."""
        if name not in self.schemas:
            close = get_close_matches(name, self.schemas, n=1)
            hint = f"，是不是 {close[0]}" if close else ""
            return f"没有登记的操作 {name}{hint}"
        wanted = frozenset(self.schemas[name])
        if missing := wanted - params:
            others = f"，多了参数 {'、'.join(sorted(params - wanted))}" if params - wanted else ""
            return f"操作 {name} 缺少参数 {'、'.join(sorted(missing))}{others}"
        if extra := params - wanted:
            return f"操作 {name} 没有参数 {'、'.join(sorted(extra))}"
        return None


class Operations:
    """The registry: name → operation."""

    def __init__(self) -> None:
        self._known: dict[str, Operation] = {}

    def add(
        self,
        name: str,
        *,
        retry: Retry | None = None,
        inline: bool = False,
        schema: Mapping[str, type] | None = None,
        small: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register the decorated `handler(office, call, **params) -> Outcome` as `name`.

        A `small` one is a stand-alone effect whose commit writes rows of its own: where many wait,
        several share a lease and a transaction.
        """
        if "/" not in name:
            raise ValueError(f"operations are named area/verb, not {name}")

        def register(handler: Handler) -> Handler:
            if name in self._known:
                raise ValueError(f"operation {name} is registered twice")
            self._known[name] = Operation(
                name=name,
                handler=handler,
                retry=retry or Retry(),
                inline=inline,
                schema=schema or {},
                small=small,
            )
            return handler

        return register

    def get(self, name: str) -> Operation:
        """Return the operation; raise NoSuchOperation."""
        try:
            return self._known[name]
        except KeyError:
            raise NoSuchOperation(operation=name) from None

    def names(self) -> frozenset[str]:
        """Return the names of all operations."""
        return frozenset(self._known)

    def small(self) -> list[str]:
        """Return the names of those that may be done together."""
        return sorted(name for name, known in self._known.items() if known.small)

    def fault(self, name: str, params: frozenset[str]) -> str | None:
        """Return what is wrong with calling `name` with these parameters, or None (for lint)."""
        return self.declared().fault(name, params)

    def declared(self) -> Declared:
        """Return what is registered, without the handlers."""
        return Declared({name: known.schema for name, known in self._known.items()})

    def run(self, name: str, office: object, call: Call, params: Mapping[str, Any]) -> Outcome:
        """Run the handler with checked parameters; raise what it raises."""
        operation = self.get(name)
        for key, kind in operation.schema.items():
            if not isinstance(params.get(key), kind):
                raise BadParameter(operation=name, parameter=key, kind=kind.__name__)
        return operation.handler(office, call, **params)


#: The operations of this installation; `casework` fills it on import.
known = Operations()
add = known.add
