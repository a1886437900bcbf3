"""Tables asked on their own notice each word, flag and number, and say where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casework.scenarios import table_examples
from casework.scenarios.stage import Stage, Version, open_stage
from casework.scenarios.stories import StoryUnreadable
from casework.scenarios.table_examples import AnswerDiffers, TableExample
from professions import manifests
from tests.professions.folders import BPMN

FOLDER = BPMN / "structural-engineer-2"
FILES = dict(manifests.load(FOLDER).files)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


def differs(example: TableExample, version: Version) -> str:
    """Say how an example differs; nothing when it does not."""
    try:
        example.ask(version)
    except AnswerDiffers as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize(
    ("table", "before", "after"),
    [
        ("menu_availability", '"INITIAL","RENEWAL"', '"INITIAL"'),
        ("menu_availability", '"E_BAN_ACTIVE"', '"E_BARRED"'),
        ("continuing_education", "<text>60</text>", "<text>61</text>"),
        ("continuing_education", "<text>&gt; 0</text>", "<text>&gt; 1</text>"),
        ("deadline", '"accepted_on"', '"arrived_at"'),
        ("deadline", "<text>83</text>", "<text>84</text>"),
        ("edit_effect", "<text>false</text>", "<text>true</text>"),
    ],
)
def test_an_example_notices(stage: Stage, table: str, before: str, after: str) -> None:
    """One word of a cell, and the answer is another."""
    path = f"{table}.dmn"
    text = FILES[path].decode()
    assert before in text
    version = stage.version({**FILES, path: text.replace(before, after, 1).encode()})
    asked = [example for example in table_examples.read_all(FOLDER) if example.table == table]
    assert asked

    told = [text for example in asked if (text := differs(example, version))]

    assert told
    assert all(f"examples/tables/{table}.json" in text for text in told)


def test_what_differs_is_told_by_column(stage: Stage) -> None:
    """In words of the table: what it was asked, and each column that says otherwise."""
    path = "continuing_education.dmn"
    text = FILES[path].decode().replace("<text>60</text>", "<text>61</text>", 1)
    version = stage.version({**FILES, path: text.encode()})
    (first, *_) = [each for each in table_examples.read_all(FOLDER) if differs(each, version)]

    with pytest.raises(AnswerDiffers) as refusal:
        first.ask(version)

    (contrast,) = refusal.value.contrasts
    assert (contrast.title, contrast.wanted, contrast.came) == ("必修学时下限", "60", "61")
    assert "逾期与继续教育要求（事项：初始注册（INITIAL）" in str(refusal.value)
    assert "必修学时下限是 61，示例写的是 60" in str(refusal.value)
    assert "{" not in str(refusal.value)


def test_a_column_that_is_not_there_is_told(stage: Stage) -> None:
    """A name that the table does not say, and one that the example leaves out."""
    (first, *_) = [
        each for each in table_examples.read_all(FOLDER) if each.table == "continuing_education"
    ]
    assert isinstance(first.says, dict)
    says = {"overdu": True} | {name: said for name, said in first.says.items() if name != "overdue"}

    with pytest.raises(AnswerDiffers) as refusal:
        replace(first, says=says).ask(stage.version(FILES))

    told = {each.title: (each.wanted, each.came) for each in refusal.value.contrasts}
    assert told["overdu"] == ("是", "表中没有这一列")
    assert told["逾期"][0] == "没有写"


def test_true_is_not_one(stage: Stage) -> None:
    """JSON takes true for true: a table that answers 1 answers something else."""
    version = stage.version(FILES)
    (example, *_) = table_examples.read_all(FOLDER)
    asked = TableExample(
        file="mine.json",
        number=1,
        table="continuing_education",
        when={},
        facts={
            "matter": "RENEWAL",
            "form": {"days_after_limit": 0, "registered_before": True},
            "policy_rereg_ce": False,
        },
        says={
            "overdue": 0,
            "compulsory_min": 60,
            "elective_min": 60,
            "hours_required": True,
            "proof_pdf_required": False,
        },
    )

    assert example.ask(version)
    with pytest.raises(AnswerDiffers):
        asked.ask(version)


UNREADABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a word of the file": ({"exmaples": []}, "examples"),
    "a word of an example": ({"examples": [{"when": {}, "say": 1, "says": 1}]}, "第 1 例"),
    "no answer": ({"examples": [{"when": {}}]}, "没有写 says"),
    "no example": ({"examples": ["x"]}, "没有写 says"),
    "none at all": ({"examples": []}, "什么都不证明"),
    "nothing": ({}, "什么都不证明"),
    "examples that are no list": ({"examples": {"says": 1}}, "什么都不证明"),
    "facts that are no object": ({"examples": [{"when": [1], "says": 1}]}, "when 应为"),
    "usual facts that are none": ({"usual": 1, "examples": [{"says": 1}]}, "usual 应为"),
}


@pytest.mark.parametrize("slip", UNREADABLE)
def test_what_nobody_understands_is_refused(tmp_path: Path, slip: str) -> None:
    """With the file and the number of the example."""
    change, word = UNREADABLE[slip]
    tables = tmp_path / "mine" / "examples" / "tables"
    tables.mkdir(parents=True)
    (tables / "deadline.json").write_text(json.dumps({"title": "x"} | change), "utf-8")

    with pytest.raises(StoryUnreadable) as refusal:
        table_examples.read_all(tmp_path / "mine")

    assert "mine/examples/tables/deadline.json" in str(refusal.value)
    assert word in str(refusal.value)
