"""How each document looks, as facts: sheets, sizes, places of signatures, headings, faces.

They were taken from pictures that people looked at; a template that moves something tells here.
"""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pdfgen import Templates, given, open_templates
from professions import folders
from tests.pdfgen import samples
from tests.pdfgen.conftest import BPMN
from tests.pdfgen.test_archive import elements

COPY = {"purpose": "参加上海示例工程投标", "valid_from": "2026-11-24", "valid_to": "2027-05-22"}
CANCELS = {"matter": "注销注册", "is_cancellation": True}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "application": ("application", samples.application()),
    "application of Shanghai": (
        "application",
        samples.application(
            overdue=False, education=None, attachments=[], watermark="", photo=None
        ),
    ),
    "renewal": ("application", samples.renewal()),
    "cancellation": ("cancellation-application", samples.cancellation()),
    "request": ("cancellation-request", samples.request()),
    "certificate": ("certificate", samples.certificate()),
    "copy": ("certificate", samples.certificate(copy=COPY)),
    "end": ("cancellation-certificate", samples.ended()),
    "receipt": ("receipt", samples.notice(items=[])),
    "receipt of one side": ("receipt", samples.notice(signed_by="PERSON", items=[], **CANCELS)),
    "acceptance": ("acceptance-notice", samples.notice()),
    "correction": ("correction-notice", samples.notice()),
    "non-acceptance": ("non-acceptance", samples.notice()),
    "extension": ("extension-notice", samples.notice()),
    "grant": ("decision", samples.notice()),
    "grant of a cancellation": ("decision", samples.notice(**CANCELS)),
    "deemed": ("decision", samples.notice(deemed=True, valid_to="2029-12-17")),
    "refusal": ("decision", samples.notice(is_refused=True)),
    "intended": ("intended-decision", samples.act()),
    "act": ("act-decision", samples.act(stated=True, reasons=["陈述不影响认定。"])),
    "rename": ("rename-list", samples.rename()),
}
FACTS = json.loads((Path(__file__).parent / "layout.json").read_text("utf-8"))


def facts(templates: Templates, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what can be seen of a document; places in millimetres from the lower left."""
    document = templates.render(name, data, at=samples.AT)
    told = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=document.pdf, capture_output=True, check=True
    )
    lines = ["".join(line.split()) for line in told.stdout.decode().splitlines() if line.strip()]
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        kinds = [str(each.S)[1:] for each in elements(pdf.Root.StructTreeRoot)]
        return {
            "title": str(pdf.docinfo["/Title"]),
            "sheets": [
                [round(float(side) / 72 * 25.4) for side in page.MediaBox[2:]] for page in pdf.pages
            ],
            "signatures": {
                field: [place.page, *(round(side / 72 * 25.4) for side in place.box)]
                for field, place in document.fields.items()
            },
            "parts": {
                kind: kinds.count(kind) for kind in ("H1", "H2", "Table", "TH", "L", "Figure")
            },
            "faces": sorted(
                {
                    str(font.BaseFont).partition("+")[2]
                    for font in pdf.objects
                    if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/Font"
                }
            ),
            "words": sum(len(line) for line in lines),
            "first": lines[:4],
            "last": lines[-3:],
        }


@pytest.mark.parametrize("case", CASES)
def test_a_document_looks_as_it_did(templates: Templates, case: str) -> None:
    """R38, R47, R115: number and size of sheets, places of signatures, parts, faces, words."""
    name, data = CASES[case]

    assert facts(templates, name, data) == FACTS[case]


def test_the_certificate_of_builders_looks_as_it_did(fonts: Path) -> None:
    """R115: the upright sheet with what the profession asks beyond the house's fields."""
    templates = open_templates(folders.collect(BPMN / "builder-2"), fonts=fonts)
    answers = [{"title": "注册专业", "text": "建筑工程、市政公用工程"}]
    data = samples.certificate(title="中华人民共和国二级建造师注册证书", answers=answers)

    assert facts(templates, "certificate", data) == FACTS["certificate of builders"]


def test_every_document_is_among_them(files: dict[str, bytes]) -> None:
    """A new document is looked at, and its facts are kept."""
    shipped = {Path(path).stem for path in files}

    assert {name for name, _ in given.kinds()} & shipped == {name for name, _ in CASES.values()}
