"""A diagram in parts: each element by its id with all that it says, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from lxml import etree

from casework.studio.comparing import elements, words
from casework.studio.comparing.difference import Part, Told, told
from casework.studio.comparing.elements import local
from engine.language.parsing import BPMN, bpmn
from engine.language.xml import read_xml

_DRAWING = "http://www.omg.org/spec/BPMN/20100524/DI"
_ENDS = ("Task", "task", "Event", "Gateway", "Activity", "ubProcess")
_OWN = frozenset(
    {
        *("sequenceFlow", "lane", "participant", "process", "message", "error", "signal"),
        *("textAnnotation", "association", "definitions", "collaboration", "messageFlow"),
    }
)
#: Said by the flows and by the nodes themselves.
_SAID = frozenset({"incoming", "outgoing", "flowNodeRef"})
_NODES = frozenset({"@default", "@attachedToRef", "@sourceRef", "@targetRef"})
_REFERRED = ("@messageRef", "@errorRef")
_NOT_DRAWN = ("", "")
_FORMAL = "tFormalExpression"
_MOST_NAMED = 6  #: elements that are named of those that only moved


def differences(before: bytes, after: bytes) -> Iterator[Told]:
    """Yield what differs between two diagrams. Raises XmlRefused."""
    old, new = _Drawn(read_xml(before)), _Drawn(read_xml(after))
    changes = list(told(old.parts(), new.parts()))
    yield from changes
    changed = {change.element for change in changes}
    redrawn = [
        key
        for key in dict.fromkeys((*new.shapes, *old.shapes))
        if old.shapes.get(key) != new.shapes.get(key) and key not in changed
    ]
    moved = [
        key
        for key in redrawn
        if old.shapes.get(key, _NOT_DRAWN)[1] == new.shapes.get(key, _NOT_DRAWN)[1]
    ]
    for said, keys in (
        ("仅移动", moved),
        ("仅图形变更", [key for key in redrawn if key not in moved]),
    ):
        if keys:
            named = "、".join(new.name(key) for key in keys[:_MOST_NAMED])
            more = f"等{len(keys)}个元素" if len(keys) > _MOST_NAMED else ""
            yield Told("", keys[0], f"{said}：{named}{more}")


def changed(before: bytes, after: bytes) -> dict[str, Change]:
    """Say what became of each element that is not as it was, to paint it. Raises XmlRefused."""
    old, new = _Drawn(read_xml(before)), _Drawn(read_xml(after))
    ours, theirs = old.parts(), new.parts()
    found = dict[str, Change]()
    for key in dict.fromkeys((*ours, *theirs)):
        if key not in ours:
            found[key] = Change.ADDED
        elif key not in theirs:
            found[key] = Change.REMOVED
        elif ours[key].said != theirs[key].said:
            found[key] = Change.CHANGED
        elif old.shapes.get(key) != new.shapes.get(key):
            found[key] = Change.MOVED
    return found


class Change(StrEnum):
    """What became of an element, as a picture says it."""

    ADDED = "新增"
    REMOVED = "删除"
    CHANGED = "修改"
    MOVED = "移动"


class _Drawn:
    """A diagram that is read."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._all = {
            element.get("id") or "": element for element in root.iter() if element.get("id")
        }
        self._lanes = {
            (node.text or "").strip(): lane.get("id") or ""
            for lane in root.iter(bpmn("lane"))
            for node in lane.iterchildren(bpmn("flowNodeRef"))
        }
        self._leaving: dict[str, list[str]] = {}
        for flow in root.iter(bpmn("sequenceFlow")):
            source = flow.get("sourceRef") or ""
            self._leaving.setdefault(source, []).append(flow.get("id") or "")
        self.shapes = dict(self._shapes())

    def _shapes(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield each drawn element with where it lies and how else it is drawn."""
        for shape in self._root.iter(f"{{{_DRAWING}}}BPMNShape", f"{{{_DRAWING}}}BPMNEdge"):
            said = [(path, value) for path, value in elements.facts(shape, lambda _: False)]
            places = [pair for pair in said if "Bounds" in pair[0] or "waypoint" in pair[0]]
            rest = [pair for pair in said if pair not in places]
            yield shape.get("bpmnElement") or "", (repr(places), repr(rest))

    def name(self, key: str) -> str:
        """Call an element as people do: its kind and its name."""
        element = self._all.get(key)
        if element is None:
            return key
        kind = words.ELEMENTS.get(local(element), local(element))
        if element.tag == bpmn("sequenceFlow"):
            ends = (element.get(end) or "" for end in ("sourceRef", "targetRef"))
            between = "到".join(f"“{self._called(end)}”" for end in ends)
            said = f"“{element.get('name')}”" if element.get("name") else ""
            return f"{between}的连线{said}"
        if element.tag == bpmn("message"):
            return f"{kind}“{words.message(element.get('name') or key)}”"
        return f"{kind}“{self._called(key)}”"

    def _called(self, key: str) -> str:
        element = self._all.get(key)
        return key if element is None else element.get("name") or key

    def parts(self) -> Mapping[str, Part]:
        """Give every element with what it says, in document order."""
        found: dict[str, Part] = {}
        for element in self._root.iter():
            key = element.get("id")
            if key and _is_part(element):
                found[key] = self._part(key, element)
        return found

    def _part(self, key: str, element: etree._Element) -> Part:
        part = Part(name=self.name(key))
        kind = local(element)
        part.say("type", "类型", kind, words.ELEMENTS.get(kind, kind))
        for path, value in elements.facts(element, _is_elsewhere):
            if path.endswith("@type") and value.rpartition(":")[2] == _FORMAL:
                continue  # every condition and every time is one: how it is written, not what
            part.say(path, _label(path), value, self._shown(path, value))
        if kind == "boundaryEvent" and _INTERRUPTS not in part.facts:  # it does, unless it says not
            part.say(_INTERRUPTS, _label(_INTERRUPTS), "true", "是")
        if key in self._lanes:
            lane = self._lanes[key]  # by its id: a lane that is renamed is told at the lane
            part.say("lane", "泳道", lane, self._called(lane))
        parent = element.getparent()
        if parent is not None and parent.tag == bpmn("subProcess"):
            part.say("parent", "所在", parent.get("id") or "", self.name(parent.get("id") or ""))
        if kind.endswith("Gateway"):
            leaving = self._leaving.get(key, [])
            part.keep_order("flows", "分支次序", {flow: self.name(flow) for flow in leaving})
        return part

    def _shown(self, path: str, value: str) -> str:
        if path in _NODES:
            element = self._all.get(value)
            is_flow = element is not None and element.tag == bpmn("sequenceFlow")
            return self.name(value) if is_flow else self._called(value)
        if path.endswith(_REFERRED):
            return words.message(self._called(value))
        if path.endswith("property[actorRole]@value"):
            return words.ROLES.get(value, value)
        if path.endswith("[status]@value"):
            return words.status(value.strip('"'))
        if path.endswith("property[differentFrom]@value"):
            return self._called(value)
        if path in _FLAGS:
            return {"true": "是", "false": "否"}.get(value, value)
        return words.expression(value)


_INTERRUPTS = "@cancelActivity"
_FLAGS = (_INTERRUPTS, "@isExecutable")


def _is_part(element: etree._Element) -> bool:
    if not isinstance(element.tag, str) or etree.QName(element).namespace != BPMN:
        return False
    name = local(element)
    return name in _OWN or name.endswith(_ENDS)


def _is_elsewhere(element: etree._Element) -> bool:
    is_drawing = isinstance(element.tag, str) and etree.QName(element).namespace == _DRAWING
    return is_drawing or local(element) in _SAID or (_is_part(element) and bool(element.get("id")))


def _label(path: str) -> str:
    for kind in ("property", "parameter"):
        if f"{kind}[" in path:
            name = path.rpartition(f"{kind}[")[2].partition("]")[0]
            if path.endswith("@value"):
                return words.PROPERTIES.get(name, f"参数“{name}”")
            return f"参数“{name}”的类型" if path.endswith("@type") else path
    return next((label for end, label in words.DRAWN.items() if path.endswith(end)), path)
