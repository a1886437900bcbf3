"""Pictures of a page: jpg as it came, everything else as png with its transparency."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

import pikepdf
from PIL import Image

from ofd import geometry
from ofd.markup import element, numbers
from ofd.pages.painting import clipped
from ofd.pages.refusals import NotDrawable
from ofd.pages.state import OPAQUE, State

if TYPE_CHECKING:
    from ofd.document import Document

_EFFORT = 4  #: of compression: half the time of the usual, a few bytes more
_USUAL = {"compress_level": 6}  #: for a picture of few bytes
_MODES = {1: "L", 3: "RGB"}
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
    drawn = _pixels(image)
    more: dict[str, Any] = {}
    if "/SMask" in image:
        mask = _pixels(image.SMask).convert("L")
        drawn = drawn.convert("RGB")
        mask = mask if mask.size == drawn.size else mask.resize(drawn.size)
        if all(least == most for least, most in _extrema(drawn)):
            drawn, more = _inked(drawn, mask), {"transparency": bytes(range(256))} | _USUAL
        else:
            drawn.putalpha(mask)
    out = io.BytesIO()
    drawn.save(out, "PNG", **{"compress_level": _EFFORT, **more})
    return "png", out.getvalue()


def _extrema(drawn: Image.Image) -> tuple[tuple[float, float], ...]:
    """Give the least and the most of red, green and blue."""
    return cast("tuple[tuple[float, float], ...]", drawn.getextrema())


def _inked(drawn: Image.Image, mask: Image.Image) -> Image.Image:
    """Give what is written in one colour: a palette of it, each entry as opaque as its number.

    That is a quarter of the pixels' bytes, and little more than half of them when compressed.
    """
    written = Image.frombytes("P", mask.size, mask.tobytes())
    written.putpalette(drawn.resize((1, 1)).tobytes() * 256)
    return written


def _pixels(image: Any) -> Image.Image:
    """Open a picture; plain ones, as Typst writes them, without pikepdf's asking what they are."""
    mode = _plain_mode(image)
    if mode is None:
        return pikepdf.PdfImage(image).as_pil_image()
    return Image.frombytes(mode, (int(image.Width), int(image.Height)), image.read_bytes())


def _plain_mode(image: Any) -> str | None:
    """Tell how the pixels lie: eight bits of grey, or of red, green and blue; None: otherwise."""
    space = image.get("/ColorSpace")
    is_plain = image.get("/BitsPerComponent") == 8 and str(image.get("/Filter")) == "/FlateDecode"
    if space is None or not is_plain or "/Decode" in image:
        return None
    if isinstance(space, pikepdf.Array):
        return _MODES.get(int(space[1].N)) if str(space[0]) == "/ICCBased" else None
    return {"/DeviceRGB": "RGB", "/DeviceGray": "L"}.get(str(space))
