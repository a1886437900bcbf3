"""The verbs of an instance in memory: start, complete, finish a job, fire a timer, deliver."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.errors import BadValues, NobodyWaits, Stalled, TaskNotOpen
from engine.instances.script import Engine
from engine.instances.workflow import Workflow, fire, step, throw
from engine.language.parsing import Process
from engine.language.specs import JobTask, Timer

MAX_DATA = 65_536  #: characters of text in the values of one action
MAX_DEPTH = 8


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A drawn node that the token reached."""

    node: str
    name: str
    properties: Mapping[str, str]
    data: Mapping[str, Any]


def properties_of(task: Any) -> dict[str, str]:
    """Return the `spiffworkflow:properties` of a task's node."""
    extensions = getattr(task.task_spec, "extensions", None) or {}
    return dict(extensions.get("properties") or {})


def passed(task: Any) -> Passed:
    """Describe the node at which a task stands."""
    spec = task.task_spec
    return Passed(
        node=spec.bpmn_id,
        name=spec.bpmn_name or spec.bpmn_id,
        properties=properties_of(task),
        data=task.data,
    )


def run(workflow: Workflow) -> None:
    """Step until everybody waits, noting the nodes passed."""
    effects = workflow.script_engine.effects

    def arrived(task: Any) -> None:
        effects.passed.append(task.task_spec.bpmn_id)
        properties = properties_of(task)
        if "status" in properties or "milestone" in properties:
            effects.writes.append(passed(task))

    step(workflow, arrived)
    if not workflow.is_completed() and not anybody_waits(workflow):
        last = effects.passed[-1] if effects.passed else workflow.spec.name
        raise Stalled(node=last)


def anybody_waits(workflow: Workflow) -> bool:
    """Tell whether a person, a job or an event can still move the instance."""
    return any(
        (task.state == TaskState.READY and task.task_spec.manual)
        or (task.state == TaskState.STARTED and isinstance(task.task_spec, JobTask))
        or (
            task.state == TaskState.WAITING
            and isinstance(task.task_spec, CatchingEvent)
            and not _is_left_over(task)
        )
        for task in workflow.every_task()
    )


def _is_left_over(task: Any) -> bool:
    """Tell whether an event waits at the border of an activity that is over, or never began."""
    if not isinstance(task.task_spec, BoundaryEvent) or task.parent is None:
        return False
    activities = [
        sibling
        for sibling in task.parent.children
        if not isinstance(sibling.task_spec, BoundaryEvent)
    ]
    return not any(
        sibling.has_state(TaskState.READY | TaskState.STARTED | TaskState.WAITING)
        for sibling in activities
    )


def check_values(values: Mapping[str, object]) -> None:
    """Refuse what is not plain JSON of sane size; raise BadValues."""
    size = _size(dict(values), 0)
    if size > MAX_DATA:
        raise BadValues(reason="内容过长")


