"""Text of a page: codes of the PDF's fonts become characters at their places."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ofd import geometry
from ofd.fonts import Face
from ofd.geometry import Box, Matrix
from ofd.markup import deltas, element, number, numbers, text
from ofd.pages import pdf_fonts
from ofd.pages.content import Operand
from ofd.pages.pdf_fonts import PdfFont
from ofd.pages.refusals import NotDrawable
from ofd.pages.state import OPAQUE, State

if TYPE_CHECKING:
    from ofd.document import Document, Page

_ASCENT, _HEIGHT = 1.0, 1.45  #: of a box that holds a line of text, in ems
_STRAIGHT = 1e-6
_MIDDLE = (0.5, 0.35)  #: of a character, in ems from its origin

Said = list[tuple[str, float]]  #: characters with their places on the line, in ems


def spoken(font: PdfFont, face: Face, shown: list[Operand]) -> Said:
    """Read what `Tj` or `TJ` shows. Raises: NotDrawable."""
    said: Said = []
    x = 0.0
    for item in shown:
        if isinstance(item, float):
            x -= item / 1000
            continue
        if not isinstance(item, bytes):
            raise NotDrawable("text that is no string")
        for code in pdf_fonts.codes(item):
            said += _spread(font, face, code, x)
            x += font.width(code)
    return said


def _spread(font: PdfFont, face: Face, code: int, x: float) -> Said:
    """Give what one code says, character by character; a ligature is set apart in its width."""
    said = font.characters.get(code)
    if not said:
        raise NotDrawable(f"a glyph of {font.name} without a character")
    try:
        widths = [face.advance(character) for character in said]
    except KeyError as error:
        raise NotDrawable(f"{font.name} has no {error}") from error
    if len(said) == 1:
        return [(said, x)]
    fit = font.width(code) / sum(widths) if sum(widths) else 1.0
    placed = []
    for character, width in zip(said, widths, strict=True):
        placed.append((character, x))
        x += width * fit
    return placed


def write(
    document: Document, page: Page, face: Face, said: Said, *, state: State, line: Matrix
) -> None:
    """Write a line of text onto a page, but for what lies outside of the clips.

    `line` is the text matrix; what a character's middle decides is whether it is seen.
    """
    at = geometry.times(line, state.matrix)
    size = state.size * geometry.scale(at)
    at = geometry.scaled(at, state.size / size) if size else at
    if state.clips:
        said = [part for part in said if _is_seen(state, at, part[1], size)]
    if not said:
        return
    own = document.new_id()
    characters = "".join(character for character, _ in said)
    places = [place * size for _, place in said]
    steps = [after - before for before, after in pairwise(places)]
    a, b, c, d, e, f = at
    first, last = places[0], places[-1] + size
    if abs(b) < _STRAIGHT and abs(c) < _STRAIGHT and a > 0 > d:
        box = Box(e + first, f - _ASCENT * size, last - first, _HEIGHT * size)
        turned, x, y = None, 0.0, _ASCENT * size
    else:
        box, x, y = Box(0, 0, page.width, page.height), first, 0.0
        turned = " ".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in (a, b, -c, -d))
        turned += f" {numbers((e, f))}"
    code = element(
        "TextCode", text(characters), X=number(x), Y=number(y), DeltaX=deltas(steps) or None
    )
    page.objects.append(
        element(
            "TextObject",
            element("FillColor", Value=state.fill) + code,
            ID=own,
            Boundary=box.written(),
            CTM=turned,
            Font=document.font_id(face),
            Size=number(size),
            Alpha=None if state.fill_alpha == OPAQUE else state.fill_alpha,
        )
    )
    page.texts.append((own, characters))


def _is_seen(state: State, at: Matrix, place: float, size: float) -> bool:
    """Tell whether the middle of a character lies inside all clips."""
    right, up = _MIDDLE
    x, y = geometry.moved(at, (place + right) * size, up * size)
    return all(clip.encloses(x, y) for clip in state.clips)
