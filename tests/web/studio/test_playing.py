"""A draft is played on pages that need no script, and what its scenarios miss is shown."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from casework.office import Office
from professions.tasks import ACTS
from tests.offices import TYPE
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_drafting import begins
from web.studio.trying.play_fields import ANSWERS

__all__ = ["app", "clock", "desk", "office", "prepared"]
Sit = Callable[[str], Desk]


@pytest.fixture
def analyst(desk: Sit) -> Desk:
    """Give an analyst with a draft; `application` is its address."""
    return begins(desk("fenxi"), TYPE)


def plays(me: Desk, start: str, steps: str = "0") -> str:
    """Begin to play; return the address of the play."""
    page = f"{me.application}/plays"
    me.open(page)
    me.send(page, {"title": "试一试", "start": start, "steps": steps}, follow=True)
    found = re.search(rf"{page}/[0-9a-f]{{32}}", me.page.text)
    return found[0] if found else me.page.request.path


def does(me: Desk, play: str, action: str, **fields: str) -> int:
    """Send one of the forms of a play as its page has it; return the status."""
    me.open(play)
    hidden = {"do": action} | ({"node": fields["node"]} if "node" in fields else {})
    forms = (
        form
        for form in me.soup().select("form")
        if all(form.select(f"[name={name}][value={value}]") for name, value in hidden.items())
    )
    form = next(forms, None)
    assert form is not None, (action, me.text)
    sent = {str(field["name"]): field.get("value", "") for field in form.select("input[name]")}
    for chosen in form.select("select"):
        option = chosen.select_one("option[selected]") or chosen.select_one("option")
        sent[str(chosen["name"])] = option["value"] if option else ""
    return me.send(play, sent | fields, follow=True).status_code


def test_a_play_goes_as_each_actor_in_turn_and_becomes_a_scenario(analyst: Desk) -> None:
    """Form, letters, notices, variables and the drawing after each step; then 【保存为情景】."""
    play = plays(analyst, "approved-and-claimed", "3")
    assert "确认聘用" in analyst.text or "review_application" in analyst.text
    assert "企业确认（please_seal）" in analyst.text
    drawn = analyst.soup().select_one("section[data-drawing]")
    assert drawn is not None
    assert "enterprise-sealing.bpmn" in str(drawn["data-drawing"])
    assert '"active"' in str(drawn["data-marks"])

    assert does(analyst, play, "turn", day="someday") == 422
    assert "E_PLAY_STEP" in analyst.text
    does(analyst, play, "turn", day="2026-03-09")
    assert "2026-03-09 10:00" in analyst.text
    does(analyst, play, "take", node="review_application")
    does(analyst, play, "take", node="seal_document")
    does(analyst, play, "back")
    does(analyst, play, "take", node="seal_document")
    does(analyst, play, "take", **{"node": "review", "review.recommendation": "reject"})
    assert does(analyst, play, "take", **{"node": "decide", "decide.outcome": "maybe"}) == 422
    assert "E_PLAY_VALUE" in analyst.text
    does(analyst, play, "take", **{"node": "decide", "decide.outcome": "reject"})
    assert "已结束" in analyst.text
    assert does(analyst, play, "record", name="Großer Fall", title="逾期后不予许可") == 422
    assert "逾期后不予许可" in analyst.page.text
    does(analyst, play, "record", name="late-and-rejected", title="逾期后不予许可")

    assert "已保存为情景 examples/late-and-rejected.json" in analyst.text
    said = analyst.client.get(f"{analyst.application}/raw/examples/late-and-rejected.json")
    assert said.get_json(force=True)["steps"][3] == {"until": "remind_day_3"}


def test_what_scenarios_miss_is_painted_and_recorded(desk: Sit, office: Office) -> None:
    """Without its renewals a type misses nodes and rows: each begins the scenario that would."""
    analyst = begins(desk("fenxi"), "builder-2")
    analyst.open(analyst.application)
    stories = [
        str(link.text)
        for link in analyst.soup().select(
            "a[href*='/files/examples/renewal/'], a[href*='/files/examples/tables/']"
        )
        if "usual" not in link.text
    ]
    assert stories
    for path in stories:
        analyst.send(f"{analyst.application}/remove/{path}", {"seen": "0"})
    analyst.open(analyst.application)
    analyst.send(f"{analyst.application}/try", {}, follow=True)
    office.runner.run_due()
    analyst.open(analyst.application)
    assert "没有情景走到的有" in analyst.text
    links = [str(link["href"]) for link in analyst.soup().select("a[href*='/coverage/']")]

    for link in sorted(set(links)):
        analyst.open(link)
        assert "没有走到" in analyst.text or '"missed"' in analyst.page.text.replace("&#34;", '"')
        form = analyst.soup().select_one("form[action$='/plays']")
        if form is not None:
            break
    assert form is not None, links
    sent = {str(field["name"]): field.get("value", "") for field in form.select("input[name]")}
    analyst.send(str(form["action"]), sent, follow=True)

    assert "填写初始注册申请表" in analyst.text
    assert "走到规则" in analyst.text


def test_a_play_is_only_the_analysts(analyst: Desk, desk: Sit) -> None:
    """A person finds no play; one that went on elsewhere says so and goes no step."""
    play = plays(analyst, "approved-and-claimed", "1")
    assert desk("person-01").open(play).status_code in (403, 404)
    assert analyst.open(f"{analyst.application}/plays/{'0' * 32}").status_code in (404, 409)

    analyst.open(play)
    stale = {"do": "take", "seen": "7", "node": "preview_document", "by": "申请人"}
    assert analyst.send(play, stale).status_code == 422
    assert "E_PLAY_WENT_ON" in analyst.text


def test_whatever_people_may_answer_is_called_in_chinese() -> None:
    """Every word of every task is offered as people read it, with the word that the file has."""
    words = {
        word
        for act in ACTS.values()
        for kind in act.gives.values()
        for word in kind.words or ()
        if isinstance(word, str)
    }

    assert words >= {"approve", "reject"}
    assert words <= ANSWERS.keys()
