"""What a signature looks like on the page: ready-made drawing operators, never text or fonts.

A form is deflated once and copied into each file; a seal costs microseconds to place.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import AppearanceContent
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.stamp import BaseStampStyle

from signing.pdf import drawings


@dataclass(frozen=True)
class Blank(BaseStampStyle):
    """Shows nothing: the field stays as the template drew it."""

    def create_stamp(self, writer: Any, box: BoxConstraints, text_params: object) -> None:
        """Return no stamp."""


@dataclass(frozen=True)
class Appearance(BaseStampStyle):
    """A drawing `width` by `height` units, fitted into the field without being stretched."""

    drawing: bytes = b""  #: deflated content stream
    width: float = 1
    height: float = 1
    picture: Picture | None = None  #: drawn by the operator `/P Do`
    is_ink: bool = False  #: what is printed below shows through; begins with the operator `/I gs`

    @classmethod
    def of(
        cls,
        operators: bytes,
        width: float,
        height: float,
        *,
        picture: Picture | None = None,
        is_ink: bool = False,
    ) -> Appearance:
        """Make an appearance from drawing operators (ISO 32000-1, clause 8)."""
        drawing = zlib.compress(operators, 9)
        return cls(drawing=drawing, width=width, height=height, picture=picture, is_ink=is_ink)

    def create_stamp(self, writer: Any, box: BoxConstraints, text_params: object) -> Any:
        """Return the form to place into a field of size `box`."""
        return _Form(self, writer, box)

    def corners(self, width: float, height: float) -> list[float]:
        """Give the drawing a box of the field's proportions: centred, not stretched."""
        scale = max(self.width / width, self.height / height)
        spare_x = (width * scale - self.width) / 2
        spare_y = (height * scale - self.height) / 2
        # PDF knows no exponents: 7e-15, left over from a division, would make the seal invisible.
        exact = (-spare_x, -spare_y, self.width + spare_x, self.height + spare_y)
        return [round(corner, 3) + 0.0 for corner in exact]

    def draw(self, first: int, width: float, height: float) -> list[bytes]:
        """Write its objects, numbered from `first`, for a field of this size; the form is last."""
        corners, bodies, shown = self.corners(width, height), [], None
        if self.picture is not None:
            p, shown = self.picture, first + 1
            bodies = [
                drawings.samples(p.width, p.height, b"/DeviceGray", p.alpha, mask=None),
                drawings.samples(p.width, p.height, b"/DeviceRGB", p.rgb, mask=first),
            ]
        form = drawings.form(corners, self.drawing, picture=shown, is_ink=self.is_ink)
        return [*bodies, form]


@dataclass(frozen=True)
class Picture:
    """A picture with transparency, both parts deflated."""

    rgb: bytes  #: three bytes a pixel
    alpha: bytes  #: one byte a pixel, 255 is ink
    width: int
    height: int


class _Form(AppearanceContent):
    def __init__(self, appearance: Appearance, writer: Any, box: BoxConstraints) -> None:
        super().__init__(box=box, writer=writer)
        self._appearance = appearance

    def as_form_xobject(self) -> generic.StreamObject:
        """Return the drawing as a form that fits the field."""
        a = self._appearance
        corners = a.corners(self.box.width, self.box.height)
        entries = {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): generic.ArrayObject(
                [generic.FloatObject(corner) for corner in corners]
            ),
            pdf_name("/Resources"): self._named(a),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        }
        return generic.StreamObject(entries, encoded_data=a.drawing)

    def _named(self, appearance: Appearance) -> generic.DictionaryObject:
        named = generic.DictionaryObject()
        if appearance.picture is not None:
            image = _image(appearance.picture, self._ensure_writer)
            named[pdf_name("/XObject")] = generic.DictionaryObject(
                {pdf_name("/P"): self._ensure_writer.add_object(image)}
            )
        if appearance.is_ink:
            blending = generic.DictionaryObject({pdf_name("/BM"): pdf_name("/Multiply")})
            named[pdf_name("/ExtGState")] = generic.DictionaryObject({pdf_name("/I"): blending})
        return named


def _image(picture: Picture, writer: Any) -> generic.StreamObject:
    image = _samples(picture, "/DeviceRGB", picture.rgb)
    mask = _samples(picture, "/DeviceGray", picture.alpha)
    image[pdf_name("/SMask")] = writer.add_object(mask)
    return image


def _samples(picture: Picture, space: str, data: bytes) -> generic.StreamObject:
    entries = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Image"),
        pdf_name("/Width"): generic.NumberObject(picture.width),
        pdf_name("/Height"): generic.NumberObject(picture.height),
        pdf_name("/BitsPerComponent"): generic.NumberObject(8),
        pdf_name("/ColorSpace"): pdf_name(space),
        pdf_name("/Filter"): pdf_name("/FlateDecode"),
    }
    return generic.StreamObject(entries, encoded_data=data)
