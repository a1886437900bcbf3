"""A process drawn as SVG from its diagram interchange (BPMN 2.0.2, 12): a picture without scripts.

Shapes, lanes, flows and labels stand where the analyst put them. Screens fill the letters with
their own face; documents with that of the house.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from lxml import etree

from engine.language.parsing import bpmn

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_DD = "{http://www.omg.org/spec/DD/20100524/DI}"
SIZE = 12  #: pixels of a letter
_LINE = 15  #: from line to line
_EDGE = 20  #: around the drawing
_HEAD = 30  #: the band of a pool or lane with its name
#: What a task does, written in its corner; the field's signs are pictures that need a legend.
_KINDS = {
    "userTask": "人",
    "serviceTask": "办",
    "businessRuleTask": "表",
    "scriptTask": "算",
    "sendTask": "发",
    "receiveTask": "收",
}
LEGEND = (
    ("人", "由人办理"),
    ("办", "系统办理"),
    ("表", "查决策表"),
    ("粗框", "调用其他流程"),
    ("双圈", "等待或者附着的事件"),
)
_SIGNS = {
    "timerEventDefinition": "M{x},{t} L{x},{y} L{r},{y}",
    "messageEventDefinition": "M{l},{u} H{q} V{d} H{l} Z L{x},{y} L{q},{u}",
    "errorEventDefinition": "M{l},{d} L{x},{u} L{x},{y} L{q},{u}",
    "terminateEventDefinition": "M{l},{y} H{q}",
    "signalEventDefinition": "M{x},{u} L{q},{d} H{l} Z",
    "escalationEventDefinition": "M{x},{u} L{q},{d} L{x},{y} L{l},{d} Z",
}
_CLOSING = "，。；：、？！）》”"  #: begins no line
_GATEWAYS = {"exclusiveGateway": "×", "parallelGateway": "+", "inclusiveGateway": "○"}


@dataclass(frozen=True, kw_only=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


_PAINTED = ' data-painted=""'  #: by which a page finds what it opens the picture at


@dataclass(frozen=True, kw_only=True)
class Paint:
    """What is painted over an element: a frame in a colour, and a word at its corner."""

    colour: str
    word: str = ""
    dashed: bool = False


def svg(root: etree._Element, paints: Mapping[str, Paint] | None = None, label: str = "") -> str:
    """Draw all that a diagram draws; an empty picture where it draws nothing.

    `paints` are painted over the elements with these ids; `label` says what the picture is.
    """
    return _Drawing(root, paints or {}).svg(label)


class _Drawing:
    def __init__(self, root: etree._Element, paints: Mapping[str, Paint]) -> None:
        self._paints = paints
        self._elements = {
            element.get("id"): element
            for element in root.iter()
            if isinstance(element.tag, str) and element.get("id")
        }
        self._shapes = [
            (self._elements[key], box, shape)
            for shape in root.iter(f"{_DI}BPMNShape")
            if (key := shape.get("bpmnElement")) in self._elements
            and (box := _bounds(shape)) is not None
        ]
        self._edges = [
            (self._elements[key], points, edge)
            for edge in root.iter(f"{_DI}BPMNEdge")
            if (key := edge.get("bpmnElement")) in self._elements
            and len(points := _points(edge)) > 1
        ]

    def svg(self, label: str) -> str:
        boxes = [box for _, box, _ in self._shapes]
        xs = [x for _, points, _ in self._edges for x, _ in points]
        ys = [y for _, points, _ in self._edges for _, y in points]
        left = min([*(box.x for box in boxes), *xs], default=0) - _EDGE
        top = min([*(box.y for box in boxes), *ys], default=0) - _EDGE
        right = max([*(box.x + box.width for box in boxes), *xs], default=0) + _EDGE
        bottom = max([*(box.y + box.height for box in boxes), *ys], default=0) + 2 * _EDGE
        width, height = right - left, bottom - top
        body = "".join(
            [
                *(part for shape in self._shapes for part in self._shape(*shape)),
                *(part for edge in self._edges for part in self._edge(*edge)),
                *(part for shape in self._shapes for part in self._painted(*shape)),
            ]
        )
        said = f' role="img" aria-label="{escape(label)}"' if label else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg"{said}'
            f' width="{width:g}" height="{height:g}"'
            f' viewBox="{left:g} {top:g} {width:g} {height:g}"'
            f' font-family="Gov Hei, Gov Song, sans-serif" font-size="{SIZE}" fill="#1c1b1a">'
            f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" fill="#fff"/>'
            f"{body}</svg>"
        )

    def _shape(self, element: etree._Element, box: _Box, shape: etree._Element) -> Iterator[str]:
        kind, name = etree.QName(element).localname, element.get("name") or ""
        if kind in ("participant", "lane"):
            yield _rect(box, fill="none", stroke="#8d8780")
            yield _upright(name, _Box(x=box.x, y=box.y, width=_HEAD, height=box.height))
        elif kind.endswith("Event"):
            yield from self._event(element, kind, box)
            yield from _label(name, shape, box)
        elif kind.endswith("Gateway"):
            yield _gateway(kind, box)
            yield from _label(name, shape, box)
        elif kind == "textAnnotation":
            yield _rect(box, fill="none", stroke="#c9c4bc", dashed=True)
            yield _text(element.findtext(bpmn("text")) or "", box)
        elif kind == "subProcess":
            yield _rect(box, fill="none", stroke="#1c1b1a", round_=10)
            yield _text(name, _Box(x=box.x, y=box.y + 4, width=box.width, height=_LINE))
        else:
            is_call = kind == "callActivity"
            yield _rect(box, fill="#fff", stroke="#1c1b1a", round_=10, thick=3 if is_call else 1.2)
            yield _text(name, box)
            if sign := _KINDS.get(kind):
                yield f'<text x="{box.x + 7:g}" y="{box.y + 16:g}" fill="#6b6762">{sign}</text>'

    def _painted(self, element: etree._Element, box: _Box, _: etree._Element) -> Iterator[str]:
        paint = self._paints.get(element.get("id") or "")
        if paint is None:
            return
        around = _Box(x=box.x - 5, y=box.y - 5, width=box.width + 10, height=box.height + 10)
        frame = _rect(
            around, fill="none", stroke=paint.colour, round_=12, thick=3, dashed=paint.dashed
        )
        yield frame.replace("/>", f"{_PAINTED}/>")
        if paint.word:
            wide = 10 + sum(
                SIZE if unicodedata.east_asian_width(letter) in "WF" else SIZE * 0.6
                for letter in paint.word
            )
            place = _Box(x=around.x - 6, y=around.y - 12, width=wide, height=20)
            yield _rect(place, fill=paint.colour, stroke=paint.colour, round_=9)
            yield (
                f'<text x="{place.middle[0]:g}" y="{place.y + 14:g}" fill="#fff"'
                f' font-weight="700" text-anchor="middle">{escape(paint.word)}</text>'
            )

    def _edge_colour(self, element: etree._Element) -> str:
        paint = self._paints.get(element.get("id") or "")
        return paint.colour if paint else "#4a4744"

    def _event(self, element: etree._Element, kind: str, box: _Box) -> Iterator[str]:
        (x, y), radius = box.middle, box.width / 2
        dashed = ' stroke-dasharray="4 3"' if element.get("cancelActivity") == "false" else ""
        stroke = f'fill="#fff" stroke="#1c1b1a" stroke-width="{3 if kind == "endEvent" else 1.2}"'
        yield f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" {stroke}{dashed}/>'
        if kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
            yield f'<circle cx="{x:g}" cy="{y:g}" r="{radius - 3:g}" {stroke}{dashed}/>'
        spread = {"x": x, "y": y, "l": x - 7, "q": x + 7, "u": y - 5, "d": y + 5}
        places = {name: f"{place:g}" for name, place in {**spread, "t": y - 8, "r": x + 6}.items()}
        for child in element:
            name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if path := _SIGNS.get(name):
                drawn = path.format(**places)
                yield f'<path d="{drawn}" fill="none" stroke="#1c1b1a"/>'
            if name == "timerEventDefinition":
                yield f'<circle cx="{x:g}" cy="{y:g}" r="9" fill="none" stroke="#1c1b1a"/>'

    def _edge(
        self, element: etree._Element, points: list[tuple[float, float]], edge: etree._Element
    ) -> Iterator[str]:
        is_flow = etree.QName(element).localname == "sequenceFlow"
        line = " ".join(f"{x:g},{y:g}" for x, y in points)
        dashed = "" if is_flow else ' stroke-dasharray="3 3"'
        colour = self._edge_colour(element)
        thick = "" if colour == "#4a4744" else ' stroke-width="3"'
        painted = _PAINTED if thick else ""
        yield f'<polyline points="{line}" fill="none" stroke="{colour}"{thick}{dashed}{painted}/>'
        if is_flow:
            yield _arrow(points[-2], points[-1], colour)
        if name := element.get("name"):
            (ax, ay), (bx, by) = points[0], points[1]
            middle = _Box(x=(ax + bx) / 2 - 40, y=(ay + by) / 2 - _LINE, width=80, height=0)
            yield from _label(name, edge, middle)


def _bounds(shape: etree._Element) -> _Box | None:
    bounds = shape.find(f"{_DC}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(key, "0")) for key in ("x", "y", "width", "height"))
    return _Box(x=x, y=y, width=width, height=height)


def _points(edge: etree._Element) -> list[tuple[float, float]]:
    return [
        (float(point.get("x", "0")), float(point.get("y", "0")))
        for point in edge.iter(f"{_DD}waypoint")
    ]


def _rect(
    box: _Box, *, fill: str, stroke: str, round_: float = 0, thick: float = 1, dashed: bool = False
) -> str:
    line = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
        f' rx="{round_:g}" fill="{fill}" stroke="{stroke}" stroke-width="{thick:g}"{line}/>'
    )


def _gateway(kind: str, box: _Box) -> str:
    (x, y), half = box.middle, box.width / 2
    corners = f"{x:g},{y - half:g} {x + half:g},{y:g} {x:g},{y + half:g} {x - half:g},{y:g}"
    sign = _GATEWAYS.get(kind, "◇")
    return (
        f'<polygon points="{corners}" fill="#fff" stroke="#1c1b1a" stroke-width="1.2"/>'
        f'<text x="{x:g}" y="{y + 8:g}" font-size="24" text-anchor="middle">{sign}</text>'
    )


def _arrow(before: tuple[float, float], tip: tuple[float, float], colour: str) -> str:
    (ax, ay), (bx, by) = before, tip
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5 or 1
    ux, uy = (bx - ax) / length, (by - ay) / length
    base = (bx - 9 * ux, by - 9 * uy)
    wings = [(base[0] - 4 * uy, base[1] + 4 * ux), (base[0] + 4 * uy, base[1] - 4 * ux)]
    corners = " ".join(f"{x:g},{y:g}" for x, y in (tip, *wings))
    return f'<polygon points="{corners}" fill="{colour}"/>'


def _label(name: str, shape: etree._Element, box: _Box) -> Iterator[str]:
    """Write the name of what has no room inside: where its label lies, else below it."""
    label = shape.find(f"{_DI}BPMNLabel")
    place = None if label is None else _bounds(label)
    if place is None:
        place = _Box(x=box.x + box.width / 2 - 50, y=box.y + box.height + 4, width=100, height=0)
    wide = _Box(x=place.x - 4, y=place.y, width=place.width + 8, height=place.height)
    yield _text(name, wide, from_top=True)


def _text(text: str, box: _Box, *, from_top: bool = False) -> str:
    """Write lines that fit the width of a box, in its middle or from its top."""
    lines = broken(text, max(box.width - 8, SIZE * 3))
    x, y = box.middle
    first = (box.y if from_top else y - len(lines) * _LINE / 2) + SIZE
    spans = "".join(
        f'<tspan x="{x:g}" y="{first + place * _LINE:g}">{escape(line)}</tspan>'
        for place, line in enumerate(lines)
    )
    return f'<text text-anchor="middle">{spans}</text>' if lines else ""


def _upright(text: str, box: _Box) -> str:
    """Write a name from the top of a band to its bottom, letter under letter."""
    x, y = box.middle
    first = y - len(text) * _LINE / 2 + SIZE
    spans = "".join(
        f'<tspan x="{x:g}" y="{first + place * _LINE:g}">{escape(letter)}</tspan>'
        for place, letter in enumerate(text)
    )
    return f'<text text-anchor="middle">{spans}</text>' if text else ""


def broken(text: str, width: float) -> list[str]:
    """Break a text into lines of at most `width` pixels; a Chinese character is as wide as high.

    >>> broken("填写延续注册申请表", 60)
    ['填写延续注', '册申请表']
    """
    lines, line, room = list[str](), "", width
    for letter in " ".join(text.split()):
        wide = SIZE if unicodedata.east_asian_width(letter) in "WF" else SIZE * 0.6
        if wide > room and line and letter not in _CLOSING:
            lines.append(line)
            line, room = "", width
        line, room = line + letter, room - wide
    return [*lines, line] if line else lines
