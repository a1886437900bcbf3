"""A portrait of nobody, drawn: the photographs of demonstration people."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

_SCALE = 3
_WIDTH, _HEIGHT = 413, 579
_SKINS = ("#f1c9a5", "#e8b78f", "#f5d3b3", "#dca77c")
_HAIR = ("#20160f", "#33261d", "#15110e", "#4a3a2d")
_COATS = ("#26364d", "#3a3f47", "#4d2632", "#274436")


def draw(number: int) -> bytes:
    """Return a JPEG of 413×579 pixels; the same number gives the same face.

    >>> draw(3) == draw(3) != draw(4)
    True
    """
    image = Image.new("RGB", (_WIDTH * _SCALE, _HEIGHT * _SCALE), "#dfe8f1")
    pen = ImageDraw.Draw(image)

    def oval(x: float, y: float, w: float, h: float, colour: str) -> None:
        box = [(x - w) * _SCALE, (y - h) * _SCALE, (x + w) * _SCALE, (y + h) * _SCALE]
        pen.ellipse(box, fill=colour)

    def shape(points: list[tuple[float, float]], colour: str) -> None:
        pen.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    skin, hair = _SKINS[number % 4], _HAIR[number // 4 % 4]
    long_hair = number % 2 == 0
    middle, wide = _WIDTH / 2, 88 + number % 5 * 3
    if long_hair:
        oval(middle, 290, wide + 34, 150, hair)
    oval(middle, 640, 190, 190, _COATS[number // 2 % 4])
    shape([(middle - 42, 360), (middle + 42, 360), (middle + 58, 480), (middle - 58, 480)], skin)
    shape([(middle - 60, 462), (middle, 560), (middle + 60, 462), (middle, 500)], "#f7f7f4")
    oval(middle, 262, wide, 122, skin)
    for side in (-1, 1):
        oval(middle + side * wide, 270, 13, 25, skin)
        oval(middle + side * 37, 258, 15, 8, "#ffffff")
        oval(middle + side * 37, 258, 7, 8, "#241a14")
        shape(
            [
                (middle + side * 18, 232),
                (middle + side * 58, 236),
                (middle + side * 58, 231),
                (middle + side * 18, 225),
            ],
            hair,
        )
    shape([(middle - 5, 270), (middle + 5, 270), (middle + 12, 308), (middle - 12, 308)], "#d9a585")
    oval(middle, 337, 27, 6, "#b5605a")
    pen.pieslice(
        [
            (middle - wide - 8) * _SCALE,
            112 * _SCALE,
            (middle + wide + 8) * _SCALE,
            (330 if long_hair else 310) * _SCALE,
        ],
        180,
        360,
        fill=hair,
    )
    small = image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=90)
    return out.getvalue()
