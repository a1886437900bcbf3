"""One page drawn again: what each operator of its content does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pikepdf

from ofd import geometry
from ofd.document import Document
from ofd.geometry import IDENTITY, Matrix
from ofd.pages import pdf_fonts, pictures, texts
from ofd.pages.content import RUN, Operand, instructions
from ofd.pages.painting import PAINTED, painted
from ofd.pages.paths import Path, rectangle, traced
from ofd.pages.pdf_fonts import PdfFont
from ofd.pages.refusals import NotDrawable
from ofd.pages.state import OPAQUE, State

MM = 25.4 / 72  #: a point
_IDLE = frozenset(("BDC", "BMC", "EMC", "ET", "ri", "i"))  #: they draw nothing
_SPACES = ("/DeviceRGB", "/DeviceGray")
_COLOURS = {"g": 1, "G": 1, "rg": 3, "RG": 3}  #: operators that name their space, and its numbers


def draw_page(document: Document, source: pikepdf.Page) -> None:
    """Draw a page of a PDF as the next page of a document. Raises: NotDrawable."""
    drawing = _Drawing(document, source)
    for operator, operands in instructions(_content(source)):
        if operator in _IDLE:
            continue
        act = _ACTS.get(operator)
        if act is None:
            raise NotDrawable(f"operator {operator}")
        try:
            act(drawing, operator, operands)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            if isinstance(error, NotDrawable):
                raise
            raise NotDrawable(f"operator {operator} with what does not fit it") from error


def _content(source: pikepdf.Page) -> bytes:
    content = source.get("/Contents")
    if content is None:
        return b""
    streams = list(content) if isinstance(content, pikepdf.Array) else [content]
    return b"\n".join(stream.read_bytes() for stream in streams)


class _Drawing:
    """What is going on while a page is drawn."""

    def __init__(self, document: Document, source: pikepdf.Page) -> None:
        _, _, width, height = (float(value) for value in source.mediabox)
        self._document, self._source = document, source
        self._page = document.add_page(width * MM, height * MM)
        self._state = State((MM, 0, 0, -MM, 0, height * MM))
        self._kept: list[State] = []
        self._line: Matrix = IDENTITY
        self._path: Path | None = None
        self._clip_next = False
        self._fonts: dict[str, PdfFont] = {}
        self._spaces: set[str] = set(_SPACES)

    # -- state -----------------------------------------------------------------------------

    def keep(self, _: str, __: list[Operand]) -> None:
        self._kept.append(self._state.kept())

    def give_back(self, _: str, __: list[Operand]) -> None:
        self._state = self._kept.pop()

    def transform(self, _: str, values: list[Any]) -> None:
        self._state.matrix = geometry.times(_matrix(values), self._state.matrix)

    def set_fill(self, operator: str, values: list[Any]) -> None:
        self._state.fill = _colour(operator, values)

    def set_stroke(self, operator: str, values: list[Any]) -> None:
        self._state.stroke = _colour(operator, values)

    def set_space(self, _: str, values: list[Any]) -> None:
        """Refuse what is no plain grey or red, green and blue."""
        (space,) = values
        if space in self._spaces:
            return
        kind = self._source.Resources.ColorSpace[space]
        if str(kind[0]) != "/ICCBased" or int(kind[1].N) not in (1, 3):
            raise NotDrawable(f"colour space {space}")
        self._spaces.add(space)

    def set_line(self, operator: str, values: list[Any]) -> None:
        (value,) = values
        if operator == "w":
            self._state.line = float(value)
        elif operator == "J":
            self._state.cap = int(value)
        elif operator == "j":
            self._state.join = int(value)
        else:
            self._state.miter = float(value)

    def set_dash(self, _: str, values: list[Any]) -> None:
        lengths, offset = values
        self._state.dash = tuple(float(value) for value in lengths), float(offset)

    def set_extra(self, _: str, values: list[Any]) -> None:
        extra = self._source.Resources.ExtGState[values[0]]
        strange = set(extra.keys()) - {"/Type", "/ca", "/CA"}
        if strange:
            raise NotDrawable(f"graphics state {sorted(strange)}")
        state = self._state
        state.fill_alpha = _alpha(extra.get("/ca"), state.fill_alpha)
        state.stroke_alpha = _alpha(extra.get("/CA"), state.stroke_alpha)

    # -- paths -----------------------------------------------------------------------------

    def follow(self, _: str, values: list[Any]) -> None:
        self._add(traced(values[0], self._state.matrix))

    def box(self, _: str, values: list[Any]) -> None:
        self._add(rectangle(values, self._state.matrix))

    def _add(self, path: Path) -> None:
        self._path = Path([*self._path.outline, *path.outline]) if self._path else path

    def clip(self, _: str, __: list[Operand]) -> None:
        self._clip_next = True

    def end(self, _: str, __: list[Operand]) -> None:
        if self._clip_next:
            self._state.clips = (*self._state.clips, self._path or Path([]))
        self._clip_next, self._path = False, None

    def paint(self, operator: str, values: list[Operand]) -> None:
        if self._path is not None:
            drawn = painted(self._document, self._path, self._state, operator)
            if drawn is not None:
                self._page.objects.append(drawn)
        self.end(operator, values)

    # -- text ------------------------------------------------------------------------------

    def begin_text(self, _: str, __: list[Operand]) -> None:
        self._line = IDENTITY

    def set_text_matrix(self, _: str, values: list[Any]) -> None:
        self._line = _matrix(values)

    def set_font(self, _: str, values: list[Any]) -> None:
        self._state.font, self._state.size = str(values[0]), float(values[1])

    def set_rendering(self, _: str, values: list[Any]) -> None:
        if int(values[0]) != 0:
            raise NotDrawable("text that is not filled")

    def show(self, operator: str, values: list[Any]) -> None:
        (shown,) = values
        font = self._font(self._state.font)
        face = self._document.fonts.get(font.name)
        if face is None:
            raise NotDrawable(f"font {font.name}")
        said = texts.spoken(font, face, shown if operator == "TJ" else [shown])
        state, line = self._state, self._line
        texts.write(self._document, self._page, face, said, state=state, line=line)

    def _font(self, name: str) -> PdfFont:
        if name not in self._fonts:
            self._fonts[name] = pdf_fonts.read(self._source.Resources.Font[name])
        return self._fonts[name]

    # -- pictures --------------------------------------------------------------------------

    def picture(self, _: str, values: list[Any]) -> None:
        source = self._source.Resources.XObject[values[0]]
        drawn = pictures.drawn(self._document, source, self._state)
        if drawn is not None:
            self._page.objects.append(drawn)


def _matrix(values: list[Any]) -> Matrix:
    a, b, c, d, e, f = values
    return a, b, c, d, e, f


def _alpha(value: Any, before: int) -> int:
    return before if value is None else round(float(value) * OPAQUE)


def _colour(operator: str, values: list[Any]) -> str:
    count = len(values)
    if count not in (1, 3) or _COLOURS.get(operator, count) != count or isinstance(values[-1], str):
        raise NotDrawable("a colour that is no grey and no red, green and blue")
    parts = [str(round(value * OPAQUE)) for value in values]
    return " ".join(parts * 3 if count == 1 else parts)


_ACTS: dict[str, Callable[[_Drawing, str, list[Any]], None]] = {
    "q": _Drawing.keep,
    "Q": _Drawing.give_back,
    "cm": _Drawing.transform,
    **dict.fromkeys(("cs", "CS"), _Drawing.set_space),
    **dict.fromkeys(("sc", "scn", "g", "rg"), _Drawing.set_fill),
    **dict.fromkeys(("SC", "SCN", "G", "RG"), _Drawing.set_stroke),
    **dict.fromkeys(("w", "J", "j", "M"), _Drawing.set_line),
    "d": _Drawing.set_dash,
    "gs": _Drawing.set_extra,
    RUN: _Drawing.follow,
    "re": _Drawing.box,
    **dict.fromkeys(("W", "W*"), _Drawing.clip),
    "n": _Drawing.end,
    **dict.fromkeys(PAINTED, _Drawing.paint),
    "BT": _Drawing.begin_text,
    "Tm": _Drawing.set_text_matrix,
    "Tf": _Drawing.set_font,
    "Tr": _Drawing.set_rendering,
    **dict.fromkeys(("Tj", "TJ"), _Drawing.show),
    "Do": _Drawing.picture,
}
