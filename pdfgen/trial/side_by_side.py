"""Two versions of a document as pictures of their pages, with what differs marked on both.

Pages are read in bands: lines, tables and pictures with white above and below. What is the same
text further down, or on another page, is the same band; only bands without their like are marked.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

PPI = 96  #: of the pictures: a page of A4 is 794 × 1123
MOST_PAGES = 12  #: of one version that are shown
_GAP = 3  #: rows of white within a line of characters
_SHIFT = 2  #: how much wider or higher the same band may be where it stands between pixels
_NOISE = 96  #: of 255, by which the same stroke may differ where it stands between pixels
_COLOURS = 64
_GONE, _NEW = "#b4232c", "#1a7f37"

Pages = list[bytes]


@dataclass(frozen=True, kw_only=True)
class Band:
    """What stands between two stripes of white on a page."""

    page: int
    box: tuple[int, int, int, int]
    ink: Image.Image  #: what is in the box, a little blurred

    def is_like(self, other: Band) -> bool:
        """Tell whether the other one shows the same, wherever it stands."""
        if any(
            abs(one - two) > _SHIFT for one, two in zip(self.ink.size, other.ink.size, strict=True)
        ):
            return False
        wide, high = (max(pair) for pair in zip(self.ink.size, other.ink.size, strict=True))
        apart = [_on_white(band.ink, wide + 2, high + 2) for band in (self, other)]
        moves = [(x, y) for y in (0, -1, 1) for x in (0, -1, 1)]
        return any(
            _most(ImageChops.difference(apart[0], ImageChops.offset(apart[1], x, y))) <= _NOISE
            for x, y in moves
        )


def marked(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[Pages, Pages]:
    """Return the pages of both versions (PNG) with what the other has not marked on them."""
    shown = [
        [Image.open(io.BytesIO(page)).convert("RGB") for page in side] for side in (before, after)
    ]
    old, new = ([band for n, page in enumerate(side) for band in _bands(n, page)] for side in shown)
    kept = _common(old, new)
    for band in (band for place, band in enumerate(old) if place not in kept):
        _mark(shown[0][band.page], band.box, _GONE, dashed=True)
    for band in (band for place, band in enumerate(new) if place not in kept.values()):
        _mark(shown[1][band.page], band.box, _NEW, dashed=False)
    return tuple([_png(page) for page in side] for side in shown)  # type: ignore[return-value]  # two sides


def _bands(number: int, page: Image.Image) -> list[Band]:
    ink = ImageChops.invert(page.convert("L"))
    wide, high = ink.size
    rows = ink.tobytes()
    dark = [row for row in range(high) if any(rows[row * wide : (row + 1) * wide])]
    found: list[Band] = []
    for place, row in enumerate(dark):
        if place == 0 or row - dark[place - 1] > _GAP:
            first = row
        if place + 1 == len(dark) or dark[place + 1] - row > _GAP:
            strip = ink.crop((0, first, wide, row + 1))
            left, _, right, _ = strip.getbbox() or (0, 0, wide, 0)
            soft = strip.crop((left, 0, right, row + 1 - first)).filter(ImageFilter.GaussianBlur(1))
            found.append(Band(page=number, box=(left, first, right, row + 1), ink=soft))
    return found


def _on_white(ink: Image.Image, wide: int, high: int) -> Image.Image:
    whole = Image.new("L", (wide, high), 0)
    whole.paste(ink, (1, 1))
    return whole


def _most(difference: Image.Image) -> int:
    return int(difference.getextrema()[1])  # type: ignore[arg-type]  # of one channel


def _common(old: Sequence[Band], new: Sequence[Band]) -> dict[int, int]:
    """Return the longest run of bands that both have in this order: place in old → in new."""
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    like = [[one.is_like(two) for two in new] for one in old]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            longest[i][j] = (
                longest[i + 1][j + 1] + 1
                if like[i][j]
                else max(longest[i + 1][j], longest[i][j + 1])
            )
    kept, i, j = {}, 0, 0
    while i < len(old) and j < len(new):
        if like[i][j]:
            kept[i] = j
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return kept


def _mark(page: Image.Image, box: tuple[int, int, int, int], colour: str, *, dashed: bool) -> None:
    left, top, right, bottom = box[0] - 5, box[1] - 3, box[2] + 5, box[3] + 3
    pen = ImageDraw.Draw(page)
    if not dashed:
        pen.rectangle((left, top, right, bottom), outline=colour, width=2)
        return
    for x in range(left, right, 10):
        for y in (top, bottom):
            pen.line((x, y, min(x + 6, right), y), fill=colour, width=2)
    for y in range(top, bottom, 10):
        for x in (left, right):
            pen.line((x, y, x, min(y + 6, bottom)), fill=colour, width=2)


def _png(page: Image.Image) -> bytes:
    held = io.BytesIO()
    page.quantize(_COLOURS, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    return held.getvalue()
