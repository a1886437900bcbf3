"""Seals and handwriting: what is drawn, what is refused, and how it sits in the field."""

from __future__ import annotations

import io
import re
import subprocess
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import PdfFileWriter

from signing import Signatures, errors
from signing.making import handwriting, seals
from signing.making.appearances import Appearance
from tests.signing import files, story

COMPANY = "上海示例建筑设计有限公司"
RED, BLUE, WHITE = "red", "blue", "white"


@pytest.fixture
def keys_url(tmp_path: Path) -> str:
    """Return one kind of database: what is asked here does not depend on it."""
    return f"sqlite:///{tmp_path}/keys.db"


def _colour(pixel: tuple[int, int, int]) -> str:
    red, green, blue = pixel
    if red > 150 and green < 100 and blue < 100:
        return RED
    if max(pixel) < 140 and blue > red:
        return BLUE
    return WHITE if min(pixel) > 230 else "other"


def _page(pdf: bytes, folder: Path) -> Image.Image:
    """Let poppler draw the page, 1 pixel a point."""
    path = folder / "drawn.pdf"
    path.write_bytes(pdf)
    command = ["pdftoppm", "-r", "72", "-png", "-singlefile", str(path), str(folder / "drawn")]
    subprocess.run(command, check=True, capture_output=True)
    with Image.open(folder / "drawn.png") as opened:
        return opened.convert("RGB")


def _share(picture: Image.Image, box: tuple[int, int, int, int], colour: str) -> float:
    """Return how much of a box (PDF coordinates) has a colour."""
    left, bottom, right, top = box
    part = picture.crop((left, picture.height - top, right, picture.height - bottom))
    pixels = [part.getpixel((x, y)) for x in range(part.width) for y in range(part.height)]
    return sum(_colour(pixel) == colour for pixel in pixels) / len(pixels)


def test_signature_and_seal_stand_in_their_fields(signatures: Signatures, tmp_path: Path) -> None:
    """R3, R46: the form shows the written name and the round red seal with its star."""
    signed = story.sign(signatures, files.application())
    sealed = story.seal(signatures, signed.pdf)

    page = _page(sealed.pdf, tmp_path)

    left, bottom, right, top = files.BOXES["enterprise"]
    assert _share(page, files.BOXES["applicant"], BLUE) > 0.05
    assert _share(page, (left, bottom, right, top), RED) > 0.15
    middle = ((left + right) // 2, (bottom + top) // 2)
    star = (middle[0] - 4, middle[1] - 4, middle[0] + 4, middle[1] + 4)
    assert _share(page, star, RED) > 0.95
    corner = (left, bottom, left + 12, bottom + 12)
    assert _share(page, corner, WHITE) > 0.95
    outside = (left - 40, bottom, left - 2, top)
    assert _share(page, outside, WHITE) == 1


def test_seal_is_round_in_a_field_that_is_not_square(
    signatures: Signatures, tmp_path: Path
) -> None:
    """R46: a drawing is centred in its field, never stretched."""
    wide = (60, 60, 300, 180)
    form = files.with_fields(files.page(), "agency", boxes={"agency": wide})

    page = _page(signatures.seal_as_agency(form, key="wide").pdf, tmp_path)

    assert _share(page, (120, 60, 240, 180), RED) > 0.15
    assert _share(page, (60, 60, 118, 180), WHITE) == 1
    assert _share(page, (242, 60, 300, 180), WHITE) == 1


@pytest.mark.proves("R3")
def test_own_signature_image_is_used(signatures: Signatures, tmp_path: Path) -> None:
    """R3: the person's image is the visible signature; its white paper does not show."""
    form = files.application()
    image = Image.new("RGB", (400, 160), "white")
    ImageDraw.Draw(image).line((30, 130, 370, 30), fill=(0, 0, 90), width=24)
    drawn = io.BytesIO()
    image.save(drawn, "JPEG")

    signed = signatures.sign_application(
        form,
        person_id=story.ZHANG,
        authorization=story.authorization(signatures, form),
        key="picture",
        name="张三",
        picture=drawn.getvalue(),
    )

    assert _share(_page(signed.pdf, tmp_path), files.BOXES["applicant"], BLUE) > 0.03
    assert b"/SMask" in signed.pdf


def _drawn_again_and_again() -> bytes:
    """Make a JPEG whose last scan comes two hundred times."""
    out = io.BytesIO()
    Image.new("L", (300, 200)).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * 200 + b"\xff\xd9"


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (b"no picture", "无法读取"),
        (b"GIF89a" + bytes(20), "无法读取"),
        (bytes(2 * 1024 * 1024 + 1), "超过2MB"),
        (_drawn_again_and_again(), "无法读取"),
    ],
)
def test_unusable_signature_images(picture: bytes, reason: str) -> None:
    """R3: what is no picture, or too large, is refused with the reason."""
    with pytest.raises(errors.PictureUnusable, match=reason):
        handwriting.from_picture(picture)


