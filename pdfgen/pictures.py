"""Pictures for templates, as SVG text: Typst takes text from data, not bytes."""

from __future__ import annotations

import base64
import io
from functools import lru_cache

import segno
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
def qr_svg(text: str) -> str:
    """Return a QR code (ISO/IEC 18004, level M: an eighth may be smudged) as SVG."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False, boost_error=False)
    code.save(out, kind="svg", border=0, xmldecl=False, omitsize=True)
    return out.getvalue().decode()
