"""No file makes an error of ours: each is a page, and a line of `zhuce verify`, with its reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ofd import judging, package, sealing
from ofd.document import Document
from ofd.fonts import Shelf
from ofd.geometry import Box
from ofd.sealing import Stamp
from registry.applications.documents import DocumentKind
from tests.apart import without_network
from tests.ofd.authority import NOW, Authority
from tests.ofd.conftest import ROOT
from tests.ofd.hostile import Case, Catalogue
from tests.signing import files
from tests.web.conftest import FONTS
from tests.web.place import Place
from web import cli
from web.process import wiring
from web.public import verification
from web.settings import Settings


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Found an authority that nobody here trusts."""
    return Authority()


@pytest.fixture(scope="module")
def cases(authority: Authority) -> dict[str, Case]:
    """Make every case from a package of one empty page."""
    document = Document(Shelf(FONTS))
    stamp = Stamp(page_id=document.add_page(210, 297).id, box=Box(0, 0, 42, 42))
    about = {"number_of_document": "0" * 32, "title": "公文", "author": "某局"}
    bare = document.parts(**about, day=date(2026, 11, 29), facts={"a": "b"}, tags={})  # type: ignore[arg-type]
    sealed = sealing.seal(bare, authority.stamping_sealer(), stamp, at=NOW)
    return dict(Catalogue(sealed, bare, stamp, authority, Authority("外地根")).cases())


@pytest.fixture(scope="module")
def kinds(cases: dict[str, Case], authority: Authority) -> dict[str, bytes]:
    """Choose one file of each kind of verdict, so that few pages show all that pages can show."""
    trust, chosen = authority.trust(), {}
    for name, (data, _) in cases.items():
        report = judging.judge(data, trust)
        words = tuple(sorted(finding.text for finding in report.findings))
        key = (words, frozenset(report.problems), len(report.seals), report.head.title)
        chosen.setdefault(key, (name, data))
    return dict(chosen.values())


def test_each_file_is_a_page_with_a_reason(kinds: dict[str, bytes], place: Place) -> None:
    """R115: never an error of ours, never called genuine, whatever the name says it is."""
    assert len(kinds) >= 40
    for name, data in kinds.items():
        said = place.upload(data)

        status = place.tab.page.status_code
        is_judged = package.is_package(data) or b"%PDF-" in data[:1024]
        is_judged = is_judged and len(data) <= verification.LARGEST_BYTES
        assert status == (200 if is_judged else 422), name
        assert "文件真实有效" not in said, name
        is_package = package.is_package(data) and b"%PDF-" not in data[:1024]
        assert ("E_OFD_" in said) == (is_judged and is_package), name


def test_no_bit_of_a_file_can_change(place: Place) -> None:
    """Also of what no seal covers: between the parts of the package, in its directory."""
    whole = place.ofd(DocumentKind.DECISION)
    bits = 8 * len(whole)

    for bit in [*range(0, bits, bits // 30), *range(bits - 8 * 600, bits, 331)]:
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verification.examine(place.office, bytes(changed)).ok, bit


def test_each_file_is_a_line_of_the_command(
    kinds: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All at once, in any order: each with codes and sentences, and the command says 1."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate"]) == 0
    names = [f"{number}.{'pdf' if number % 2 else 'ofd'}" for number, _ in enumerate(kinds)]
    for name, data in zip(names, kinds.values(), strict=True):
        Path(name).write_bytes(data)
    Path("nothing.ofd").write_bytes(b"")
    Path("large.ofd").write_bytes(b"PK\x03\x04" + bytes(40 << 20))
    capsys.readouterr()

    assert cli.main(["verify", *names, "nothing.ofd", "large.ofd", "--json"]) == 1

    told = json.loads(capsys.readouterr().out)
    assert len(told) == len(kinds) + 2
    for name, verdict in told.items():
        assert verdict["ok"] is False, name
        assert verdict["standing"] is None, name
        report = verdict["report"]
        every = report["findings"] + [
            finding for signature in report["signatures"] for finding in signature["findings"]
        ]
        assert every or report["strangers"], (name, verdict)


def test_the_command_judges_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF and an OFD that were sealed here: the seals hold, the register does not know them."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate"]) == 0
    office = wiring.open_office_of(Settings.from_environment())
    try:
        office.signatures.custody.enrol_agency(office.policy.authority)
        signed = office.signatures.seal_as_agency(files.notice(), key="apart")
        Path("paper.pdf").write_bytes(signed.pdf)
        document = Document(Shelf(office.fonts))
        stamp = Stamp(page_id=document.add_page(210, 297).id, box=Box(0, 0, 42, 42))
        about = {"number_of_document": "0" * 32, "title": "公文", "author": "某局"}
        bare = document.parts(**about, day=date(2026, 11, 29), facts={}, tags={})  # type: ignore[arg-type]
        Path("paper.ofd").write_bytes(office.signatures.seal_ofd(bare, stamp).data)
    finally:
        wiring.close(office)
    names = ("paper.pdf", "paper.ofd")
    program = "import sys; from web.cli import main; sys.exit(main())"

    done = subprocess.run(
        [*without_network(), sys.executable, "-c", program, "verify", *names, "--json"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    told = json.loads(done.stdout)
    assert [told[name]["report"]["findings"] for name in names] == [[], []]
    assert all(verdict["report"]["signatures"] for verdict in told.values())
    assert {verdict["standing"] for verdict in told.values()} == {None}
    assert done.returncode == 1
