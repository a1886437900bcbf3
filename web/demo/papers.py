"""Scanned papers of nobody: what demonstration people upload."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw


@cache
def scan(lines: int = 14) -> bytes:
    """Return a PDF of one scanned page: a frame, a stamp and grey lines where text would be.

    >>> scan()[:5]
    b'%PDF-'
    """
    page = Image.new("RGB", (827, 1169), "#fbfaf6")
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 60, 767, 1109), outline="#8a7a52", width=4)
    pen.rectangle((270, 150, 557, 182), fill="#9a9a9a")
    for number in range(lines):
        top = 260 + number * 44
        pen.rectangle((120, top, 700 - (number * 97) % 240, top + 14), fill="#c4c4c4")
    pen.ellipse((540, 880, 700, 1040), outline="#c8372d", width=6)
    out = io.BytesIO()
    page.save(out, "PDF", resolution=100)
    return out.getvalue()
