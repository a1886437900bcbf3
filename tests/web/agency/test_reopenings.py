"""From the page of a refused application to its new decision, through the front door (C.8)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapters import world
from casework.office import Office
from tests.web.desk import Desk, pdf

Sits = Callable[[str], Desk]
TAO = world.CITIZENS[0]
NO = "沪府复字〔2026〕第12号"
RULING = {
    "source": "RECONSIDERATION",
    "ruling": "ANNULLED",
    "ruling_no": NO,
    "ruled_on": "2026-11-24",
}
EVIDENCE = {"evidence": ("复议决定书.pdf", pdf())}


@pytest.fixture
def refused(me: Desk, desk: Sits) -> Desk:
    """Give an applicant whose application was refused."""
    me.fills().signs()
    desk("enterprise").seals(me.application)
    desk("shencha").does("review", outcome="reject", opinion="继续教育证明与系统记录不符")
    desk("jueding").does("decide", outcome="reject", reasons="继续教育证明与系统记录不符")
    return me


def comes_to_the_form(officer: Desk) -> str:
    """Find the person and open the form of his refused application; give its address."""
    officer.send("/agency/people", {"q": TAO.id_no})
    match = re.search(r"/agency/people/[0-9a-f]{32}", officer.page.text)
    assert match
    officer.open(match[0])
    link = officer.soup().select_one('a[href$="/reopening"]')
    assert link is not None
    assert "复议（诉讼）后重新办理" in link.text
    officer.open(str(link["href"]))
    return str(link["href"])


def test_a_refused_application_is_decided_anew(refused: Desk, desk: Sits, office: Office) -> None:
    """I12: proposed, checked, confirmed by another; the person signs nothing and is registered."""
    reviewer, approver = desk("shencha"), desk("jueding")
    address = comes_to_the_form(reviewer)
    assert "继续教育证明与系统记录不符" in reviewer.text
    reviewer.post(address, RULING, EVIDENCE)
    assert "核对并提出重新办理" in reviewer.text
    assert NO in reviewer.text
    reviewer.does("propose_reopening", outcome="submit")

    approver.open(approver.task())
    assert "不能撤回" in approver.text
    assert "复议决定书.pdf" in approver.text
    approver.does("confirm_reopening", outcome="keep")
    assert approver.soup().select_one("#reasons-error") is not None
    approver.does("confirm_reopening", outcome="reopen")
    assert "即日重新办理" in approver.text
    office.runner.run_due()

    refused.open(refused.base)
    assert NO in refused.text
    assert "已被行政复议决定或者判决撤销" in refused.text
    assert "市住建委（审查）" in refused.text
    reviewer.open(reviewer.task())
    assert f"已撤销 行政复议决定书（{NO}" in reviewer.text
    reviewer.does("review", outcome="approve", opinion="按复议决定重新核实，符合条件")
    approver.does("decide", outcome="approve")
    refused.open(refused.base)
    assert "准予许可" in refused.text


def test_a_bad_ruling_says_what_is_wrong(refused: Desk, desk: Sits) -> None:
    """I12: each fault in Chinese with its code, what was typed stays; others find no such page."""
    reviewer = desk("shencha")
    address = comes_to_the_form(reviewer)
    for changed, code in (
        ({"source": ""}, "E_RULING_INCOMPLETE"),
        ({"ruling": "OTHER"}, "E_RULING_KEEPS_REFUSAL"),
        ({"ruled_on": "11月24日"}, "E_RULING_DATE"),
        ({"ruled_on": "0001-01-01"}, "E_RULING_DATE"),
    ):
        reviewer.post(address, RULING | changed, EVIDENCE)
        assert reviewer.page.status_code == 422
        assert code in reviewer.text
        assert NO in reviewer.page.text
    reviewer.post(address, RULING)
    assert "E_EVIDENCE_REQUIRED" in reviewer.text

    assert desk("jueding").open(address).status_code == 404
    assert reviewer.open("/agency/applications/unknown/reopening").status_code == 404


def test_the_person_applied_again_meanwhile(refused: Desk, desk: Sits) -> None:
    """R20: the officer reads which application has to end first."""
    reviewer = desk("shencha")
    address = comes_to_the_form(reviewer)
    refused.starts()

    reviewer.post(address, RULING, EVIDENCE)

    assert reviewer.page.status_code == 422
    assert "E_PERSON_BUSY" in reviewer.text
    assert "由申请人撤回" in reviewer.text
