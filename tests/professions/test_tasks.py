"""Tasks are known by one closed list: a diagram that draws another is refused before it runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.language import parsing
from engine.language.parsing import bpmn
from professions.checks import checker, examination
from professions.tasks import ACTS, Task
from tests.offices import FONTS, TYPE
from tests.professions.folders import BPMN, edited, structural_engineer

FILES = structural_engineer().files
TEMPLATES = BPMN.parent / "web" / "templates"


def drawn() -> dict[str, set[str]]:
    """Give the files that draw each task of the shipped diagrams."""
    files: dict[str, set[str]] = {}
    for file, root in parsing.read_sources(FILES).diagrams.items():
        for task in root.iter(bpmn("userTask")):
            files.setdefault(str(task.get("id")), set()).add(file)
    return files


#: Tasks that a type may draw, and none of ours does.
OFFERED = {Task.SECOND_REVIEW}


def test_the_list_is_what_is_drawn() -> None:
    """No task is drawn that nobody acts on, none is listed that neither is drawn nor offered."""
    assert sorted({*drawn(), *OFFERED}) == sorted(Task) == sorted(ACTS)
    assert not OFFERED & drawn().keys()


def test_officers_have_a_page_for_each_of_their_tasks() -> None:
    """The part of the page is chosen from the list, and is there."""
    officers = {"acceptor", "reviewer", "approver", "officer"}
    for node, act in ACTS.items():
        assert (act.page is not None) == bool(act.roles & officers), node
        assert act.page is None or (TEMPLATES / act.page).is_file()


def test_a_renamed_task_is_refused() -> None:
    """With file, element and the word that was meant, whichever task it is."""
    files = dict(FILES)
    for node, places in drawn().items():
        for file in places:
            word = re.compile(rf'(?<=[">]){node}(?=["<])'.encode())
            files[file] = word.sub(f"{node}s".encode(), files[file])

    told = checker.check(files)

    for node, places in drawn().items():
        mine = [problem for problem in told if problem.text == f"没有谁办理任务“{node}s”"]
        assert {(problem.file, problem.element) for problem in mine} == {
            (file, f"{node}s") for file in places
        }
        assert all(problem.remedy.startswith(f"是不是 {node}？") for problem in mine)


def test_zhuce_check_says_once_what_was_renamed(tmp_path: Path) -> None:
    """The file of the renamed task is named once, not each matter that cannot come to its end."""
    decision = "common-parts/decision.bpmn"
    root = edited(tmp_path / "bpmn", (decision, '"review"', '"rewiev"'))

    [(_, problems)] = examination.examine(root, FONTS, only=[TYPE])

    said = [str(problem) for problem in problems]
    assert f"{decision}#rewiev：没有谁办理任务“rewiev”。是不是 review？" in "".join(said)
    assert len(said) == 1, said


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "common-parts/decision.bpmn",
            'value="reviewer"',
            'value="approver"',
            "review：任务“review”不由 approver 办理。请把 actorRole 改为：reviewer",
        ),
        (
            "common-parts/decision.bpmn",
            'name="gives" value="outcome"',
            'name="gives" value="outcome verdict"',
            "decide：办理“decide”不给出变量 verdict。gives 请用：outcome",
        ),
        (
            "common-parts/personal-signing.bpmn",
            "wait_after_failures",
            "wait_a_while",
            "enter_code：“enter_code”之后没有“wait_after_failures”。",
        ),
    ],
)
def test_a_task_that_is_drawn_otherwise_is_told(file: str, old: str, new: str, told: str) -> None:
    """Who acts, and what the act hands to the case, is the house's to say."""
    assert old.encode() in FILES[file]
    files = {**FILES, file: FILES[file].replace(old.encode(), new.encode())}

    said = "\n".join(map(str, checker.check(files)))

    assert f"{file}#{told}" in said, said
