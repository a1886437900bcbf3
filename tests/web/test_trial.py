"""`zhuce try`: an analyst tells the examples of a folder before anybody meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import structlog

from tests.professions.folders import edited
from web import cli

HOURS = "builder-2/continuing_education.dmn"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_slip_is_told_with_the_example_that_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """60 hours became 61: a story is refused at the form, tables answer otherwise; status 1.

    What is logged afterwards is logged as before: only the stories are told in silence.
    """
    root = edited(tmp_path / "bpmn", (HOURS, "<text>60</text>", "<text>61</text>"))
    logs = structlog.get_config()

    status = cli.main(["try", str(root / "builder-2")])

    said = capsys.readouterr()
    assert status == 1
    assert structlog.get_config() == logs
    assert "builder-2/examples/tables/continuing_education.json" in said.err
    assert "initial/hours-mended.json" in said.err
    assert "builder-2 讲完 " in said.out
    assert "处与示例不同" in said.out


def test_the_answer_as_json_names_what_no_example_reaches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its examples of tables, rows are left that no case comes by."""
    root = edited(tmp_path / "bpmn")
    (root / "builder-2/examples/tables/continuing_education.json").unlink()

    status = cli.main(["try", "--json", str(root / "builder-2")])

    (kind,) = json.loads(capsys.readouterr().out)["types"]
    assert status == 0
    assert kind["asked"] == 0
    assert {(place["file"], place["kind"]) for place in kind["untold"]} == {
        ("continuing_education.dmn", "规则")
    }


def test_a_story_that_nobody_understands_ends_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, place and nearest word, in one line."""
    root = edited(
        tmp_path / "bpmn", ("builder-2/examples/initial/too-old.json", '"steps"', '"setps"')
    )

    assert cli.main(["try", str(root / "builder-2")]) == 1

    said = capsys.readouterr().err
    assert "E_STORY_UNREADABLE" in said
    assert "builder-2/examples/initial/too-old.json" in said
    assert "steps" in said