def _size(value: object, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise BadValues(reason="层次过深")
    if value is None or type(value) in (bool, int):
        return 8
    if type(value) is float:
        if not math.isfinite(value):
            raise BadValues(reason="数值无效")
        return 8
    if type(value) is str:
        return len(value)
    if type(value) is list:
        return 8 + sum(_size(item, depth + 1) for item in value)
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise BadValues(reason="名称须为文字")
        return 8 + sum(len(key) + _size(item, depth + 1) for key, item in value.items())
    raise BadValues(reason=f"不支持的类型 {type(value).__name__}")


def start(process: Process, engine: Engine, data: Mapping[str, object]) -> Workflow:
    """Make an instance with `data` and run it to its first wait."""
    check_values(data)
    workflow = Workflow(process.spec, process.subprocesses, engine)
    workflow.task_tree.data.update(data)
    run(workflow)
    return workflow


def find(workflow: Workflow, task_id: str) -> Any | None:
    """Return the task with the hexadecimal id, if it is still there."""
    return workflow.find(UUID(hex=task_id))


def open_user_tasks(workflow: Workflow) -> dict[str, Any]:
    """Return the user tasks that wait, by id."""
    return {
        task.id.hex: task
        for task in workflow.every_task()
        if task.state == TaskState.READY and task.task_spec.manual
    }


def open_jobs(workflow: Workflow) -> set[str]:
    """Return the ids of the service tasks that wait for their job."""
    return {
        task.id.hex
        for task in workflow.every_task()
        if task.state == TaskState.STARTED and isinstance(task.task_spec, JobTask)
    }


def _events(workflow: Workflow, kind: type) -> Iterator[Any]:
    for task in list(workflow.event_manager.tasks.values()):
        definition = task.task_spec.event_definition
        if task.state == TaskState.WAITING and isinstance(definition, kind):
            yield task


def open_timers(workflow: Workflow) -> dict[str, tuple[str, datetime]]:
    """Return the armed timers: task id → (node, due)."""
    return {
        task.id.hex: (task.task_spec.bpmn_id, datetime.fromisoformat(task.internal_data["due"]))
        for task in _events(workflow, Timer)
        if "due" in task.internal_data
    }


def due_of(task: Any) -> datetime | None:
    """Return the moment at which an armed timer fires; None for what is no armed timer."""
    due = task.internal_data.get("due")
    return None if due is None else datetime.fromisoformat(due)


def waiting(workflow: Workflow) -> Iterator[Any]:
    """Yield the tasks at which the instance stands: what people, jobs and events are waited for."""
    for task in workflow.every_task():
        if task.state in (TaskState.READY, TaskState.STARTED, TaskState.WAITING):
            yield task


def messages(workflow: Workflow) -> set[str]:
    """Return the names of the messages that are waited for."""
    return {
        task.task_spec.event_definition.name for task in _events(workflow, MessageEventDefinition)
    }


def complete(workflow: Workflow, task_id: str, values: Mapping[str, object]) -> None:
    """Complete a user task: `values` replace what was there, lists and records whole."""
    check_values(values)
    task = find(workflow, task_id)
    if task is None or task.state != TaskState.READY or not task.task_spec.manual:
        raise TaskNotOpen
    task.data.update(values)
    task.run()
    run(workflow)


def _job(workflow: Workflow, task_id: str) -> Any:
    task = find(workflow, task_id)
    if task is None or task.state != TaskState.STARTED or not isinstance(task.task_spec, JobTask):
        raise TaskNotOpen
    return task


def finish_job(workflow: Workflow, task_id: str, value: object) -> None:
    """Store what a job found and go on."""
    check_values({"value": value})
    task = _job(workflow, task_id)
    task.task_spec.store(task, value)
    task.complete()
    run(workflow)


def fail_job(workflow: Workflow, task_id: str, code: str, facts: dict[str, object]) -> None:
    """Throw a job's business error to the boundary event that catches it; or UncaughtBpmnError."""
    throw(workflow, _job(workflow, task_id), code, facts)
    run(workflow)


def fire_timer(workflow: Workflow, task_id: str) -> None:
    """Let an armed timer fire: its row decides, not the machine's clock."""
    task = find(workflow, task_id)
    if task is None or task.state != TaskState.WAITING:
        raise TaskNotOpen
    if not isinstance(task.task_spec.event_definition, Timer):
        raise TaskNotOpen
    fire(task, {})
    run(workflow)


def rearm(workflow: Workflow, moment_of: Callable[[Any], datetime | None]) -> dict[str, datetime]:
    """Move armed timers to the moments that `moment_of` gives; None leaves a timer as it is.

    Returns {node: moment} of those that moved.
    """
    moved = {}
    for task in _events(workflow, Timer):
        moment = moment_of(task) if "due" in task.internal_data else None
        if moment is not None and moment != datetime.fromisoformat(task.internal_data["due"]):
            task.internal_data["due"] = moment.isoformat()
            moved[task.task_spec.bpmn_id] = moment
    return moved


def arm_again(
    workflow: Workflow, moment_of: Callable[[Any], datetime | None]
) -> dict[str, datetime]:
    """Arm reminders anew that have fired, where `moment_of` gives a moment that is ahead.

    A reminder is a timer at the border of a step that it does not end. Returns {node: moment}.
    """
    armed = {}
    for split, spec in _fired_reminders(workflow):
        task = split._add_child(spec, TaskState.MAYBE)
        task._inherit_data()
        moment = moment_of(task)
        if moment is None or moment <= workflow.script_engine.now:
            split.workflow._remove_task(task.id)
            continue
        task.internal_data["due"] = moment.isoformat()
        spec._update(task)
        armed[spec.bpmn_id] = moment
    return armed


def _fired_reminders(workflow: Workflow) -> list[tuple[Any, Any]]:
    """Return reminders that have fired while their step goes on: (split, node of the timer)."""
    return [
        (split, spec)
        for split in list(workflow.every_task())
        if isinstance(split.task_spec, BoundaryEventSplit)
        and split.has_state(TaskState.FINISHED_MASK)
        and any(
            not child.has_state(TaskState.FINISHED_MASK)
            and not isinstance(child.task_spec, BoundaryEvent)
            for child in split.children
        )
        for spec in split.task_spec.outputs
        if isinstance(spec, BoundaryEvent)
        and not spec.cancel_activity
        and isinstance(spec.event_definition, Timer)
        and not any(
            child.task_spec is spec and child.state == TaskState.WAITING for child in split.children
        )
    ]


def deliver(workflow: Workflow, name: str, values: Mapping[str, object]) -> None:
    """Deliver a message to those who wait for it; raise NobodyWaits."""
    check_values(values)
    waiting = [
        task
        for task in _events(workflow, MessageEventDefinition)
        if task.task_spec.event_definition.name == name
    ]
    if not waiting:
        raise NobodyWaits
    for task in waiting:
        fire(task, dict(values))
    run(workflow)


def deadline_of(workflow: Workflow, task: Any) -> datetime | None:
    """Return when the nearest interrupting timer around a task will end it, if one will."""
    at = task
    while at is not None:
        siblings = at.parent.children if at.parent is not None else []
        moments = [
            datetime.fromisoformat(sibling.internal_data["due"])
            for sibling in siblings
            if isinstance(sibling.task_spec, BoundaryEvent)
            and sibling.task_spec.cancel_activity
            and sibling.state == TaskState.WAITING
            and "due" in sibling.internal_data
        ]
        if moments:
            return min(moments)
        owner = at.workflow.parent_task_id
        at = workflow.get_task_from_id(owner) if owner is not None else None
    return None


def scope_of(workflow: Workflow, task: Any) -> list[str]:
    """Return the ids of the activities around a task, outermost first."""
    around: list[str] = []
    owner = task.workflow.parent_task_id
    while owner is not None:
        at = workflow.get_task_from_id(owner)
        around.insert(0, at.task_spec.bpmn_id)
        owner = at.workflow.parent_task_id
    return around
