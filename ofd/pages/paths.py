"""Outlines of a page: painted as PathObject, or kept as clips."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ofd import geometry
from ofd.geometry import Box, Matrix, Outline
from ofd.markup import element, number, numbers
from ofd.pages.state import OPAQUE, State

if TYPE_CHECKING:
    from ofd.document import Document

_CAPS = {1: "Round", 2: "Square"}
_JOINS = {1: "Round", 2: "Bevel"}
#: operators and what they do with the outline: fill, stroke, even-odd rule
PAINTED = {
    "f": (True, False, False),
    "f*": (True, False, True),
    "S": (False, True, False),
    "B": (True, True, False),
    "B*": (True, True, True),
}
_SIGNS = {"m": "M", "l": "L"}
_STEP = re.compile(r"([^a-z]*)([mlch])")


class Path:
    """An outline on the page, in millimetres, with what is asked of it again and again."""

    __slots__ = ("_is_box", "_written", "box", "outline")

    def __init__(self, outline: Outline) -> None:
        """Take an outline, which does not change any more."""
        self.outline = outline
        self.box = geometry.bounds(outline)
        self._is_box: bool | None = None
        self._written: tuple[Box, str] | None = None

    @property
    def is_box(self) -> bool:
        """Tell whether it is one rectangle along the axes."""
        if self._is_box is None:
            self._is_box = geometry.is_box(self.outline)
        return self._is_box

    def written(self, box: Box) -> str:
        """Write it as AbbreviatedData, seen from the corner of a box."""
        kept = self._written
        if kept is None or kept[0] != box:
            kept = self._written = box, geometry.written(self.outline, box)
        return kept[1]

    def encloses(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside."""
        return self.box.covers(x, y) and (self.is_box or geometry.encloses(self.outline, x, y))

    def keeps(self, box: Box) -> bool:
        """Tell whether it clips nothing of a box away."""
        return self.is_box and self.box.holds(box)


@lru_cache(maxsize=256)
def traced(run: str, matrix: Matrix) -> Path:
    """Follow a run of the operators m, l, c and h. Raises: ValueError.

    The frames of papers are the same for everybody, and half of a certificate: they are kept.
    """
    outline: Outline = []
    a, b, c, d, e, f = matrix
    for said, operator in _STEP.findall(run):
        if operator == "h":
            outline.append(("C", []))
            continue
        if operator == "c":
            u, v, p, q, x, y = map(float, said.split())
            points = [
                (a * u + c * v + e, b * u + d * v + f),
                (a * p + c * q + e, b * p + d * q + f),
            ]
            points.append((a * x + c * y + e, b * x + d * y + f))
            outline.append(("B", points))
        else:
            x, y = map(float, said.split())
            outline.append((_SIGNS[operator], [(a * x + c * y + e, b * x + d * y + f)]))
    return Path(outline)


def rectangle(values: list[float], matrix: Matrix) -> Path:
    """Follow the operator re. Raises: ValueError."""
    x, y, width, height = values
    right, upper = x + width, y + height
    corners = [
        geometry.moved(matrix, *at) for at in ((x, y), (right, y), (right, upper), (x, upper))
    ]
    first, *others = corners
    return Path([("M", [first]), *(("L", [corner]) for corner in others), ("C", [])])


def painted(document: Document, path: Path, state: State, operator: str) -> str | None:
    """Give the object that an outline becomes; None: nothing of it is seen."""
    fill, stroke, even_odd = PAINTED[operator]
    scale = geometry.scale(state.matrix)
    width = state.line * scale if stroke else 0.0
    box = path.box.grown(width * 2) if stroke else path.box
    clips = clipped(state, box)
    if clips is None or not path.outline:
        return None
    inside = element("StrokeColor", Value=state.stroke) if stroke else ""
    inside += element("FillColor", Value=state.fill) if fill else ""
    inside += element("AbbreviatedData", path.written(box))
    lengths, offset = state.dash if stroke else ((), 0.0)
    alpha = state.stroke_alpha if stroke and not fill else state.fill_alpha
    return element(
        "PathObject",
        clips + inside,
        ID=document.new_id(),
        Boundary=box.written(),
        LineWidth=number(width) if stroke else None,
        Cap=_CAPS.get(state.cap) if stroke else None,
        Join=_JOINS.get(state.join) if stroke else None,
        MiterLimit=number(state.miter) if stroke and not state.join else None,
        DashOffset=number(offset * scale) if lengths and offset else None,
        DashPattern=numbers(value * scale for value in lengths) if lengths else None,
        Alpha=None if alpha == OPAQUE else alpha,
        Stroke="true" if stroke else "false",
        Fill="true" if fill else None,
        Rule="Even-Odd" if even_odd else None,
    )


def clipped(state: State, box: Box) -> str | None:
    """Write the clips that cut a box; None: nothing of it is left to see."""
    cutting = []
    for clip in state.clips:
        if not clip.box.meets(box):
            return None
        if not clip.keeps(box):
            cutting.append(clip)
    if not cutting:
        return ""
    here = Box(0, 0, box.width, box.height)
    areas = (_area(clip, box, here) for clip in cutting)
    return element("Clips", "".join(areas))


def _area(clip: Path, box: Box, here: Box) -> str:
    path = element(
        "Path",
        element("AbbreviatedData", clip.written(box)),
        Boundary=here.written(),
        Stroke="false",
        Fill="true",
    )
    return element("Clip", element("Area", path))
