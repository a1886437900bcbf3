"""R26, R120, G10: the uploaded photo becomes the photo of the certificate, or is refused."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pdfgen import errors, portraits
from tests.pdfgen import profiles
from tests.pdfgen.samples import portrait


def opened(jpeg: bytes) -> Image.Image:
    """Return the result of `normalise` as a picture."""
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return image


def quarters(size: tuple[int, int], **options: object) -> bytes:
    """Return a picture with its top half red, its bottom half blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0], size[1] // 2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(295, 413), (590, 826), (1000, 1350), (2000, 2700)])
def test_a_portrait_gets_the_size_of_the_certificate(kind: str, size: tuple[int, int]) -> None:
    """R26: 25 × 35 mm at 300 dots an inch, at most 50 KB."""
    jpeg = portraits.normalise(portrait(size, kind))

    image = opened(jpeg)
    assert (image.format, image.size, image.mode) == ("JPEG", (295, 413), "RGB")
    assert image.info["dpi"] == (300, 300)
    assert len(jpeg) <= 50 * 1024
    assert portraits.normalise(portrait(size, kind)) == jpeg


def test_noise_still_fits() -> None:
    """R26: even what hardly compresses ends below 50 KB."""
    pixels = random.Random(1).randbytes(600 * 840 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (600, 840), pixels).save(out, "JPEG", quality=90)

    assert len(portraits.normalise(out.getvalue())) <= 50 * 1024


def test_a_turned_camera_is_turned_back_and_its_data_are_dropped() -> None:
    """R26: EXIF says how it was held; neither that nor the place of taking is kept."""
    exif = Image.Exif()
    exif[0x0112] = 6  # held so that the picture must be turned right by 90°
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    lying = quarters((826, 590), exif=exif)

    image = opened(portraits.normalise(lying))

    assert image.size == (295, 413)
    left, right = image.getpixel((20, 200)), image.getpixel((275, 200))
    assert left[2] > 200 > 60 > left[0]  # the bottom half went left
    assert right[0] > 200 > 60 > right[2]
    assert not image.getexif()


def test_a_crop_is_in_pixels_of_the_upright_picture() -> None:
    """R26: what the browser's frame shows is what is kept."""
    image = opened(portraits.normalise(quarters((2000, 2000)), (100, 1100, 500, 700)))

    assert image.getpixel((147, 5))[2] > 200  # only the lower half: blue all over
    assert image.getpixel((147, 400))[2] > 200


@pytest.mark.parametrize(
    ("content", "crop", "refusal", "code"),
    [
        (portrait((200, 280)), None, errors.PhotoTooSmall, "E_PHOTO_SPEC"),
        (portrait((900, 1260)), (0, 0, 200, 280), errors.PhotoTooSmall, "E_PHOTO_SPEC"),
        (portrait((900, 900)), None, errors.PhotoShape, "E_PHOTO_SHAPE"),
        (portrait((900, 2000)), None, errors.PhotoShape, "E_PHOTO_SHAPE"),
        (portrait((900, 1260)), (500, 0, 500, 700), errors.PhotoCrop, "E_PHOTO_CROP"),
        (portrait((900, 1260)), (-50, 0, 500, 700), errors.PhotoCrop, "E_PHOTO_CROP"),
        (portrait((900, 1260)), (float("nan"), 0, 500, 700), errors.PhotoCrop, "E_PHOTO_CROP"),
        (portrait((900, 1260)), (0, 0, float("inf"), 700), errors.PhotoCrop, "E_PHOTO_CROP"),
        (portrait((600, 840), "GIF"), None, errors.NotPhoto, "E_PHOTO_TYPE"),
        (portrait((600, 840))[:2000], None, errors.NotPhoto, "E_PHOTO_TYPE"),
        (b"", None, errors.NotPhoto, "E_PHOTO_TYPE"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, errors.NotPhoto, "E_PHOTO_TYPE"),
        (bytes(5 * 1024 * 1024 + 1), None, errors.PhotoTooLarge, "E_PHOTO_SIZE"),
    ],
)
def test_what_does_not_fit_is_refused(
    content: bytes,
    crop: portraits.Crop | None,
    refusal: type[errors.Refusal],
    code: str,
) -> None:
    """R26, R120: each refusal has its code, says the cause and the remedy, and names the field."""
    with pytest.raises(refusal, match="请") as caught:
        portraits.normalise(content, crop, field="photo")

    assert (caught.value.code, caught.value.field) == (code, "photo")


