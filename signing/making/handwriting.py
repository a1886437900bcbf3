"""A name written by hand: the personal signature image (R3), as a picture and as outlines.

The same name always looks the same: its small irregularities are drawn from its own characters.
"""

from __future__ import annotations

import hashlib
import io
import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageOps, UnidentifiedImageError

from signing.errors import PictureUnusable
from signing.making.appearances import Appearance, Picture
from signing.making.outlines import Matrix, Typeface, placed

FONTS = ("GovKai-Regular.ttf", "GovSong-Regular.otf")
INK = (16, 22, 58)
_UNIT = 100.0  #: drawing units an em
_OVERSAMPLE = 3
_LARGEST_BYTES = 2 * 1024 * 1024
_MOST_PIXELS = 8_000_000
_MOST_SCANS = 100  #: of a JPEG; ten draw a picture step by step
_SCAN = b"\xff\xda"
_WIDEST_PIXELS = 720
_CURVE_STEPS = 8


@dataclass(frozen=True)
class _Written:
    """Where each character of a name stands."""

    characters: tuple[tuple[str, Matrix], ...]
    width: float
    height: float


@lru_cache(maxsize=1024)
def signature(name: str, fonts: Path) -> Appearance:
    """Write a name as the appearance of a signature. Raises: FontMissing, GlyphMissing."""
    typeface = _typeface(fonts)
    typeface.require(name)
    written = _write(name)
    ink = " ".join(f"{part / 255:.3f}" for part in INK)
    drawn = [typeface.draw(character, matrix) for character, matrix in written.characters]
    operators = "\n".join([f"q /I gs {ink} rg", *drawn, "Q"])
    return Appearance.of(operators.encode(), written.width, written.height, is_ink=True)


