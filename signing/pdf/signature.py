"""The revision that fills a signature field, in pyHanko's words, and the same read back.

What varies is little: which field, when and by whom, what it allows afterwards, its picture, and
the signature itself. Read from a file and written again, the revision must come out the same.
Source: ISO 32000-1, 12.7.4.5 and 12.8; ETSI EN 319 142-1.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pyhanko.pdf_utils import generic

from pdf.revisions import OtherForm, Revision, only, put_in
from signing.pdf import drawings

RANGES_BYTES = 62  #: room for the ranges
#: objects of a picture, given the first number that is free, and width and height of the field
Drawing = Callable[[int, int, int], list[bytes]]

FORM = re.compile(rb"/AcroForm (\d+) 0 R\n")
FIELDS = re.compile(rb"\n/Fields \[ ((?:\d+ 0 R )+)\]\n")
_FLAGS = b"\n/SigFlags 3\n"
_NAME = re.compile(rb"\n/T \(([a-z]+)\)\n")
_RECT = re.compile(rb"\n/Rect \[ (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) (-?[\d.]+) \]\n")
_PICTURE = re.compile(rb"\n/AP <<\n/N \d+ 0 R\n>>\n")
_LOCK = re.compile(rb"\n/Lock (\d+) 0 R\n")
_LOCK_LINES = {b"<<", b"/Type /SigFieldLock", b"/Action /All", b"/P 1", b">>"}
_VALUE = re.compile(rb"\n/V (\d+) 0 R\n")
EXTENSION = (
    b"/Extensions <<\n/ESIC <<\n/Type /DeveloperExtensions\n/BaseVersion /1.7\n"
    b"/ExtensionLevel 1\n>>\n>>"
)
_CERTIFIES = (
    b"<<\n/Type /SigRef\n/TransformMethod /DocMDP\n/TransformParams <<\n/Type /TransformParams\n"
    b"/V /1.2\n/P %d\n>>\n>> "
)
_LOCKS = (
    b"<<\n/Type /SigRef\n/TransformMethod /FieldMDP\n/Data %d 0 R\n/TransformParams <<\n"
    b"/Action /All\n/Type /TransformParams\n/V /1.2\n/P %d\n>>\n>> "
)
_BODY = (
    b"<<\n/Contents <%b>\n/ByteRange %b\n/Type /Sig\n/Filter /Adobe.PPKLite\n"
    b"/SubFilter /ETSI.CAdES.detached\n/M %b%b%b\n>>"
)
_CONTENTS = b"/Contents <"
_TEXT = rb"\((?:[^()\\\r\n]|\\\d{3}|\\[^\d\r\n])*+\)"
_SIGNED = re.compile(
    rb"<<\n/Contents <([0-9A-F]++)>\n/ByteRange \[[\d ]+\] *\n/Type /Sig\n"
    rb"/Filter /Adobe\.PPKLite\n/SubFilter /ETSI\.CAdES\.detached\n/M ("
    + _TEXT
    + rb")\n(?:/Name ("
    + _TEXT
    + rb")\n)?(?:/Reference \[ (.*)\]\n)?>>",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a signature says beside its CMS, as PDF text."""

    at: bytes
    name: bytes | None
    certifies: bool
    allows: int  #: 1 nothing, 2 other signature fields


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file with a new revision."""

    revision: bytes
    start: int  #: of the place of the signature in the whole file, with its brackets
    end: int


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A revision that holds a signature, as it was read: nothing else is in it."""

    field: str
    certifies: bool
    allows: int  #: afterwards: 1 nothing, 2 other signature fields
    locks: bool
    content: bytes  #: the CMS, with the zeros that fill its place
    covered: bytes  #: SHA-256 of the file up to the end of the revision, but the CMS


@dataclass(frozen=True, kw_only=True)
class Field:
    """A signature field, and what filling it locks."""

    number: int
    body: bytes
    locks: bool


def said(*, at: datetime, name: str | None, certifies: bool, allows: int) -> Said:
    """Write what a signature says."""
    return Said(
        at=_text(generic.pdf_date(at)), name=_named(name), certifies=certifies, allows=allows
    )


def write(
    last: Revision, field: Field, said: Said, *, contents: bytes, name: bytes, draw: Drawing | None
) -> Written:
    """Write the revision that fills a field; `contents` are hexadecimal digits.

    `name` is that of the revision. Raises: OtherForm.
    """
    bodies: dict[int, bytes] = {}
    # 1. The form's flags and the catalogue, where the first signature changes them.
    catalogue, value = last.body(last.catalogue), last.size + 1
    form = int(only(FORM, catalogue)[1])
    flags = last.body(form)
    if _FLAGS not in flags:
        bodies[form] = _flagged(flags)
    # 2. The picture.
    body = field.body
    if draw is not None:
        drawn = draw(value, *_size(body))
        bodies |= dict(enumerate(drawn, value))
        value += len(drawn)
        only(_PICTURE, body)
        body = _PICTURE.sub(b"\n/AP <<\n/N %d 0 R\n>>\n" % (value - 1), body)
    # 3. The field and the signature in it.
    bodies[field.number] = put_in(body, b"/V %d 0 R" % value)
    grown = catalogue
    if EXTENSION not in grown:
        grown = put_in(_without(b"/Extensions", grown), EXTENSION)
    if said.certifies:
        grown = put_in(_without(b"/Perms", grown), b"/Perms <<\n/DocMDP %d 0 R\n>>" % value)
    if grown != catalogue:
        bodies[last.catalogue] = grown
    reference = _CERTIFIES % said.allows if said.certifies else b""
    if field.locks:
        reference += _LOCKS % (last.catalogue, said.allows)
    bodies[value] = _BODY % (
        contents,
        bytes(RANGES_BYTES),
        said.at,
        b"\n/Name " + said.name if said.name else b"",
        b"\n/Reference [ %b]" % reference if reference else b"",
    )
    # 4. The ranges, as now known: all but the place of the signature.
    return placed(last, last.appended(bodies, name), contents)


