"""Running instances on another version with other diagrams: tried, moved one by one, taken back.

What waits keeps its id, so that tasks that people hold, jobs and timers stay theirs; rows say what
the newer version says of them. The state as it was is given to the caller: with it an instance goes
back as long as nothing has happened to it since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.definitions import Definition
from engine.errors import MovedOn, NoSuchInstance, OtherVersion, TokenIsLate, TokenStays
from engine.instances import moving, runtime, state
from engine.instances.workflow import Workflow
from engine.jobs import queue
from engine.operations import Opened
from engine.running import node_maps, plans, store
from engine.running.actions import Seen
from engine.running.asked import Asked
from engine.running.node_maps import NodeMap
from engine.running.runner import Runner
from engine.running.scenes import HostFunction
from engine.tables import Job, JobKind, ProcessInstance, TaskStatus, UserTask, core
from refusals.refusal import Refusal
from storage.literals import ONE, literal

UNREADABLE = "按新版本读不出办理状态"
Rearm = Mapping[str, HostFunction]  #: stands in for the functions that timers ask
Write = Callable[[Session, Mapping[str, datetime]], None]
_KEPT = ("node", "name", "scope", "form_key", "different_from", "due_by")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An instance as it was before it moved, and the version of its row afterwards."""

    state: bytes
    version: int


class Route:
    """The way from one version to another: which node stands for which, for all its instances."""

    def __init__(self, before: Definition, after: Definition, said: NodeMap) -> None:
        self.before, self.after = before, after
        self._said = said
        self._pairs: dict[str, dict[str, dict[str, str]]] = {}
        self._unfit: dict[str, dict[str, dict[str, str]]] = {}
        self._other_eyes: dict[str, list[str]] = {}
        #: what was found of instances that stand alike: why they stay, None when they move
        self.answers: dict[tuple[object, ...], str | None] = {}

    def known(self, row: ProcessInstance) -> tuple[object, ...]:
        """Return what decides whether an instance moves, when no timer begins with it."""
        return row.process_id, *state.outline(row.state)

    def pairs(self, process: str) -> dict[str, dict[str, str]]:
        """Return the counterparts of every process that a case of `process` may come to."""
        if process not in self._pairs:
            whole = node_maps.chosen(self.before, self.after, process, self._said)
            self._pairs[process] = whole
            self._unfit[process] = {
                key: node_maps.unfit(self.before, self.after, key, pairs)
                for key, pairs in whole.items()
            }
        return self._pairs[process]

    def unfit(self, process: str) -> dict[str, dict[str, str]]:
        """Return where nothing may wait: process → node → why."""
        self.pairs(process)
        return self._unfit[process]

    def asked_under_other_ids(self, process: str) -> list[str]:
        """Return the nodes, by their older id, that another person must have done."""
        if process in self._other_eyes:
            return self._other_eyes[process]
        whole = self.pairs(process)
        asked = {
            node.other_person
            for key in whole
            for node in node_maps.nodes(self.after.sources, key).values()
        }
        self._other_eyes[process] = [
            old
            for pairs in whole.values()
            for old, new in pairs.items()
            if old != new and new in asked
        ]
        return self._other_eyes[process]


def why_not(
    runner: Runner, session: Session, row: ProcessInstance, route: Route, actor: Actor
) -> str | None:
    """Tell why an instance would stay, in Chinese; None when it would move. Nothing is written.

    Instances that stand alike are computed once, as long as nothing depends on their data: no timer
    would begin with them.
    """
    if row.definition != route.before.hash:
        return str(OtherVersion(version=row.definition[:12]))
    alike = route.known(row)
    if alike in route.answers:
        return route.answers[alike] or _lost_eyes(session, row, route) or None
    case = runner.scenes.open_case(session, row.business_key)
    try:
        known, after = _moved(runner, session, row, route, actor, case)
    except TokenIsLate as refusal:
        return str(refusal.facts["why"])
    except TokenStays as refusal:
        route.answers[alike] = str(refusal.facts["why"])
        return route.answers[alike]
    except Refusal as refusal:
        return str(refusal)
    except (ValueError, KeyError):
        return UNREADABLE
    if runtime.open_timers(after).keys() <= known:
        route.answers[alike] = None
    return _lost_eyes(session, row, route) or None


def _moved(
    runner: Runner,
    session: Session,
    row: ProcessInstance,
    route: Route,
    actor: Actor,
    case: Opened,
) -> tuple[Set[str], Workflow]:
    """Give the timers that run, and what the instance is on the other version."""
    scenes, process = runner.scenes, row.process_id
    if process not in route.after.sources.processes:
        raise TokenStays(why="新版本没有这个流程")
    before = route.before.process(process)
    old = _on(row, route.before.hash)
    workflow = state.load(row.state, before, scenes.engine(session, old, actor, case))
    timers = runtime.open_timers(workflow).keys()
    new = _on(row, route.after.hash)
    engine = scenes.engine(session, new, actor, case)
    after = moving.moved(
        workflow, route.after.process(process), route.pairs(process), route.unfit(process), engine
    )
    if not runtime.anybody_waits(after):
        raise TokenStays(why="在新版本中没有等待办理的环节")
    return timers, after


def _on(row: ProcessInstance, version: str) -> ProcessInstance:
    """Give a row of no session that is computed with another version."""
    values = {column.key: getattr(row, column.key) for column in core(ProcessInstance).c}
    return ProcessInstance(**{**values, "definition": version})


