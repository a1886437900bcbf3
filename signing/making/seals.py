"""Round red seals: border, five-pointed star, name on the arc, drawn as outlines.

Proportions after 国发〔1999〕25号 (seals of state organs and enterprises): round, simplified
characters in 宋体, the name runs from left to right around the star; a seal of 42 mm has a border
of 1.2 mm and a star of 14 mm.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

from signing.making.appearances import Appearance
from signing.making.outlines import Typeface, placed

FONTS = ("GovSong-Bold.otf", "GovSong-Regular.otf")
SIZE = 4200.0  #: drawing units: a hundredth of a millimetre
_SHOWN = 120.0  #: points; the field scales it
_MIDDLE = SIZE / 2
BORDER = 120.0
_STAR = 700.0  #: radius
_GAP = 110.0  #: between border and name
_RED = "0.82 0.04 0.07"
_WIDEST = math.radians(262)  #: arc of the name
_WIDEST_WITH_CODE = math.radians(244)
_WIDEST_WITH_LINE = math.radians(216)
_KAPPA = 0.5522847498  #: quarter circle as a curve


@lru_cache(maxsize=256)
def seal(name: str, fonts: Path, *, below: str = "", code: str = "") -> Appearance:
    """Draw the seal of an organisation.

    `below` stands level under the star (行政审批专用章), `code` on the lower arc (credit code).
    Raises: FontMissing, GlyphMissing.
    """
    typeface = Typeface(fonts / file for file in FONTS)
    typeface.require(name + below + code)
    ratio = _SHOWN / SIZE
    parts = [
        f"q /I gs {ratio:.6f} 0 0 {ratio:.6f} 0 0 cm {_RED} RG {_RED} rg",
        f"{BORDER:.0f} w {_circle(_MIDDLE - BORDER / 2)} S",
        f"{_star()} f",
        *_on_upper_arc(typeface, name, _widest(below, code)),
        *_level(typeface, below),
        *_on_lower_arc(typeface, code),
        "Q",
    ]
    return Appearance.of("\n".join(parts).encode(), _SHOWN, _SHOWN, is_ink=True)


def _widest(below: str, code: str) -> float:
    """Leave room for what stands below the name."""
    if below:
        return _WIDEST_WITH_LINE
    return _WIDEST_WITH_CODE if code else _WIDEST


def _circle(radius: float) -> str:
    """Four curves around the middle."""
    m, r, k = _MIDDLE, radius, radius * _KAPPA
    points = [
        f"{m + r:.0f} {m:.0f} m",
        f"{m + r:.0f} {m + k:.0f} {m + k:.0f} {m + r:.0f} {m:.0f} {m + r:.0f} c",
        f"{m - k:.0f} {m + r:.0f} {m - r:.0f} {m + k:.0f} {m - r:.0f} {m:.0f} c",
        f"{m - r:.0f} {m - k:.0f} {m - k:.0f} {m - r:.0f} {m:.0f} {m - r:.0f} c",
        f"{m + k:.0f} {m - r:.0f} {m + r:.0f} {m - k:.0f} {m + r:.0f} {m:.0f} c",
    ]
    return " ".join([*points, "h"])


def _star() -> str:
    """Ten corners, outer and inner in turn; the golden ratio makes the sides straight."""
    inner = _STAR * (3 - math.sqrt(5)) / 2
    corners = []
    for corner in range(10):
        radius = inner if corner % 2 else _STAR
        angle = math.pi / 2 + corner * math.pi / 5
        x, y = _MIDDLE + radius * math.cos(angle), _MIDDLE + radius * math.sin(angle)
        corners.append(f"{x:.0f} {y:.0f} {'l' if corner else 'm'}")
    return " ".join([*corners, "h"])


def _on_upper_arc(typeface: Typeface, text: str, widest: float) -> list[str]:
    """Set the name clockwise, feet to the middle; long names grow narrow rather than small."""
    count = max(len(text), 1)
    height = max(430.0, 640.0 - 14.0 * max(count - 8, 0))
    radius = _MIDDLE - BORDER - _GAP - height / 2
    step = min(height * 1.16 / radius, widest / count)
    width = min(height * 0.86, step * (radius - height * 0.3) * 0.98)
    start = math.pi / 2 + step * (count - 1) / 2
    return [
        _turned(typeface, character, start - step * place, radius, width, height)
        for place, character in enumerate(text)
    ]


def _on_lower_arc(typeface: Typeface, text: str) -> list[str]:
    """Set the code counter-clockwise at the bottom, heads to the middle."""
    height = 210.0
    radius = _MIDDLE - BORDER - 70 - height / 2
    step = 152.0 / radius
    start = -math.pi / 2 - step * (len(text) - 1) / 2
    return [
        _turned(typeface, character, start + step * place, radius, height, height, flip=True)
        for place, character in enumerate(text)
    ]


def _level(typeface: Typeface, text: str) -> list[str]:
    """Set a line of text under the star."""
    if not text:
        return []
    height = 380.0
    y = _MIDDLE - _STAR - 400
    width = min(height * 0.92, 2400.0 / len(text))
    left = _MIDDLE - width * 1.04 * (len(text) - 1) / 2
    return [
        typeface.draw(character, placed(left + width * 1.04 * n, y, width=width, height=height))
        for n, character in enumerate(text)
    ]


def _turned(
    typeface: Typeface,
    character: str,
    angle: float,
    radius: float,
    width: float,
    height: float,
    *,
    flip: bool = False,
) -> str:
    x, y = _MIDDLE + radius * math.cos(angle), _MIDDLE + radius * math.sin(angle)
    turn = angle + math.pi / 2 if flip else angle - math.pi / 2
    matrix = placed(x, y, width=width, height=height, angle=turn)
    narrow = 1 - typeface.glyph(character).advance  # letters and digits are not square
    shift = width * narrow / 2
    e, f = matrix.e + shift * math.cos(turn), matrix.f + shift * math.sin(turn)
    return typeface.draw(character, matrix._replace(e=e, f=f))
