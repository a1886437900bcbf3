"""The transaction of an action: everything it changes, or nothing.

The statements are built once: building them anew costs more than running them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.errors import FourEyes, LeaseLost
from engine.jobs import queue
from engine.running import answers
from engine.running.asked import Write
from engine.running.plans import Entered as Entered
from engine.running.plans import Plan
from engine.tables import (
    InstanceEvent,
    InstanceStatus,
    Job,
    JobKind,
    JobState,
    ProcessInstance,
    TaskStatus,
    UserTask,
    core,
)
from storage.database import new_id
from storage.literals import ONE, literal
from storage.passing import ask_once

_INSTANCES, _TASKS, _JOBS, _EVENTS = map(core, (ProcessInstance, UserTask, Job, InstanceEvent))
_READ = select(_INSTANCES).where(_INSTANCES.c.id == bindparam("b_id"))
_READ_WITH_TASK = (
    select(_TASKS, *(column.label(f"i_{column.key}") for column in _INSTANCES.c))
    .join_from(_TASKS, _INSTANCES, _TASKS.c.instance_id == _INSTANCES.c.id)
    .where(_TASKS.c.id == bindparam("b_id"))
)
_ADD_INSTANCE = insert(_INSTANCES)
_MOVE = (
    update(_INSTANCES)
    .where(_INSTANCES.c.id == bindparam("b_id"), _INSTANCES.c.version == bindparam("b_version"))
    .values(version=bindparam("b_next"), state=bindparam("b_state"), status=bindparam("b_status"))
    .values(changed_at=bindparam("b_at"))
)
_COUNTED = (
    update(_INSTANCES)
    .where(_INSTANCES.c.id == bindparam("b_id"), _INSTANCES.c.version == bindparam("b_version"))
    .values(timers_by=bindparam("b_by"), timers_version=bindparam("b_version"))
)
_CLOSED: dict[str, Any] = {"closed_by": bindparam("b_actor"), "closed_at": bindparam("b_at")}
_DONE = (
    update(_TASKS)
    .where(
        _TASKS.c.instance_id == bindparam("b_id"),
        _TASKS.c.task_id == bindparam("b_task"),
        _TASKS.c.status == literal(TaskStatus.OPEN),
        or_(
            _TASKS.c.claimed_by.is_(None),
            _TASKS.c.claimed_by == bindparam("b_actor"),
            _TASKS.c.claimed_at == bindparam("b_claimed_at"),  # a hold that was over when read
        ),
    )
    .values(status=TaskStatus.DONE, **_CLOSED)
)
_CANCEL = (
    update(_TASKS)
    .where(
        _TASKS.c.instance_id == bindparam("b_id"),
        _TASKS.c.task_id.in_(bindparam("b_ids", expanding=True)),
        _TASKS.c.status == literal(TaskStatus.OPEN),
    )
    .values(status=TaskStatus.CANCELLED, **_CLOSED)
)
_ADD_TASKS = insert(_TASKS)
_REDATE = (
    update(_TASKS)
    .where(
        _TASKS.c.instance_id == bindparam("b_id"),
        _TASKS.c.task_id == bindparam("b_task"),
        _TASKS.c.status == literal(TaskStatus.OPEN),
    )
    .values(due_by=bindparam("b_due"))
)
_MOVE_TIMER = (
    update(_JOBS)
    .where(
        _JOBS.c.task_id == bindparam("b_task"),
        _JOBS.c.kind == JobKind.TIMER,
        _JOBS.c.state == JobState.READY,
    )
    .values(due_at=bindparam("b_due"))
)
_ADD_EVENT = insert(_EVENTS)


_LAST_DONE = (
    select(_TASKS.c.closed_by, _TASKS.c.name)
    .where(
        _TASKS.c.instance_id == bindparam("b_id"),
        _TASKS.c.node == bindparam("b_node"),
        _TASKS.c.status == literal(TaskStatus.DONE),
    )
    .order_by(_TASKS.c.closed_at.desc(), _TASKS.c.id.desc())
    .limit(ONE)
)
_ACTIVE = select(_INSTANCES).where(
    _INSTANCES.c.business_key == bindparam("b_key"),
    _INSTANCES.c.status == literal(InstanceStatus.ACTIVE),
)


_TOUCH = (
    update(_INSTANCES)
    .where(
        _INSTANCES.c.business_key == bindparam("b_key"),
        _INSTANCES.c.status == literal(InstanceStatus.ACTIVE),
    )
    .values(version=_INSTANCES.c.version + 1)
    .returning(_INSTANCES.c.version)
)


_REDEFINE = (
    update(_INSTANCES)
    .where(_INSTANCES.c.id == bindparam("b_id"))
    .values(definition=bindparam("b_version"))
)


class Conflict(Exception):
    """Somebody else changed the instance since it was read."""


def instance(session: Session, instance_id: str) -> ProcessInstance | None:
    """Return an instance as it stands now."""
    row = session.connection().execute(_READ, {"b_id": instance_id}).mappings().one_or_none()
    return None if row is None else ProcessInstance(**row)


def touch(session: Session, business_key: str) -> int | None:
    """Raise the version of a case's instance: its case changed outside an action.

    Return the version that it has now, None when nothing runs: whoever has read the case at the
    version before knows it as it is.

    Whoever computes from what he read before is then too late, and reads again. It comes first in
    a transaction, because everybody locks the instance before the register.
    """
    version = session.connection().scalar(_TOUCH, {"b_key": business_key})
    return None if version is None else int(version)


def timers_counted(session: Session, by: str, versions: Mapping[str, int]) -> None:
    """Note that the timers of these instances, at these versions, were computed anew `by` that.

    Who has moved meanwhile keeps no note: he is another version.
    """
    rows = [
        {"b_id": instance_id, "b_version": version, "b_by": by}
        for instance_id, version in sorted(versions.items())
    ]
    if rows:
        session.connection().execute(_COUNTED, rows)


def set_definition(session: Session, instance_id: str, version: str) -> None:
    """Let an instance be computed with another version from now on; inside its action."""
    _run(session, _REDEFINE, {"b_id": instance_id, "b_version": version})


def active_instance(session: Session, business_key: str) -> ProcessInstance | None:
    """Return the running instance of a case."""
    row = session.connection().execute(_ACTIVE, {"b_key": business_key}).mappings().one_or_none()
    return None if row is None else ProcessInstance(**row)


def refuse_same_person(session: Session, task: Mapping[Any, Any], actor: Actor) -> None:
    """Raise FourEyes when `actor` did, last, the step that must be another person's."""
    earlier = own_earlier(session, task["instance_id"], task["different_from"], actor)
    if earlier:
        raise FourEyes(earlier=earlier)


