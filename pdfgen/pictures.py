"""Pictures for templates, as SVG text: Typst takes text from data, not bytes."""

from __future__ import annotations

import base64
import io
import re
from functools import lru_cache

import zxingcpp
from PIL import Image


class Qr(str):
    """A text that a document shows as a QR code."""

    __slots__ = ()


_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}


def picture_svg(picture: bytes) -> str:
    """Return an SVG that holds a JPEG or PNG as it is: its pixels are not encoded again.

    ValueError for anything else; `portraits.normalise` gives what fits.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=list(_TYPES)) as image:
            (width, height), kind = image.size, _TYPES[str(image.format)]
    except OSError as error:
        raise ValueError("a picture is JPEG or PNG") from error
    data = base64.b64encode(picture).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:{kind};base64,{data}"/></svg>'
    )


@lru_cache(maxsize=16)
def qr_svg(text: str, *, scale: int = 0, margin: int = 0) -> str:
    """Return a QR code (ISO/IEC 18004, level M: an eighth may be smudged) as SVG.

    A module is `scale` pixels wide, or what the place where it is shown gives it; `margin` modules
    are left free on each side. ValueError when `text` is too long for a code.
    """
    rows = qr_rows(text)
    runs = [
        f"M{dark.start()} {number}.5h{dark.end() - dark.start()}"
        for number, row in enumerate(rows)
        for dark in _DARK.finditer(row)
    ]
    side = len(rows) + 2 * margin
    size = f' width="{side * scale}" height="{side * scale}"' if scale else ""
    box = f'viewBox="{-margin} {-margin} {side} {side}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"{size} {box}>'
        f'<path stroke="#000" d="{"".join(runs)}"/></svg>'
    )


_DARK = re.compile(rb"\0+")


def qr_rows(text: str) -> list[bytes]:
    """Return the modules of a QR code, row by row, a byte each: 0 is dark, 255 is white."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = code.to_image(add_quiet_zones=False)
    modules = memoryview(image)  # type: ignore[arg-type]  # its stub does not tell of the buffer
    return [bytes(row) for row in modules.tolist()]