def _plain(mode: str, colour: object, kind: str, **options: object) -> bytes:
    """Return a picture of one colour."""
    out = io.BytesIO()
    Image.new(mode, (600, 840), colour).save(out, kind, **options)
    return out.getvalue()


_ORIENTED = Image.Exif()
_ORIENTED[0x0112] = 3


@pytest.mark.proves("F:uploads-1")
@pytest.mark.parametrize(
    ("mode", "colour", "kind", "profile", "seen"),
    [
        ("RGB", (199, 151, 128), "PNG", profiles.display_p3(), (210, 150, 125)),
        ("RGB", (199, 151, 128), "JPEG", profiles.display_p3(), (210, 150, 125)),
        ("RGBA", (199, 151, 128, 255), "PNG", profiles.display_p3(), (210, 150, 125)),
        ("L", 55, "JPEG", profiles.linear_grey(), (128, 128, 128)),
        ("LA", (55, 255), "PNG", profiles.linear_grey(), (128, 128, 128)),
        ("I;16", 55 * 257, "PNG", profiles.linear_grey(), (128, 128, 128)),
        ("I;16", 128 * 257, "PNG", None, (128, 128, 128)),
        ("RGB", (210, 150, 125), "JPEG", b"no profile", (210, 150, 125)),
        ("RGB", (210, 150, 125), "JPEG", profiles.linear_grey(), (210, 150, 125)),
    ],
    ids=["p3-png", "p3-jpeg", "p3-alpha", "grey", "grey-alpha", "grey-16", "16", "none", "other"],
)
def test_colours_stay_as_people_saw_them(
    mode: str, colour: object, kind: str, profile: bytes | None, seen: tuple[int, ...]
) -> None:
    """R26: what a profile means becomes sRGB; what means nothing is left aside, as viewers do."""
    options: dict[str, object] = {"quality": 100, "exif": _ORIENTED} if kind == "JPEG" else {}
    content = _plain(mode, colour, kind, icc_profile=profile, **options)

    image = opened(portraits.normalise(content))

    assert "icc_profile" not in image.info
    pixel = image.getpixel((100, 100))
    assert max(abs(had - saw) for had, saw in zip(pixel, seen, strict=True)) <= 2, pixel


@pytest.mark.proves("F:uploads-1")
def test_print_colours_are_shown_by_their_profile() -> None:
    """R26: without it nobody knows what they look like."""
    picture = _plain("CMYK", (0, 0, 255, 0), "JPEG", icc_profile=profiles.print_colours())

    red, green, blue = opened(portraits.normalise(picture)).getpixel((100, 100))

    assert blue + 50 < min(red, green)
    for other in (profiles.display_p3(), b"no profile"):
        with pytest.raises(errors.PhotoColour, match="CMYK") as caught:
            portraits.normalise(_plain("CMYK", 0, "JPEG", icc_profile=other), field="photo")
        assert caught.value.field == "photo"


@pytest.mark.proves("F:uploads-3")
@pytest.mark.parametrize("size", [(295, 413), (413, 579)])
@pytest.mark.parametrize("mode", ["RGB", "L", "I;16"])
def test_no_photo_is_enlarged(size: tuple[int, int], mode: str) -> None:
    """R26: 100 × 120 is told with both figures, whatever its colours; so is one pixel too few."""
    wide, high = size
    for small in ((100, 120), (wide - 1, high), (wide, high - 1)):
        out = io.BytesIO()
        Image.new(mode, small).save(out, "PNG")
        with pytest.raises(errors.PhotoTooSmall, match=f"{small[0]}×{small[1]}.*{wide}×{high}"):
            portraits.normalise(out.getvalue(), size=size)


