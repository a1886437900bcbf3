"""The graphics state of a page: what `q` keeps and `Q` gives back."""

from __future__ import annotations

from copy import copy

from ofd.geometry import Box, Matrix, Outline, bounds, encloses, is_box

OPAQUE = 255


class Clip:
    """An outline beyond which nothing is seen."""

    __slots__ = ("box", "is_box", "outline")

    def __init__(self, outline: Outline) -> None:
        """Take an outline on the page, in millimetres."""
        self.outline = outline
        self.box = bounds(outline)
        self.is_box = is_box(outline)

    def encloses(self, x: float, y: float) -> bool:
        """Tell whether a point is left to see."""
        return self.box.covers(x, y) and (self.is_box or encloses(self.outline, x, y))

    def keeps(self, box: Box) -> bool:
        """Tell whether all of a box is left to see."""
        return self.is_box and self.box.holds(box)


class State:
    """What is set when something is drawn. It changes in place: thousands of times a page."""

    __slots__ = (
        "cap",
        "clips",
        "dash",
        "fill",
        "fill_alpha",
        "font",
        "join",
        "line",
        "matrix",
        "miter",
        "size",
        "stroke",
        "stroke_alpha",
    )

    def __init__(self, matrix: Matrix) -> None:
        """Begin a page; the matrix leads from its points to millimetres."""
        self.matrix = matrix
        self.fill = self.stroke = "0 0 0"
        self.line = 1.0
        self.cap = self.join = 0
        self.miter = 10.0
        self.dash: tuple[tuple[float, ...], float] = ((), 0.0)
        self.fill_alpha = self.stroke_alpha = OPAQUE
        self.font, self.size = "", 0.0
        self.clips: tuple[Clip, ...] = ()

    def kept(self) -> State:
        """Give the state as it is now; nothing in it is changed in place."""
        return copy(self)
