"""Which node of another version stands for a node of this one: suggested, changed, judged.

A map gives, of each process, the node of the newer version by the node of the older one; what is
not in it has no counterpart. It is suggested by id, then by name and kind; people may say otherwise
where both are of a kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.definitions import Definition
from engine.language.parsing import Sources, bpmn, spiff
from engine.running.shapes import process_of, reached

NodeMap = Mapping[str, Mapping[str, str]]  #: process → node of the older → node of the newer

_SPLIT = (bpmn("callActivity"), bpmn("subProcess"))
_EVENTS = ("timer", "message", "error", "terminate", "signal")
_WAITING = ("Task", "Activity", "subProcess", "CatchEvent", "boundaryEvent")
_KINDS = {
    "userTask": "由人办理",
    "serviceTask": "系统办理",
    "businessRuleTask": "查决策表",
    "callActivity": "调用流程",
    "subProcess": "子流程",
    "boundaryEvent": "附着的事件",
    "intermediateCatchEvent": "等待的事件",
    "intermediateThrowEvent": "发出的事件",
    "startEvent": "开始",
    "endEvent": "结束",
    "exclusiveGateway": "排他网关",
    "parallelGateway": "并行网关",
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """What a diagram draws, as far as a case that stands there is concerned."""

    id: str
    name: str
    kind: str  #: local name of its element
    scope: str  #: id of the process or subprocess that it is drawn in
    awaits: tuple[str, ...]  #: what ends it: event and message, operation, called process
    role: str  #: `actorRole` of a user task
    status: str  #: that a case has there
    border_of: str  #: the activity at whose border an event is drawn, "" for others
    ends: bool  #: whether a border event ends its activity
    other_person: str  #: node that another person must have done

    @property
    def label(self) -> str:
        """The kind in Chinese."""
        return _KINDS.get(self.kind, self.kind)

    @property
    def may_hold(self) -> bool:
        """Tell whether a case may stand here, or come together with its other branches."""
        return self.kind.endswith(_WAITING) or self.kind == "parallelGateway"


def nodes(sources: Sources, process: str) -> dict[str, Node]:
    """Return the nodes of a process by id, in the order of its file."""
    return {node.id: node for node in _nodes(sources, process)}


def _nodes(sources: Sources, process: str) -> Iterator[Node]:
    for element in process_of(sources, process).iter():
        tag = element.tag if isinstance(element.tag, str) else ""
        kind = etree.QName(tag).localname if tag else ""
        key, parent = element.get("id"), element.getparent()
        if not key or parent is None or not tag.startswith(f"{{{_BPMN}}}"):
            continue
        if kind.endswith(("Task", "Event", "Gateway", "Activity", "subProcess")):
            settings = {
                item.get("name"): item.get("value") or "" for item in _own(element, "property")
            }
            yield Node(
                id=key,
                name=element.get("name") or key,
                kind=kind,
                scope=parent.get("id") or "",
                awaits=tuple(_awaited(element)),
                role=settings.get("actorRole", ""),
                status=settings.get("status", ""),
                border_of=element.get("attachedToRef") or "",
                ends=element.get("cancelActivity") != "false",
                other_person=settings.get("differentFrom", ""),
            )


_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def _own(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield extensions of an element itself, not of what is drawn inside it."""
    extensions = element.find(bpmn("extensionElements"))
    if extensions is not None:
        yield from extensions.iter(spiff(name))


def _awaited(element: etree._Element) -> Iterator[str]:
    for kind in _EVENTS:
        for event in element.findall(bpmn(f"{kind}EventDefinition")):
            yield f"{kind} {event.get('messageRef') or event.get('errorRef') or ''}"
    if element.tag == bpmn("callActivity"):
        yield element.get("calledElement") or ""
    for operator in _own(element, "serviceTaskOperator"):
        yield operator.get("id") or ""


def processes(before: Definition, after: Definition, process: str) -> list[str]:
    """Return the processes that a case of `process` may come to and that both versions draw."""
    return [key for key in reached(before.sources, process) if key in after.sources.processes]


def suggested(before: Definition, after: Definition, process: str) -> dict[str, str]:
    """Return the likely counterparts of the nodes of one process."""
    ours, theirs = nodes(before.sources, process), nodes(after.sources, process)
    found = {
        key: key for key, node in ours.items() if key in theirs and theirs[key].kind == node.kind
    }
    free = [node for node in theirs.values() if node.id not in found.values()]
    for key, node in ours.items():
        alike = [
            other
            for other in free
            if key not in found and (other.name, other.kind) == (node.name, node.kind)
        ]
        if len(alike) == 1:
            found[key] = alike[0].id
            free.remove(alike[0])
    return found


def chosen(
    before: Definition, after: Definition, process: str, said: NodeMap
) -> dict[str, dict[str, str]]:
    """Return the whole map: what is suggested, and what people said instead ("": none)."""
    whole = {}
    for key in processes(before, after, process):
        pairs = suggested(before, after, key) | dict(said.get(key, {}))
        whole[key] = {old: new for old, new in pairs.items() if new}
    return whole


def unknown(before: Definition, after: Definition, said: NodeMap) -> list[str]:
    """Return what people said that cannot be: no such node, another kind, one node for two."""
    wrong = []
    for process, pairs in said.items():
        if process not in before.sources.processes or process not in after.sources.processes:
            wrong.append(f"没有流程 {process}")
            continue
        ours, theirs = nodes(before.sources, process), nodes(after.sources, process)
        for old, new in pairs.items():
            if old not in ours or (new and new not in theirs):
                wrong.append(f"没有环节 {old} 或者 {new}")
            elif new and ours[old].kind != theirs[new].kind:
                wrong.append(f"“{ours[old].name}”和“{theirs[new].name}”不是同一种环节")
        whole = {**suggested(before, after, process), **pairs}
        taken = [new for new in whole.values() if new]
        wrong += [
            f"“{theirs[new].name}”只能对应一个环节"
            for new in sorted({new for new in taken if taken.count(new) > 1})
            if new in theirs
        ]
    return wrong


def unfit(
    before: Definition, after: Definition, process: str, pairs: Mapping[str, str]
) -> dict[str, str]:
    """Return where no case may stand when it moves, though there is a counterpart: node → why."""
    ours, theirs = nodes(before.sources, process), nodes(after.sources, process)
    found = {}
    for old, new in pairs.items():
        if why := _why(ours[old], theirs[new], pairs):
            found[old] = why
    return found


def _why(old: Node, new: Node, pairs: Mapping[str, str]) -> str:
    if pairs.get(old.scope, old.scope) != new.scope:
        return "画在另一个子流程中"
    if pairs.get(old.border_of, "") != new.border_of:
        return "附着在另一个环节上"
    if old.ends != new.ends:
        return "是否中断所附着的环节不同"
    if old.awaits != new.awaits:
        return {"serviceTask": "系统办理的事不同", "callActivity": "调用的流程不同"}.get(
            old.kind, "等待的事件不同"
        )
    if old.role != new.role:
        return "办理人不同"
    if old.status != new.status:
        return "申请的状态不同"
    return ""
