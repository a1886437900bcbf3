"""A PDF that Typst wrote, drawn again as OFD: one template makes both forms.

The same places, subsets of the same fonts, and text that stays text. It knows the operators that
Typst writes for what our templates use, and refuses any other, so that a change of Typst or of a
template is noticed and never drawn wrong: gradients, patterns and strange fonts are not drawn.
Annotations are not drawn: the seal is the OFD's own, and its place is told.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf

from ofd import geometry, pdf_fonts
from ofd.document import Document, Page
from ofd.fonts import Shelf
from ofd.geometry import IDENTITY, Box, Matrix, Outline
from ofd.markup import deltas, element, number, numbers, text
from ofd.pdf_fonts import PdfFont

MM = 25.4 / 72  #: a point
_IDLE = frozenset(("BDC", "BMC", "EMC", "ET", "ri", "i"))  #: they draw nothing
_OPAQUE = 255
_CAPS = {1: "Round", 2: "Square"}
_JOINS = {1: "Round", 2: "Bevel"}
_ASCENT, _HEIGHT = 1.0, 1.45  #: of a box that holds a line of text, in ems
_SCHEME = "/Sig"


class NotDrawable(ValueError):
    """The PDF holds what is not drawn again: it was not made by our templates."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a signature field stands."""

    page: int  #: from 0
    box: Box  #: millimetres from the upper left corner: left, top, width, height


@dataclass(frozen=True)
class _State:
    """What `q` keeps and `Q` gives back."""

    matrix: Matrix
    fill: str = "0 0 0"
    stroke: str = "0 0 0"
    line: float = 1.0
    cap: int = 0
    join: int = 0
    miter: float = 10.0
    dash: tuple[tuple[float, ...], float] = ((), 0.0)
    fill_alpha: int = _OPAQUE
    stroke_alpha: int = _OPAQUE
    font: str = ""
    size: float = 0.0
    clips: tuple[Outline, ...] = ()


def draw(pdf: bytes, fonts: Path) -> tuple[Document, dict[str, Place]]:
    """Draw every page; return the document and the places of the signature fields by name.

    `fonts` is the folder that the PDF was set from. Raises: NotDrawable.
    """
    document = Document(Shelf(fonts))
    places: dict[str, Place] = {}
    try:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            for index, source in enumerate(opened.pages):
                _Drawing(document, source).draw()
                for name, box in _fields(source):
                    places[name] = Place(page=index, box=box)
    except pikepdf.PdfError as error:
        raise NotDrawable(f"not a PDF that can be read: {error}") from error
    return document, places


def _fields(source: pikepdf.Page) -> Iterable[tuple[str, Box]]:
    height = float(source.mediabox[3])
    for widget in source.get("/Annots", ()):
        if widget.get("/FT") == _SCHEME:
            left, bottom, right, top = (float(value) for value in widget.Rect)
            sides = (left, height - top, right - left, top - bottom)
            yield str(widget.T), Box(*(side * MM for side in sides))


