"""A PDF that Typst wrote, drawn again as OFD: one template makes both forms.

The same places, subsets of the same fonts, and text that stays text. `ofd.pages` knows what Typst
writes for what our templates use and refuses anything else, so that a change of Typst or of a
template is noticed and never drawn wrong: gradients, patterns and strange fonts are not drawn.
Annotations are not drawn: the seal is the OFD's own, and its place is told.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from ofd.document import Document
from ofd.fonts import Shelf
from ofd.geometry import Box
from ofd.pages.page import MM, draw_page
from ofd.pages.refusals import NotDrawable

__all__ = ["NotDrawable", "Place", "draw"]
_SCHEME = "/Sig"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a signature field stands."""

    page: int  #: from 0
    box: Box  #: millimetres from the upper left corner: left, top, width, height


def draw(pdf: bytes, fonts: Path) -> tuple[Document, dict[str, Place]]:
    """Draw every page; return the document and the places of the signature fields by name.

    `fonts` is the folder that the PDF was set from. Raises: NotDrawable.
    """
    document = Document(Shelf(fonts))
    places: dict[str, Place] = {}
    try:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            for index, source in enumerate(opened.pages):
                draw_page(document, source)
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
