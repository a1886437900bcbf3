"""Signature fields from placeholders: read as Typst writes them, seen as pyHanko reads them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from pdfgen import templates
from pdfgen.fields import place_fields

HEAD = """#set document(title: "x")
#set text(lang: "zh", font: "Gov Song")
= 申请
"""


def _set(text: str, fonts: Path) -> bytes:
    compiled, _ = templates.compiler(fonts).compile_with_warnings(
        input={"main.typ": (HEAD + text).encode()},  # type: ignore[type-var]
        format="pdf",
        pdf_standards=templates.STANDARDS,
    )
    return bytes(compiled)  # type: ignore[arg-type]


def test_placeholders_become_fields(fonts: Path) -> None:
    """§pdf: name, rectangle, page, label and lock; other links stay links; the tree says Form."""
    pdf, places = place_fields(
        _set(
            '#link("https://example.cn/a(b)")[见（x）\\\\] #link("sigfield:agency/Seal (1)", '
            "box(width: 20pt, height: 30pt)) #pagebreak() "
            '#link("sigfield:enterprise,last/企业签章", box(width: 40pt, height: 40pt))',
            fonts,
        )
    )
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    form = reader.root["/AcroForm"]["/Fields"]
    agency, enterprise = form[0], form[1]

    assert list(places) == ["agency", "enterprise"]
    assert [(place.page, place.label, place.is_last) for place in places.values()] == [
        (0, "Seal (1)", False),
        (1, "企业签章", True),
    ]
    assert (agency["/T"], agency["/TU"], agency["/FT"]) == ("agency", "Seal (1)", "/Sig")
    assert [float(corner) for corner in enterprise["/Rect"]] == list(places["enterprise"].box)
    assert (enterprise["/Lock"]["/Action"], enterprise["/Lock"]["/P"]) == ("/All", 1)
    assert "/Lock" not in agency
    parents = reader.root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    element = parents[list(parents).index(agency["/StructParent"]) + 1]
    assert element["/S"] == "/Form"
    assert element["/K"]["/Obj"]["/T"] == "agency"
    sheet = reader.root["/Pages"]["/Kids"][0]
    assert {note.get_object()["/Subtype"] for note in sheet["/Annots"]} == {"/Link", "/Widget"}


def test_a_document_without_placeholders_stays_as_it_is(fonts: Path) -> None:
    """§pdf: nothing is appended, whatever is written in it."""
    pdf = _set('sigfield:a/b #link("https://example.cn")[sigfield:a]', fonts)

    assert place_fields(pdf) == (pdf if pdf.endswith(b"\n") else pdf + b"\n", {})


@pytest.mark.parametrize(
    "text",
    [
        '#link("sigfield:a/b", box()) #link("sigfield:a/c", box())',
        '#link("sigfield:a/b")[words]',
        '#link("sigfield:a/b\\\\", box())',
    ],
    ids=["twice", "words inside", "a backslash"],
)
def test_a_placeholder_that_is_none_is_refused(fonts: Path, text: str) -> None:
    """I12: rather than a document without its field."""
    with pytest.raises(ValueError, match="placed"):
        place_fields(_set(text, fonts))