class _Drawing:
    """One page."""

    def __init__(self, document: Document, source: pikepdf.Page) -> None:
        self._document, self._source = document, source
        _, _, width, height = (float(value) for value in source.mediabox)
        self._page: Page = document.add_page(width * MM, height * MM)
        self._whole = Box(0, 0, self._page.width, self._page.height)
        self._state = _State((MM, 0, 0, -MM, 0, height * MM))
        self._kept: list[_State] = []
        self._text: Matrix = IDENTITY
        self._path: Outline = []
        self._clip_next = False
        self._fonts: dict[str, PdfFont] = {}

    def draw(self) -> None:
        for instruction in pikepdf.parse_content_stream(self._source):
            name = str(instruction.operator)
            if name in _IDLE:
                continue
            act = _ACTS.get(name)
            if act is None:
                raise NotDrawable(f"operator {name}")
            act(self, list(instruction.operands))

    # -- state -----------------------------------------------------------------------------

    def keep(self, _: list[Any]) -> None:
        self._kept.append(self._state)

    def give_back(self, _: list[Any]) -> None:
        self._state = self._kept.pop()

    def transform(self, values: list[Any]) -> None:
        matrix = geometry.times(_matrix(values), self._state.matrix)
        self._state = replace(self._state, matrix=matrix)

    def set_fill(self, values: list[Any]) -> None:
        self._state = replace(self._state, fill=_colour(values))

    def set_stroke(self, values: list[Any]) -> None:
        self._state = replace(self._state, stroke=_colour(values))

    def set_space(self, values: list[Any]) -> None:
        """Refuse what is no plain grey or red, green and blue."""
        space = str(values[0])
        if space in ("/DeviceRGB", "/DeviceGray"):
            return
        kind = self._source.Resources.get("/ColorSpace", pikepdf.Dictionary()).get(space)
        if kind is None or str(kind[0]) != "/ICCBased" or int(kind[1].N) not in (1, 3):
            raise NotDrawable(f"colour space {space}")

    def set_line(self, values: list[Any]) -> None:
        self._state = replace(self._state, line=float(values[0]))

    def set_cap(self, values: list[Any]) -> None:
        self._state = replace(self._state, cap=int(values[0]))

    def set_join(self, values: list[Any]) -> None:
        self._state = replace(self._state, join=int(values[0]))

    def set_miter(self, values: list[Any]) -> None:
        self._state = replace(self._state, miter=float(values[0]))

    def set_dash(self, values: list[Any]) -> None:
        lengths = tuple(float(value) for value in values[0])
        self._state = replace(self._state, dash=(lengths, float(values[1])))

    def set_extra(self, values: list[Any]) -> None:
        extra = self._source.Resources.ExtGState[str(values[0])]
        strange = set(extra.keys()) - {"/Type", "/ca", "/CA"}
        if strange:
            raise NotDrawable(f"graphics state {sorted(strange)}")
        state = self._state
        self._state = replace(
            state,
            fill_alpha=_alpha(extra.get("/ca"), state.fill_alpha),
            stroke_alpha=_alpha(extra.get("/CA"), state.stroke_alpha),
        )

    # -- paths -----------------------------------------------------------------------------

    def add_points(self, sign: str, values: list[Any]) -> None:
        at = self._state.matrix
        numbers_ = [float(value) for value in values]
        points = [
            geometry.moved(at, x, y) for x, y in zip(numbers_[::2], numbers_[1::2], strict=True)
        ]
        self._path.append((sign, points))

    def move(self, values: list[Any]) -> None:
        self.add_points("M", values)

    def line(self, values: list[Any]) -> None:
        self.add_points("L", values)

    def curve(self, values: list[Any]) -> None:
        self.add_points("B", values)

    def close(self, _: list[Any]) -> None:
        self._path.append(("C", []))

    def rectangle(self, values: list[Any]) -> None:
        x, y, width, height = (float(value) for value in values)
        self.move([x, y])
        for corner in ((x + width, y), (x + width, y + height), (x, y + height)):
            self.line(list(corner))
        self.close([])

    def clip(self, _: list[Any]) -> None:
        self._clip_next = True

    def _end_path(self) -> None:
        if self._clip_next:
            self._state = replace(self._state, clips=(*self._state.clips, self._path))
        self._clip_next, self._path = False, []

    def drop(self, _: list[Any]) -> None:
        self._end_path()

    def paint(self, *, fill: bool, stroke: bool, even_odd: bool = False) -> None:
        state = self._state
        scale = geometry.scale(state.matrix)
        width = state.line * scale if stroke else 0.0
        box = geometry.bounds(self._path).grown(width * (2 if stroke else 0))
        clips = self._clips(box)
        if clips is None or not self._path:
            self._end_path()
            return
        lengths, offset = state.dash
        inside = element("StrokeColor", Value=state.stroke) if stroke else ""
        inside += element("FillColor", Value=state.fill) if fill else ""
        inside += element("AbbreviatedData", geometry.written(self._path, box))
        alpha = state.stroke_alpha if stroke and not fill else state.fill_alpha
        path = element(
            "PathObject",
            clips + inside,
            ID=self._document.new_id(),
            Boundary=box.written(),
            LineWidth=number(width) if stroke else None,
            Cap=_CAPS.get(state.cap) if stroke else None,
            Join=_JOINS.get(state.join) if stroke else None,
            MiterLimit=number(state.miter) if stroke and not state.join else None,
            DashOffset=number(offset * scale) if stroke and lengths and offset else None,
            DashPattern=numbers(value * scale for value in lengths) if stroke and lengths else None,
            Alpha=None if alpha == _OPAQUE else alpha,
            Stroke="true" if stroke else "false",
            Fill="true" if fill else None,
            Rule="Even-Odd" if even_odd else None,
        )
        self._page.objects.append(path)
        self._end_path()

    def _clips(self, box: Box) -> str | None:
        """Write the clips that cut a box; None: nothing of it is left to see."""
        cutting = []
        for outline in self._state.clips:
            around = geometry.bounds(outline)
            if not around.meets(box):
                return None
            if not (geometry.is_box(outline) and around.holds(box)):
                cutting.append(outline)
        if not cutting:
            return ""
        here = Box(0, 0, box.width, box.height)
        areas = "".join(
            element(
                "Clip",
                element(
                    "Area",
                    element(
                        "Path",
                        element("AbbreviatedData", geometry.written(outline, box)),
                        Boundary=here.written(),
                        Stroke="false",
                        Fill="true",
                    ),
                ),
            )
            for outline in cutting
        )
        return element("Clips", areas)

    # -- text ------------------------------------------------------------------------------

    def begin_text(self, _: list[Any]) -> None:
        self._text = IDENTITY

    def set_text_matrix(self, values: list[Any]) -> None:
        self._text = _matrix(values)

    def set_font(self, values: list[Any]) -> None:
        self._state = replace(self._state, font=str(values[0]), size=float(values[1]))

    def set_rendering(self, values: list[Any]) -> None:
        if int(values[0]) != 0:
            raise NotDrawable("text that is not filled")

    def show(self, values: list[Any]) -> None:
        self._show(values)

    def show_spaced(self, values: list[Any]) -> None:
        self._show(values[0])

    def _show(self, shown: Iterable[Any]) -> None:
        state = self._state
        font = self._font(state.font)
        face = self._document.fonts.get(font.name)
        if face is None:
            raise NotDrawable(f"font {font.name}")
        said: list[tuple[str, float]] = []
        x = 0.0
        for item in shown:
            if not isinstance(item, pikepdf.String):
                x -= float(item) / 1000
                continue
            for code in pdf_fonts.codes(bytes(item)):
                said += _spread(font, face, code, x)
                x += font.width(code)
        at = geometry.times(self._text, state.matrix)
        size = state.size * geometry.scale(at)
        at = geometry.scaled(at, state.size / size) if size else at
        said = [part for part in said if self._is_seen(at, part, size)]
        if said:
            self._write(said, at, size, face)

    def _is_seen(self, at: Matrix, part: tuple[str, float], size: float) -> bool:
        """Tell whether the middle of a character lies inside all clips."""
        place = geometry.moved(at, (part[1] + 0.5) * size, 0.35 * size)
        return all(geometry.encloses(clip, *place) for clip in self._state.clips)

    def _write(self, said: list[tuple[str, float]], at: Matrix, size: float, face: Any) -> None:
        state, own = self._state, self._document.new_id()
        characters = "".join(character for character, _ in said)
        places = [place * size for _, place in said]
        steps = [after - before for before, after in pairwise(places)]
        a, b, c, d, e, f = at
        first, last = places[0], places[-1] + size
        if abs(b) < 1e-6 and abs(c) < 1e-6 and a > 0 > d:
            box = Box(e + first, f - _ASCENT * size, last - first, _HEIGHT * size)
            turned, x, y = None, 0.0, _ASCENT * size
        else:
            box, x, y = self._whole, first, 0.0
            turned = numbers((a, b)) + " " + numbers((-c, -d)) + " " + numbers((e, f))
            turned = " ".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in (a, b, -c, -d))
            turned += f" {numbers((e, f))}"
        code = element(
            "TextCode", text(characters), X=number(x), Y=number(y), DeltaX=deltas(steps) or None
        )
        self._page.objects.append(
            element(
                "TextObject",
                element("FillColor", Value=state.fill) + code,
                ID=own,
                Boundary=box.written(),
                CTM=turned,
                Font=self._document.font_id(face),
                Size=number(size),
                Alpha=None if state.fill_alpha == _OPAQUE else state.fill_alpha,
            )
        )
        self._page.texts.append((own, characters))

    def _font(self, name: str) -> PdfFont:
        if name not in self._fonts:
            self._fonts[name] = pdf_fonts.read(self._source.Resources.Font[name])
        return self._fonts[name]

    # -- pictures --------------------------------------------------------------------------

    def picture(self, values: list[Any]) -> None:
        source = self._source.Resources.XObject[str(values[0])]
        if str(source.Subtype) != "/Image":
            raise NotDrawable("a form inside of a page")
        suffix, data = _picture(source)
        # The unit square of a PDF stands on its feet, that of an OFD hangs from its head.
        a, b, c, d, e, f = self._state.matrix
        corners = [
            geometry.moved(self._state.matrix, *at) for at in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
        box = geometry.bounds([("M", corners)])
        clips = self._clips(box)
        if clips is None:
            return
        self._page.objects.append(
            element(
                "ImageObject",
                clips,
                ID=self._document.new_id(),
                Boundary=box.written(),
                CTM=numbers((a, b, -c, -d, e + c - box.left, f + d - box.top)),
                ResourceID=self._document.media_id(data, suffix),
                Alpha=None if self._state.fill_alpha == _OPAQUE else self._state.fill_alpha,
            )
        )


def _spread(font: PdfFont, face: Any, code: int, x: float) -> list[tuple[str, float]]:
    """Give what one code says, character by character; a ligature is set apart in its width."""
    said = font.characters.get(code)
    if not said:
        raise NotDrawable(f"a glyph of {font.name} without a character")
    try:
        widths = [face.advance(character) for character in said]
    except KeyError as error:
        raise NotDrawable(f"{font.name} has no {error}") from error
    fit = font.width(code) / sum(widths) if len(said) > 1 and sum(widths) else 1.0
    placed = []
    for character, width in zip(said, widths, strict=True):
        placed.append((character, x))
        x += width * fit
    return placed


def _matrix(values: list[Any]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return a, b, c, d, e, f


def _alpha(value: Any, before: int) -> int:
    return before if value is None else round(float(value) * _OPAQUE)


def _colour(values: list[Any]) -> str:
    if len(values) not in (1, 3) or isinstance(values[-1], pikepdf.Name):
        raise NotDrawable("a colour that is no grey and no red, green and blue")
    parts = [round(float(value) * _OPAQUE) for value in values]
    return " ".join(map(str, parts * 3 if len(parts) == 1 else parts))


def _picture(image: Any) -> tuple[str, bytes]:
    """Give a picture as jpg as it came, or as png with its transparency."""
    if "/SMask" not in image and str(image.get("/Filter")) == "/DCTDecode":
        return "jpg", image.read_raw_bytes()
    drawn = pikepdf.PdfImage(image).as_pil_image()
    if "/SMask" in image:
        mask = pikepdf.PdfImage(image.SMask).as_pil_image().convert("L")
        drawn = drawn.convert("RGB")
        drawn.putalpha(mask.resize(drawn.size))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return "png", out.getvalue()


_ACTS: dict[str, Any] = {
    "q": _Drawing.keep,
    "Q": _Drawing.give_back,
    "cm": _Drawing.transform,
    "cs": _Drawing.set_space,
    "CS": _Drawing.set_space,
    **dict.fromkeys(("sc", "scn", "g", "rg"), _Drawing.set_fill),
    **dict.fromkeys(("SC", "SCN", "G", "RG"), _Drawing.set_stroke),
    "w": _Drawing.set_line,
    "J": _Drawing.set_cap,
    "j": _Drawing.set_join,
    "M": _Drawing.set_miter,
    "d": _Drawing.set_dash,
    "gs": _Drawing.set_extra,
    "m": _Drawing.move,
    "l": _Drawing.line,
    "c": _Drawing.curve,
    "h": _Drawing.close,
    "re": _Drawing.rectangle,
    "W": _Drawing.clip,
    "W*": _Drawing.clip,
    "n": _Drawing.drop,
    "f": lambda self, _: self.paint(fill=True, stroke=False),
    "f*": lambda self, _: self.paint(fill=True, stroke=False, even_odd=True),
    "S": lambda self, _: self.paint(fill=False, stroke=True),
    "B": lambda self, _: self.paint(fill=True, stroke=True),
    "B*": lambda self, _: self.paint(fill=True, stroke=True, even_odd=True),
    "BT": _Drawing.begin_text,
    "Tm": _Drawing.set_text_matrix,
    "Tf": _Drawing.set_font,
    "Tr": _Drawing.set_rendering,
    "Tj": _Drawing.show,
    "TJ": _Drawing.show_spaced,
    "Do": _Drawing.picture,
}
