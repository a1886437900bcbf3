"""Turn the placeholder links of a rendered document into named, tagged signature fields.

Typst cannot make form fields, but it can make a link around an empty box: exact rectangle, already
in the structure tree. The link is rewritten in place, by an increment that depends on the document
alone, so the same document gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name as name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

#: a placeholder's link reads `sigfield:<field>/<what stands there, for screen readers>`; the field
#: whose signature is the last, and locks the document, is written `sigfield:<field>,last/…`
SCHEME = "sigfield:"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a signature will stand."""

    page: int  #: from 0
    box: tuple[float, float, float, float]  #: left, bottom, right, top in points
    label: str
    is_last: bool  #: signing here locks the whole document


class _QuietWriter(IncrementalPdfFileWriter):
    """A writer that leaves Typst's metadata alone: written anew, they are no longer PDF/A."""

    def _update_meta(self) -> None:
        """Keep XMP and Info as they are."""


def place_fields(pdf: bytes) -> tuple[bytes, dict[str, Place]]:
    """Return the document with its placeholders made fields, and where they are.

    ValueError when a template places a field twice.
    """
    pdf = pdf if pdf.endswith(b"\n") else pdf + b"\n"  # ISO 19005-2, 6.1.9: objects start a line
    writer: IncrementalPdfFileWriter = _QuietWriter(io.BytesIO(pdf))
    places: dict[str, Place] = {}
    references: list[generic.IndirectObject] = []
    for page in range(int(writer.root["/Pages"]["/Count"])):
        page_reference = writer.find_page_for_modification(page)[0]
        for reference, link in _placeholders(page_reference.get_object()):
            head, _, label = str(link["/Contents"]).removeprefix(SCHEME).partition("/")
            field, _, option = head.partition(",")
            if field in places:
                raise ValueError(f"signature field {field!r} is placed twice")
            left, bottom, right, top = (round(float(value), 3) for value in link["/Rect"])
            box = (left, bottom, right, top)
            places[field] = Place(page=page, box=box, label=label, is_last=option == "last")
            _make_field(writer, page_reference, reference, field, places[field])
            references.append(reference)
    if not references:
        return pdf, places
    form = generic.DictionaryObject({name("/Fields"): generic.ArrayObject(references)})
    writer.root[name("/AcroForm")] = writer.add_object(form)
    writer.update_root()
    changed = generic.ByteStringObject(hashlib.sha256(pdf).digest()[:16])  # by default random
    writer._document_id = generic.ArrayObject([writer._document_id[0], changed])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue(), places


def _placeholders(page: Any) -> list[tuple[generic.IndirectObject, Any]]:
    """Return the placeholder links of a page with their references."""
    annotations = page["/Annots"] if "/Annots" in page else generic.ArrayObject()
    pairs = [(annotations.raw_get(i), annotations[i]) for i in range(len(annotations))]
    return [pair for pair in pairs if str(pair[1].get("/Contents", "")).startswith(SCHEME)]


def _make_field(
    writer: IncrementalPdfFileWriter,
    page: generic.IndirectObject,
    reference: generic.IndirectObject,
    field: str,
    place: Place,
) -> None:
    """Rewrite one link and its structure element into a signature widget and a Form element."""
    widget: Any = reference.get_object()
    parent_key = widget["/StructParent"]
    left, bottom, right, top = place.box
    label = generic.pdf_string(place.label)
    widget.clear()
    widget.update(
        {
            name("/Type"): name("/Annot"),
            name("/Subtype"): name("/Widget"),
            name("/FT"): name("/Sig"),
            name("/T"): generic.pdf_string(field),
            name("/TU"): label,
            name("/Contents"): label,
            name("/Rect"): _numbers(left, bottom, right, top),
            name("/F"): generic.NumberObject(4),  # to be printed
            name("/P"): page,
            name("/AP"): generic.DictionaryObject(
                {name("/N"): writer.add_object(_blank(right - left, top - bottom))}
            ),
            name("/StructParent"): parent_key,
        }
    )
    if place.is_last:
        widget[name("/Lock")] = writer.add_object(_lock())
    parents = writer.root["/StructTreeRoot"].raw_get("/ParentTree")
    element_reference = _struct_element(parents, int(parent_key))
    element: Any = element_reference.get_object()
    kids = element["/K"]
    element[name("/S")] = name("/Form")
    # One dictionary, no array: pyHanko lets a second signature pass only below …/K/Obj.
    element[name("/K")] = kids[0] if isinstance(kids, generic.ArrayObject) else kids
    writer.mark_update(element_reference)
    writer.mark_update(reference)


def _numbers(*values: float) -> generic.ArrayObject:
    """Return numbers of a rectangle with three decimals."""
    return generic.ArrayObject(generic.FloatObject(round(value, 3)) for value in values)


def _blank(width: float, height: float) -> generic.StreamObject:
    """Return an empty appearance: nothing shows until somebody signs (PDF/A demands one)."""
    entries = {
        name("/Type"): name("/XObject"),
        name("/Subtype"): name("/Form"),
        name("/Resources"): generic.DictionaryObject(),
        name("/BBox"): _numbers(0, 0, width, height),
    }
    return generic.StreamObject(entries, stream_data=b"")


def _lock() -> generic.DictionaryObject:
    """Return the lock of the last field: afterwards nothing may change (ISO 32000-2, table 236)."""
    entries = {
        name("/Type"): name("/SigFieldLock"),
        name("/Action"): name("/All"),
        name("/P"): generic.NumberObject(1),
    }
    return generic.DictionaryObject(entries)


def _struct_element(node: Any, key: int) -> generic.IndirectObject:
    """Look `key` up in the number tree of structure parents (ISO 32000-1, 7.9.7)."""
    node = node.get_object()
    for kid in node.get("/Kids", ()):
        low, high = kid.get_object()["/Limits"]
        if low <= key <= high:
            return _struct_element(kid, key)
    numbers = node["/Nums"]
    index = list(numbers).index(key)  # keys are numbers, what they lead to are references
    element: generic.IndirectObject = numbers.raw_get(index + 1)
    return element
