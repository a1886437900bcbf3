"""Where everything stands in a PDF of ours: texts, pictures and places of signatures, in points.

One walk through what each page draws, with the matrices that it is drawn by. Texts of backgrounds
(watermarks, bands of copies) are dress: they may leave the sheet and lie below others.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pikepdf

from pdfgen import text_layer

Box = tuple[float, float, float, float]  #: left, bottom, right, top in points
_Matrix = tuple[float, float, float, float, float, float]
_PLAIN: _Matrix = (1, 0, 0, 1, 0, 0)
_SHOWING = "BDC EMC q Q cm gs g rg k sc scn W m l S Tf Tm TJ Tj Do"
_DRAWING = f"{_SHOWING} c re"  #: with the paths that cut what is drawn
_DEEPEST = 10  #: forms within forms
_RISE, _FALL = 0.72, 0.08  #: of its size, what a line of text takes above and below its foot
_LEAST = 5.0  #: points: what is smaller nobody reads
_PALEST = 0.97  #: of each colour: what is lighter cannot be told from paper
_FAINT = 0.12  #: of ink: what is fainter nobody reads


class Run(NamedTuple):
    """A text that is drawn in one piece."""

    page: int  #: from 0
    text: str
    box: Box
    size: float  #: points
    is_seen: bool  #: large and dark enough to be read
    is_level: bool  #: not turned
    is_dress: bool  #: of the background
    clip: Box | None  #: what is left of the sheet to draw on; None: all


class Picture(NamedTuple):
    """A picture or code with the words that stand for it."""

    page: int
    alt: str
    box: Box


class Placed(NamedTuple):
    """A document, as it lies on its sheets."""

    sheets: list[tuple[float, float]]  #: width and height of each page, points
    runs: list[Run]
    pictures: list[Picture]
    title: str  #: of the file
    frames: list[tuple[int, Box]]  #: upright lines around most of a sheet, by page


class _State(NamedTuple):
    matrix: _Matrix
    is_pale: bool
    clip: Box | None
    is_cut: bool


def read(pdf: bytes) -> Placed:
    """Return where everything stands. Raises pikepdf.PdfError for what is no PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        sheets, runs, frames = [], list[Run](), list[tuple[int, Box]]()
        numbers = {page.objgen: at for at, page in enumerate(document.pages)}
        for at, page in enumerate(document.pages):
            box = [float(side) for side in page.mediabox]
            sheets.append((box[2] - box[0], box[3] - box[1]))
            resources = page.obj.get("/Resources", pikepdf.Dictionary())
            walk = _Walk(at, _SHOWING)
            drawn = list(walk.shown(page, resources, _PLAIN))
            around = (box for box in walk.frames if _is_around(box, sheets[at]))
            frames += [(at, box) for box in around]
            if walk.cuts_text:  # seldom: what cuts is worth the paths only then
                drawn = list(_Walk(at, _DRAWING).shown(page, resources, _PLAIN))
            runs += drawn
        root = document.Root.get("/StructTreeRoot", pikepdf.Dictionary())
        pictures = list(_pictures(root.get("/K"), numbers))
        title = str(document.docinfo.get("/Title", ""))
    return Placed(sheets, runs, pictures, title, frames)


class _Walk:
    """One way through what a page draws."""

    def __init__(self, page: int, operators: str) -> None:
        self._page, self._operators = page, operators
        self.cuts_text = False  #: a text that is no dress stands where a path cuts
        self.frames: list[Box] = []  #: upright rectangles of lines that are dress
        self._dress: list[bool] = []

    def shown(self, stream: Any, resources: Any, matrix: _Matrix, depth: int = 0) -> Iterator[Run]:
        """Yield what a page or a form shows."""
        fonts: dict[str, _Font] = {}
        font, size, lying = _Font({}, {}, 1.0), 0.0, _PLAIN
        state, kept = _State(matrix, False, None, False), list[_State]()
        path: list[tuple[float, float]] = []
        for instruction in pikepdf.parse_content_stream(stream, self._operators):
            operands: Any = instruction.operands
            match str(instruction.operator):
                case "q":
                    kept.append(state)
                    path = []
                case "Q":
                    state = kept.pop() if kept else state
                    path = []
                case "cm":
                    state = state._replace(matrix=_times(_numbers(operands), state.matrix))
                case "BDC":
                    self._dress.append(_is_dress(operands))
                case "EMC" if self._dress:
                    self._dress.pop()
                case "g" | "rg" | "k" | "sc" | "scn" as named:
                    state = state._replace(is_pale=_is_pale(named, operands))
                case "gs" if (said := resources.get("/ExtGState")) is not None:
                    ink = float(said[str(operands[0])].get("/ca", 1))
                    state = state._replace(is_pale=ink < _FAINT or state.is_pale)
                case "m":
                    path = [_at(state.matrix, *map(float, operands))]
                case "l":
                    path.append(_at(state.matrix, *map(float, operands)))
                case "c":
                    path.append(_at(state.matrix, *map(float, operands[4:])))
                case "re":
                    left, foot, width, height = map(float, operands)
                    path = [
                        _at(state.matrix, left, foot),
                        _at(state.matrix, left + width, foot + height),
                    ]
                case "S" if any(self._dress) and _is_upright(path):
                    across, up = zip(*path, strict=True)
                    self.frames.append((min(across), min(up), max(across), max(up)))
                case "W":
                    state = state._replace(is_cut=True, clip=_within(state.clip, path))
                case "Tf":
                    name, size = str(operands[0]), abs(float(operands[1]))
                    if name not in fonts:
                        fonts[name] = _Font.read(resources["/Font"][name])
                    font = fonts[name]
                case "Tm":
                    lying = _numbers(operands)
                case "TJ" | "Tj" as named:
                    parts = operands[0] if named == "TJ" else [operands[0]]
                    text, width = font.told(parts)
                    run = self._run(text, width * size, size, _times(lying, state.matrix), state)
                    self.cuts_text |= state.is_cut and not run.is_dress and bool(text.strip())
                    yield run
                case "Do" if depth < _DEEPEST:
                    form = resources["/XObject"][str(operands[0])]
                    if form.get("/Subtype") == "/Form":
                        own = _numbers(form.get("/Matrix", _PLAIN))
                        inner = form.get("/Resources", resources)
                        yield from self.shown(form, inner, _times(own, state.matrix), depth + 1)

    def _run(self, text: str, width: float, size: float, matrix: _Matrix, state: _State) -> Run:
        scale = math.hypot(matrix[0], matrix[1])
        corners = [_at(matrix, x, y) for x in (0.0, width) for y in (-_FALL * size, _RISE * size)]
        across, up = zip(*corners, strict=True)
        return Run(
            self._page,
            text,
            (min(across), min(up), max(across), max(up)),
            size * scale,
            not state.is_pale and size * scale >= _LEAST,
            abs(matrix[1]) < 1e-3 * scale,
            any(self._dress),
            state.clip,
        )


