"""A condition is true or false, compares with what can come, and excludes its neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language import parsing
from professions import folders
from professions.checks import checker, conditions
from tests.offices import TYPE
from tests.professions.folders import BPMN, edited

DECISION = f"{TYPE}/initial.bpmn"
APPROVED = 'outcome == "approve"'


def told(tmp_path: Path, file: str, old: str, new: str, kind: str = TYPE) -> list[tuple[str, str]]:
    """Give what the check says of conditions when one of them is changed."""
    root = edited(tmp_path / "bpmn", (file, old, new))
    sources = parsing.read_sources(folders.collect(root / kind))
    return [(text, remedy) for _, _, text, remedy in dict.fromkeys(conditions.faults(sources))]


@pytest.mark.parametrize("kind", [TYPE, "builder-2"])
def test_the_shipped_conditions_say_something(kind: str) -> None:
    sources = parsing.read_sources(folders.collect(BPMN / kind))

    assert list(conditions.faults(sources)) == []


@pytest.mark.proves("F:diagrams-1")
@pytest.mark.parametrize(
    ("file", "old", "new", "text", "remedy"),
    [
        (DECISION, APPROVED, 'outcome == "aprove"', "“outcome”不会是“aprove”", "是不是 approve？"),
        (DECISION, APPROVED, 'outcome == "Approve"', "“outcome”不会是“Approve”", "approve"),
        (DECISION, APPROVED, 'outcome == "accept"', "“outcome”不会是“accept”", "approve、reject"),
        (DECISION, APPROVED, 'outcome == "approve" or "reject"', "“'reject'”不是真假", "写成比较"),
        (DECISION, APPROVED, "outcome", "“outcome”不是真假", "写成比较"),
        (DECISION, APPROVED, 'outcome in ["approve", "yes"]', "“outcome”不会是“yes”", "请用"),
        (DECISION, APPROVED, "outcome == 1", "不能与 1 比较", "写成比较"),
        (DECISION, APPROVED, 'outcome &gt;= "approve"', "“outcome”不是数", "=="),
        (
            f"{TYPE}/initial.bpmn",
            'check["ok"]',
            'check["okay"]',
            "check 中没有“okay”",
            "是不是 ok？",
        ),
        (f"{TYPE}/initial.bpmn", 'check["ok"]', "check", "“check”不是真假", "写成比较"),
        (
            f"{TYPE}/initial.bpmn",
            'check["ok"]',
            'check["ok"] == "true"',
            "是真假，不能与 'true' 比较",
            "写成比较",
        ),
        (
            "common-parts/personal-signing.bpmn",
            'sms_challenge["next"] == "RETRY"',
            'sms_challenge["next"] == "RETRYING"',
            "不会是“RETRYING”",
            "是不是 RETRY？",
        ),
        (
            "common-parts/enterprise-rename.bpmn",
            '["I_NO_CERTIFICATES"]',
            '["I_NO_CERTIFICATE"]',
            "“rename_precondition”不会是“I_NO_CERTIFICATE”",
            "是不是 I_NO_CERTIFICATES？",
        ),
    ],
)
def test_a_slip_in_a_condition_is_told(
    tmp_path: Path, file: str, old: str, new: str, text: str, remedy: str
) -> None:
    """It would grant what was refused, or refuse what was approved, without a word."""
    findings = told(tmp_path, file, old, new)

    assert any(text in said and remedy in way for said, way in findings), findings


def test_conditions_of_one_gateway_exclude_each_other(tmp_path: Path) -> None:
    """Which of two comes first in the file is no decision: an undo in an editor changes it."""
    findings = told(
        tmp_path,
        "common-parts/acceptance.bpmn",
        'outcome == "correct"',
        'outcome in ["correct", "accept"]',
    )

    assert any("可以同时成立，例如 outcome = 'accept'" in text for text, _ in findings), findings


def test_the_check_names_the_line(tmp_path: Path) -> None:
    root = edited(tmp_path / "bpmn", (DECISION, APPROVED, 'outcome == "aprove"'))

    problems = checker.check(folders.collect(root / TYPE))

    [problem] = [problem for problem in problems if "aprove" in problem.text]
    assert problem.file == "initial.bpmn"
    assert problem.element
