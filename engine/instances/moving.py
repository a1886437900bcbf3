"""An instance set upon another specification, node by node: what waits goes on waiting there.

The tree of an instance is taken over: what is only foreseen is foreseen anew, what is finished and
has no counterpart is left out, and what waits must have one. Timers keep their moment; an event at
the border of a step that has none in the newer diagram is dropped, one that is new there is armed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import TokenIsLate, TokenStays
from engine.instances import runtime, state
from engine.instances.script import Engine
from engine.instances.workflow import Workflow
from engine.language.parsing import Process
from engine.language.specs import Timer

Pairs = Mapping[str, Mapping[str, str]]  #: process → node → its counterpart

_FORESEEN = TaskState.FUTURE | TaskState.LIKELY | TaskState.MAYBE
_WAITS = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_SPLIT, _JOIN = ".BoundaryEventSplit", ".BoundaryEventJoin"


def moved(
    workflow: Workflow, process: Process, pairs: Pairs, unfit: Pairs, engine: Engine
) -> Workflow:
    """Return what `workflow` is on another version of its process; `workflow` is used up.

    `unfit` says of nodes why nothing may wait there when it moves. Raises TokenStays, with why, and
    what an expression of a newly armed timer raises.
    """
    specs: dict[UUID | None, Any] = {None: process.spec}
    keys: dict[UUID | None, str] = {None: process.id}
    levels = sorted(workflow.subprocesses.values(), key=lambda level: level.depth)
    for owner, level in [(None, workflow), *((level.parent_task_id, level) for level in levels)]:
        above = specs[owner]
        key = keys[owner]
        for inner in _Level(level, above, pairs.get(key, {}), unfit.get(key, {})).move():
            called = inner.task_spec.spec
            specs[inner.id] = process.subprocesses[called]
            keys[inner.id] = called if called in pairs else key
    after = state.load(state.dump(workflow), process, engine)
    for level in (after, *after.subprocesses.values()):
        for task in list(level.tasks.values()):
            if isinstance(task.task_spec, BoundaryEventSplit) and _is_on(task):
                _arm(after, task)
            if task.has_state(_WAITS):
                _foresee(task)
    return after


def _is_on(split: Any) -> bool:
    """Tell whether the activity after a split still waits."""
    return any(
        child.has_state(_WAITS) and not isinstance(child.task_spec, BoundaryEvent)
        for child in split.children
    )


def _arm(workflow: Workflow, split: Any) -> None:
    """Let the events wait that the newer diagram has at the border of an activity."""
    there = {child.task_spec.name for child in split.children}
    for spec in split.task_spec.outputs:
        if isinstance(spec, BoundaryEvent) and spec.name not in there:
            task = split._add_child(spec, TaskState.MAYBE)
            task._inherit_data()
            spec._update(task)
            if isinstance(spec.event_definition, Timer):
                _not_over(workflow, task)


def _not_over(workflow: Workflow, task: Any) -> None:
    """Leave out a reminder whose moment is past; refuse to end a step at once."""
    due = runtime.due_of(task)
    if due is None or due > workflow.script_engine.now:
        return
    if task.task_spec.cancel_activity:
        name = task.task_spec.bpmn_name or task.task_spec.bpmn_id
        raise TokenIsLate(why=f"新版本的期限“{name}”已经过了")
    workflow.event_manager.tasks.pop(task.id, None)
    task.workflow._remove_task(task.id)


def _foresee(task: Any) -> None:
    """Foresee what comes after a waiting task, as the library does when one begins."""
    if isinstance(task.task_spec, BoundaryEvent):
        task._sync_children(task.task_spec.outputs, TaskState.MAYBE)
        for child in task.children:
            child.task_spec._predict(child)
    else:
        task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


class _Level:
    """One level of an instance, set upon the specification of the newer version."""

    def __init__(
        self, level: Any, spec: Any, pairs: Mapping[str, str], unfit: Mapping[str, str]
    ) -> None:
        self._level, self._spec, self._pairs, self._unfit = level, spec, pairs, unfit
        self._by_id = {node.bpmn_id: node for node in spec.task_specs.values() if node.bpmn_id}

    def move(self) -> list[Any]:
        """Move what the level has; return the tasks that own an inner level."""
        # 1. What is only foreseen goes: it is foreseen anew upon the newer diagram.
        for task in list(self._level.tasks.values()):
            if task.id in self._level.tasks and task.has_state(_FORESEEN):
                self._level._remove_task(task.id)
        # 2. What waits must have a place, before anything of the tree is changed.
        for task in self._waiting():
            self._insist(task)
        self._insist_on_branches()
        # 3. Every task that is left gets its counterpart, or goes.
        for task in self._parents_first():
            if task.id in self._level.tasks:
                self._place(task)
        self._level.spec = self._spec
        return [task for task in self._waiting() if task.id in self._owners()]

    def _owners(self) -> Any:
        return self._level.top_workflow.subprocesses.keys()

    def _waiting(self) -> Iterator[Any]:
        for task in self._level.tasks.values():
            if _is_awaited(task):
                yield task

    def _parents_first(self) -> list[Any]:
        order, ahead = [], [self._level.task_tree]
        while ahead:
            task = ahead.pop()
            order.append(task)
            ahead.extend(reversed(task.children))
        return order

    def _counterpart(self, spec: Any) -> Any | None:
        """Give the node of the newer version that stands for one of this version."""
        if spec.bpmn_id:
            return self._by_id.get(self._pairs.get(spec.bpmn_id))
        for ending in (_SPLIT, _JOIN):
            if spec.name.endswith(ending):
                owner = self._pairs.get(spec.name.removesuffix(ending), "")
                return self._spec.task_specs.get(owner + ending)
        if isinstance(spec, _EndJoin):
            nodes = self._spec.task_specs.values()
            return next((node for node in nodes if isinstance(node, _EndJoin)), None)
        return self._spec.task_specs.get(spec.name)

    def _insist(self, task: Any) -> None:
        spec = task.task_spec
        if isinstance(spec, BoundaryEvent):
            return  # it goes with its activity
        if self._counterpart(spec) is None:
            raise TokenStays(why=f"停在“{_name(spec)}”，新版本没有对应的环节")
        if spec.bpmn_id in self._unfit:
            raise TokenStays(why=f"停在“{_name(spec)}”，{self._unfit[spec.bpmn_id]}")

    def _insist_on_branches(self) -> None:
        """Insist that branches that are on their way will meet again as they do now."""
        joins = [node for node in self._level.spec.task_specs.values() if _is_meeting(node)]
        if not joins or sum(1 for _ in self._side_by_side()) < 2:
            return
        for join in joins:
            other = self._counterpart(join)
            if other is None or len(other.inputs) != len(join.inputs):
                raise TokenStays(why=f"有并行的分支在办，新版本没有对应的“{_name(join)}”")
            ways = self._ways(join, other)
            for task in self._side_by_side():
                has_come = task.task_spec is join
                node = task.parent.task_spec if has_come else task.task_spec
                place = self._counterpart(node)
                expected = {ways.get(name) for name in _ways(node, join)}
                if (
                    place is None
                    or None in expected
                    or _ways(place, other) != expected
                    or (has_come and place not in other.inputs)
                ):
                    why = f"并行的分支“{_name(node)}”在新版本中汇合的方式不同"
                    raise TokenStays(why=why)

    def _side_by_side(self) -> Iterator[Any]:
        """Yield what waits in branches, without the events at borders."""
        for task in self._waiting():
            if not isinstance(task.task_spec, BoundaryEvent):
                yield task

    def _ways(self, join: Any, other: Any) -> dict[str, str]:
        """Give by which way into the meeting of the newer version each way of this one comes."""
        ways: dict[str, str] = {}
        for before in join.inputs:
            place = self._counterpart(before)
            reached = set() if place is None else _ways(place, other)
            if len(reached) == 1 and not reached & set(ways.values()):
                ways[before.name] = reached.pop()
        return ways

    def _place(self, task: Any) -> None:
        spec, other = task.task_spec, self._counterpart(task.task_spec)
        if isinstance(spec, BoundaryEvent) and not self._is_at_border(task, other):
            if any(_is_awaited(below) for below in _below(task)):
                raise TokenStays(why=f"“{_name(spec)}”引起的办理没有结束，新版本没有对应的事件")
            self._forget(task)
            self._level._remove_task(task.id)
            return
        if other is None:
            self._leave_out(task)
            return
        task.task_spec = other
        if task.has_state(_WAITS) and not isinstance(other, BoundaryEvent):
            self._put_split_before(task)

    def _is_at_border(self, task: Any, other: Any | None) -> bool:
        """Tell whether an event stays at the border of its activity."""
        split = task.parent.task_spec  # its counterpart already: parents come first
        return (
            isinstance(other, BoundaryEvent)
            and isinstance(split, BoundaryEventSplit)
            and other in split.outputs
            and task.task_spec.bpmn_id not in self._unfit
        )

    def _forget(self, task: Any) -> None:
        self._level.top_workflow.event_manager.tasks.pop(task.id, None)

    def _leave_out(self, task: Any) -> None:
        """Take a finished step out of the tree; what came after it comes after the one before."""
        if isinstance(task.task_spec, UnstructuredJoin) and not isinstance(
            task.task_spec, _EndJoin
        ):
            raise TokenStays(why=f"新版本没有对应的“{_name(task.task_spec)}”")
        if isinstance(task.task_spec, BoundaryEventSplit):
            for child in list(task.children):
                if isinstance(child.task_spec, BoundaryEvent):
                    if any(_is_awaited(below) for below in _below(child)):
                        why = f"“{_name(child.task_spec)}”引起的办理没有结束"
                        raise TokenStays(why=why)
                    self._forget(child)
                    self._level._remove_task(child.id)
        parent = task.parent
        place = parent._children.index(task.id)
        parent._children[place : place + 1] = task._children
        for child in task.children:
            child._parent = parent.id
        if self._level.last_task is task:
            self._level.last_task = parent
        del self._level.tasks[task.id]

    def _put_split_before(self, task: Any) -> None:
        """Give a waiting activity what its events hang on, where only the newer version has any."""
        split = self._spec.task_specs.get(task.task_spec.name + _SPLIT)
        if split is None or task.parent.task_spec is split:
            return
        above = task.parent
        node = Task(self._level, split, above, state=TaskState.FUTURE)
        node._state, node.data = TaskState.COMPLETED, dict(task.data)
        above._children.pop()  # the task itself was added at the end
        above._children[above._children.index(task.id)] = node.id
        task._parent = node.id
        node._children = [task.id]


def _is_awaited(task: Any) -> bool:
    """Tell whether somebody or something is waited for, and not only other branches to end."""
    spec = task.task_spec
    return task.has_state(_WAITS) and not isinstance(spec, BoundaryEventJoin | _EndJoin)


def _below(task: Any) -> Iterator[Any]:
    ahead = list(task.children)
    while ahead:
        child = ahead.pop()
        yield child
        ahead.extend(child.children)


def _name(spec: Any) -> str:
    return str(spec.bpmn_name or spec.bpmn_id or spec.name)


def _is_meeting(spec: Any) -> bool:
    return (
        isinstance(spec, UnstructuredJoin)
        and not isinstance(spec, _EndJoin)
        and len(spec.inputs) > 1
    )


def _ways(node: Any, join: Any) -> set[str]:
    """Give by which of its ways into a meeting a node comes to it."""
    found, seen, ahead = set(), set[int](), [node]
    while ahead:
        at = ahead.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        if join in at.outputs:
            found.add(at.name)
        ahead += [output for output in at.outputs if output is not join]
    return found