def _is_upright(path: list[tuple[float, float]]) -> bool:
    """Tell whether a path is a rectangle that is not turned."""
    return (
        len(path) == 4 and len({round(x) for x, _ in path}) == len({round(y) for _, y in path}) == 2
    )


def _is_around(box: Box, sheet: tuple[float, float]) -> bool:
    """Tell whether a rectangle is as long as most of the longer side of a sheet, and is no bar."""
    width, height = box[2] - box[0], box[3] - box[1]
    return max(width, height) > max(sheet) / 2 and min(width, height) > min(sheet) / 2


class _Font(NamedTuple):
    """What the codes of a font stand for, and how wide each is drawn."""

    drawn: dict[
        bytes, tuple[str, float]
    ]  #: of a code: its text, and its width in parts of the size
    widths: Mapping[int, float]  #: of a code that stands for no text
    otherwise: float

    @classmethod
    def read(cls, font: Any) -> _Font:
        inner = font["/DescendantFonts"][0] if "/DescendantFonts" in font else pikepdf.Dictionary()
        listed, widths, at = [*inner.get("/W", ())], dict[int, float](), 0
        while at < len(listed):  # PDF 32000-1, 9.7.4.3
            first, second = int(listed[at]), listed[at + 1]
            if isinstance(second, pikepdf.Array):
                widths |= {first + k: float(width) / 1000 for k, width in enumerate(second)}
                at += 2
            else:
                width = float(listed[at + 2]) / 1000
                widths |= dict.fromkeys(range(first, int(second) + 1), width)
                at += 3
        otherwise = float(inner.get("/DW", 1000)) / 1000
        drawn = {
            code: (text, widths.get(int.from_bytes(code), otherwise))
            for code, text in text_layer.meanings(font).items()
        }
        return cls(drawn, widths, otherwise)

    def told(self, parts: Any) -> tuple[str, float]:
        """Return the text of what is shown, and its width in parts of the size."""
        texts, width, drawn = list[str](), 0.0, self.drawn
        for part in parts:
            if not isinstance(part, pikepdf.String):
                width -= float(part) / 1000
                continue
            codes = bytes(part)
            for at in range(0, len(codes), 2):
                code = codes[at : at + 2]
                shown = drawn.get(code)
                if shown is None:
                    shown = ("", self.widths.get(int.from_bytes(code), self.otherwise))
                texts.append(shown[0])
                width += shown[1]
        return "".join(texts), width


def _pictures(element: Any, pages: Mapping[Any, int]) -> Iterator[Picture]:
    """Yield the pictures of a structure tree; deep within is nothing of ours."""
    ahead = [element]
    while ahead:
        here = ahead.pop()
        if isinstance(here, pikepdf.Array):
            ahead.extend(here)
        elif isinstance(here, pikepdf.Dictionary) and "/S" in here:
            if here.S == "/Figure" and "/A" in here:
                told = here.A[0] if isinstance(here.A, pikepdf.Array) else here.A
                box = [float(side) for side in told.get("/BBox", ())]
                if len(box) == 4:
                    page = pages.get(here.Pg.objgen, 0) if "/Pg" in here else 0
                    yield Picture(page, str(here.get("/Alt", "")), (box[0], box[1], box[2], box[3]))
            ahead.append(here.get("/K"))


def _is_dress(operands: Any) -> bool:
    if str(operands[0]) != "/Artifact" or not isinstance(operands[1], pikepdf.Dictionary):
        return False
    return str(operands[1].get("/Type", "")) != "/Pagination"  # heads and feet of pages are read


def _is_pale(operator: str, operands: Any) -> bool:
    """Tell whether a colour is that of paper; a pattern is not."""
    parts = [float(part) for part in operands if not isinstance(part, pikepdf.Name)]
    if not parts:
        return False
    is_ink = operator == "k" or len(parts) == 4  # parts of ink: none is paper
    return all(part <= 1 - _PALEST if is_ink else part >= _PALEST for part in parts)


def _numbers(operands: Any) -> _Matrix:
    a, b, c, d, e, f = (float(number) for number in operands)
    return (a, b, c, d, e, f)


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _at(matrix: _Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _within(clip: Box | None, path: list[tuple[float, float]]) -> Box | None:
    if not path:
        return clip
    across, up = zip(*path, strict=True)
    left, foot, right, top = clip or (-math.inf, -math.inf, math.inf, math.inf)
    return (
        max(left, min(across)),
        max(foot, min(up)),
        min(right, max(across)),
        min(top, max(up)),
    )
