"""What a file is made of, read without trusting it: its form fields and where signatures reach.

pyHanko 0.38 follows a form's tree wherever it leads (107 s on a file of 1 KB) and compares only the
lengths of a signature's ranges, so a file is looked at here before pyHanko may judge it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors import NotSignable

_MOST_FIELDS = 16


class Malformed(Exception):
    """The file is not what we make; the text says in English what was found."""


@dataclass(frozen=True)
class Field:
    """A form field of the file."""

    name: str
    is_signature: bool
    is_filled: bool
    locks_all: bool  #: filling it forbids every later change


def read(pdf: bytes) -> PdfFileReader:
    """Open a file strictly. Raises: Malformed."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        encrypted = reader.encrypted
    except (PdfError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise Malformed(f"unreadable: {type(error).__name__}") from error
    if encrypted:
        raise Malformed("encrypted")
    return reader


def fields(reader: PdfFileReader) -> list[Field]:
    """List the form fields: few, flat, each met once. Raises: Malformed."""
    try:
        listed = reader.root["/AcroForm"]["/Fields"] if "/AcroForm" in reader.root else ()
        if len(listed) > _MOST_FIELDS:
            raise Malformed("too many fields")
        found = [_field(listed[place]) for place in range(len(listed))]
    except (PdfError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Malformed(f"form: {type(error).__name__}") from error
    if len({field.name for field in found}) != len(found):
        raise Malformed("two fields of one name")
    return found


def _field(entry: object) -> Field:
    if not isinstance(entry, generic.DictionaryObject):
        raise Malformed("a field that is no dictionary")
    if "/Kids" in entry or "/Parent" in entry:
        raise Malformed("a tree of fields")
    locks_all = False
    if "/Lock" in entry:  # pyHanko's get() would not follow the reference
        lock = entry["/Lock"]
        locks_all = "/P" in lock and (lock["/Action"], lock["/P"]) == ("/All", 1)
    return Field(
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
        found = fields(read(pdf))
    except Malformed as error:
        raise NotSignable(reason="不是可以签署的PDF文件") from error
    if any(not field.is_signature for field in found):
        raise NotSignable(reason="文件中有可以填写的表单项")
    if any(field.is_filled for field in found):
        raise NotSignable(reason="文件中已有签名")
    if {field.name for field in found} != set(names):
        raise NotSignable(reason="签名栏不齐全")
    if any(field.name == "enterprise" and not field.locks_all for field in found):
        raise NotSignable(reason="企业签章栏没有锁定全文")