@pytest.mark.parametrize(("size", "reason"), [((4000, 4000), "尺寸过大"), ((100, 100), "没有签名")])
def test_blank_and_huge_signature_images(size: tuple[int, int], reason: str) -> None:
    """R3: white paper is no signature; a small file with a huge picture is not unpacked."""
    blank = io.BytesIO()
    Image.new("L", size, 255).save(blank, "PNG")

    with pytest.raises(errors.PictureUnusable, match=reason):
        handwriting.from_picture(blank.getvalue())


def test_handwriting_is_a_transparent_picture(fonts: Path) -> None:
    """R3: the image made for a name; the same name gives the same bytes."""
    data = handwriting.handwriting_png("欧阳娜娜", fonts)

    with Image.open(io.BytesIO(data)) as picture:
        alpha = picture.getchannel("A")
        assert picture.mode == "RGBA"
        assert picture.height == 240
        assert alpha.getextrema() == (0, 255)
        ink = sum(alpha.histogram()[128:]) / (picture.width * picture.height)
    assert 0.05 < ink < 0.4
    assert handwriting.handwriting_png("欧阳娜娜", fonts) == data
    assert handwriting.handwriting_png("欧阳", fonts) != data


def test_handwriting_of_a_service(signatures: Signatures) -> None:
    """R3: the service writes a name for those who upload no image."""
    assert signatures.handwriting_png("张三").startswith(b"\x89PNG")


def test_glyphs_no_font_has(signatures: Signatures, fonts: Path) -> None:
    """R3: a character that cannot be drawn is named; signing itself goes on without picture."""
    with pytest.raises(errors.GlyphMissing, match="\U0001f58b"):
        handwriting.handwriting_png("张\U0001f58b", fonts)
    with pytest.raises(errors.FontMissing, match="GovKai"):
        handwriting.handwriting_png("张三", fonts / "nowhere")
    form = files.application()

    signed = signatures.sign_application(
        form,
        person_id=story.ZHANG,
        authorization=story.authorization(signatures, form),
        key="bare",
        name="张\U0001f58b",
    )

    assert signatures.examine(signed.pdf, expected=story.SIGNED).ok


def _operators(drawn: Appearance) -> list[str]:
    return zlib.decompress(drawn.drawing).decode().split()


def test_seal_carries_name_and_code(fonts: Path) -> None:
    """R46: each character is drawn: star, name, code; nothing is text."""
    plain = _operators(seals.seal(COMPANY, fonts))
    with_code = _operators(seals.seal(COMPANY, fonts, code=story.USCC))

    assert plain.count("f") == 1 + len(COMPANY)
    assert with_code.count("f") == 1 + len(COMPANY) + len(story.USCC)
    assert "Tj" not in with_code


@pytest.mark.parametrize("name", ["甲所", COMPANY, COMPANY * 3])
def test_seal_stays_inside_its_border(name: str, fonts: Path) -> None:
    """R46: short or long, the name fits."""
    drawn = seals.seal(name, fonts, below="行政审批专用章")
    numbers = [float(word) for word in _operators(drawn)[20:] if word.lstrip("-").isdigit()]

    assert min(numbers) >= 0
    assert max(numbers) <= 4200


@pytest.mark.parametrize("side", [113.386, 40 / 25.4 * 72, 119.055, 99.99999])
def test_every_number_of_an_appearance_is_one_that_pdf_knows(side: float, fonts: Path) -> None:
    """R60: a remainder like 7e-15 in the box would leave the seal invisible in every viewer."""
    stamp = seals.seal(COMPANY, fonts).create_stamp(
        PdfFileWriter(), BoxConstraints(width=side, height=side), None
    )

    out = io.BytesIO()
    stamp.as_form_xobject()["/BBox"].write_to_stream(out)

    assert re.fullmatch(rb"\[[-0-9. ]+\]", out.getvalue().strip())
