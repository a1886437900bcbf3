"""The transaction of an action: everything it changes, or nothing.

An action is computed first, without a transaction, into a `Plan`; `commit` writes the plan in one
short transaction that finds out whether somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from engine import jobs, runtime, state
from engine.actors import Actor, inbox_of
from engine.errors import LeaseLost
from engine.pruning import prune
from engine.runtime import Passed, properties_of
from engine.tables import (
    NEVER,
    InstanceEvent,
    InstanceStatus,
    Job,
    JobKind,
    ProcessInstance,
    TaskStatus,
    UserTask,
)
from engine.workflow import Workflow
from registry.database import new_id


class Conflict(Exception):
    """Somebody else changed the instance since it was read."""


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A node that the token entered; `casework` moves the application with it."""

    instance_id: str
    business_key: str
    node: str
    name: str
    properties: Mapping[str, str]
    data: Mapping[str, Any]
    actor: Actor
    at: datetime


Write = Callable[[Session], None]


@dataclass(frozen=True, kw_only=True)
class Before:
    """What waited in an instance before an action."""

    tasks: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    timers: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)


def before(workflow: Workflow) -> Before:
    """Note what waits in an instance."""
    return Before(
        tasks=frozenset(runtime.open_user_tasks(workflow)),
        jobs=frozenset(runtime.open_jobs(workflow)),
        timers=runtime.open_timers(workflow),
    )


@dataclass(kw_only=True)
class Plan:
    """What an action is going to write."""

    instance: ProcessInstance  #: as read; of a new one, as it will be
    is_new: bool
    kind: str
    node: str | None
    actor: Actor
    at: datetime
    status: str
    state: bytes
    completed: str | None  #: user task completed by the action
    cancelled: list[str]
    tasks: list[dict[str, Any]]
    jobs: list[dict[str, Any]]
    dropped: list[str]  #: tasks whose service or timer rows go
    writes: list[Any]  #: commits and Entered, in the order in which they happened
    passed: list[str]


def plan(
    workflow: Workflow,
    instance: ProcessInstance,
    earlier: Before,
    *,
    kind: str,
    node: str | None,
    actor: Actor,
    completed: str | None = None,
    is_new: bool = False,
) -> Plan:
    """Compare the instance with what waited before, prune it and write it down."""
    at = workflow.script_engine.now
    effects = workflow.script_engine.effects
    prune(workflow)
    ended = workflow.is_completed()
    tasks = {} if ended else runtime.open_user_tasks(workflow)
    new = [task for key, task in tasks.items() if key not in earlier.tasks]
    timers = {} if ended else runtime.open_timers(workflow)
    waiting = set() if ended else runtime.open_jobs(workflow)
    started = [job for job in effects.jobs if job.task_id in waiting]
    writes = [
        _entered(item, instance, actor, at) if isinstance(item, Passed) else item
        for item in effects.writes
    ]
    writes += [_entered(runtime.passed(task), instance, actor, at) for task in new]
    rows = [
        jobs.row(
            kind=JobKind.SERVICE,
            operation=job.operation,
            params=job.params,
            key=f"task:{job.task_id}",
            due_at=at,
            now=at,
            instance_id=instance.id,
            business_key=instance.business_key,
            task_id=job.task_id,
            node=job.node,
        )
        for job in started
    ]
    rows += [
        _timer_row(workflow, instance, key, moment, at)
        for key, (_, moment) in timers.items()
        if key not in earlier.timers
    ]
    return Plan(
        instance=instance,
        is_new=is_new,
        kind=kind,
        node=node,
        actor=actor,
        at=at,
        status=InstanceStatus.ENDED if ended else InstanceStatus.ACTIVE,
        state=state.dump(workflow),
        completed=completed,
        cancelled=sorted(earlier.tasks - tasks.keys() - {completed}),
        tasks=[_task_row(workflow, instance, task, at) for task in new],
        jobs=rows,
        dropped=sorted((earlier.jobs - waiting) | (earlier.timers.keys() - timers.keys())),
        writes=writes,
        passed=[*effects.passed, *(task.task_spec.bpmn_id for task in new)],
    )


def _entered(passed: Passed, instance: ProcessInstance, actor: Actor, at: datetime) -> Entered:
    return Entered(
        instance_id=instance.id,
        business_key=instance.business_key,
        node=passed.node,
        name=passed.name,
        properties=passed.properties,
        data=passed.data,
        actor=actor,
        at=at,
    )


