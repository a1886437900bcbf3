"""What a file is made of, read without trusting it: its form fields and where signatures reach.

pyHanko 0.38 follows a form's tree wherever it leads (107 s on a file of 1 KB) and compares only the
lengths of a signature's ranges, so a file is looked at here before pyHanko may judge it.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator.errors import (
    CRLValidationError,
    OCSPValidationError,
    PathError,
    ValidationError,
)

from signing.errors import NotSignable

MOST_FIELDS = 16
_SHORTEST_RANGES = 4
_HEAD, _END = b"%PDF-", b"%%EOF"
_OBJECT = re.compile(rb"\s*\d+ \d+ obj\b")
_ENDING = re.compile(rb"%%EOF[\r\n]*\Z")
_SCRIPTS = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/URI"})
#: What pyHanko lets escape when a hostile file leads it astray; all of it means "not one of ours".
HOSTILE = (
    PdfError,
    PathError,
    ValidationError,
    CRLValidationError,
    OCSPValidationError,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    RecursionError,
    NotImplementedError,
    zlib.error,
)


class Malformed(Exception):
    """The file is not what we make; the text says in English what was found."""


@dataclass(frozen=True)
class PdfField:
    """A form field of the file."""

    name: str
    is_signature: bool
    is_filled: bool
    locks_all: bool  #: filling it forbids every later change


def without_padding(pdf: bytes) -> Iterator[bytes]:
    r"""Give what a file can have been before something was put around it or was lost at its end.

    That is from its head to its last end, with any line end or none.

    >>> list(without_padding(b"From: a\n%PDF-1.7 ... %%EOF\n<!-- seen -->"))[1:]
    [b'%PDF-1.7 ... %%EOF\n', b'%PDF-1.7 ... %%EOF\r', b'%PDF-1.7 ... %%EOF']
    >>> list(without_padding(b"%PDF-1.7 ... %%EOF\n"))[1:]
    [b'%PDF-1.7 ... %%EOF\r', b'%PDF-1.7 ... %%EOF']
    """
    begin, end = pdf.find(_HEAD), pdf.rfind(_END)
    if begin < 0 or end < begin:
        return
    for line_end in (b"\r\n", b"\n", b"\r", b""):
        whole = pdf[begin : end + len(_END)] + line_end
        if whole != pdf:
            yield whole


def is_cut_off(pdf: bytes, whole: bytes) -> bool:
    r"""Tell whether a file was not received to its end: its last part breaks off.

    A further part than what was whole is there, or less than that.

    >>> is_cut_off(b"%PDF-1.7 ... %%EOF\n9 0 obj\n<<", b"%PDF-1.7 ... %%EOF\n")
    True
    >>> is_cut_off(b"%PDF-1.7 ... %%EOF\n<!-- seen -->", b"%PDF-1.7 ... %%EOF\n")
    False
    """
    end = pdf.find(_HEAD) + len(whole)
    return end > len(pdf) or _OBJECT.match(pdf, end) is not None


def read(pdf: bytes) -> PdfFileReader:
    """Open a file strictly. Raises: Malformed."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        encrypted = reader.encrypted
    except HOSTILE as error:
        raise Malformed(f"unreadable: {type(error).__name__}") from error
    if encrypted:
        raise Malformed("encrypted")
    return reader


def fields(reader: PdfFileReader) -> list[PdfField]:
    """List the form fields: few, flat, each met once. Raises: Malformed."""
    try:
        listed = reader.root["/AcroForm"]["/Fields"] if "/AcroForm" in reader.root else ()
        if len(listed) > MOST_FIELDS:
            raise Malformed("too many fields")
        form_fields = [_field(listed[place]) for place in range(len(listed))]
    except HOSTILE as error:
        raise Malformed(f"form: {type(error).__name__}") from error
    if len({field.name for field in form_fields}) != len(form_fields):
        raise Malformed("two fields of one name")
    return form_fields


