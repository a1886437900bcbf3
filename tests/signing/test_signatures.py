"""Signing and sealing from end to end."""

from __future__ import annotations

import subprocess
from pathlib import Path

from signing import Signatures
from tests.signing import files, story


def _pdfsig(pdf: bytes, folder: Path) -> str:
    path = folder / "signed.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, check=True)
    return run.stdout.decode(errors="replace")  # it cuts long names inside a character


def test_applicant_signs_and_enterprise_seals(signatures: Signatures, tmp_path: Path) -> None:
    """R41, R59: the form carries the applicant's signature, then the enterprise's seal."""
    form = files.application()

    signed = story.sign(signatures, form)
    sealed = story.seal(signatures, signed.pdf)

    assert signed.pdf.startswith(form)
    assert sealed.pdf.startswith(signed.pdf)
    assert _pdfsig(sealed.pdf, tmp_path).count("Signature is Valid") == 2


def test_agency_seals_a_notice(signatures: Signatures, tmp_path: Path) -> None:
    """I11: a notice carries the seal of the authority."""
    sealed = signatures.seal_as_agency(files.notice(), key="notice-1")

    assert "Signature is Valid" in _pdfsig(sealed.pdf, tmp_path)
    assert "Total document signed" in _pdfsig(sealed.pdf, tmp_path)


def test_the_longest_name_still_signs(signatures: Signatures, tmp_path: Path) -> None:
    """R59: an enterprise with a very long name seals like any other and is named in full."""
    name = "中国（上海）自由贸易试验区临港新片区" + "超长名称" * 40 + "工程勘察设计有限公司"
    uscc = "91310000132212346M"
    signatures.custody.enrol_enterprise(uscc, name, story.PIN)
    signed = story.sign(signatures, files.application())

    sealed = story.seal(signatures, signed.pdf, uscc=uscc)

    report = signatures.examine(sealed.pdf)
    assert report.ok, report.all_findings
    assert report.signatures[1].signer == name
    assert signatures.check_certificate("enterprise", uscc, name)["subject_matches"] is True
    assert "Signature is Valid" in _pdfsig(signatures.augment(sealed.pdf), tmp_path)
