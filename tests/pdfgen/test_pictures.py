"""QR codes of documents and of authenticators, drawn again and read by a reader of codes."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from pdfgen.pictures import qr_svg
from tests.pdfgen.samples import OFFLINE, QR

DOTS = 6  #: of the picture for a module


def drawn(svg: str) -> Image.Image:
    """Draw the strokes of a code."""
    box = re.search(r'viewBox="(-?\d+) (-?\d+) (\d+) (\d+)"', svg)
    assert box is not None
    left, top, wide, high = map(int, box.groups())
    picture = Image.new("L", (wide * DOTS, high * DOTS), 255)
    pen = ImageDraw.Draw(picture)
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        at, row = (int(x) - left) * DOTS, (int(y) - top) * DOTS
        pen.rectangle((at, row, at + int(length) * DOTS - 1, row + DOTS - 1), fill=0)
    return picture


@pytest.mark.parametrize("text", [QR, OFFLINE, "otpauth://totp/a:shouli?secret=ABC", "核验"])
def test_a_code_says_what_it_was_given(text: str) -> None:
    """R115: whoever scans it reads that text, at level M and without a switch of the alphabet."""
    codes = zxingcpp.read_barcodes(drawn(qr_svg(text, margin=4)))

    assert [(code.text, code.ec_level) for code in codes] == [(text, "M")]
    assert codes[0].symbology_identifier == "]Q1"


def test_a_code_on_a_page_has_a_size_and_white_around_it() -> None:
    """An authenticator's camera needs four modules of white; in a document the place decides."""
    document, page = qr_svg(QR), qr_svg(QR, scale=5, margin=4)

    side = drawn(document).width // DOTS
    assert "width" not in document.split("<path")[0]
    assert f'width="{(side + 8) * 5}" height="{(side + 8) * 5}"' in page
    assert drawn(page).width == (side + 8) * DOTS
