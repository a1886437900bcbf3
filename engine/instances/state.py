"""An instance as bytes: only what lives, flat, without specifications, in our own format.

The library's format stores the specification and every task ever run, cannot load data that
contain the key "typename", and loses data when a database reorders keys. Here task data are plain
JSON, written as differences to the parent, parents first.

    {"v": 1, "w": [level, …]}              outermost level first
    level = [owner task | null, [task, …], data, index of last task, success, completed]
    task  = [id | 0, parent index, state, node, triggered, internal, data, changed, removed]
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.instances.merging import same
from engine.instances.script import Engine
from engine.instances.workflow import Workflow
from engine.language.parsing import Process

FORMAT = 1

#: Tasks that rows and inner levels refer to; the others get a new id each time they are loaded.
_NAMED = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def dump(workflow: Workflow) -> bytes:
    """Return the state of `workflow`."""
    owners = workflow.subprocesses.keys()
    levels = [_dump_level(workflow, None, owners)]
    inner = sorted(workflow.subprocesses.values(), key=lambda level: level.depth)
    levels += [_dump_level(level, level.parent_task_id.hex, owners) for level in inner]
    text = json.dumps(
        {"v": FORMAT, "w": levels}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return zlib.compress(text.encode(), 1)


def _dump_level(level: Any, owner: str | None, owners: Collection[UUID]) -> list[Any]:
    index: dict[UUID, int] = {}
    rows: list[Any] = []
    stack = [level.task_tree]
    while stack:
        task = stack.pop()
        parent = level.tasks.get(task._parent)
        index[task.id] = len(rows)
        rows.append(
            [
                task.id.hex if task.has_state(_NAMED) or task.id in owners else 0,
                -1 if parent is None else index[parent.id],
                task.state,
                task.task_spec.name,
                int(task.triggered),
                task.internal_data or 0,
                *_difference(task.data, None if parent is None else parent.data),
            ]
        )
        stack.extend(reversed(task.children))
    last = -1 if level.last_task is None else index.get(level.last_task.id, -1)
    return [owner, rows, level.data, last, level.success, level.completed]


def _difference(data: dict[str, Any], parent: dict[str, Any] | None) -> tuple[Any, Any, Any]:
    if parent is None:
        return data, 0, 0
    if data is parent:
        return 0, 0, 0
    changed = {
        key: value
        for key, value in data.items()
        if key not in parent or not same(parent[key], value)
    }
    return 0, changed or 0, [key for key in parent if key not in data] or 0


def outline(blob: bytes) -> tuple[object, ...]:
    """Return where an instance stands without its data: alike for all that stand so."""
    document = json.loads(zlib.decompress(blob))
    places: dict[str | None, tuple[int, int]] = {None: (0, 0)}
    levels = []
    for number, (owner, rows, *_) in enumerate(document["w"]):
        places.update({row[0]: (number, place) for place, row in enumerate(rows) if row[0]})
        levels.append((places[owner], tuple((row[1], row[2], row[3]) for row in rows)))
    return tuple(levels)


def load(blob: bytes, process: Process, engine: Engine) -> Workflow:
    """Return the instance whose state is `blob`; raise ValueError for another format."""
    document = json.loads(zlib.decompress(blob))
    if document["v"] != FORMAT:
        raise ValueError(f"state format {document['v']} is not {FORMAT}")
    workflow = Workflow(process.spec, process.subprocesses, engine, deserializing=True)
    owners: dict[str, Any] = {}
    for owner, rows, data, last, success, completed in document["w"]:
        level = workflow if owner is None else _inner_level(workflow, process, owners[owner])
        made = _load_tasks(workflow, level, rows)
        owners.update({task.id.hex: task for task in made})
        level.task_tree = made[0]
        level.data, level.success, level.completed = data, success, completed
        level.last_task = made[last] if last >= 0 else None
    return workflow


def _inner_level(workflow: Workflow, process: Process, owner: Any) -> Any:
    level = BpmnSubWorkflow(
        process.subprocesses[owner.task_spec.spec], owner.id, workflow, deserializing=True
    )
    level.completed_event.connect(owner.task_spec._on_subworkflow_completed, owner)
    workflow.subprocesses[owner.id] = level
    return level


def _load_tasks(workflow: Workflow, level: Any, rows: list[Any]) -> list[Any]:
    made: list[Any] = []
    for key, parent, state, node, triggered, internal, full, changed, removed in rows:
        task = Task.__new__(Task)
        task.id = UUID(hex=key) if key else uuid4()
        task.workflow, task._children, task._state = level, [], state
        task.task_spec = level.spec.task_specs[node]
        task.triggered, task.thread_id, task.last_state_change = bool(triggered), 0, 0.0
        task.internal_data = internal or {}
        if parent < 0:
            task._parent, task.data = None, full or {}
        else:
            above = made[parent]
            task._parent = above.id
            above._children.append(task.id)
            task.data = {**above.data, **(changed or {})}
            for name in removed or ():
                task.data.pop(name, None)
        level.tasks[task.id] = task
        made.append(task)
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            workflow.event_manager.tasks[task.id] = task
    return made
