"""Turn the placeholder links of a rendered document into named, tagged signature fields.

Typst cannot make form fields, but it can make a link around an empty box: exact rectangle, already
in the structure tree. The link is rewritten in place, by a revision that depends on the document
alone, so the same document gives the same bytes. What Typst wrote is read as text: it writes each
object in one line, its keys in one order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pdf.revisions import OtherForm, Revision, only, put_in

#: a placeholder's link reads `sigfield:<field>/<what stands there, for screen readers>`; the field
#: whose signature is the last, and locks the document, is written `sigfield:<field>,last/…`
SCHEME = "sigfield:"

_ANNOTATION = b"<</Type/Annot/Subtype/Link/"
_LINK = re.compile(
    rb"(?P<number>\d+) 0 obj\n<</Type/Annot/Subtype/Link/Rect\[(?P<box>[-\d. ]+)\]"
    rb"/Border\[0 0 0\](?:/QuadPoints\[[-\d. ]+\])?/A<<[^\n]*>>/F 4/StructParent (?P<parent>\d+)"
    rb"/Contents(?:<FEFF(?P<wide>[0-9A-F]*)>|\((?P<plain>[^\\\n]*)\))>>\nendobj\n"
)
_SCHEME = re.compile(
    rb"/Contents(?:\(%b|<FEFF%b)"
    % (SCHEME.encode(), SCHEME.encode("utf-16-be").hex().upper().encode())
)
_ELEMENT = re.compile(
    rb"(?P<number>\d+) 0 obj\n<</Type/StructElem/S/Link(?P<rest>/[^\n]*)"
    rb"/K\[<</Type/OBJR/Pg (?P<page>\d+) 0 R/Obj \d+ 0 R>>\]>>\nendobj\n"
)
_PAGES = re.compile(rb"/Pages (\d+) 0 R")
_KIDS = re.compile(rb"/Kids\[((?:\d+ 0 R ?)+)\]")
_FIELD = (
    b"<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/T (%b)\n/TU %b\n/Contents %b\n"
    b"/Rect [ %b ]\n/F 4\n/P %d 0 R\n/AP <<\n/N %d 0 R\n>>\n/StructParent %d\n>>"
)
#: nothing shows until somebody signs (PDF/A demands an appearance)
_BLANK = (
    b"<<\n/Type /XObject\n/Subtype /Form\n/Resources <<\n>>\n/BBox [ 0 0 %b ]\n/Length 0\n>>\n"
    b"stream\n\nendstream"
)
#: afterwards nothing may change (ISO 32000-2, table 236)
_LOCK = b"<<\n/Type /SigFieldLock\n/Action /All\n/P 1\n>>"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a signature will stand."""

    page: int  #: from 0
    box: tuple[float, float, float, float]  #: left, bottom, right, top in points
    label: str
    is_last: bool  #: signing here locks the whole document


def place_fields(pdf: bytes) -> tuple[bytes, dict[str, Place]]:
    """Return the document with its placeholders made fields, and where they are.

    ValueError when a template places a field twice, or Typst writes otherwise than it did.
    """
    pdf = pdf if pdf.endswith(b"\n") else pdf + b"\n"  # ISO 19005-2, 6.1.9: objects start a line
    try:
        return _with_fields(pdf)
    except OtherForm as error:
        raise ValueError(f"signature fields cannot be placed: {error}") from error


def _with_fields(pdf: bytes) -> tuple[bytes, dict[str, Place]]:
    last = Revision(pdf)
    links = list(_placeholders(last))
    if not links:
        return pdf, {}
    catalogue = last.body(last.catalogue)
    sheets = _numbers(only(_KIDS, last.body(int(only(_PAGES, catalogue)[1])))[1])
    places: dict[str, Place] = {}
    fields: list[bytes] = []
    bodies: dict[int, bytes] = {}
    free = last.size + 1
    for link, said in links:
        # 1. What the link says.
        number = int(link["number"])
        head, _, label = said.removeprefix(SCHEME).partition("/")
        field, _, option = head.partition(",")
        if field in places:
            raise ValueError(f"signature field {field!r} is placed twice")
        left, bottom, right, top = (round(float(value), 3) for value in link["box"].split())
        # 2. Its element, of the page, becomes that of a form. One dictionary, no array: pyHanko
        #    lets a second signature pass only below …/K/Obj.
        element = _object(last, _ELEMENT, pdf.find(b"/Obj %d 0 R>>]>>\nendobj\n" % number))
        page = int(element["page"])
        bodies[int(element["number"])] = (
            b"<</Type/StructElem/S/Form%b/K<</Type/OBJR/Pg %d 0 R/Obj %d 0 R>>>>"
            % (element["rest"], page, number)
        )
        # 3. The link becomes a field with an empty appearance.
        bodies[free] = _BLANK % _written(right - left, top - bottom)
        text, box = _text(label), _written(left, bottom, right, top)
        parent = int(link["parent"])
        bodies[number] = _FIELD % (field.encode(), text, text, box, page, free, parent)
        free += 1
        if option == "last":
            bodies[free] = _LOCK
            bodies[number] = put_in(bodies[number], b"/Lock %d 0 R" % free)
            free += 1
        fields.append(b"%d 0 R " % number)
        places[field] = Place(
            page=sheets.index(page),
            box=(left, bottom, right, top),
            label=label,
            is_last=option == "last",
        )
    # 4. The form names the fields, the catalogue the form.
    bodies[free] = b"<<\n/Fields [ %b]\n>>" % b"".join(fields)
    bodies[last.catalogue] = put_in(catalogue, b"\n/AcroForm %d 0 R" % free)
    name = hashlib.sha256(pdf).hexdigest()[:32].encode()  # by default random
    return pdf + last.appended(bodies, name), places


def _placeholders(last: Revision) -> Iterator[tuple[re.Match[bytes], str]]:
    """Yield the links that are placeholders, and what they say."""
    place = last.pdf.find(_ANNOTATION)
    while place >= 0:
        end = last.pdf.find(b"\n", place)
        if _SCHEME.search(last.pdf, place, end):
            link = _object(last, _LINK, place)
            wide, plain = link["wide"], link["plain"]
            yield link, bytes.fromhex(wide.decode()).decode("utf-16-be") if wide else plain.decode()
        place = last.pdf.find(_ANNOTATION, end)


def _object(last: Revision, pattern: re.Pattern[bytes], place: int) -> re.Match[bytes]:
    """Read the object whose one line holds what stands at `place`. Raises: OtherForm."""
    line = last.pdf.rfind(b"\n", 0, max(place, 0))
    start = last.pdf.rfind(b"\n", 0, max(line, 0)) + 1
    match = pattern.match(last.pdf, start)
    if match is None or not last.holds(int(match["number"]), start):
        raise OtherForm("an object that is written otherwise")
    return match


def _numbers(references: bytes) -> list[int]:
    return [int(number) for number in references.replace(b" 0 R", b"").split()]


def _written(*values: float) -> bytes:
    """Write numbers of a rectangle with three decimals at most."""
    return " ".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in values).encode()


def _text(label: str) -> bytes:
    """Write a text as PDF has it beyond ASCII: UTF-16, hexadecimal."""
    return b"<FEFF%b>" % label.encode("utf-16-be").hex().upper().encode()
