"""SpiffWorkflow's workflow with its known faults mended, by subclass; and the step loop.

Mended (3.2.0): a READY list computed before a terminate end or boundary event keeps running
cancelled tasks; error events without target reach every branch of the instance; a specific and a
catch-all boundary both fire; endless loops "complete"; the tree iterator stops at depth 1000.
How data join is mended in `engine.instances.merging`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.exceptions import WorkflowException
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import CodeEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.util.event import BpmnEvent, EventManager
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.specs import event_definitions
from SpiffWorkflow.util.task import TaskState

from engine.errors import Stuck, UncaughtBpmnError, XmlRefused
from engine.instances.script import Engine

MAX_STEPS = 300  #: steps of one action before it counts as endless
MAX_TASKS = 300  #: tasks of one instance: what a sane diagram never reaches

Step = Callable[[Any], None]


class TooManyTasks(Exception):
    """The diagram makes more tasks than an instance may have."""


class _Book(dict[UUID, Any]):
    """The tasks of a workflow, closed at `MAX_TASKS` (parallel blocks in a row grow as 2**n)."""

    def __setitem__(self, key: UUID, task: Any) -> None:
        if len(self) >= MAX_TASKS:
            raise TooManyTasks
        super().__setitem__(key, task)


class _ScopedEvents(EventManager):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Errors are caught by the activity they leave, then by what encloses it, and nowhere else."""

    def catch(self, event: Any, internal: bool = True) -> int:
        """Deliver an event; return how many tasks caught it."""
        definition = event.event_definition
        if event.target is None or not isinstance(definition, CodeEventDefinition):
            return int(super().catch(event, internal))
        scope = event.target
        while scope.parent_task_id is not None:
            owner = self.workflow.get_task_from_id(scope.parent_task_id)
            catcher = boundary(owner, definition.code)
            if catcher is not None:
                fire(catcher, {"error": {"code": definition.code}})
                return 1
            scope = owner.workflow
        raise UncaughtBpmnError(node=scope.spec.name, error=definition.code)


def _throw_in_scope(self: Any, my_task: Any) -> None:
    """Throw an error with its scope (the library's loses it and reaches every branch)."""
    my_task.workflow.top_workflow.catch(BpmnEvent(self, target=my_task.workflow))


event_definitions.ErrorEventDefinition.throw = _throw_in_scope


def boundary(task: Any, code: str) -> Any | None:
    """Return the waiting error boundary event of `task` for `code`; a specific one comes first."""
    split = task.parent
    if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
        return None
    boundaries = [
        child
        for child in split.children
        if isinstance(child.task_spec, BoundaryEvent)
        and child.state == TaskState.WAITING
        and isinstance(child.task_spec.event_definition, CodeEventDefinition)
        and child.task_spec.event_definition.code in (code, None)
    ]
    boundaries.sort(key=lambda child: child.task_spec.event_definition.code is None)
    return boundaries[0] if boundaries else None


def fire(task: Any, values: dict[str, object]) -> None:
    """Let a waiting event happen, with `values` for what follows it."""
    task.internal_data["event_fired"] = True
    task.task_spec._update(task)
    task.data.update(values)


class Workflow(BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow has no types
    """An instance in memory; raises TooManyTasks, XmlRefused for what cannot begin."""

    script_engine: Engine

    def __init__(self, spec: Any, subprocesses: Any, engine: Engine, **options: Any) -> None:
        self._tasks: dict[UUID, Any] = {}
        try:
            super().__init__(spec, subprocesses, script_engine=engine, **options)
        except RecursionError as error:
            raise TooManyTasks from error
        except WorkflowException as error:
            raise XmlRefused(spec.name, reason=str(error)) from error
        waiting = vars(self)["event_manager"].tasks
        self.event_manager = _ScopedEvents(self)
        self.event_manager.tasks = waiting

    @property
    def tasks(self) -> dict[UUID, Any]:
        """Give the tasks of the outermost level."""
        return self._tasks

    @tasks.setter
    def tasks(self, tasks: dict[UUID, Any]) -> None:
        self._tasks = _Book(tasks)

    def every_task(self) -> Iterator[Any]:
        """Yield the tasks of all levels."""
        for level in (self, *self.subprocesses.values()):
            yield from level.tasks.values()

    def find(self, key: UUID) -> Any | None:
        """Return the task with this id on any level, if it is still there."""
        for level in (self, *self.subprocesses.values()):
            if key in level.tasks:
                return level.tasks[key]
        return None

    def _do_engine_steps(self, will: Step | None = None, did: Step | None = None) -> bool:
        """Run every level once, the innermost first; tell whether anything ran."""
        ran = 0
        active = self.get_active_subprocesses()
        for level in sorted(active, key=lambda subprocess: subprocess.depth, reverse=True):
            while level.parent_task_id in self.subprocesses:
                count = self._run_ready(level, will, did)
                ran += count
                if not count:
                    owner = self.get_task_from_id(level.parent_task_id)
                    owner.task_spec._update(owner)
                    break
        return ran + self._run_ready(self, will, did) > 0

    def _run_ready(self, level: Any, will: Step | None, did: Step | None) -> int:
        ran = 0
        ready = [task for task in level.tasks.values() if task.state == TaskState.READY]
        if len(ready) > 1:  # several branches: in the order of the tree
            ready = level.get_tasks(state=TaskState.READY)
        for task in ready:
            # An earlier task of this list may have cancelled this one: look again.
            open_still = task.state == TaskState.READY and task.id in task.workflow.tasks
            if task.task_spec.manual or not open_still:
                continue
            if will is not None:
                will(task)
            task.run()
            ran += 1
            if did is not None:
                did(task)
        return ran


def step(workflow: Workflow, arrived: Step) -> None:
    """Run everything that waits for nobody; `arrived` sees each drawn node before it runs.

    Raises Stuck when that does not end, UncaughtBpmnError for an error nobody catches.
    """
    effects = workflow.script_engine.effects
    count = 0

    def will(task: Any) -> None:
        nonlocal count
        count += 1
        if count > MAX_STEPS:
            raise Stuck(node=task.task_spec.name, steps=MAX_STEPS)
        if task.task_spec.bpmn_id:
            arrived(task)

    def did(_: Any) -> None:
        while effects.thrown:
            thrown = effects.thrown.pop(0)
            throw(workflow, thrown.task, thrown.error.code, thrown.error.facts)

    try:
        workflow.do_engine_steps(will, did)
    except TooManyTasks as error:
        raise Stuck(node=workflow.spec.name, steps=MAX_TASKS) from error
    left = [
        task
        for task in workflow.every_task()
        if task.state == TaskState.READY and not task.task_spec.manual
    ]
    if left:  # the library no longer finds it: never let an instance stall in silence
        raise Stuck(node=left[0].task_spec.name, steps=MAX_STEPS)


def throw(workflow: Workflow, task: Any, code: str, facts: dict[str, object]) -> None:
    """Throw a business error out of `task`: to its own boundary, then to what encloses it."""
    at = task
    while at is not None:
        catcher = boundary(at, code)
        if catcher is not None:
            fire(catcher, {"error": {"code": code, **facts}})
            return
        owner = at.workflow.parent_task_id
        at = workflow.get_task_from_id(owner) if owner is not None else None
    raise UncaughtBpmnError(node=task.task_spec.bpmn_name or task.task_spec.name, error=code)
