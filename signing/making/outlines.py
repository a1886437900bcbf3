"""Glyph outlines as PDF drawing operators: no font is embedded, nothing can be substituted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import uharfbuzz

from signing.errors import FontMissing, GlyphMissing

Point = tuple[float, float]
_MIDDLE = 0.38  #: of the em box of Chinese faces, which reaches from -0.12 to 0.88


class Matrix(NamedTuple):
    """An affine map: x' = a x + c y + e, y' = b x + d y + f (ISO 32000-1, 8.3.3)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def apply(self, point: Point) -> Point:
        """Map a point."""
        x, y = point
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


class Segment(NamedTuple):
    """One step of an outline; `operator` is PDF's own: m, l, c or h."""

    operator: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Glyph:
    """An outline in units of the em, and how far the pen moves on."""

    outline: tuple[Segment, ...]
    advance: float


def placed(
    x: float, y: float, *, width: float, height: float, angle: float = 0, slant: float = 0
) -> Matrix:
    """Map the em box onto a box `width` by `height` around (x, y), slanted and turned by radians.

    The glyph's own middle lands on the point.
    """
    cos, sin = math.cos(angle), math.sin(angle)
    a, b = width * cos, width * sin
    c, d = height * (slant * cos - sin), height * (slant * sin + cos)
    return Matrix(a, b, c, d, x - a / 2 - c * _MIDDLE, y - b / 2 - d * _MIDDLE)


class Typeface:
    """Draws characters with the first of some font files that has them."""

    def __init__(self, files: Iterable[Path]) -> None:
        """Open the fonts. Raises: FontMissing when the first is not there."""
        self._faces = [_Face(path) for path in files]
        self._known: dict[str, Glyph] = {}

    def missing(self, text: str) -> str:
        """Return the characters of `text` that no font has."""
        return "".join(
            character
            for character in dict.fromkeys(text)
            if not any(face.has(character) for face in self._faces)
        )

    def require(self, text: str) -> None:
        """Raise GlyphMissing unless all of `text` can be drawn."""
        if missing := self.missing(text):
            raise GlyphMissing(characters=missing)

    def glyph(self, character: str) -> Glyph:
        """Return the outline of a character. Raises: GlyphMissing."""
        if character not in self._known:
            self.require(character)
            face = next(face for face in self._faces if face.has(character))
            self._known[character] = face.draw(character)
        return self._known[character]

    def draw(self, character: str, matrix: Matrix) -> str:
        """Return the operators that fill a character, whole numbers only."""
        return " ".join([*_written(self.glyph(character).outline, matrix), "f"])


def _written(outline: Iterable[Segment], matrix: Matrix) -> Iterable[str]:
    for operator, points in outline:
        for point in points:
            x, y = matrix.apply(point)
            yield f"{x:.0f} {y:.0f}"
        yield operator


class _Face:
    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FontMissing(font=path.name)
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        self._font = uharfbuzz.Font(face)
        self._em = float(face.upem)

    def has(self, character: str) -> bool:
        return bool(self._font.get_nominal_glyph(ord(character)))

    def draw(self, character: str) -> Glyph:
        number = self._font.get_nominal_glyph(ord(character))
        pen = _Pen(self._em)
        self._font.draw_glyph(number, _functions(), pen)
        return Glyph(tuple(pen.outline), self._font.get_glyph_h_advance(number) / self._em)


class _Pen:
    """Collects an outline in units of the em."""

    def __init__(self, em: float) -> None:
        self.em = em
        self.outline: list[Segment] = []

    def add(self, operator: str, *numbers: float) -> None:
        scaled = [number / self.em for number in numbers]
        points = tuple(zip(scaled[::2], scaled[1::2], strict=True))
        self.outline.append(Segment(operator, points))

    def add_quadratic(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Raise a TrueType curve to the cubic that PDF knows."""
        x0, y0 = (number * self.em for number in self.outline[-1].points[-1])
        first = (x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3)
        second = (x2 + (x1 - x2) * 2 / 3, y2 + (y1 - y2) * 2 / 3)
        self.add("c", *first, *second, x2, y2)


@cache
def _functions() -> uharfbuzz.DrawFuncs:
    functions = uharfbuzz.DrawFuncs()
    functions.set_move_to_func(lambda x, y, pen: pen.add("m", x, y))
    functions.set_line_to_func(lambda x, y, pen: pen.add("l", x, y))
    functions.set_cubic_to_func(lambda *values: values[-1].add("c", *values[:-1]))
    functions.set_quadratic_to_func(lambda *values: values[-1].add_quadratic(*values[:-1]))
    functions.set_close_path_func(lambda pen: pen.add("h"))
    return functions
