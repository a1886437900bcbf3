"""What a story notices: each slip in the diagrams or tables is told with the story and the step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.scenarios import stories
from casework.scenarios.stage import Stage, open_stage
from casework.scenarios.stories import StoryUnreadable
from casework.scenarios.storyteller import StoryDiffers, Storyteller, Told
from professions import manifests
from tests.professions.folders import BPMN

FOLDER = BPMN / "structural-engineer-2"
FILES = dict(manifests.load(FOLDER).files)
DECISION = "common-parts/decision.bpmn"
STAGE = 'attachedToRef="examine_and_decide"'


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


def told(stage: Stage, name: str, file: str = "", before: str = "", after: str = "") -> Told:
    """Tell a shipped story on a version in which one text is another."""
    files = dict(FILES)
    if file:
        text = files[file].decode()
        assert before in text
        files[file] = text.replace(before, after, 1).encode()
    story = stories.read(FOLDER, FOLDER / "examples" / f"{name}.json")
    return Storyteller(stage, stage.version(files), story).tell()


ROLE = '<spiffworkflow:property name="actorRole" value="approver"/>'
NOTICED = {
    "who acts": (
        "rejected",
        (DECISION, ROLE, ROLE.replace("approver", "acceptor")),
        ("decide", "王批准（approver）", "role:acceptor"),
    ),
    "four eyes": (
        "rejected",
        (DECISION, '<spiffworkflow:property name="differentFrom" value="review"/>', ""),
        ("decide", "E_FOUR_EYES"),
    ),
    "a period": (
        "deemed-accepted",
        ("deadline.dmn", "<text>5</text>", "<text>6</text>"),
        ("check_overdue", "2026-03-10", "2026-03-09"),
    ),
    "the unit of a period": (
        "deemed-accepted",
        ("deadline.dmn", '<text>"WORKDAY"</text>', '<text>"DAY"</text>'),
        ("check_overdue", "2026-03-07"),
    ),
    "a status": (
        "approved-and-claimed",
        (DECISION, 'name="status" value="UNDER_REVIEW"', 'name="status" value="ACCEPTED"'),
        ("经过的状态", "ACCEPTED"),
    ),
    "a notice": (
        "approved-and-claimed",
        (DECISION, "&quot;decided&quot;", "&quot;extended&quot;"),
        ("发出的通知", "extended"),
    ),
    "a letter": (
        "approved-and-claimed",
        (DECISION, "&quot;decision&quot;", "&quot;receipt&quot;"),
        ("出具的文书", "receipt"),
    ),
    "a condition": (
        "rejected",
        ("initial.bpmn", 'outcome == "approve"', 'outcome == "reject"'),
        ("还没有结束", "confirm_claim"),
    ),
    "an interrupting mark": (
        "extended-once",
        (DECISION, f'{STAGE} cancelActivity="false"', STAGE),
        ("发出的通知",),
    ),
}


@pytest.mark.parametrize("slip", NOTICED)
def test_a_story_notices(stage: Stage, slip: str) -> None:
    """One slip is told at the step where the story goes another way."""
    name, change, words = NOTICED[slip]

    with pytest.raises(StoryDiffers) as refusal:
        told(stage, name, *change)

    text = str(refusal.value)
    assert f"examples/{name}.json" in text
    assert all(word in text for word in words), text


def test_time_passes_with_holidays_as_the_calendar_says(stage: Stage) -> None:
    """Twenty working days after 2 March 2026, over no holiday: 30 March (Law 44)."""
    days = told(stage, "extended-once").days

    assert "2026-03-30" in {day.isoformat() for day in days.values()}


UNREADABLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a word": ({"stpes": []}, ("stpes", "steps")),
    "a step": ({"steps": [{"tsak": "review"}]}, ("第 1 步", "tsak", "task")),
    "two kinds of step": ({"steps": [{"task": "a", "until": "b"}]}, ("第 1 步", "其中之一")),
    "no step at all": ({"steps": [7]}, ("第 1 步",)),
    "a day": ({"steps": [{"until": "x", "on": "3月2日"}]}, ("3月2日", "2026-03-31")),
    "a birthday": ({"born": "1990"}, ("born",)),
    "a role": ({"people": {"甲": "reviwer"}}, ("甲", "reviwer", "reviewer")),
    "a person": ({"by": {"review": "李审察"}}, ("李审察", "李审查")),
    "no end": ({"ends": None}, ("ends",)),
    "a list": ({"title": 3}, ("title",)),
}


@pytest.mark.parametrize("slip", UNREADABLE)
def test_a_story_that_nobody_understands_is_refused(tmp_path: Path, slip: str) -> None:
    """With the file, the place and the nearest word."""
    change, words = UNREADABLE[slip]
    folder = tmp_path / "structural-engineer-2"
    (folder / "examples").mkdir(parents=True)
    usual = (FOLDER / "examples" / "usual.json").read_bytes()
    (folder / "examples" / "usual.json").write_bytes(usual)
    (folder / "type.toml").write_bytes(FILES["type.toml"])
    path = folder / "examples" / "mine.json"
    story = {"title": "甲", "ends": "end_closed", "steps": []} | change
    path.write_text(json.dumps(story), "utf-8")

    with pytest.raises(StoryUnreadable) as refusal:
        stories.read_all(folder)

    text = str(refusal.value)
    assert "examples/mine.json" in text
    assert all(word in text for word in words), text
