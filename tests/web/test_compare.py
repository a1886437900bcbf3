"""`zhuce compare`: what differs between two folders of a type, in words or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.professions.folders import edited
from web import cli

SHIPPED = Path(__file__).parents[2] / "bpmn"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_differs_is_told_by_kind_and_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A figure of a table and a file of what is shared; the answer is no judgement: status 0."""
    root = edited(
        tmp_path / "bpmn",
        ("builder-2/continuing_education.dmn", "<text>60</text>", "<text>90</text>"),
        ("common-parts/claiming.bpmn", 'name="核对信息并领证"', 'name="领证"'),
    )

    status = cli.main(["compare", str(SHIPPED / "builder-2"), str(root / "builder-2")])

    assert status == 0
    said = capsys.readouterr().out
    assert "【流程图】" in said
    assert "更名：核对信息并领证 → 领证" in said
    assert "【决策表】\n逾期与继续教育要求（continuing_education.dmn）\n" in said
    assert "“必修学时下限”：60 → 90" in said


def test_the_answer_as_json_has_every_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = edited(tmp_path / "bpmn", ("builder-2/help/initial.md", "年满", "已满"))

    cli.main(["compare", "--json", str(SHIPPED / "builder-2"), str(root / "builder-2")])

    answer = json.loads(capsys.readouterr().out)
    assert not answer["same"]
    for difference in answer["differences"]:
        assert set(difference) == {"kind", "file", "title", "place", "element", "text"}
        assert (difference["kind"], difference["file"]) == ("说明", "help/initial.md")
        assert "已满" in difference["text"]


def test_the_same_folder_does_not_differ(capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(SHIPPED / "supervising-engineer")

    assert cli.main(["compare", folder, folder]) == 0
    assert capsys.readouterr().out == "两者没有不同。\n"


def test_a_folder_that_is_no_type_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compare", str(tmp_path), str(SHIPPED / "builder-2")]) == 1
    assert capsys.readouterr().err.startswith("E_REGISTRATION_TYPE ")
    assert cli.main(["compare", str(tmp_path / "none"), str(SHIPPED / "builder-2")]) == 2
