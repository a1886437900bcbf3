"""Pictures of a page: jpg as it came, everything else as png with its transparency."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pikepdf

from ofd import geometry
from ofd.markup import element, numbers
from ofd.pages.paths import clipped
from ofd.pages.refusals import NotDrawable
from ofd.pages.state import OPAQUE, State

if TYPE_CHECKING:
    from ofd.document import Document

_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def drawn(document: Document, source: pikepdf.Object, state: State) -> str | None:
    """Give the object that a picture becomes; None: nothing of it is seen. Raises: NotDrawable."""
    if str(source.Subtype) != "/Image":
        raise NotDrawable("a form inside of a page")
    # The unit square of a PDF stands on its feet, that of an OFD hangs from its head.
    a, b, c, d, e, f = state.matrix
    box = geometry.bounds([("M", [geometry.moved(state.matrix, *corner) for corner in _CORNERS])])
    clips = clipped(state, box)
    if clips is None:
        return None
    suffix, data = _file(source)
    return element(
        "ImageObject",
        clips,
        ID=document.new_id(),
        Boundary=box.written(),
        CTM=numbers((a, b, -c, -d, e + c - box.left, f + d - box.top)),
        ResourceID=document.media_id(data, suffix),
        Alpha=None if state.fill_alpha == OPAQUE else state.fill_alpha,
    )


def _file(image: Any) -> tuple[str, bytes]:
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