def _task_row(
    workflow: Workflow, instance: ProcessInstance, task: Any, at: datetime
) -> dict[str, Any]:
    properties = properties_of(task)
    inbox = inbox_of(properties["actorRole"], task.data.get("person_id"), task.data.get("uscc"))
    return {
        "id": task.id.hex,
        "instance_id": instance.id,
        "business_key": instance.business_key,
        "node": task.task_spec.bpmn_id,
        "scope": "/".join(runtime.scope_of(workflow, task)),
        "name": task.task_spec.bpmn_name or task.task_spec.bpmn_id,
        "inbox": inbox,
        "form_key": properties.get("formKey"),
        "different_from": properties.get("differentFrom"),
        "due_by": runtime.deadline_of(workflow, task) or NEVER,
        "status": TaskStatus.OPEN,
        "entered_at": at,
    }


def _timer_row(
    workflow: Workflow, instance: ProcessInstance, key: str, moment: datetime, at: datetime
) -> dict[str, Any]:
    task = runtime.find(workflow, key)
    spec = task.task_spec  # type: ignore[union-attr]  # it was found a moment ago
    return jobs.row(
        kind=JobKind.TIMER,
        operation="timer",
        params={"boundary": hasattr(spec, "cancel_activity")},
        key=f"timer:{key}",
        due_at=moment,
        now=at,
        instance_id=instance.id,
        business_key=instance.business_key,
        task_id=key,
        node=spec.bpmn_id,
    )


def commit(
    session: Session,
    plan: Plan,
    *,
    write: Write | None,
    entered: Callable[[Session, Entered], None],
    held: jobs.Claim | None,
    token: str | None,
) -> bool:
    """Write a plan; raise Conflict when the instance or the task moved on meanwhile.

    The order is the same for everybody: instance, then tasks, then jobs, then the register.
    `held` is the job that this action finishes; with `token` the first new service is leased to
    the caller. Returns whether there is one.
    """
    _write_instance(session, plan)
    if held is not None and not jobs.done(session, held):
        raise LeaseLost
    _write_tasks(session, plan)
    if plan.dropped:
        drop = delete(Job).where(Job.task_id.in_(plan.dropped))
        session.execute(drop, execution_options={"synchronize_session": False})
    mine = token if plan.jobs and plan.jobs[0]["kind"] == JobKind.SERVICE else None
    if plan.jobs:
        jobs.insert_rows(session, plan.jobs, mine)
    _write_event(session, plan)
    if write is not None:
        write(session)
    for item in plan.writes:
        if isinstance(item, Entered):
            entered(session, item)
        else:
            item(session)
    return mine is not None


def _write_instance(session: Session, plan: Plan) -> None:
    instance = plan.instance
    if plan.is_new:
        values = {
            column.key: getattr(instance, column.key)
            for column in ProcessInstance.__table__.columns
        }
        session.execute(
            insert(ProcessInstance), [{**values, "state": plan.state, "status": plan.status}]
        )
        return
    statement = (
        update(ProcessInstance)
        .where(ProcessInstance.id == instance.id, ProcessInstance.version == instance.version)
        .values(
            version=instance.version + 1,
            state=plan.state,
            status=plan.status,
            changed_at=plan.at,
        )
    )
    if count(session, statement) != 1:
        raise Conflict


def _write_tasks(session: Session, plan: Plan) -> None:
    closed = {"closed_by": plan.actor.id, "closed_at": plan.at}
    if plan.completed is not None:
        free = or_(UserTask.claimed_by.is_(None), UserTask.claimed_by == plan.actor.id)
        statement = (
            update(UserTask)
            .where(UserTask.id == plan.completed, UserTask.status == TaskStatus.OPEN, free)
            .values(status=TaskStatus.DONE, **closed)
        )
        if count(session, statement) != 1:
            raise Conflict
    if plan.cancelled:
        count(
            session,
            update(UserTask)
            .where(UserTask.id.in_(plan.cancelled), UserTask.status == TaskStatus.OPEN)
            .values(status=TaskStatus.CANCELLED, **closed),
        )
    if plan.tasks:
        session.execute(insert(UserTask), plan.tasks)


def count(session: Session, statement: Any) -> int:
    """Run an UPDATE or DELETE and return how many rows it touched."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def _write_event(session: Session, plan: Plan) -> None:
    session.execute(
        insert(InstanceEvent),
        [
            {
                "id": new_id(),
                "instance_id": plan.instance.id,
                "business_key": plan.instance.business_key,
                "version": plan.instance.version + (not plan.is_new),
                "at": plan.at,
                "actor": plan.actor.id,
                "kind": plan.kind,
                "node": plan.node,
                "passed": plan.passed,
            }
        ],
    )


def instance(session: Session, instance_id: str) -> ProcessInstance | None:
    """Return an instance as it stands now."""
    return session.scalar(select(ProcessInstance).where(ProcessInstance.id == instance_id))
