"""The graphics state of a page: what `q` keeps and `Q` gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ofd.geometry import Matrix

if TYPE_CHECKING:
    from ofd.pages.paths import Path

OPAQUE = 255


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
        self.clips: tuple[Path, ...] = ()  #: beyond any of them nothing is seen

    def kept(self) -> State:
        """Give the state as it is now; nothing in it is changed in place."""
        kept = State.__new__(State)
        for name in State.__slots__:
            setattr(kept, name, getattr(self, name))
        return kept
