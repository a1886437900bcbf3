"""What may stand in a signature field: a form of drawing operators, and a picture with its mask.

Objects that nothing else in the file can point to, and that point at nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pdf.revisions import OtherForm

_STREAM = (
    rb"/Filter /FlateDecode(?:\n/SMask (?P<mask>\d+) 0 R)?\n/Length (?P<length>\d+)\n>>\nstream\n"
)
_FORM = re.compile(
    rb"<<\n/Type /XObject\n/Subtype /Form\n/BBox \[(?: -?[\d.]+){4} \]\n/Resources <<\n"
    rb"(?:/XObject <<\n/P (?P<picture>\d+) 0 R\n>>\n)?"
    rb"(?:/ExtGState <<\n/I <<\n/BM /Multiply\n>>\n>>\n)?>>\n" + _STREAM
)
_SAMPLES = re.compile(
    rb"<<\n/Type /XObject\n/Subtype /Image\n/Width \d+\n/Height \d+\n/BitsPerComponent 8\n"
    rb"/ColorSpace /Device(?:RGB|Gray)\n" + _STREAM
)
_END = b"\nendstream"


def samples(width: int, height: int, space: bytes, data: bytes, *, mask: int | None) -> bytes:
    """Write a picture's object; `data` is deflated, `space` /DeviceRGB or /DeviceGray."""
    head = (
        b"<<\n/Type /XObject\n/Subtype /Image\n/Width %d\n/Height %d\n/BitsPerComponent 8\n"
        b"/ColorSpace %b\n" % (width, height, space)
    )
    return _stream(head, data, b"" if mask is None else b"\n/SMask %d 0 R" % mask)


def form(corners: Sequence[float], data: bytes, *, picture: int | None, is_ink: bool) -> bytes:
    """Write the form that shows `data`, deflated operators, in a box with these corners."""
    box = " ".join(f"{corner:.3f}".rstrip("0").rstrip(".") for corner in corners).encode()
    resources = b"" if picture is None else b"/XObject <<\n/P %d 0 R\n>>\n" % picture
    if is_ink:
        resources += b"/ExtGState <<\n/I <<\n/BM /Multiply\n>>\n>>\n"
    head = b"<<\n/Type /XObject\n/Subtype /Form\n/BBox [ %b ]\n/Resources <<\n%b>>\n"
    return _stream(head % (box, resources), data)


def _stream(head: bytes, data: bytes, more: bytes = b"") -> bytes:
    length = b"/Filter /FlateDecode%b\n/Length %d\n>>\nstream\n" % (more, len(data))
    return b"".join([head, length, data, _END])


def check(bodies: Sequence[bytes], first: int) -> None:
    """Check that objects numbered from `first` are nothing but such a form, the last of them.

    Raises: OtherForm.
    """
    numbers = range(first, first + len(bodies))
    for body in bodies:
        pattern = _FORM if body is bodies[-1] else _SAMPLES
        match = pattern.match(body)
        if match is None or len(body) != match.end() + int(match["length"]) + len(_END):
            raise OtherForm("not a drawing of ours")
        named = [match["mask"], match["picture"] if pattern is _FORM else None]
        if not all(int(number) in numbers for number in named if number):
            raise OtherForm("a drawing that points elsewhere")