def _lost_eyes(session: Session, row: ProcessInstance, route: Route) -> str:
    """Tell where the rule of four eyes would ask for a step that was done under another id."""
    former = route.asked_under_other_ids(row.process_id)
    if not former:
        return ""
    done = select(UserTask.name).where(
        UserTask.instance_id == row.id,
        UserTask.node.in_(former),
        UserTask.status == literal(TaskStatus.DONE),
    )
    name = session.scalar(done.limit(ONE))
    return "" if name is None else f"“{name}”已经办理，新版本中换了标识，不能再核对是否由两人办理"


def migrate(
    runner: Runner,
    instance_id: str,
    route: Route,
    others: Rearm,
    actor: Actor,
    write: Callable[[Session, Mapping[str, datetime], Snapshot], None],
) -> None:
    """Let an instance go on with another version; `write` joins the transaction.

    What it waits for stays; its timers are computed anew by the functions `others`, as
    `Runner.correct` does. Raises NoSuchInstance, TaskNotOpen when it has ended, OtherVersion,
    TokenStays, Busy.
    """
    kept: list[Snapshot] = []

    def look(session: Session) -> ProcessInstance:
        row = _at(session, instance_id, route.before.hash)
        case = runner.scenes.open_case(session, row.business_key)
        kept.append(Snapshot(state=row.state, version=row.version + 1))
        _, after = _moved(runner, session, row, route, actor, case)
        if why := _lost_eyes(session, row, route):
            raise TokenStays(why=why)
        row.state = state.dump(after)
        row.definition = route.after.hash  # of no session
        return row

    def written(session: Session, moved: Mapping[str, datetime]) -> None:
        write(session, moved, kept[-1])

    _act(runner, look, others, actor, written, kind="MIGRATED")


def restore(
    runner: Runner,
    instance_id: str,
    version: str,
    snapshot: Snapshot,
    former: str,
    actor: Actor,
    write: Callable[[Session], None],
) -> None:
    """Let an instance of `version` be what it was on the `former` one.

    Raises MovedOn when something happened to it since, and as `migrate`.
    """

    def look(session: Session) -> ProcessInstance:
        row = _at(session, instance_id, version)
        if row.version != snapshot.version:
            raise MovedOn
        row.state, row.definition = snapshot.state, former
        return row

    _act(runner, look, None, actor, lambda session, _: write(session), kind="RESTORED")


def _at(session: Session, instance_id: str, version: str) -> ProcessInstance:
    row = store.instance(session, instance_id)
    if row is None:
        raise NoSuchInstance
    if row.definition != version:
        raise OtherVersion(version=row.definition[:12])
    return row


def _act(
    runner: Runner,
    find: Callable[[Session], ProcessInstance],
    others: Rearm | None,
    actor: Actor,
    write: Write,
    *,
    kind: str,
) -> None:
    """Write an instance whose state and version were exchanged, and the rows that follow it."""
    moved: dict[str, datetime] = {}
    held: list[Workflow] = []
    rows: list[ProcessInstance] = []

    def written(session: Session) -> None:
        row = rows[-1]
        store.set_definition(session, row.id, row.definition)
        _follow(session, row, held[-1], runner.scenes.clock())
        write(session, moved)

    asked = Asked(kind=kind, node=None, actor=actor, write=runner.checked(written))
    moment_of: Callable[[Any], datetime | None]

    def look(session: Session) -> Seen:
        nonlocal moment_of
        row = find(session)
        rows.append(row)
        case = runner.scenes.open_case(session, row.business_key)
        if others is not None:
            moment_of = runner.moments(session, row, others, actor, case)
        return Seen(instance=row, asked=asked, case=case)

    def verb(workflow: Workflow) -> None:
        moved.clear()
        if others is not None:
            moved.update(runtime.rearm(workflow, moment_of))
            moved.update(runtime.arm_again(workflow, moment_of))
        held.append(workflow)

    runner.actions.act(look, verb)
    runner.bell.ring()


def _follow(session: Session, row: ProcessInstance, workflow: Workflow, now: datetime) -> None:
    """Let the rows of tasks and timers say what the instance says now."""
    # 1. Open tasks stay open, held by whoever holds them, under the words of this version.
    for task in runtime.open_user_tasks(workflow).values():
        values = plans.task_row(workflow, row, task, now)
        session.execute(
            update(UserTask)
            .where(
                UserTask.instance_id == row.id,
                UserTask.task_id == values["task_id"],
                UserTask.status == TaskStatus.OPEN,
            )
            .values({name: values[name] for name in _KEPT})
        )
    # 2. Services that were asked for go on; an operator finds them under the node of this version.
    for key in runtime.open_jobs(workflow):
        node = runtime.find(workflow, key).task_spec.bpmn_id  # type: ignore[union-attr]  # it waits
        session.execute(update(Job).where(Job.task_id == key).values(node=node))
    # 3. Timers: those that are gone, those that are new, and the moments of the others.
    timers = runtime.open_timers(workflow)
    query = select(Job.task_id).where(Job.instance_id == row.id, Job.kind == JobKind.TIMER)
    there = {str(key) for key in session.scalars(query)}
    queue.drop(session, sorted(there - timers.keys()))
    for key, (node, moment) in sorted(timers.items()):
        if key in there:
            statement = update(Job).where(Job.task_id == key, Job.kind == JobKind.TIMER)
            session.execute(statement.values(node=node, due_at=moment))
    new = [
        plans.timer_row(workflow, row, key, moment, now)
        for key, (_, moment) in timers.items()
        if key not in there
    ]
    if new:
        queue.insert_rows(session, new, None)
