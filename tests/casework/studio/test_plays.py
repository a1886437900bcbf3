"""Playing a draft: told anew for each step, as each actor, with answers, a clock and an end."""

from __future__ import annotations

import json
from datetime import date

import pytest

from casework.studio import drafts, noticings, plays, trials
from casework.studio.refusals import (
    DraftPublished,
    NoSuchPlay,
    PlayNotEnded,
    PlayStepRefused,
    PlayWentOn,
    ScenarioNameRefused,
)
from engine import actors, definitions
from registry.packages import drafts as saved
from storage.database import writing
from tests.offices import ROOT, TYPE, Town

ANNA = actors.officer("anna", "analyst")
EXAMPLES = ROOT / "bpmn" / TYPE / "examples"
USUAL, STORY = "usual.json", "approved-and-claimed"


@pytest.fixture
def draft(town: Town) -> str:
    """Give a draft with one scenario."""
    office = town.office
    draft = drafts.begin(office, office.definitions.offered()[TYPE], "试办", ANNA)
    names = (USUAL, f"{STORY}.json")
    files = {f"examples/{name}": (EXAMPLES / name).read_bytes() for name in names}
    drafts.save_all(office, draft, files, {}, ANNA)
    return draft


def test_a_case_is_played_to_its_end_and_becomes_a_scenario(town: Town, draft: str) -> None:
    """Each step tells who may act next; what came is what the scenario expects."""
    office, number = town.office, 0
    play = plays.begin(office, draft, ANNA, title="不予注册的一件", scenario=STORY, steps=3)
    with pytest.raises(PlayNotEnded):
        plays.record(office, draft, play, "played", "不予注册", ANNA)
    opened = drafts.open_(office, draft)
    stands = plays.stands(opened, plays.open_(office, draft, play))
    assert [task["node"] for task in stands["tasks"]] == ["review_application"]
    assert stands["tasks"][0]["people"][0] == "经办人"
    assert stands["came"]["statuses"][-1] == "PERSONAL_SIGNED"
    assert stands["diagrams"][0]["file"] == "common-parts/enterprise-sealing.bpmn"

    for node, values in (
        ("review_application", {}),
        ("seal_document", {}),
        ("review", {"recommendation": "reject"}),
        ("decide", {"outcome": "reject"}),
    ):
        plays.take(office, draft, play, {"task": node, "with": values}, seen=number)
        number += 1
    with pytest.raises(PlayStepRefused, match="没有待办任务 decide"):
        plays.take(office, draft, play, {"task": "decide"}, seen=number)
    with pytest.raises(PlayWentOn):
        plays.back(office, draft, play, seen=0)
    with pytest.raises(ScenarioNameRefused, match="同名"):
        plays.record(office, draft, play, STORY, "不予注册", ANNA)
    path = plays.record(office, draft, play, "played", "不予注册", ANNA)

    said = json.loads(drafts.open_(office, draft).files[path].content)
    assert (path, said["ends"], said["status"]) == (
        "examples/played.json",
        "end_rejected",
        "REJECTED",
    )
    assert "decision" in said["letters"]
    trials.ask(office, draft, ANNA)
    office.runner.run_due()
    came = trials.of(office, drafts.open_(office, draft))
    assert came is not None
    assert came.is_green, came.differs
    assert came.row.count == 2
    plays.delete(office, draft, play)
    with pytest.raises(NoSuchPlay):
        plays.open_(office, draft, play)


def test_the_clock_and_the_twins_are_turned(town: Town, draft: str) -> None:
    """Timers fire on the way to a day; a twin answers as it was told when it is asked next."""
    office = town.office
    play = plays.begin(office, draft, ANNA, title="逾期的一件", scenario=STORY, steps=3)

    plays.turn(office, draft, play, date(2026, 3, 9), seen=0)
    with pytest.raises(PlayStepRefused, match="时钟只能向后拨"):
        plays.turn(office, draft, play, date(2026, 3, 3), seen=1)
    gone = {"enterprise_found": False, "enterprise_status": "REVOKED"}
    usual = json.loads((EXAMPLES / USUAL).read_text())["answers"]["enterprise/check"]
    plays.answer(office, draft, play, "enterprise/check", usual | gone, seen=1)
    plays.take(office, draft, play, {"task": "review_application"}, seen=2)

    row = plays.open_(office, draft, play)
    assert row.said["steps"][3:] == [
        {"until": "remind_day_3"},
        {"task": "review_application", "on": "2026-03-09"},
    ]
    stands = plays.stands(drafts.open_(office, draft), row)
    assert stands["now"] == "2026-03-09T10:00+08:00"
    assert "enterprise_reminder" in stands["came"]["told"]
    assert [task["node"] for task in stands["tasks"]] == ["review_application"]  # it is refused


def test_a_small_change_that_nobody_notices_leads_to_a_play(town: Town, draft: str) -> None:
    """Only what the draft changed is judged; where nobody notices, a play begins there."""
    office, file = town.office, "acceptance_route.dmn"
    before = drafts.open_(office, draft).files[file].content
    first, _, last = before.rpartition(b'"OFFICER_CHECK"')
    later = first + b'"AUTO_ACCEPT"' + last
    drafts.save(office, draft, file, later, seen=0, actor=ANNA)

    noticings.ask(office, draft, ANNA)
    office.runner.run_due()

    came = noticings.of(office, drafts.open_(office, draft))
    assert came is not None
    assert came.why == ""
    assert came.made < 20
    assert came.judged == came.made
    change = came.unnoticed[-1]
    assert (change["kind"], change["file"]) == ("决策表", file)
    assert (change["before"], change["after"]) == ('"AUTO_ACCEPT"', '"OFFICER_CHECK"')
    assert change["near"] == {"scenario": STORY, "node": "judge_route"}
    play = plays.begin(office, draft, ANNA, title="自动受理", **change["near"])
    row = plays.open_(office, draft, play)
    assert len(row.said["steps"]) == 4  # the seal of the enterprise leads there
    plays.give(office, draft, play, {"acceptance_mode": "AUTO"}, seen=0)
    assert plays.open_(office, draft, play).said["steps"] == []


def test_a_play_goes_on_whatever_became_of_its_type_and_draft(town: Town, draft: str) -> None:
    """Its type was withdrawn, a file no longer fits, another published it: nothing is lost."""
    office = town.office
    with writing(office.sessions) as session:
        definitions.withdraw(session, TYPE, office.now())
    office.definitions.forget()
    play = plays.begin(office, draft, ANNA, title="撤下的类型", scenario=STORY, steps=7)
    plays.take(office, draft, play, {"task": "confirm_claim"}, seen=0)
    row = plays.open_(office, draft, play)
    assert plays.stands(drafts.open_(office, draft), row)["ended"]

    drawn = drafts.open_(office, draft).files["initial.bpmn"].content
    drafts.save(office, draft, "initial.bpmn", drawn[:-200], seen=0, actor=ANNA)
    stands = plays.stands(drafts.open_(office, draft), row)
    assert (stands["done"], stands["ended"]) == (0, False)
    assert "initial_registration" in stands["differs"]
    drafts.restore(office, draft, "initial.bpmn", 0, seen=1, actor=ANNA)

    with writing(office.sessions) as session:
        saved.published(session, draft, office.now())
    with pytest.raises(DraftPublished):
        plays.record(office, draft, play, "withdrawn-type", "撤下的类型", ANNA)
    assert plays.open_(office, draft, play).said["steps"][-1] == {"task": "confirm_claim"}
