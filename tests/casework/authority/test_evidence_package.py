"""案卷: a stranger follows the enclosed page with openssl and pdfsig, and finds any change."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from casework.application import form_entry, withdrawal
from casework.authority import evidence_package
from casework.certificate import ofd_forms
from casework.decision import officer_tasks
from engine import actors
from engine.actors import Actor
from refusals.refusal import NotFound
from registry.applications import documents
from registry.trail import audit
from tests.apart import without_network
from tests.offices import Town

PAGE = Path(__file__).parents[3] / "docs" / "verification.md"


@pytest.fixture
def taken(town: Town, tmp_path: Path) -> Path:
    """Take the package of a decided case, its papers asked for as OFD, and unpack it."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.works()
    with town.office.sessions() as session:
        papers = documents.history(session, case)
    for paper in papers:
        if documents.DocumentKind(paper.kind).is_of_agency:
            ofd_forms.of(town.office, paper.id, person)

    content = evidence_package.build(town.office, str(town.case(case).no), actors.SYSTEM)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    with town.office.sessions() as session:
        actions = [event.action for event in audit.of(session, f"application:{case}")]
    assert actions[-1] == "case.export"
    return tmp_path


def _filed(town: Town) -> tuple[str, Actor]:
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    town.files(case, person, town.enterprise())
    return case, person


def refused(town: Town) -> str:
    """Refuse an application; its letter is asked for as OFD."""
    case, _ = _filed(town)
    town.reviews(case, town.officer("wang", "reviewer"), "reject")
    town.decides(case, town.officer("li", "approver"), "reject")
    town.works()
    return case


def withdrawn(town: Town) -> str:
    """Withdraw an application that was signed and sealed."""
    case, person = _filed(town)
    withdrawal.withdraw(town.office, case, person, reason="材料有误")
    town.works()
    return case


def withdrawn_at_once(town: Town) -> str:
    """Withdraw a draft: there is no paper at all."""
    person = town.person(issued=date(2025, 6, 2))
    case = town.starts(person)
    withdrawal.withdraw(town.office, case, person)
    town.works()
    return case


def corrected(town: Town) -> str:
    """Send a form back once; the corrected one is granted."""
    town.office.policy = replace(town.office.policy, acceptance_mode="STRICT")
    case, person = _filed(town)
    officer_tasks.formal_check(
        town.office,
        town.task(case, "formal_check").id,
        "correct",
        items=["联系电话填写有误"],
        actor=town.officer("zhao", "acceptor"),
    )
    town.works()
    town.clock.forward(days=1)
    again = form_entry.prefill(town.office, case) | {"enterprise_phone": "021-00000009"}
    town.saves(case, person, again)
    town.clock.forward(minutes=2)
    town.signs(case, person)
    town.seals(case, town.enterprise())
    task = town.task(case, "formal_check").id
    officer_tasks.formal_check(
        town.office, task, "accept", items=[], actor=town.officer("zhao", "acceptor")
    )
    town.reviews(case, town.officer("wang", "reviewer"))
    town.decides(case, town.officer("li", "approver"))
    town.works()
    return case


STORIES = {
    refused: {"acceptance-notice", "application", "decision"},
    withdrawn: {"application"},
    withdrawn_at_once: set(),
    corrected: {"application", "correction-notice", "acceptance-notice", "certificate"},
}


@pytest.mark.parametrize(
    ("story", "kinds"), STORIES.items(), ids=[story.__name__ for story in STORIES]
)
def test_each_end_of_a_case_can_be_followed(
    story: Callable[[Town], str], kinds: set[str], town: Town, tmp_path: Path
) -> None:
    """Refused, withdrawn, corrected: in a folder with nothing of ours, each step says: good."""
    case = story(town)
    with town.office.sessions() as session:
        papers = documents.history(session, case)
    for paper in papers:
        if documents.DocumentKind(paper.kind).is_of_agency:
            ofd_forms.of(town.office, paper.id, actors.SYSTEM)
    content = evidence_package.build(town.office, str(town.case(case).no), actors.SYSTEM)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)

    done = follow(tmp_path)

    assert [step.returncode for step in done] == [0] * 6, [step.stderr for step in done]
    assert {paper.kind for paper in papers} >= kinds
    assert "Digest Mismatch" not in done[1].stdout
    listed = json.loads((tmp_path / "papers.json").read_text("utf-8"))
    names = {path.name for path in tmp_path.glob("papers/*")}
    assert {row["file"] for row in listed} == {f"papers/{name}" for name in names}
    signed = [path for path in tmp_path.glob("papers/*.pdf") if b"/ByteRange" in path.read_bytes()]
    assert done[1].stdout.count("Signature is Valid") >= len(signed)
    sealed = sum(name.endswith(".ofd") for name in names)
    assert done[2].stdout.count("Signature Verified Successfully") == sealed


def follow(folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run every block of the page, as it stands there, without a network."""
    blocks = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.S)
    said = {"cwd": folder, "capture_output": True, "text": True, "check": False}
    return [
        subprocess.run([*without_network(), "sh", "-eu", "-c", block], **said)  # type: ignore[call-overload]  # each its own type
        for block in blocks
    ]


def test_a_stranger_follows_the_page(taken: Path) -> None:
    """Literally, and each step says that it is good; the page is that of the documentation."""
    assert (taken / "README.md").read_bytes() == PAGE.read_bytes()
    names = sorted(path.name for path in (taken / "papers").iterdir())
    assert {"ofd", "pdf"} == {name.rpartition(".")[2] for name in names}
    assert any("application" in name and "enterprise" in name for name in names)

    done = follow(taken)

    assert [step.returncode for step in done] == [0] * 6, [step.stderr for step in done]
    assert "Signature is Valid" in done[1].stdout
    assert "Digest Mismatch" not in done[1].stdout
    assert done[2].stdout.count("Signature Verified Successfully") == 3
    assert done[2].stdout.count("OK") == 3


def test_whatever_is_changed_is_found(taken: Path) -> None:
    """A paper, a digest beside it, the list: one of the steps fails."""
    paper = next((taken / "papers").glob("*certificate.ofd"))
    changed = bytearray(paper.read_bytes())
    changed[len(changed) // 2] ^= 1
    paper.write_bytes(bytes(changed))

    first, _, third, *_ = follow(taken)

    assert first.returncode != 0
    assert third.returncode != 0
    sums = taken / "SHA256SUMS"
    sums.write_text(sums.read_text("utf-8").replace("0", "1", 1), "utf-8")
    assert follow(taken)[0].returncode != 0


def test_a_case_that_is_not_there(town: Town) -> None:
    """No package of nothing."""
    with pytest.raises(NotFound):
        evidence_package.build(town.office, "31S2C20261124000017", actors.SYSTEM)
