"""What `make demo` walks, and when it fails; the stories themselves are told by running it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters import world
from ofd import package
from professions import manifests
from registry.applications.statuses import Matter
from tests.ofd import shipped
from tests.ofd.conftest import paper
from tests.professions.folders import BPMN
from tests.web.conftest import FONTS
from web.demo.walk import programme, report

FOLDER = Path("build/demo")


def told(*good: bool) -> dict[str, Any]:
    """Give what is reported of a matter with so many documents."""
    documents = [
        {
            "file": f"{number}.pdf",
            "bytes": 1,
            "counts": True,
            "good": is_good,
            "verification": {"report": {"findings": []}},
            "pdfsig": [],
        }
        for number, is_good in enumerate(good)
    ]
    return {"matter": "初始注册", "steps": [{"seconds": 1.0}], "documents": documents}


def test_every_matter_has_a_story() -> None:
    """R8, G9: each matter of each profession is walked; some are parts of others."""
    titles = [story.title for story in programme.stories("http://127.0.0.1")]
    kind = manifests.load(BPMN / "structural-engineer-2")

    assert len(set(titles)) == len(titles)
    parts = (Matter.CLAIM, Matter.REPORT, Matter.REDECISION)
    for matter in kind.matters:
        assert matter.code in parts or any(title.startswith(matter.title) for title in titles)
    for other in manifests.discover(BPMN).values():
        assert other.key == kind.key or any(other.title in title for title in titles)


def test_who_plays_stands_ready() -> None:
    known = {engineer.subject.removeprefix("engineer-") for engineer in world.engineers()}

    assert set(programme.engineers()) <= known
    assert {"misnamed", "left", "gone"} <= set(programme.engineers())


@pytest.mark.parametrize(
    ("matters", "status"),
    [
        ([told(True, True)], 0),
        ([told(True), told(True)], 0),
        ([told(True), told(True, False)], 1),
        ([told(True), told()], 1),
        ([], 1),
    ],
    ids=["good", "all good", "one is not", "no document", "nothing"],
)
def test_a_matter_without_good_documents_fails(
    matters: list[dict[str, Any]], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each matter has to leave documents, and both verifiers have to pass every one of them."""
    assert report.conclude(matters, FOLDER) == status

    assert f"{len(matters)} 项业务" in capsys.readouterr().out


def test_the_text_of_an_ofd_is_held_against_its_pdf(tmp_path: Path) -> None:
    """Both are read by others' software: the same characters, or the document is not good."""
    letters = [("structural-engineer-2", name, "letter") for name in ("decision", "receipt")]
    for name, document in zip(("one", "other"), letters, strict=True):
        pdf = shipped.pdf(document, FONTS)
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
        (tmp_path / f"{name}.ofd").write_bytes(package.pack(paper(pdf, FONTS).parts))

    said = {
        (ofd, pdf): report.says_the_same(tmp_path / f"{ofd}.ofd", tmp_path / f"{pdf}.pdf")
        for ofd in ("one", "other")
        for pdf in ("one", "other")
    }

    assert said == {pair: pair[0] == pair[1] for pair in said}
