"""A person's photo: whatever was uploaded becomes the photo of the certificate, or is refused.

The picture is decoded and encoded anew: nothing of the uploaded file but its pixels remains (no
place of taking, no thumbnail, no hidden data).
"""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageCms, ImageMath, ImageOps

from pdfgen import errors

#: 25 mm × 35 mm at 300 dots an inch
WIDTH, HEIGHT = 295, 413
LIMIT_BYTES = 5 * 1024 * 1024  #: of the upload, inclusive
MOST_PIXELS = 24_000_000  #: a camera of 6000 × 4000
LARGEST_BYTES = 50 * 1024  #: of the result (exchange format of electronic certificates)
TOLERANCE = 0.20  #: how far from 5:7 a picture may be when nobody cropped it
#: starts of scans in a JPEG; ten draw a picture step by step, each takes the time of all pixels
MOST_SCANS = 100
_SCAN = b"\xff\xda"
_MODES = {"RGB", "RGBA", "L", "LA", "P", "1", "I;16"}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
#: what Pillow is known to raise on broken files (of damaged EXIF it only warns)
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    struct.error,
    UserWarning,
)

#: left, top, width, height in pixels of the picture as people see it (upright)
Crop = tuple[float, float, float, float]


def normalise(
    content: bytes,
    crop: Crop | None = None,
    *,
    field: str | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    """Return the portrait as JPEG: 295 × 413 pixels or `size`, 300 dpi, at most 50 KB, RGB.

    Accepts JPEG and PNG up to 5 MB (domain parameters of the photo; R26, G10). Raises NotPhoto,
    PhotoTooLarge, PhotoTooManyPixels, PhotoTooSmall, PhotoShape (more than 20 % off 5:7),
    PhotoCrop, PhotoColour (print colours without their profile, and others) and PhotoAnimated.
    Colours of another profile become those that people saw (sRGB).
    """
    if len(content) > LIMIT_BYTES:
        raise errors.PhotoTooLarge(field, size=len(content))
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            _check(image, field)
            if image.format != "PNG" and content.count(_SCAN) > MOST_SCANS:
                raise errors.NotPhoto(field)
            upright = ImageOps.exif_transpose(image)
            box = _box(upright.size, crop, field, size)
            return _jpeg(_flat(upright.crop(box), field).resize(size, Image.Resampling.LANCZOS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise errors.PhotoTooManyPixels(field, size="超过8900万像素") from error
    except _BROKEN as error:
        raise errors.NotPhoto(field) from error


def _check(image: Image.Image, field: str | None) -> None:
    """Refuse by the header alone, before pixels take memory."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise errors.PhotoTooManyPixels(field, size=f"{width}×{height}")
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise errors.PhotoAnimated(field)
    is_told = image.mode == "CMYK" and "icc_profile" in image.info
    if image.mode not in _MODES and not is_told:
        raise errors.PhotoColour(field, mode=image.mode)


def _box(
    size: tuple[int, int], crop: Crop | None, field: str | None, asked: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the part to keep: the crop, or all, trimmed evenly to the shape that is asked."""
    width, height = size
    left, top, wide, high = crop or (0.0, 0.0, float(width), float(height))
    slack = 1.0  # croppers round
    inside = left >= -slack and top >= -slack and wide > 0 and high > 0
    if not (inside and left + wide <= width + slack and top + high <= height + slack):
        raise errors.PhotoCrop(field, width=width, height=height)
    least_wide, least_high = asked
    told = {"width": round(wide), "height": round(high), "wide": least_wide, "high": least_high}
    if round(wide) < least_wide or round(high) < least_high:
        raise errors.PhotoTooSmall(field, **told)
    wanted = least_wide / least_high
    if abs(wide / high / wanted - 1) > TOLERANCE:
        raise errors.PhotoShape(field, **told)
    keep_wide, keep_high = min(wide, high * wanted), min(high, wide / wanted)
    x, y = max(0.0, left + (wide - keep_wide) / 2), max(0.0, top + (high - keep_high) / 2)
    return round(x), round(y), min(width, round(x + keep_wide)), min(height, round(y + keep_high))


def _flat(image: Image.Image, field: str | None) -> Image.Image:
    """Return the picture in sRGB, what is transparent being white."""
    if image.mode == "I;16":  # 16 bits of grey
        image = _of_eight_bits(image)
    if "A" not in image.getbands() and "transparency" not in image.info:
        return _coloured(image.convert("RGB") if image.mode in ("P", "1") else image, field)
    layer = image if image.mode == "LA" else image.convert("RGBA")
    coloured = _coloured(layer.convert("L" if layer.mode == "LA" else "RGB"), field)
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(coloured, mask=layer.getchannel("A"))
    return ground


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture of 16 bits in 8, with its profile; the clear shade stays clear."""
    profile, clear = image.info.get("icc_profile"), image.info.get("transparency")
    whole = image.convert("I")
    eight = whole.point(lambda value: value * (1 / 257)).convert("L")
    if isinstance(clear, int):  # one of 65536 shades: in 8 bits its neighbours would go with it
        shown = ImageMath.lambda_eval(
            lambda args: args["convert"](args["image"] != clear, "L"), image=whole
        ).point(lambda value: 255 if value else 0)
        eight = Image.merge("LA", (eight, shown))
    eight.info = {"icc_profile": profile} if profile else {}
    return eight


def _coloured(image: Image.Image, field: str | None) -> Image.Image:
    """Return a picture in sRGB: the colours that its profile means, not its bare numbers.

    A profile that cannot be read, or speaks of other colours than the picture has, is left aside,
    as viewers do; print colours mean nothing without one.
    """
    profile = image.info.get("icc_profile")
    if not profile:
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        meant = ImageCms.profileToProfile(
            image,
            source,
            _SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        if image.mode == "CMYK":
            raise errors.PhotoColour(field, mode="CMYK") from None
        return image.convert("RGB")
    return meant or image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    """Return the picture as JPEG, as good as 50 KB allow."""
    for quality in (92, 85, 75, 60, 45, 30, 15):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, dpi=(300, 300))
        if out.tell() <= LARGEST_BYTES:
            break
    return out.getvalue()
