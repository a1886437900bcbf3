"""A time-limited copy says on its face what it is for and until when, in every profession."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pdfgen import open_templates
from professions import manifests
from tests.offices import FONTS, ROOT
from tests.pdfgen import samples

FOLDERS = sorted(path.parent for path in (ROOT / "bpmn").glob("*/type.toml"))
LONGEST = "结构" * 25  #: of the purposes that a copy may have


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_face_of_a_copy(folder: Path, tmp_path: Path) -> None:
    """B.6, G.4: purpose and window are printed on one page, and only on copies."""
    templates = open_templates(manifests.collect(folder), fonts=FONTS)
    copy = {"purpose": LONGEST, "valid_from": "2026-11-24", "valid_to": "2027-05-22"}
    texts = []
    for name, given in (("copy", copy), ("certificate", None)):
        data = samples.certificate(copy=given)
        made = templates.render("certificate", data, at=datetime(2026, 11, 24, tzinfo=UTC))
        (tmp_path / f"{name}.pdf").write_bytes(made.pdf)
        done = subprocess.run(
            ["pdftotext", "-raw", str(tmp_path / f"{name}.pdf"), "-"],
            capture_output=True,
            check=True,
            timeout=30,
        )
        texts.append("".join(done.stdout.decode().split()))
        assert all(place.page == 0 for place in made.fields.values())
        assert done.stdout.count(b"\f") == 1

    for words in (f"仅限用于：{LONGEST}", "使用期2026年11月24日至2027年5月22日"):
        assert words in texts[0]
        assert words not in texts[1]