def _field(entry: object) -> PdfField:
    if not isinstance(entry, generic.DictionaryObject):
        raise Malformed("a field that is no dictionary")
    if "/Kids" in entry or "/Parent" in entry:
        raise Malformed("a tree of fields")
    locks_all = False
    if "/Lock" in entry:  # pyHanko's get() would not follow the reference
        lock = entry["/Lock"]
        locks_all = "/P" in lock and (lock["/Action"], lock["/P"]) == ("/All", 1)
    return PdfField(
        name=str(entry["/T"]),
        is_signature=entry["/FT"] == "/Sig",
        is_filled="/V" in entry,
        locks_all=locks_all,
    )


def require_empty(pdf: bytes, names: Iterable[str]) -> None:
    """Refuse to sign a file that has other fields than these, or a filled one.

    Raises: NotSignable.
    """
    try:
        form_fields = fields(read(pdf))
    except Malformed as error:
        raise NotSignable(reason="不是可以签署的PDF文件") from error
    if any(not field.is_signature for field in form_fields):
        raise NotSignable(reason="文件中有可以填写的表单项")
    if any(field.is_filled for field in form_fields):
        raise NotSignable(reason="文件中已有签名")
    if {field.name for field in form_fields} != set(names):
        raise NotSignable(reason="签名栏不齐全")
    if any(field.name == "enterprise" and not field.locks_all for field in form_fields):
        raise NotSignable(reason="企业签章栏没有锁定全文")


def require_plain(reader: PdfFileReader) -> None:
    """Refuse a file that acts by itself when it is opened. Raises: Malformed."""
    try:
        root = reader.root
        if "/AA" in root:
            raise Malformed("additional actions")
        if "/OpenAction" in root:
            action = root["/OpenAction"]
            if isinstance(action, generic.DictionaryObject) and action["/S"] in _SCRIPTS:
                raise Malformed("an action on opening")
        if "/Names" in root and "/JavaScript" in root["/Names"]:
            raise Malformed("scripts")
    except HOSTILE as error:
        raise Malformed(f"catalogue: {type(error).__name__}") from error


def check_ranges(pdf: bytes, signature: EmbeddedPdfSignature) -> int:
    """Check that a signature covers all of its revision but itself; return where that ends.

    pyHanko 0.38 compares only the lengths, so that a file can show pages that nobody signed
    (signature wrapping). Here the gap must be, byte for byte, the signature that was read.
    Raises: Malformed.
    """
    try:
        ranges = [int(number) for number in signature.byte_range]
        content = bytes(signature.pkcs7_content)
    except HOSTILE as error:
        raise Malformed(f"ranges: {type(error).__name__}") from error
    if len(ranges) != _SHORTEST_RANGES or ranges[0] != 0 or min(ranges[1:]) <= 0:
        raise Malformed("ranges are not two")
    _, before, after, rest = ranges
    end = after + rest
    if before >= after or end > len(pdf):
        raise Malformed("ranges leave the file")
    written = content.hex().encode()
    if pdf[before:after] not in (b"<" + written + b">", b"<" + written.upper() + b">"):
        raise Malformed("the gap is not the signature")
    if not pdf[:before].rstrip(b" \r\n\t").endswith(b"/Contents"):
        raise Malformed("the gap is not the value of /Contents")
    if any(content[_der_length(content) :]):
        raise Malformed("bytes after the signature")
    if not _ENDING.search(pdf[max(after, end - 16) : end]):
        raise Malformed("the range does not end a revision")
    return end


def _der_length(content: bytes) -> int:
    """Return the length of the DER value that `content` begins with."""
    if content[:1] != b"\x30" or len(content) < _SHORTEST_RANGES:
        raise Malformed("no DER sequence")
    length = content[1]
    if length < 0x80:
        return 2 + length
    size = length & 0x7F
    return 2 + size + int.from_bytes(content[2 : 2 + size], "big")