def handwriting_png(name: str, fonts: Path, *, height: int = 240) -> bytes:
    """Write a name as a picture: PNG, transparent, `height` pixels high (R3).

    Raises: FontMissing, GlyphMissing.
    """
    typeface = _typeface(fonts)
    typeface.require(name)
    written = _write(name)
    scale = height * _OVERSAMPLE / written.height
    size = (math.ceil(written.width * scale), height * _OVERSAMPLE)
    mask = Image.new("1", size)
    for character, matrix in written.characters:
        inked = Image.new("1", size)
        for contour in _contours(typeface, character, matrix):
            _turn_over(inked, [(x * scale, size[1] - y * scale) for x, y in contour])
        mask.paste(1, mask=inked)  # characters may touch
    alpha = mask.convert("L")
    small = alpha.resize((size[0] // _OVERSAMPLE, height), Image.Resampling.LANCZOS)
    picture = Image.new("RGBA", small.size, (*INK, 0))
    picture.putalpha(small)
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def _turn_over(mask: Image.Image, corners: list[tuple[float, float]]) -> None:
    """Exchange ink and paper inside a contour; the eye of a character is a contour too."""
    left, top = (int(min(corner[axis] for corner in corners)) for axis in (0, 1))
    right, bottom = (math.ceil(max(corner[axis] for corner in corners)) + 1 for axis in (0, 1))
    inside = Image.new("1", (right - left, bottom - top))
    ImageDraw.Draw(inside).polygon([(x - left, y - top) for x, y in corners], fill=1)
    box = (left, top, right, bottom)
    mask.paste(ImageChops.logical_xor(mask.crop(box), inside), box)


def picture_png(data: bytes) -> bytes:
    """Make a person's own signature image ready to keep: PNG, transparent, cut to the ink (R3).

    Raises: PictureUnusable, as `from_picture`.
    """
    picture = _inked(data)
    output = io.BytesIO()
    picture.save(output, "PNG", optimize=True)
    return output.getvalue()


@lru_cache(maxsize=64)
def from_picture(data: bytes) -> Appearance:
    """Show a person's own signature image (PNG or JPEG); white paper becomes transparent (R3).

    Raises: PictureUnusable for anything else, over 2 MB or 8 million pixels, or without any ink.
    """
    image = _inked(data)
    picture = Picture(
        rgb=zlib.compress(image.convert("RGB").tobytes()),
        alpha=zlib.compress(image.getchannel("A").tobytes()),
        width=image.width,
        height=image.height,
    )
    width, height = picture.width, picture.height
    return Appearance.of(
        f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode(), width, height, picture=picture
    )


def _inked(data: bytes) -> Image.Image:
    """Return the picture upright in RGBA, its paper transparent, cut to the ink."""
    if len(data) > _LARGEST_BYTES:
        raise PictureUnusable("picture", reason="图片超过2MB")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise PictureUnusable("picture", reason="图片尺寸过大")
            if opened.format != "PNG" and data.count(_SCAN) > _MOST_SCANS:
                raise PictureUnusable("picture", reason="图片无法读取")
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureUnusable("picture", reason="图片无法读取") from error
    except Image.DecompressionBombError as error:
        raise PictureUnusable("picture", reason="图片尺寸过大") from error
    image.thumbnail((_WIDEST_PIXELS, _WIDEST_PIXELS))
    colours = image.convert("RGB")
    darkness = ImageChops.invert(colours.convert("L"))
    alpha = ImageChops.multiply(darkness.point(lambda d: min(255, d * 2)), image.getchannel("A"))
    box = alpha.point(lambda a: 255 if a > 32 else 0).getbbox()
    if box is None:
        raise PictureUnusable("picture", reason="图片中没有签名")
    colours.putalpha(alpha)
    return colours.crop(box)


@lru_cache(maxsize=2)
def _typeface(fonts: Path) -> Typeface:
    return Typeface(fonts / file for file in FONTS)


def _write(name: str) -> _Written:
    """Place the characters close together, slanted, never quite level."""
    dice = hashlib.sha256(name.encode()).digest()
    margin, advance = 0.16 * _UNIT, 0.86 * _UNIT
    height = 1.36 * _UNIT
    placed_characters = []
    for place, character in enumerate(name):
        size, turn, rise = (dice[(3 * place + n) % 32] / 255 - 0.5 for n in range(3))
        width = _UNIT * (0.98 + 0.12 * size)
        x = margin + advance * place + _UNIT / 2
        y = height / 2 + 0.07 * _UNIT * rise + 0.012 * _UNIT * place
        matrix = placed(
            x, y, width=width, height=width * 1.08, angle=0.09 * turn + 0.02, slant=0.20
        )
        placed_characters.append((character, matrix))
    width = 2 * margin + advance * (max(len(name), 1) - 1) + 1.08 * _UNIT
    return _Written(tuple(placed_characters), width, height)


def _contours(
    typeface: Typeface, character: str, matrix: Matrix
) -> list[list[tuple[float, float]]]:
    """Flatten an outline to polygons."""
    contours: list[list[tuple[float, float]]] = []
    for operator, points in typeface.glyph(character).outline:
        ends = [matrix.apply(point) for point in points]
        if operator == "m":
            contours.append(ends)
        elif operator == "l":
            contours[-1] += ends
        elif operator == "c":
            contours[-1] += _flat(contours[-1][-1], *ends)
    return [contour for contour in contours if len(contour) > 2]


def _flat(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> list[tuple[float, float]]:
    steps = [step / _CURVE_STEPS for step in range(1, _CURVE_STEPS + 1)]
    return [
        (
            (1 - t) ** 3 * a[0]
            + 3 * (1 - t) ** 2 * t * b[0]
            + 3 * (1 - t) * t**2 * c[0]
            + t**3 * d[0],
            (1 - t) ** 3 * a[1]
            + 3 * (1 - t) ** 2 * t * b[1]
            + 3 * (1 - t) * t**2 * c[1]
            + t**3 * d[1],
        )
        for t in steps
    ]
