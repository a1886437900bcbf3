"""Papers of our templates, drawn as OFD once and sealed by a demonstration authority."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from ofd import from_pdf, package, sealing
from ofd.document import Document
from ofd.from_pdf import Place
from ofd.sealing import Stamp
from pdfgen import Templates, open_templates
from tests.ofd.authority import NOW, Authority
from tests.pdfgen import samples

ROOT = Path(__file__).parents[2]
FOLDERS = ("common-parts", "structural-engineer-2")
KINDS = {
    "certificate": samples.certificate(signature_picture=samples.portrait((600, 200), "PNG")),
    "copy": samples.certificate(
        copy={"purpose": "上海某项目投标", "valid_from": "2026-11-24", "valid_to": "2026-12-24"}
    ),
    "cancellation-certificate": samples.ended(),
    "decision": samples.notice(is_refused=True),
    "correction-notice": samples.notice(),
    "act-decision": samples.act(),
    "application": samples.application(),
}


@dataclass(frozen=True)
class Paper:
    """One paper in both forms, unsealed."""

    pdf: bytes
    document: Document
    places: dict[str, Place]
    parts: dict[str, bytes]

    def stamp(self) -> Stamp:
        """Give where the agency's seal goes."""
        place = self.places["agency"]
        return Stamp(page_id=self.document.pages[place.page].id, box=place.box)


@pytest.fixture(scope="session")
def fonts() -> Path:
    """Return the font folder that `make fonts` built."""
    return Path(os.environ.get("ZHUCE_FONTS", ROOT / "var" / "fonts"))


@pytest.fixture(scope="session")
def templates(fonts: Path) -> Templates:
    """Open the shipped templates."""
    paths = [p for name in FOLDERS for p in (ROOT / "bpmn" / name / "documents").iterdir()]
    files = {str(path.relative_to(ROOT / "bpmn")): path.read_bytes() for path in paths}
    return open_templates(files, fonts=fonts)


@pytest.fixture(scope="session")
def papers(templates: Templates, fonts: Path) -> dict[str, Paper]:
    """Draw one paper of each kind."""
    drawn = {}
    for kind, data in KINDS.items():
        template = "certificate" if kind == "copy" else kind
        pdf = templates.render(template, data, at=samples.AT).pdf
        drawn[kind] = paper(pdf, fonts)
    return drawn


def paper(pdf: bytes, fonts: Path) -> Paper:
    """Draw a PDF as OFD."""
    document, places = from_pdf.draw(pdf, fonts)
    parts = document.parts(
        number_of_document="0123456789abcdef0123456789abcdef",
        title="注册执业证书",
        author=samples.AUTHORITY,
        day=date(2026, 11, 29),
        facts={"证照编号": "S2269900001"},
        tags={"holder": "张𬭎喆", "number": "S2269900001"},
    )
    return Paper(pdf=pdf, document=document, places=places, parts=parts)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Found the authority that is trusted."""
    return Authority()


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """Found another authority, which nobody here trusts."""
    return Authority("外地根")


@pytest.fixture(scope="session")
def sealed(papers: dict[str, Paper], authority: Authority) -> dict[str, bytes]:
    """Seal the certificate; give its parts."""
    certificate = papers["certificate"]
    return sealing.seal(certificate.parts, authority.sealer(), certificate.stamp(), at=NOW)


@pytest.fixture(scope="session")
def file(sealed: dict[str, bytes]) -> bytes:
    """Give the sealed certificate as its holder gets it."""
    return package.pack(sealed)
