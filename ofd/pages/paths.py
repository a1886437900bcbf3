"""Outlines of a page, as operators draw them."""

from __future__ import annotations

import re
from functools import lru_cache

from ofd import geometry
from ofd.geometry import Box, Matrix, Outline

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
