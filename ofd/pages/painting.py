"""What outlines become on a page: a PathObject, or the clips of another object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ofd import geometry
from ofd.geometry import Box
from ofd.markup import element, number, numbers
from ofd.pages.paths import Path
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
