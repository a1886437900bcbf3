"""Every document of every profession: tagged as PDF, and the same as OFD under a good seal."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import ofdkit
import pikepdf
import pytest

from ofd import judging, package, sealing
from tests.ofd import shipped
from tests.ofd.authority import NOW, Authority
from tests.ofd.conftest import paper
from tests.ofd.shipped import Printed
from tests.ofd.test_from_pdf import require_the_standard, words
from tests.pdfgen.test_archive import elements

PRINTED = {"-".join(document): document for document in shipped.printed()}
each = pytest.mark.parametrize("document", PRINTED.values(), ids=PRINTED)


def test_the_list_is_of_all_professions() -> None:
    """Letters, forms and the certificate of each; whatever is added is tried below of itself."""
    names = {name for _, name, _ in PRINTED.values()}
    certificates = {profession for profession, name, _ in PRINTED.values() if name == "certificate"}

    assert certificates == set(shipped.SHIPPED)
    assert {"decision", "receipt", "application", "rename-list", "act-decision"} <= names


@each
def test_both_forms_say_the_same_and_the_seal_holds(
    document: Printed, fonts: Path, authority: Authority, tmp_path: Path
) -> None:
    """What the agency seals is sealed, drawn again and judged; forms of others are drawn."""
    pdf = shipped.pdf(document, fonts)
    source = tmp_path / "paper.pdf"
    source.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(source), "-"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    both = paper(pdf, fonts)

    with ofdkit.open(package.pack(both.parts)) as opened:
        read = "".join(run.text for page in opened.pages for run in page.runs)
    assert set(words(said)) == set(words(read))
    require_the_standard(both.parts)
    if "agency" in both.places:
        sealed = sealing.seal(both.parts, authority.stamping_sealer(), both.stamp(), at=NOW)
        assert judging.judge(package.pack(sealed), authority.trust()).ok


@each
def test_each_table_tells_its_heads(document: Printed, fonts: Path) -> None:
    """ISO 32000-1, 14.8.4.3.4 and PDF/UA-1, 7.5: the first row is of heads, each says its scope."""
    with pikepdf.open(io.BytesIO(shipped.pdf(document, fonts))) as pdf:
        tables = [part for part in elements(pdf.Root.StructTreeRoot) if part.S == "/Table"]
        for table in tables:
            first, *others = rows(table)
            assert {str(cell.S) for cell in first} == {"/TH"}
            assert [scope(cell) for cell in first] == ["/Column"] * len(first)
            assert others
            assert {str(cell.S) for row in others for cell in row} <= {"/TD", "/TH"}
            assert {len(row) for row in others} == {len(first)}


def rows(table: Any) -> list[list[Any]]:
    """Give the cells of a table row by row."""
    found = [part for part in elements(table) if part.S == "/TR"]
    return [[part for part in elements(row) if part.S in ("/TH", "/TD")] for row in found]


def scope(cell: Any) -> str | None:
    """Give what a head is the head of."""
    attributes = cell.get("/A")
    listed = list(attributes) if isinstance(attributes, pikepdf.Array) else [attributes]
    return next((str(one.Scope) for one in listed if one is not None and "/Scope" in one), None)


@each
def test_qpdf_finds_nothing_wrong(document: Printed, fonts: Path, tmp_path: Path) -> None:
    """An independent reader of the structure of PDF files."""
    source = tmp_path / "paper.pdf"
    source.write_bytes(shipped.pdf(document, fonts))

    done = subprocess.run(["qpdf", "--check", str(source)], capture_output=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
