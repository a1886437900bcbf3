"""What an action is going to write, computed before any transaction is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.actors import Actor, inbox_of
from engine.instances import runtime, state
from engine.instances.pruning import prune
from engine.instances.runtime import Passed, properties_of
from engine.instances.workflow import Workflow
from engine.jobs import queue
from engine.running import answers
from engine.running.asked import Asked
from engine.tables import AT_BORDER, NEVER, InstanceStatus, JobKind, ProcessInstance, TaskStatus
from storage.database import new_id


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
    completed: str | None  #: user task completed by the action; like the next, by its token
    claimed_at: datetime | None  #: when the hold of it began that was looked at and is over
    passing: dict[str, Any] | None  #: user task that the action opened and completed on its way
    cancelled: list[str]
    tasks: list[dict[str, Any]]
    jobs: list[dict[str, Any]]
    dropped: list[str]  #: tasks whose service or timer rows go
    moved: list[dict[str, Any]]  #: armed timers that fire at another moment: b_task, b_due
    redated: list[dict[str, Any]]  #: open user tasks that end with them: b_task, b_due
    writes: list[Any]  #: commits and Entered, in the order in which they happened
    passed: list[str]
    answers: list[dict[str, Any]]  #: rows of what decision tables said

    def after(self) -> ProcessInstance:
        """Return the instance as this plan leaves it."""
        before = self.instance
        return ProcessInstance(
            id=before.id,
            business_key=before.business_key,
            definition=before.definition,
            process_id=before.process_id,
            status=self.status,
            version=before.version + (not self.is_new),
            state=self.state,
            started_at=before.started_at,
            changed_at=self.at,
        )


def plan(
    workflow: Workflow,
    instance: ProcessInstance,
    earlier: Before,
    asked: Asked,
    *,
    passing: dict[str, Any] | None = None,
    is_new: bool = False,
) -> Plan:
    """Compare the instance with what waited before, prune it and write it down.

    `passing` is the user task that the first step opened and the same action completed: it is
    written down as done. What opens at the node that is asked for is the actor's.
    """
    at, actor = workflow.script_engine.now, asked.actor
    effects = workflow.script_engine.effects
    prune(workflow)
    ended = workflow.is_completed()
    tasks = {} if ended else runtime.open_user_tasks(workflow)
    new = [task for key, task in tasks.items() if key not in earlier.tasks]
    timers = {} if ended else runtime.open_timers(workflow)
    moved = {
        key: moment
        for key, (_, moment) in timers.items()
        if key in earlier.timers and earlier.timers[key][1] != moment
    }
    waiting = set() if ended else runtime.open_jobs(workflow)
    started = [job for job in effects.jobs if job.task_id in waiting]
    writes = [
        _entered(item, instance, actor, at) if isinstance(item, Passed) else item
        for item in effects.writes
    ]
    writes += [_entered(runtime.passed(task), instance, actor, at) for task in new]
    rows = [
        queue.row(
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
        timer_row(workflow, instance, key, moment, at)
        for key, (_, moment) in timers.items()
        if key not in earlier.timers
    ]
    return Plan(
        instance=instance,
        is_new=is_new,
        kind=asked.kind,
        node=asked.node,
        actor=actor,
        at=at,
        status=InstanceStatus.ENDED if ended else InstanceStatus.ACTIVE,
        state=state.dump(workflow),
        completed=asked.completed,
        claimed_at=asked.claimed_at,
        passing=passing,
        cancelled=sorted(earlier.tasks - tasks.keys() - {asked.completed}),
        tasks=[_taken(task_row(workflow, instance, task, at), asked) for task in new],
        jobs=rows,
        dropped=sorted((earlier.jobs - waiting) | (earlier.timers.keys() - timers.keys())),
        moved=[{"b_task": key, "b_due": moment} for key, moment in sorted(moved.items())],
        redated=[
            {"b_task": key, "b_due": runtime.deadline_of(workflow, task) or NEVER}
            for key, task in sorted(tasks.items())
            if moved and key in earlier.tasks
        ],
        writes=writes,
        passed=[*effects.passed, *(task.task_spec.bpmn_id for task in new)],
        answers=[
            answers.row(instance.business_key, instance.definition, answer, at=at, node=node)
            for node, answer in effects.answers
        ],
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


def _taken(row: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Let the actor have the task that he takes as it opens, if it is in an inbox of his."""
    if row["node"] != asked.takes or not asked.actor.may_open(row["inbox"]):
        return row
    return row | {"claimed_by": asked.actor.id, "claimed_at": row["entered_at"]}


def task_row(
    workflow: Workflow, instance: ProcessInstance, task: Any, at: datetime
) -> dict[str, Any]:
    """Return the row of an open user task."""
    properties = properties_of(task)
    about = (task.data.get(name) for name in ("person_id", "uscc", "officer_role"))
    inbox = inbox_of(properties["actorRole"], *about)
    return {
        "id": new_id(),
        "instance_id": instance.id,
        "task_id": task.id.hex,
        "business_key": instance.business_key,
        "node": task.task_spec.bpmn_id,
        "scope": "/".join(runtime.scope_of(workflow, task)),
        "name": task.task_spec.bpmn_name or task.task_spec.bpmn_id,
        "inbox": inbox,
        "form_key": properties.get("formKey"),
        "different_from": properties.get("differentFrom"),
        "due_by": runtime.deadline_of(workflow, task) or NEVER,
        "status": TaskStatus.OPEN,
        "claimed_by": None,
        "claimed_at": None,
        "entered_at": at,
    }


def timer_row(
    workflow: Workflow, instance: ProcessInstance, key: str, moment: datetime, at: datetime
) -> dict[str, Any]:
    """Return the row of an armed timer."""
    task = runtime.find(workflow, key)
    spec = task.task_spec  # type: ignore[union-attr]  # it was found a moment ago
    return queue.row(
        kind=JobKind.TIMER,
        operation="timer",
        params=AT_BORDER if hasattr(spec, "cancel_activity") else {"boundary": False},
        key=f"timer:{key}",
        due_at=moment,
        now=at,
        instance_id=instance.id,
        business_key=instance.business_key,
        task_id=key,
        node=spec.bpmn_id,
    )