def read(revision: Revision) -> Signed | None:
    """Read a signature back; None when there is none in the revision.

    Raises: OtherForm unless it is, byte for byte, as `write` writes it.
    """
    number = revision.numbers[-1]
    value = _SIGNED.fullmatch(revision.body(number))
    if value is None:
        return None
    before = revision.before
    contents, at, name, reference = value.groups(default=b"")
    older = [changed for changed in revision.numbers if changed < before.size]
    filled = [changed for changed in older if _fills(revision, changed, number)]
    if len(filled) != 1:
        raise OtherForm("not one field")
    body = before.body(filled[0])
    field = _field(before, filled[0], body)
    allows = 2 if b"\n/P 2\n" in reference else 1
    certifies = b"/DocMDP" in reference
    said = Said(at=at, name=name or None, certifies=certifies, allows=allows)
    drawn = [revision.body(between) for between in range(before.size + 1, number)]
    drawings.check(drawn, before.size + 1)
    written = write(
        before,
        field,
        said,
        contents=contents,
        name=revision.name,
        draw=(lambda *_: drawn) if drawn else None,
    )
    return Signed(
        field=only(_NAME, body)[1].decode(),
        certifies=certifies,
        allows=allows,
        locks=field.locks,
        content=bytes.fromhex(contents.decode()),
        covered=covered(revision, written),
    )


def covered(revision: Revision, written: Written) -> bytes:
    """Digest what a signature covers, if the revision is what was written. Raises: OtherForm."""
    if revision.pdf[revision.start : revision.end] != written.revision:
        raise OtherForm("written otherwise")
    digest = hashlib.sha256(memoryview(revision.pdf)[: written.start])
    digest.update(memoryview(revision.pdf)[written.end : revision.end])
    return digest.digest()


def _fills(revision: Revision, number: int, value: int) -> bool:
    return revision.body(number).endswith(b"\n/V %d 0 R\n>>" % value)


def placed(last: Revision, revision: bytes, contents: bytes) -> Written:
    """Tell in a revision what its signature covers: everything but itself."""
    start = last.end + revision.rindex(_CONTENTS + contents) + len(_CONTENTS) - 1
    end = start + len(contents) + 2
    ranges = b"[0 %d %d %d]" % (start, end, last.end + len(revision) - end)
    at = end - last.end + len(b"\n/ByteRange ")
    revision = revision[:at] + ranges.ljust(RANGES_BYTES) + revision[at + RANGES_BYTES :]
    return Written(revision=revision, start=start, end=end)


def field_of(last: Revision, name: str) -> Field:
    """Find an empty signature field. Raises: OtherForm when there is none in the form we write."""
    for number in fields_of(last):
        body = last.body(number)
        if only(_NAME, body)[1].decode() == name:
            return _field(last, number, body)
    raise OtherForm(f"no field {name}")


def fields_of(last: Revision) -> list[int]:
    """List the fields of the form."""
    form = last.body(int(only(FORM, last.body(last.catalogue))[1]))
    return [int(number) for number in only(FIELDS, form)[1].split(b" 0 R ")[:-1]]


def _field(last: Revision, number: int, body: bytes) -> Field:
    if b"\n/FT /Sig\n" not in body or _VALUE.search(body) or b"\n/Kids " in body:
        raise OtherForm(f"field {number}")
    lock = _LOCK.search(body)
    if lock is not None and set(last.body(int(lock[1])).split(b"\n")) != _LOCK_LINES:
        raise OtherForm("another lock")
    if lock is None and b"/Lock" in body:
        raise OtherForm("another lock")
    return Field(number=number, body=body, locks=lock is not None)


def _flagged(form: bytes) -> bytes:
    return put_in(_without(b"/SigFlags", form), b"/SigFlags 3")


def _without(key: bytes, body: bytes) -> bytes:
    if key in body:
        raise OtherForm(f"another {key!r}")
    return body


def _size(field: bytes) -> tuple[int, int]:
    """Give whole points, as pyHanko's layout has them."""
    left, bottom, right, top = (Decimal(number.decode()) for number in only(_RECT, field).groups())
    width, height = int(abs(right - left)), int(abs(top - bottom))
    if not (width and height):
        raise OtherForm("a field that shows nothing")
    return width, height


@lru_cache(maxsize=4096)
def _named(name: str | None) -> bytes | None:
    return _text(generic.pdf_string(name)) if name else None


def _text(value: generic.PdfObject) -> bytes:
    out = io.BytesIO()
    value.write_to_stream(out)
    return out.getvalue()
