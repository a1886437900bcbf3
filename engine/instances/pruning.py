"""Forget finished steps that SpiffWorkflow will never look at again; history lives in rows.

Without it an instance grows with each round of correction, and after some 500 rounds the library
loses sight of its own tasks. Joins of parallel gateways look at finished tasks: what stands before
one stays, and a level whose join can be reached again is pruned of finished subprocesses only (the
check refuses such a level, older versions may have it).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.specs.Join import Join
from SpiffWorkflow.util.task import TaskState

from engine.instances.merging import same
from engine.instances.workflow import Workflow

_FINISHED = TaskState.FINISHED_MASK


def prune(workflow: Workflow) -> None:
    """Drop finished subprocesses, finished side branches, and single steps of the past."""
    for owner in list(workflow.subprocesses):
        if owner in workflow.subprocesses:
            task = workflow.find(owner)
            if task is None or task.has_state(_FINISHED):
                _drop_level(workflow, owner)
    for level in (workflow, *workflow.subprocesses.values()):
        if not level.completed and not _joins_again(level.spec):
            _Splice(workflow, level).run()


def _is_join(spec: Any) -> bool:
    return isinstance(spec, UnstructuredJoin) and not isinstance(spec, _EndJoin)


@lru_cache(maxsize=512)
def _joins_again(spec: Any) -> bool:
    """Tell whether a join of parallel branches can be reached from itself."""
    for join in filter(_is_join, spec.task_specs.values()):
        reached, ahead = set[int](), [*join.outputs]
        while ahead:
            node = ahead.pop()
            if node is join:
                return True
            if id(node) not in reached:
                reached.add(id(node))
                ahead += node.outputs
    return False


def _drop_level(workflow: Workflow, owner: UUID) -> None:
    level = workflow.subprocesses.pop(owner)
    for task_id in level.tasks:
        workflow.event_manager.tasks.pop(task_id, None)
        if task_id in workflow.subprocesses:
            _drop_level(workflow, task_id)


def _changed_nothing(end: Any) -> bool:
    """Tell whether a branch came to its end with the data with which it left the others."""
    branch = end.parent
    fork = branch.parent
    while fork is not None and len(fork._children) == 1:
        fork = fork.parent
    return fork is not None and same(fork.data, branch.data)


class _Splice:
    """Prune one level."""

    def __init__(self, workflow: Workflow, level: Any) -> None:
        self.workflow = workflow
        self.level = level
        self.tasks = level.tasks

    def run(self) -> None:
        """Drop dead side branches, then the finished links of what remains."""
        order = []
        stack = [self.level.task_tree]
        while stack:
            task = stack.pop()
            order.append(task)
            stack.extend(task.children)
        dead: dict[UUID, bool] = {}
        for task in reversed(order):
            dead[task.id] = self._is_over(task) and all(dead[child] for child in task._children)
        for task in order:
            if task.id in self.tasks and self._may_lose_branches(task):
                for child in task.children:
                    if dead[child.id]:
                        self._drop_branch(task, child)
        for task in order:
            if task.id in self.tasks and self._is_link(task):
                self._splice_out(task)

    def _is_over(self, task: Any) -> bool:
        if isinstance(task.task_spec, _EndJoin):
            return task.state == TaskState.CANCELLED and _changed_nothing(task)
        if _is_join(task.task_spec):  # the others still look at it
            return False
        return bool(
            task.has_state(_FINISHED)
            and task is not self.level.last_task
            and task.id not in self.workflow.subprocesses
        )

    def _may_lose_branches(self, task: Any) -> bool:
        if not task.has_state(_FINISHED) or len(task._children) < 2:
            return False
        if isinstance(task.task_spec, BoundaryEventSplit):
            return all(child.has_state(_FINISHED) for child in task.children)
        return True

    def _drop_branch(self, task: Any, child: Any) -> None:
        task._children.remove(child.id)
        stack = [child]
        while stack:
            gone = stack.pop()
            stack.extend(gone.children)
            del self.tasks[gone.id]

    def _is_link(self, task: Any) -> bool:
        if task is self.level.task_tree or task is self.level.last_task or task.triggered:
            return False
        if task.state != TaskState.COMPLETED or len(task._children) != 1:
            return False
        child = task.children[0]
        if isinstance(child.task_spec, Join) or _is_join(task.task_spec) or child.triggered:
            return False
        if isinstance(task.task_spec, BoundaryEventSplit) and not child.has_state(_FINISHED):
            return False
        return not isinstance(task.parent.task_spec, BoundaryEventSplit)

    def _splice_out(self, task: Any) -> None:
        child, parent = task.children[0], task.parent
        parent._children[parent._children.index(task.id)] = child.id
        child._parent = parent.id
        del self.tasks[task.id]
