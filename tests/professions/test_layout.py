"""Diagrams are shown to applicants: nothing overlaps, lines go around, each box is in its lane."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import pytest
from lxml import etree

from engine.language.parsing import bpmn
from engine.language.xml import read_xml
from tests.professions.folders import structural_engineer

DIAGRAMS = {
    path: data for path, data in structural_engineer().files.items() if path.endswith(".bpmn")
}
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
CONTAINERS = ("participant", "lane", "subProcess")


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in pixels."""

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, margin: float = 0) -> bool:
        """Tell whether the two have area in common, or come nearer than `margin`."""
        return (
            self.left < other.right + margin
            and other.left < self.right + margin
            and self.top < other.bottom + margin
            and other.top < self.bottom + margin
        )

    def holds(self, other: Box) -> bool:
        """Tell whether `other` lies inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Page:
    """A diagram as it lies on the page."""

    boxes: dict[str, Box]  #: by id, tasks, events and gateways
    around: dict[str, Box]  #: pool, lanes and subprocesses
    labels: list[Box]
    lines: dict[str, list[tuple[float, float]]]
    root: etree._Element


def box(name: str, shape: etree._Element | None) -> Box:
    bounds = None if shape is None else shape.find(f"{DC}Bounds")
    assert bounds is not None, f"{name} has no bounds"
    x, y, w, h = (float(bounds.get(key) or 0) for key in ("x", "y", "width", "height"))
    return Box(name, x, y, x + w, y + h)


def page(data: bytes) -> Page:
    root = read_xml(data)
    kinds = {
        element.get("id"): etree.QName(element).localname for element in root.iter(etree.Element)
    }
    boxes, around, labels = {}, {}, []
    lines = {}
    for shape in root.iter(f"{DI}BPMNShape"):
        key = shape.get("bpmnElement") or ""
        (around if kinds[key] in CONTAINERS else boxes)[key] = box(key, shape)
    for edge in root.iter(f"{DI}BPMNEdge"):
        points = edge.findall(WAYPOINT)
        lines[edge.get("bpmnElement") or ""] = [
            (float(point.get("x") or 0), float(point.get("y") or 0)) for point in points
        ]
    for label in root.iter(f"{DI}BPMNLabel"):
        parent = label.getparent()
        assert parent is not None
        labels.append(box(parent.get("bpmnElement") or "", label))
    return Page(boxes, around, labels, lines, root)


def crosses(a: tuple[float, float], b: tuple[float, float], box: Box) -> bool:
    """Tell whether the straight line a–b (level or upright) goes through the inside of the box."""
    inner = Box("", box.left + 2, box.top + 2, box.right - 2, box.bottom - 2)
    line = Box("", min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
    return line.meets(inner)


pages = pytest.mark.parametrize("drawn", [page(data) for data in DIAGRAMS.values()], ids=DIAGRAMS)


def attached(drawn: Page) -> dict[str | None, str | None]:
    events = drawn.root.iter(bpmn("boundaryEvent"))
    return {event.get("id"): event.get("attachedToRef") for event in events}


@pages
def test_boxes_do_not_overlap(drawn: Page) -> None:
    """R17: the live diagram can be read; only a boundary event sits on its activity."""
    hosts = attached(drawn)

    touching = [
        (combination.name, other.name)
        for combination, other in combinations(drawn.boxes.values(), 2)
        if combination.meets(other)
        and hosts.get(combination.name) != other.name
        and hosts.get(other.name) != combination.name
    ]

    assert touching == []


@pages
def test_lines_go_around_boxes(drawn: Page) -> None:
    """A line ends at its two boxes and crosses out no other."""
    hosts = attached(drawn)
    faults = []
    for flow in drawn.root.iter(bpmn("sequenceFlow")):
        ends = {flow.get("sourceRef"), flow.get("targetRef")}
        own = ends | {hosts.get(end) for end in ends}
        for a, b in pairwise(drawn.lines[flow.get("id") or ""]):
            assert a[0] == b[0] or a[1] == b[1], f"{flow.get('id')} is not level or upright"
            faults += [
                (flow.get("id"), obstacle.name)
                for obstacle in drawn.boxes.values()
                if obstacle.name not in own and crosses(a, b, obstacle)
            ]

    assert faults == []


@pages
def test_labels_can_be_read(drawn: Page) -> None:
    """No label lies on another, on a foreign box or on an upright or level line."""
    faults = [
        (combination.name, other.name)
        for combination, other in combinations(drawn.labels, 2)
        if combination.meets(other)
    ]
    for label in drawn.labels:
        faults += [
            (label.name, obstacle.name)
            for obstacle in drawn.boxes.values()
            if obstacle.name != label.name  # the corners beside a gateway's diamond are free
            and label.meets(
                Box(
                    "", obstacle.left + 3, obstacle.top + 3, obstacle.right - 3, obstacle.bottom - 3
                )
            )
        ]
        faults += [
            (label.name, name)
            for name, points in drawn.lines.items()
            if any(crosses(a, b, label) for a, b in pairwise(points))
        ]

    assert faults == []


@pages
def test_everything_is_where_it_belongs(drawn: Page) -> None:
    """Each step lies in its lane, each lane in the pool, each inner step in its subprocess."""
    (pool,) = [area for key, area in drawn.around.items() if key.startswith("pool_")]
    for lane in drawn.root.iter(bpmn("lane")):
        around = drawn.around[lane.get("id") or ""]
        assert pool.holds(around)
        for reference in lane.findall(bpmn("flowNodeRef")):
            key = reference.text or ""
            place = drawn.boxes.get(key) or drawn.around[key]
            assert around.holds(place), f"{key} leaves its lane"
    for inside in drawn.root.iter(bpmn("subProcess")):
        around = drawn.around[inside.get("id") or ""]
        hosts = attached(drawn)
        for node in inside:
            key = node.get("id") or ""
            if key in drawn.boxes and key not in hosts:
                assert around.holds(drawn.boxes[key]), f"{key} leaves its subprocess"


@pages
def test_the_main_path_reads_from_left_to_right(drawn: Page) -> None:
    """The first step is at the left edge, the last good end at the right."""
    starts = [event.get("id") for event in drawn.root.iter(bpmn("startEvent"))]
    first = min(drawn.boxes.values(), key=lambda spot: spot.left)

    assert first.name in {*starts, "check_availability", "check_readiness"}
    ends = [drawn.boxes[event.get("id") or ""] for event in drawn.root.iter(bpmn("endEvent"))]
    assert max(end.right for end in ends) >= max(
        drawn_box.right for drawn_box in drawn.boxes.values()
    )
