"""A short cut gives what the long way gives."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError


def came(read: Any, content: bytes) -> tuple[object, ...]:
    """Read what stands in the middle of a file: kind, value and where the file is read on."""
    stream = io.BytesIO(b"/Contents " + content)
    stream.seek(10)
    try:
        told = read(stream)
    except PdfError as error:
        return type(error), str(error)
    return type(told), bytes(told.original_bytes), stream.tell()


@pytest.mark.parametrize(
    "content",
    [
        b"<> /ByteRange",
        b"<3082AbfF0000> <00>",
        b"<FEFF6CE8518C>",
        b"<" + b"30" * 8192 + b"0" * 40_000 + b">",
        b"<" + b"30" * 100_000 + b">",
        b"<3 0\r\n8>",
        b"<308>",
        b"<30%8\n2>",
        b"<30x2>",
        b"<3082",
        b"<30" + bytes(9) + b">",
    ],
)
def test_digits_read_together_are_those_read_one_by_one(content: bytes) -> None:
    """Whatever stands between the brackets, and whatever is wrong with it."""
    at_once: Any = generic.read_hex_string_from_stream

    assert came(at_once, content) == came(at_once.__wrapped__, content)