def own_earlier(
    session: Session, instance_id: str, different_from: str | None, actor: Actor
) -> str:
    """Name the step that `actor` did and whose next must be another person's; "" without one.

    For a page that says so before anything is typed; `different_from` is that of the task.
    """
    if different_from is None:
        return ""
    values = {"b_id": instance_id, "b_node": different_from}
    last = ask_once(
        session,
        (TaskStatus.DONE, instance_id, different_from),
        lambda: session.connection().execute(_LAST_DONE, values).one_or_none(),
    )
    return str(last.name) if last is not None and last.closed_by == actor.id else ""


def values_of(task: UserTask) -> Mapping[str, Any]:
    """Give a user task as `task_with_instance` does."""
    return {column.key: getattr(task, column.key) for column in _TASKS.c}


def task_with_instance(
    session: Session, task_id: str
) -> tuple[Mapping[str, Any], ProcessInstance] | None:
    """Return a user task and its instance in one look; None when there is no such task."""
    result = session.connection().execute(_READ_WITH_TASK, {"b_id": task_id})
    row = result.mappings().one_or_none()
    if row is None:
        return None
    task = {column.key: row[column.key] for column in _TASKS.c}
    return task, ProcessInstance(**{column.key: row[f"i_{column.key}"] for column in _INSTANCES.c})


def commit(
    session: Session,
    plan: Plan,
    *,
    write: Write | None,
    entered: Callable[[Session, Entered], None],
    held: queue.Claim | None,
    token: str | None,
) -> bool:
    """Write a plan; raise Conflict when the instance or the task moved on meanwhile.

    The order is the same for everybody: instance, then tasks, then jobs, then the register.
    `held` is the job that this action finishes; with `token` the first new service is leased to
    the caller. Returns whether there is one.
    """
    _write_instance(session, plan)
    dropped = [key for key in plan.dropped if held is None or key != held.job.task_id]
    if held is not None and not queue.done(session, held, dropped):
        raise LeaseLost
    _write_tasks(session, plan)
    if held is None:
        queue.drop(session, dropped)
    for values in plan.moved:
        _run(session, _MOVE_TIMER, values)
    mine = token if plan.jobs and plan.jobs[0]["kind"] == JobKind.SERVICE else None
    if plan.jobs:
        queue.insert_rows(session, plan.jobs, mine)
    _run(session, _ADD_EVENT, _event(plan))
    if plan.answers:
        answers.add(session, plan.answers)
    if write is not None:
        write(session)
    for item in plan.writes:
        if isinstance(item, Entered):
            entered(session, item)
        else:
            item(session)
    return mine is not None


def _run(session: Session, statement: Any, values: Mapping[str, Any]) -> int:
    return session.connection().execute(statement, values).rowcount


def _write_instance(session: Session, plan: Plan) -> None:
    row = plan.instance
    if plan.is_new:
        values = {column.key: getattr(row, column.key) for column in _INSTANCES.c}
        _run(session, _ADD_INSTANCE, {**values, "state": plan.state, "status": plan.status})
        return
    values = {"b_id": row.id, "b_version": row.version, "b_next": row.version + 1}
    values |= {"b_state": plan.state, "b_status": plan.status, "b_at": plan.at}
    if _run(session, _MOVE, values) != 1:
        raise Conflict


def _write_tasks(session: Session, plan: Plan) -> None:
    about = {"b_id": plan.instance.id, "b_actor": plan.actor.id, "b_at": plan.at}
    completed = {**about, "b_task": plan.completed, "b_claimed_at": plan.claimed_at}
    if plan.completed is not None and _run(session, _DONE, completed) != 1:
        raise Conflict
    if plan.cancelled:
        _run(session, _CANCEL, {**about, "b_ids": plan.cancelled})
    for values in plan.redated:
        _run(session, _REDATE, {**values, "b_id": plan.instance.id})
    if plan.passing is not None:
        closed = {"closed_by": plan.actor.id, "closed_at": plan.at}
        _run(session, _ADD_TASKS, {**plan.passing, "status": TaskStatus.DONE, **closed})
    if plan.tasks:
        session.connection().execute(_ADD_TASKS, plan.tasks)


def _event(plan: Plan) -> dict[str, Any]:
    return {
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
