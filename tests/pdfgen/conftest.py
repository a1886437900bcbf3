"""Fonts, the shipped templates and a way to read what was rendered."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pdfgen import Templates, open_templates

ROOT = Path(__file__).parents[2]
BPMN = ROOT / "bpmn"


@pytest.fixture(scope="session")
def fonts() -> Path:
    """Return the font folder that `make fonts` built."""
    return Path(os.environ.get("ZHUCE_FONTS", ROOT / "var" / "fonts"))


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """Return the shipped documents: shared layouts and those of the type."""
    folders = ("common-parts", "structural-engineer-2")
    paths = [path for name in folders for path in (BPMN / name / "documents").iterdir()]
    return {str(path.relative_to(BPMN)): path.read_bytes() for path in paths}


@pytest.fixture(scope="session")
def templates(files: dict[str, bytes], fonts: Path) -> Templates:
    """Open the shipped templates."""
    return open_templates(files, fonts=fonts)


@pytest.fixture(scope="session")
def shelf(fonts: Path) -> Callable[..., Templates]:
    """Open templates written in a test: `shelf(letter="= #data.x")`."""
    components = (BPMN / "common-parts" / "documents" / "gov.typ").read_bytes()
    head = (
        '#import "gov.typ": *\n'
        '#set document(title: "t", date: auto)\n'
        '#set text(font: "Gov Song", lang: "zh", fallback: false)\n'
    )

    def open_(**sources: str) -> Templates:
        written = {f"{name}.typ": (head + text).encode() for name, text in sources.items()}
        return open_templates({"gov.typ": components, **written}, fonts=fonts)

    return open_


@pytest.fixture(scope="session")
def text_of() -> Callable[[bytes], str]:
    """Read the text of a PDF with poppler in the order of its writing, without blanks."""

    def read(pdf: bytes) -> str:
        done = subprocess.run(
            ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True, timeout=30
        )
        return "".join(done.stdout.decode().split())

    return read
