"""Matrices, outlines and the boxes around them, in millimetres."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from ofd.markup import numbers

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
#: M, L, B (three points) and C as AbbreviatedData has them, each with its points
Outline = list[tuple[str, list[Point]]]

IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_CORNERS = 4
_NEAR = 1e-3  #: a micrometre


class Box(NamedTuple):
    """A rectangle along the axes."""

    left: float
    top: float
    width: float
    height: float

    def written(self) -> str:
        """Write it as Boundary."""
        return numbers(self)

    def grown(self, by: float) -> Box:
        """Give a box that is wider on every side."""
        return Box(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)

    def covers(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside."""
        right, bottom = self.left + self.width, self.top + self.height
        return self.left <= x <= right and self.top <= y <= bottom

    def holds(self, other: Box) -> bool:
        """Tell whether another box lies inside, but for a micrometre."""
        room = self.grown(_NEAR)
        right, bottom = other.left + other.width, other.top + other.height
        return room.covers(other.left, other.top) and room.covers(right, bottom)

    def meets(self, other: Box) -> bool:
        """Tell whether two boxes have anything in common."""
        return (
            self.left <= other.left + other.width
            and other.left <= self.left + self.width
            and self.top <= other.top + other.height
            and other.top <= self.top + self.height
        )


def times(m: Matrix, n: Matrix) -> Matrix:
    """Give the matrix that does first `m`, then `n`."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def moved(m: Matrix, x: float, y: float) -> Point:
    """Give where a point comes to lie."""
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def scale(m: Matrix) -> float:
    """Give how much longer a line becomes, on the average of both axes."""
    return float(abs(m[0] * m[3] - m[1] * m[2]) ** 0.5)


def scaled(m: Matrix, by: float) -> Matrix:
    """Give the matrix with lengths in other units; its origin stays."""
    return m[0] * by, m[1] * by, m[2] * by, m[3] * by, m[4], m[5]


def bounds(outline: Outline) -> Box:
    """Give the box around an outline and its control points."""
    xs = [x for _, points in outline for x, _ in points] or [0.0]
    ys = [y for _, points in outline for _, y in points] or [0.0]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def is_box(outline: Outline) -> bool:
    """Tell whether an outline is one rectangle along the axes."""
    signs = "".join(sign for sign, _ in outline)
    points = [point for _, own in outline for point in own]
    corners = {_near(point) for point in points}
    if signs not in ("MLLLC", "MLLL", "MLLLLC") or len(corners) != _CORNERS:
        return False
    sides = pairwise(points)
    return all(abs(a - c) < _NEAR or abs(b - d) < _NEAR for (a, b), (c, d) in sides)


def encloses(outline: Outline, x: float, y: float) -> bool:
    """Tell whether a point lies inside of an outline; a curve counts as its control polygon."""
    points = [point for _, own in outline for point in own]
    inside = False
    for (a, b), (c, d) in pairwise([*points, *points[:1]]):
        if (b > y) != (d > y) and x < (c - a) * (y - b) / (d - b) + a:
            inside = not inside
    return inside


def _near(point: Point) -> Point:
    return round(point[0], 3), round(point[1], 3)


def written(outline: Outline, box: Box) -> str:
    """Write an outline as AbbreviatedData, seen from the corner of its box."""
    left, top = box.left, box.top
    words: list[str] = []
    for sign, points in outline:
        words.append(sign)
        for x, y in points:
            # As `number` writes it, without a call for each of thousands.
            words.append(f"{round(x - left, 3) + 0.0:.9g} {round(y - top, 3) + 0.0:.9g}")
    return " ".join(words)
