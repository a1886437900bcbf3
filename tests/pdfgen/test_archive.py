"""What makes a document last and be read aloud: structure, fonts, metadata.

Looked at here where the checker of `test_templates` is silent or wrong.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.misc.psCharStrings import T2WidthExtractor

from pdfgen import Templates
from tests.pdfgen.samples import AT, application, certificate, notice, portrait, rename

DOCUMENTS = [
    ("application", application()),
    ("certificate", certificate(signature_picture=portrait((600, 200), "PNG"))),
    ("correction-notice", notice()),
    ("decision", notice(is_refused=True)),
]


@pytest.fixture(params=DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def pdf(request: pytest.FixtureRequest, templates: Templates) -> Iterator[pikepdf.Pdf]:
    """Open a rendered document."""
    name, data = request.param
    with pikepdf.open(io.BytesIO(templates.render(name, data, at=AT).pdf)) as opened:
        yield opened


def elements(node: Any) -> Iterator[Any]:
    """Yield the elements of a structure tree in reading order."""
    if not isinstance(node, pikepdf.Dictionary):
        return
    if "/S" in node:
        yield node
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        yield from elements(kid)


def test_one_title_and_alternatives_for_pictures(pdf: pikepdf.Pdf) -> None:
    """R38, R115: a screen reader finds one first heading, and a text for each picture and field."""
    parts = list(elements(pdf.Root.StructTreeRoot))
    kinds = [str(part.S) for part in parts]

    assert kinds[0] == "/Document"
    assert kinds.count("/H1") == 1
    assert kinds.count("/Form") == len(pdf.Root.AcroForm.Fields)
    assert all(str(part.get("/Alt", "")) for part in parts if part.S == "/Figure")
    assert all(str(field.TU) for field in pdf.Root.AcroForm.Fields)
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo["/Title"])


def test_the_form_has_headings_and_table_heads(templates: Templates) -> None:
    """R38: sections are headings, lists of files are tables with heads."""
    document = templates.render("application", application(), at=AT)
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        kinds = [str(element.S) for element in elements(pdf.Root.StructTreeRoot)]

    assert kinds.count("/H2") == 8
    assert kinds.count("/Table") == 1  # labels beside values are no table
    assert kinds.count("/TH") == 4
    assert "/L" in kinds


@pytest.mark.parametrize(("name", "data"), [*DOCUMENTS, ("rename-list", rename())])
def test_what_is_a_table_has_heads(templates: Templates, name: str, data: dict[str, Any]) -> None:
    """The file says that it is PDF/UA-1: every table tells its heads from its cells."""
    document = templates.render(name, data, at=AT)
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        parts = list(elements(pdf.Root.StructTreeRoot))
        tables = [part for part in parts if part.S == "/Table"]
        heads = [{str(inner.S) for inner in elements(table)} for table in tables]

    assert all("/TH" in kinds for kinds in heads)


def test_metadata_claim_what_the_file_is(pdf: pikepdf.Pdf) -> None:
    """I11: PDF/A-2a and PDF/UA-1, made at the moment that was given."""
    with pdf.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "2"
        assert metadata["pdfaid:conformance"] == "A"
        assert metadata["pdfuaid:part"] == "1"
    assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261124030000")
    assert "/OpenAction" not in pdf.Root
    assert "/Names" not in pdf.Root or "/EmbeddedFiles" not in pdf.Root.Names


def test_fonts_are_embedded_with_right_widths(pdf: pikepdf.Pdf) -> None:
    """I11: each glyph of each embedded face is as wide as the file says (ISO 19005-2, 6.2.11.5)."""
    compared = 0
    for font in pdf.objects:
        if not isinstance(font, pikepdf.Dictionary) or font.get("/Subtype") != "/CIDFontType0":
            continue
        widths = _declared(font)
        program = CFFFontSet()
        program.decompile(io.BytesIO(font.FontDescriptor.FontFile3.read_bytes()), None)
        top = program[0]
        for index, name in enumerate(top.charset):
            cid = int(name.removeprefix("cid")) if name != ".notdef" else 0
            if cid in widths:
                assert _drawn(top, index) == pytest.approx(widths[cid], abs=1)
                compared += 1

    assert compared > 20


def _declared(font: Any) -> dict[int, float]:
    """Return the widths of /W by CID (ISO 32000-1, 9.7.4.3)."""
    entries, widths = list(font.W), {}
    while entries:
        first, second = int(entries[0]), entries[1]
        if isinstance(second, pikepdf.Array):
            widths |= {first + k: float(width) for k, width in enumerate(second)}
            entries = entries[2:]
        else:
            widths |= dict.fromkeys(range(first, int(second) + 1), float(entries[2]))
            entries = entries[3:]
    return widths


def _drawn(top: Any, index: int) -> float:
    """Return the width in the glyph's own program."""
    private = top.FDArray[top.FDSelect[index]].Private
    subroutines = getattr(private, "Subrs", [])
    extractor = T2WidthExtractor(
        subroutines, top.GlobalSubrs, private.nominalWidthX, private.defaultWidthX
    )
    extractor.execute(top.CharStrings.charStringsIndex[index])
    return float(extractor.width)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("application", application(), "二级注册结构工程师初始注册申请表"),
        ("certificate", certificate(), "CERTIFICATE OF REGISTRATION · CLASS 2 STRUCTURAL ENGINEER"),
        ("certificate", certificate(), "二级注册结构工程师注册执业证书"),
        ("certificate", certificate(), "中华人民共和国"),
        ("decision", notice(), "准予行政许可决定书"),
    ],
)
def test_headings_stay_whole_words(
    templates: Templates, name: str, data: dict[str, Any], words: str
) -> None:
    """Letters are set a little apart, and found and read aloud as the words that they are."""
    document = templates.render(name, data, at=AT)

    told = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=document.pdf, capture_output=True, check=True
    )

    assert words in told.stdout.decode().splitlines()
