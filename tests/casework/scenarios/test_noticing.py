"""Small changes: which there are, and who notices them (`zhuce try --changes` tries all)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from casework.scenarios import noticing
from casework.scenarios.changes import Change
from casework.scenarios.noticing import Judge
from casework.scenarios.stage import open_stage
from casework.scenarios.stories import Story
from tests.professions.folders import BPMN, SHIPPED

KINDS = {"办理角色", "两人办理", "期限", "条件", "决策表", "状态", "通知", "中断"}
#: A file whose places the examples below come by.
DECISION = "common-parts/decision.bpmn"
FEW = ("rejected", "extended-once")


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """Give a judge who knows two stories and the tables."""
    with open_stage() as stage:
        judge = Judge.of(BPMN / "structural-engineer-2", stage)
        judge.examples = [
            example
            for example in judge.examples
            if not isinstance(example.said, Story) or example.name in FEW
        ]
        judge.tell_all()
        yield judge


def test_every_kind_of_small_change_is_made(judge: Judge) -> None:
    """Who acts, four eyes, periods, conditions, tables, statuses, notices, interrupting marks."""
    made = judge.changes()
    kinds = Counter(change.kind for change in made)

    assert kinds.keys() == KINDS
    assert len(made) > 608
    assert kinds["两人办理"] == 4  # each decision of two people


def test_each_change_changes_its_file_and_nothing_else(judge: Judge) -> None:
    """What is put back is what was there."""
    for change in judge.changes()[::20]:
        data = judge.files[change.file]
        made = change.made(data)
        back = Change(
            kind=change.kind,
            file=change.file,
            element=change.element,
            node=change.node,
            before=change.after,
            after=change.before,
            path=change.path,
            attribute=change.attribute,
        )
        assert made != data
        if change.after and change.before:
            unchanged = Change(**{**vars(back), "before": change.before})
            assert back.made(made) == unchanged.made(data)


@pytest.mark.parametrize("kind", ["办理角色", "两人办理", "状态", "通知", "中断", "期限"])
def test_a_change_of_the_decision_is_noticed(judge: Judge, kind: str) -> None:
    """By a story that comes by, or by the check."""
    change = next(
        change
        for change in judge.changes()
        if change.kind == kind and change.file == DECISION and change.element != "extension_due"
    )

    assert judge.judge(change).by is not None


def test_a_change_that_no_example_comes_by_goes_unnoticed_without_the_check(judge: Judge) -> None:
    """The two stories do not cancel anything: who fills in that form they cannot tell."""
    change = next(
        change
        for change in judge.changes()
        if change.file == "cancellation.bpmn" and change.kind == "期限"
    )

    assert judge.judge(change).by in (None, noticing.CHECK)


def test_the_newest_profession_notices_each_change_of_its_own_files() -> None:
    """Its tables are its own; what it builds on is judged with the profession that has it."""
    begun = noticing.noticing_of(BPMN / SHIPPED[-1])

    unnoticed = [judged.change for judged in begun.judged() if judged.by is None]

    assert len(begun.changes) > 20
    assert unnoticed == []
