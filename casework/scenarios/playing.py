"""Playing: a scenario that is not at its end, told as far as it goes, and where its case stands.

A play is told anew from its start for every step: what it says is all that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from casework.scenarios.stage import Stage, Version
from casework.scenarios.stories import Step, Story
from casework.scenarios.storyteller import Storyteller
from engine import actors, queries
from engine.instances import runtime, state
from engine.language.parsing import bpmn, spiff
from engine.operations import BpmnError, NothingLoaded, Outcome
from engine.tables import InstanceStatus, Job, JobKind, ProcessInstance
from professions import variables, vocabulary
from professions.kinds import ANYTHING, Kind
from professions.messages import SENT
from professions.operations import OPERATIONS
from professions.tasks import ACTS
from refusals.days import SHANGHAI
from refusals.refusal import Refusal

MOST_WAITS = 40  #: timers that one turn of the clock lets fire


@dataclass(kw_only=True)
class Standing:
    """Where a play stands, as plain data for a page."""

    done: int = 0  #: steps that went well
    differs: str = ""  #: why it does not go further, in Chinese
    now: str = ""  #: moment of the play, Shanghai
    ended: bool = False
    ends: str = ""  #: the end event of its process, once it has ended
    came: dict[str, Any] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    services: list[dict[str, Any]] = field(default_factory=list)
    diagrams: list[dict[str, Any]] = field(default_factory=list)
    #: operations of its diagrams whose twin may answer otherwise, with what it would answer next
    twins: dict[str, Any] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)  #: of tables, "table#3"
    waited: list[str] = field(default_factory=list)  #: timers that fired as the clock was turned


class Player(Storyteller):
    """Tells a story of which the end is not known, and notes which service was asked what."""

    def __init__(self, stage: Stage, version: Version, story: Story) -> None:
        super().__init__(stage, version, story)
        self.services: list[dict[str, Any]] = []

    def play(self, until: date | None) -> Standing:
        """Take all steps, then let time pass until the morning of a day; say where it stands."""
        stands = Standing()
        try:
            with self._rows_noted():
                self._play(stands, until)
            if self.instance:
                self._stand(stands)
        finally:
            self.stage.clear()
        stands.now = self.now.astimezone(SHANGHAI).isoformat(timespec="minutes")
        stands.rows = sorted(f"{table}#{row}" for table, row in self.told.rows)
        stands.services = self.services
        return stands

    def stands_at(self, node: str) -> int:
        """Return how many steps lead to a node: it waits then, or the next one passes it."""
        try:
            self.begin()
            for number, step in enumerate(self.story.steps):
                if node in self._position().active:
                    return number
                self.take([step])
                if node in self._position().done:
                    return number
            return len(self.story.steps)
        finally:
            self.stage.clear()

    def _play(self, stands: Standing, until: date | None) -> None:
        try:
            self.begin()
            for step in self.story.steps:
                self.take([step])
                stands.done += 1
            if until is not None:
                self._turn(stands, until)
        except Refusal as refusal:
            stands.differs = str(refusal.facts.get("what", refusal))

    def _turn(self, stands: Standing, until: date) -> None:
        """Let the timers fire that end before a day, one after the other, then stand on it."""
        morning = datetime.combine(until, datetime.min.time(), SHANGHAI)
        for _ in range(MOST_WAITS):
            due = min(self._timers(), key=lambda job: job.due_at, default=None)
            if due is None or due.due_at > morning:
                break
            node = str(due.node)
            self.take([Step(number=stands.done + len(stands.waited) + 1, until=node)])
            stands.waited.append(node)
        self._until(until)

    def _answer(self, name: str, params: Mapping[str, Any]) -> Outcome:
        asked = {"operation": name, "params": dict(params), "answer": None, "error": ""}
        self.services.append(asked)
        try:
            outcome = super()._answer(name, params)
        except BpmnError as error:
            asked["error"] = error.code
            raise
        asked["answer"] = outcome.values
        return outcome

    # Where it stands ----------------------------------------------------------------------------

    def _position(self) -> queries.Position:
        with self.stage.sessions() as session:
            return queries.status_of(session, self.case)

    def _timers(self) -> list[Job]:
        query = select(Job).where(Job.kind == JobKind.TIMER, Job.business_key == self.case)
        with self.stage.sessions() as session:
            return list(session.scalars(query.order_by(Job.due_at, Job.id)))

    def _stand(self, stands: Standing) -> None:
        names = _names(self.version)
        with self.stage.sessions() as session:
            row = queries.instance_of(session, self.case)
            if row is None:
                return
            stands.ended = row.status == InstanceStatus.ENDED
            tasks = queries.tasks_of(session, self.case)
            self._note_path(session)
            if not stands.ended:
                self._look_inside(stands, row)
        stands.tasks = [self._task(task.node, task.name, task.inbox) for task in tasks]
        stands.timers = [
            {
                "node": str(job.node),
                "name": names.get(str(job.node), ""),
                "due": job.due_at.astimezone(SHANGHAI).isoformat(timespec="minutes"),
            }
            for job in self._timers()
        ]
        told = self.told
        stands.came = {
            "statuses": told.statuses,
            "status": told.ended,
            "letters": told.letters,
            "told": told.told,
            "voided": told.voided,
        }
        stands.twins = {name: self._next_answer(name) for name in self._operations()}
        stands.ends = next((node for node in self._ends() if node in told.nodes), "")
        stands.diagrams = list(self._diagrams(self._position(), row.process_id))

    def _task(self, node: str, name: str, inbox: str) -> dict[str, Any]:
        act = ACTS.get(node)
        gives = act.gives if act is not None else {}
        may = [who for who in self.story.people if self._actor(who, inbox).may_open(inbox)]
        usual = self.story.by.get(node)
        return {
            "node": node,
            "name": name,
            "inbox": inbox,
            "people": sorted(may, key=lambda who: who != usual),
            "gives": {variable: described(kind) for variable, kind in gives.items()},
            "usual": dict(self.story.tasks.get(node, {})),
        }

    def _look_inside(self, stands: Standing, row: ProcessInstance) -> None:
        """Read the variables where the token is, and the messages that are waited for."""
        with self.stage.sessions() as session:
            engine = self.runner.scenes.engine(session, row, actors.SYSTEM, NothingLoaded())
            process = self.version.definition.process(row.process_id)
            workflow = state.load(row.state, process, engine)
        for task in runtime.waiting(workflow):
            stands.variables |= task.data
        stands.messages = [name for name in SENT if name in runtime.messages(workflow)]

    def _operations(self) -> list[str]:
        """Return the operations of its diagrams that answer something, by name."""
        reached = variables.reached(self.matter.process, self.version.definition.sources)
        called = {
            str(operator.get("id"))
            for _, drawn in reached
            for operator in drawn.iter(spiff("serviceTaskOperator"))
        }
        return sorted(called & answers().keys())

    def _next_answer(self, name: str) -> Mapping[str, Any]:
        queue = self.answers.get(name)
        return queue[0] if queue else self.story.usual_answers.get(name, {})

    def _ends(self) -> Iterator[str]:
        for root in self.version.definition.sources.diagrams.values():
            for process in root.iter(bpmn("process")):
                if process.get("id") == self.matter.process:
                    yield from (end.get("id") or "" for end in process.findall(bpmn("endEvent")))

    def _diagrams(self, position: queries.Position, process: str) -> Iterator[dict[str, Any]]:
        """Yield the diagrams that it came to, the one in which it stands first."""
        found: dict[str, dict[str, Any]] = {}
        for file, drawn in variables.reached(process, self.version.definition.sources):
            nodes = {node.get("id") for node in drawn.iter() if node.get("id")}
            active = sorted(position.active & nodes)
            done = sorted(node for node in self.told.nodes & nodes if node not in position.active)
            if active or done:
                found[file] = {"file": file, "active": active, "done": done}
        inner = list(found.values())[::-1]
        yield from sorted(inner, key=lambda diagram: not diagram["active"])


def described(kind: Kind) -> dict[str, Any]:
    """Say what a value may be, as plain data: kind, words, keys of a record, unit."""
    return {
        "kind": kind.name,
        "title": kind.title,
        "words": sorted(kind.words),
        "keys": {key: described(inner) for key, inner in kind.keys.items()},
        "unit": kind.unit,
        "or_null": kind.or_null,
    }


def answers() -> dict[str, dict[str, Any]]:
    """Return what the twin of each operation may answer, for those that answer something."""
    return {
        name: {key: described(kind) for key, kind in declared.result.items()}
        for name, declared in sorted(OPERATIONS.items())
        if declared.result
    }


def given(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what a case may be started with."""
    return {name: described(vocabulary.VARIABLES.get(name, ANYTHING)) for name in names}


def next_day(now: str) -> date:
    """Return the day after a moment of a play, as it is shown."""
    return (datetime.fromisoformat(now) + timedelta(days=1)).date()


def _names(version: Version) -> dict[str, str]:
    return {
        node.get("id") or "": node.get("name") or ""
        for root in version.definition.sources.diagrams.values()
        for node in root.iter()
        if node.get("id")
    }
