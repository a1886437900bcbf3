"""How data of branches come together: whole values, and only what each branch changed.

The library merges lists and records item by item (a shorter list keeps the tail of the longer
one), takes 1 for true, and at a join lets the branch that ends last put back the old values of
keys that another branch changed. Importing this module mends both, for the process.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskState


def merge(into: dict[str, Any], data: dict[str, Any], *_: object) -> dict[str, Any]:
    """Put whole values of `data` into `into` and return it."""
    into.update(data)
    return into


def same(value: object, other: object) -> bool:
    """Tell whether two JSON values are the same; 1, 1.0 and true are three values."""
    if value is other:
        return True
    if type(value) is not type(other):
        return False
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(same(value[key], other[key]) for key in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(same, value, other))
    return value == other


def _path(task: Any) -> list[Any]:
    """Return the tasks from the root to the parent of `task`."""
    path = []
    while (task := task.parent) is not None:
        path.append(task)
    return path[::-1]


def _join(self: UnstructuredJoin, my_task: Any) -> bool:
    """Give the joining task what was there at the fork, with the changes of every branch."""
    others = [
        task
        for task in my_task.workflow.tasks.values()
        if task.task_spec is self
        and task.has_state(TaskState.FINISHED_MASK)
        and not my_task.is_descendant_of(task)
    ]
    paths = [_path(task) for task in (*others, my_task)]
    fork: dict[str, Any] = {}
    for steps in zip(*paths, strict=False):
        if any(step is not steps[0] for step in steps):
            break
        fork = steps[0].data
    joined = dict(fork)
    for path in paths:
        joined.update(
            {
                key: value
                for key, value in path[-1].data.items()
                if key not in fork or not same(fork[key], value)
            }
        )
    my_task.data = joined
    return True


DeepMerge.merge = staticmethod(merge)
UnstructuredJoin._run_hook = _join
