"""The examples of the shipped professions: each comes as it says, together they go everywhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.scenarios import stories, trial
from casework.scenarios.trial import Trial
from engine.language import parsing
from professions import manifests
from tests.professions.folders import BPMN, SHIPPED, edited

Tried = Callable[[str], Trial]


@pytest.fixture(scope="module")
def tried() -> Tried:
    """Try a shipped type, once for all tests."""

    @functools.cache
    def try_it(key: str) -> Trial:
        *_, came = trial.try_folder(BPMN / key)
        assert isinstance(came, Trial)
        return came

    return try_it


@pytest.mark.parametrize("key", SHIPPED)
def test_every_example_comes_as_it_says(key: str, tried: Tried) -> None:
    """R8, R17, R21, R34–R48, R52–R60, R113, I6, I10–I13, I18: each branch, to its end event.

    Who acts, the last days of periods, statuses, letters, notices, reasons for which signed files
    become void, what forms refuse, and what tables answer.
    """
    came = tried(key)

    assert came.differs == []
    assert came.told.keys() == {story.name for story in stories.read_all(BPMN / key)}
    assert came.asked > 10


@pytest.mark.parametrize("key", SHIPPED)
def test_together_they_reach_every_node_flow_and_row(key: str, tried: Tried) -> None:
    """Nothing is drawn that nobody can go, no row stands that nothing asks for."""
    assert [str(place) for place in tried(key).untold] == []


@pytest.mark.parametrize("key", SHIPPED)
def test_a_profession_tells_of_what_people_start_in_it(key: str) -> None:
    """Initial registration, renewal and cancellation, in Chinese, each saying what it shows."""
    told = stories.read_all(BPMN / key)

    assert {story.matter for story in told} >= {"INITIAL", "RENEWAL", "CANCELLATION"}
    assert all(story.shows and not story.title.isascii() for story in told)


def test_the_usual_answers_are_those_the_diagrams_name() -> None:
    """What a task gives stands in its property `gives`, what a case starts with in type.toml."""
    folder = BPMN / "structural-engineer-2"
    kind = manifests.load(folder)
    gives = {
        task.get("id"): set(item.get("value").split())
        for root in parsing.read_sources(kind.files).diagrams.values()
        for task in root.iter(parsing.bpmn("userTask"))
        for item in task.iter(parsing.spiff("property"))
        if item.get("name") == "gives"
    }
    usual = stories.read(folder, folder / "examples" / "approved-and-claimed.json").tasks

    given = {node: set(values) for node, values in usual.items() if values}
    assert given.pop("second_review") == gives["review"]  # diagrams may draw it, ours do not
    assert given == gives


@pytest.mark.parametrize("key", SHIPPED)
def test_stories_say_who_acts_and_when_time_passes(key: str) -> None:
    """Each timer that a story waits for is told with its day."""
    waits = [
        (story.file, step.number)
        for story in stories.read_all(BPMN / key)
        for step in story.steps
        if step.until is not None and step.on is None
    ]

    assert waits == []


def test_another_folder_is_tried_as_well(tmp_path: Path) -> None:
    """A folder that lies elsewhere is told like those shipped."""
    root = edited(tmp_path / "bpmn", ("builder-2/type.toml", "J2", "Q2"))

    *_, came = trial.try_folder(root / "builder-2")

    assert isinstance(came, Trial)
    differs = next(text for text in map(str, came.differs) if "initial/registered" in text)
    assert "Q2" in differs
    assert "J2" in differs