@pytest.mark.proves("F:uploads-3")
@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"%PDF-1.7\n%%EOF\n",
        b"\0\0\0\x18ftypheic" + bytes(400),
        b"\0\0\0\x18ftypavif" + bytes(400),
        portrait((600, 840), "WEBP"),
        portrait((600, 840), "TIFF"),
        portrait((600, 840), "BMP"),
    ],
    ids=["empty", "pdf", "heic", "avif", "webp", "tiff", "bmp"],
)
def test_what_is_no_photo_gets_one_text(other: bytes) -> None:
    """R26: whatever it is instead, the text says what is taken and what to do."""
    with pytest.raises(errors.NotPhoto, match=r"仅支持 JPEG 或 PNG 照片.*请改存 JPEG") as caught:
        portraits.normalise(other, field="photo")

    assert (caught.value.code, caught.value.field) == ("E_PHOTO_TYPE", "photo")


def test_print_colours_and_animations_are_refused() -> None:
    """R26: CMYK prints wrong colours on screens; a portrait does not move."""
    out = io.BytesIO()
    Image.new("CMYK", (600, 840)).save(out, "JPEG")
    with pytest.raises(errors.PhotoColour, match="CMYK"):
        portraits.normalise(out.getvalue())

    out = io.BytesIO()
    frames = [Image.new("RGB", (600, 840), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(errors.PhotoAnimated):
        portraits.normalise(out.getvalue())


def test_a_picture_drawn_again_and_again_is_refused() -> None:
    """R26: forty bytes make the decoder go over all pixels once more; five megabytes, for hours."""
    out = io.BytesIO()
    Image.new("L", (600, 840), 128).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    assert portraits.normalise(whole)
    scan = whole[whole.rindex(b"\xff\xda") : -2]

    with pytest.raises(errors.NotPhoto):
        portraits.normalise(whole[:-2] + scan * 200 + b"\xff\xd9")


@pytest.mark.parametrize("size", [(9000, 9000), (20000, 28000), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    """R26: a picture that claims hundreds of millions of pixels never takes their memory."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    bomb += chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")

    with pytest.raises(errors.PhotoTooManyPixels, match=r"（(9000×9000|超过8900万像素)）"):
        portraits.normalise(bomb)


def test_what_is_transparent_becomes_white() -> None:
    """R26: a cut-out portrait stands on white, not on black."""
    out = io.BytesIO()
    Image.new("RGBA", (600, 840), (0, 0, 0, 0)).save(out, "PNG")

    assert opened(portraits.normalise(out.getvalue())).getpixel((100, 100)) == (255, 255, 255)


@pytest.mark.parametrize(("clear", "seen"), [(21_845, 255), (21_846, 85), (None, 85)])
@pytest.mark.proves("F:uploads-1")
def test_the_clear_shade_of_a_grey_picture_becomes_white(clear: int | None, seen: int) -> None:
    """R26: of 65536 shades one may be clear (PNG, tRNS); its neighbour of the same look is not."""
    width, height = 600, 840

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    rows = (b"\0" + struct.pack(">H", 21_845) * width) * height
    picture = b"\x89PNG\r\n\x1a\n"
    picture += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
    picture += chunk(b"tRNS", struct.pack(">H", clear)) if clear is not None else b""
    picture += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

    assert opened(portraits.normalise(picture)).getpixel((100, 100)) == (seen,) * 3


@settings(max_examples=100, derandomize=True, deadline=None)
@given(data=st.data())
def test_whatever_comes_is_a_portrait_or_refused(data: st.DataObject) -> None:
    """R26: flipped and cut files end in a portrait or in a refusal with a code, never otherwise."""
    content = bytearray(portrait((300, 420), data.draw(st.sampled_from(["JPEG", "PNG"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))

    try:
        verdict: object = opened(portraits.normalise(bytes(content))).size
    except errors.Refusal as refusal:
        verdict = refusal.code.startswith("E_PHOTO_")

    assert verdict in ((295, 413), True)
