"""Whether a case can go on with another version: the diagrams must have the same shape.

Of the same shape are diagrams with the same nodes at the same places and the same flows between
them. Names, documentation, conditions, periods, parameters, tables, forms and texts may differ.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.definitions import Definition
from engine.language.parsing import Sources, bpmn, spiff

_KEPT = ("attachedToRef", "cancelActivity", "calledElement", "sourceRef", "targetRef", "default")
_EVENTS = ("timer", "message", "error", "terminate", "signal")
_NODES = ("Task", "Event", "Gateway", "Activity", "subProcess", "sequenceFlow")
_WORK = frozenset({"actorRole", "differentFrom", "formKey"})


def differences(before: Definition, after: Definition, process: str) -> list[str]:
    """Return why cases of a process cannot go on with another version, in Chinese; none: they can.

    The elements that are missing, new or drawn in another way, with the name of the diagram.
    """
    return list(_differences(before.sources, after.sources, process))


def _differences(before: Sources, after: Sources, process: str) -> Iterator[str]:
    for key in reached(before, process):
        file = before.processes[key]
        if key not in after.processes:
            yield f"{file}：没有流程 {key}"
            continue
        ours, theirs = _shape(before, key), _shape(after, key)
        for element in sorted(ours.keys() | theirs.keys()):
            if element not in theirs:
                yield f"{file}#{element}：新版本没有这个元素"
            elif element not in ours:
                yield f"{file}#{element}：是新版本新增的元素"
            elif ours[element] != theirs[element]:
                yield f"{file}#{element}：在新版本中画法不同"


def reached(sources: Sources, process: str) -> list[str]:
    """Return the processes that a case of this one may come to."""
    found, waiting = [], [process]
    while waiting:
        key = waiting.pop()
        if key in found or key not in sources.processes:
            continue
        found.append(key)
        waiting += [
            call.get("calledElement") or "" for call in process_of(sources, key).iter(_CALL)
        ]
    return found


_CALL = bpmn("callActivity")


def process_of(sources: Sources, key: str) -> etree._Element:
    """Return the element of a process that is there."""
    root = sources.diagrams[sources.processes[key]]
    return next(process for process in root.iter(bpmn("process")) if process.get("id") == key)


def _shape(sources: Sources, key: str) -> dict[str, tuple[object, ...]]:
    """Return of each element what must be the same."""
    shape: dict[str, tuple[object, ...]] = {}
    for element in process_of(sources, key).iter():
        tag = element.tag
        if isinstance(tag, str) and tag.endswith(_NODES) and element.get("id"):
            parent = element.getparent()
            shape[element.get("id") or ""] = (
                tag,
                None if parent is None else parent.get("id"),
                *(element.get(name) for name in _KEPT),
                *_events(element),
                *_work(element),
            )
    return shape


def _events(element: etree._Element) -> Iterator[str]:
    for kind in _EVENTS:
        for definition in element.findall(bpmn(f"{kind}EventDefinition")):
            yield f"{kind} {definition.get('messageRef') or definition.get('errorRef') or ''}"


def _work(element: etree._Element) -> Iterator[str]:
    """Yield who does a user task: its row in an inbox stands already."""
    if element.tag == bpmn("userTask"):
        for setting in element.iter(spiff("property")):
            if setting.get("name") in _WORK:
                yield f"{setting.get('name')}={setting.get('value')}"
