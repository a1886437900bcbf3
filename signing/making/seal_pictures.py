"""The round seal as a picture: the same outlines as in a PDF, filled into pixels."""

from __future__ import annotations

import io
import zlib
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from signing.making import seals

_SIDE = 500  #: pixels: 42 mm at 300 dots an inch
_FINER = 3  #: drawn so many times larger and shrunk, for smooth edges
_STEPS = 24  #: of a curve
_RED = (209, 10, 18)
_ARGUMENTS = {"m": 2, "l": 2, "c": 6, "h": 0}
_Point = tuple[float, float]


@lru_cache(maxsize=16)
def png(name: str, fonts: Path, *, below: str, code: str = "") -> bytes:
    """Draw the seal of an organisation, as `seals.seal`: PNG, transparent.

    Raises: FontMissing, GlyphMissing.
    """
    drawing = zlib.decompress(seals.seal(name, fonts, below=below, code=code).drawing).decode()
    side = _SIDE * _FINER
    ink = Image.new("1", (side, side))
    scale = side / seals.SIZE
    for words, operator in _painted(drawing):
        outlines = [[(x * scale, side - y * scale) for x, y in line] for line in words]
        if operator == "S":
            _stroke(ink, outlines, seals.BORDER * scale)
        else:
            _fill(ink, outlines)
    alpha = ink.convert("L").reduce(_FINER)
    picture = Image.new("RGBA", alpha.size, (*_RED, 255))
    picture.putalpha(alpha)
    out = io.BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _painted(drawing: str) -> list[tuple[list[list[_Point]], str]]:
    """Read the outlines that are filled or stroked; what stands around them is our own frame."""
    painted: list[tuple[list[list[_Point]], str]] = []
    lines: list[list[_Point]] = []
    numbers: list[float] = []
    for word in drawing.split():
        if word in _ARGUMENTS:
            values = numbers[len(numbers) - _ARGUMENTS[word] :]
            points = list(zip(values[::2], values[1::2], strict=True))
            if word == "m":
                lines.append(points)
            elif word == "l":
                lines[-1] += points
            elif word == "c":
                lines[-1] += _curve(lines[-1][-1], points)
        elif word in ("f", "S"):
            if lines:  # a space draws nothing
                painted.append((lines, word))
            lines = []
        try:
            numbers.append(float(word))
        except ValueError:
            numbers = []
    return painted


def _curve(start: _Point, points: list[_Point]) -> list[_Point]:
    curve = [start, *points]
    steps = [step / _STEPS for step in range(1, _STEPS + 1)]
    weights = [((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3) for t in steps]
    return [
        (
            sum(w * x for w, (x, _) in zip(weight, curve, strict=True)),
            sum(w * y for w, (_, y) in zip(weight, curve, strict=True)),
        )
        for weight in weights
    ]


def _fill(ink: Image.Image, outlines: list[list[_Point]]) -> None:
    """Fill outlines: what two of them enclose is a hole."""
    xs = [x for line in outlines for x, _ in line]
    ys = [y for line in outlines for _, y in line]
    left, top = int(min(xs)) - 1, int(min(ys)) - 1
    size = (int(max(xs)) - left + 2, int(max(ys)) - top + 2)
    mask = Image.new("1", size)
    for line in outlines:
        own = Image.new("1", size)
        ImageDraw.Draw(own).polygon([(x - left, y - top) for x, y in line], fill=1)
        mask = ImageChops.logical_xor(mask, own)
    ink.paste(1, (left, top), mask)


def _stroke(ink: Image.Image, outlines: list[list[_Point]], width: float) -> None:
    draw = ImageDraw.Draw(ink)
    for line in outlines:
        draw.line([*line, *line[:2]], fill=1, width=round(width), joint="curve")
