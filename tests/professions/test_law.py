"""The rule that a profession's decisions cite, and who reviews them, are the type's own data."""

from __future__ import annotations

from pathlib import Path

from professions import manifests
from professions.checks import examination
from tests.offices import FONTS, TYPE
from tests.professions.folders import BPMN, edited

RULE = (
    'rule = "《勘察设计注册工程师管理规定》"\n'
    'review_bodies = ["上海市人民政府", "住房和城乡建设部"]'
)


def test_a_type_without_its_rule_is_refused(tmp_path: Path) -> None:
    root = edited(tmp_path / "bpmn", (f"{TYPE}/type.toml", RULE, ""))

    [(_, problems)] = examination.examine(root, FONTS, only=[TYPE])

    [told] = [problem for problem in problems if problem.element == "law"]
    assert told.file == f"{TYPE}/type.toml"
    assert told.text == "没有写文书引用的管理规定和行政复议机关"


def test_no_profession_cites_the_rule_of_another() -> None:
    rules = {key: kind.law.rule for key, kind in manifests.discover(BPMN).items()}

    assert rules[TYPE] == "《勘察设计注册工程师管理规定》"
    assert rules["builder-2"] == "《注册建造师管理规定》"
