"""【批量签章】 through the front door, without scripts: choose, look, one PIN, results."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw

Sits = Callable[[str], Desk]
PIN = str(COMPANY.pin)


@pytest.fixture
def signed(desk: Sits) -> list[Desk]:
    """Give two applicants whose forms are signed."""
    return [desk(who).fills().signs(who) for who in ("person-01", "person-07")]


@pytest.fixture
def clerk(desk: Sits) -> Desk:
    return desk("enterprise")


def chooses(clerk: Desk, *cases: str) -> str:
    """Choose in the inbox; give the address of the list."""
    clerk.open("/enterprise/inbox")
    clerk.send("/enterprise/seals", {"items": list(cases)}, follow=True)
    return clerk.page.request.path


def confirms(clerk: Desk, address: str, **fields: str) -> None:
    """Send the form as the page shows it, with the opinion and the PIN."""
    boxes = clerk.soup().select('input[name="items"][checked]')
    chosen = [str(box["value"]) for box in boxes]
    clerk.send(address, {"items": chosen, "opinion": "true", "pin": PIN, **fields}, follow=True)


def results(clerk: Desk) -> list[str]:
    return [tag.get_text() for tag in clerk.soup().select("#progress .govuk-tag")]


def test_a_list_is_sealed_with_one_pin(signed: list[Desk], clerk: Desk, office: Office) -> None:
    """Two signed applications: the exact files are shown, one PIN, a result for each."""
    address = chooses(clerk, *(hand.application for hand in signed))
    shown = [mark.get_text() for mark in clerk.soup().select(".fingerprint")]
    assert len({*shown}) == 2
    assert "首次提交" in clerk.text
    assert "聘用意见（2 件）" in clerk.text

    confirms(clerk, address)
    assert "已处理 0 / 2 件" in clerk.text
    assert "刷新本页" in clerk.text
    while office.runner.run_due():
        pass

    clerk.open(address)
    assert "全部完成：2 件已盖章" in clerk.text
    assert results(clerk) == ["已盖章", "已盖章"]
    for hand in signed:
        hand.open(hand.base)
        assert "审查中" in hand.text


def test_what_is_refused_keeps_the_list_as_it_was_chosen(
    signed: list[Desk], clerk: Desk, desk: Sits, office: Office
) -> None:
    """No opinion, a wrong PIN, nothing chosen, another enterprise's: each is told with its code."""
    clerk.send("/enterprise/seals", {}, follow=True)
    assert "E_SEAL_NOTHING_CHOSEN" in clerk.text
    address = chooses(clerk, *(hand.application for hand in signed))
    first = str(clerk.soup().select('input[name="items"]')[0]["value"])

    for fields, code in (
        ({"items": [first]}, "E_SEAL_OPINION_REQUIRED"),
        ({"items": [first], "opinion": "true"}, "E_PIN_MISSING"),
        ({"items": [first], "opinion": "true", "pin": "000000"}, "E_PIN_WRONG"),
        ({"opinion": "true", "pin": PIN}, "E_SEAL_NOTHING_CHOSEN"),
    ):
        answer = clerk.send(address, fields)
        assert (answer.status_code, code in clerk.text) == (422, True), code
    clerk.send(address, {"items": [first]})
    ticked = clerk.soup().select('input[name="items"][checked]')
    assert [box["value"] for box in ticked] == [first]

    stranger = desk("other-enterprise")
    for path in (address, f"{address}/progress", "/enterprise/seals/none"):
        assert stranger.open(path).status_code == 404
    posted = {"items": [signed[0].application]}
    assert stranger.send("/enterprise/seals", posted).status_code == 404
    assert desk("person-01").open(address).status_code == 403


def test_a_list_is_stopped_and_looked_at_again(
    signed: list[Desk], clerk: Desk, office: Office
) -> None:
    """【停止】: nothing more is sealed; what is left is looked at anew, in a list of its own."""
    address = chooses(clerk, *(hand.application for hand in signed))
    confirms(clerk, address)

    clerk.send(f"{address}/stop", {}, follow=True)
    while office.runner.run_due():
        pass

    clerk.open(address)
    assert "已停止：0 件已盖章，共 2 件" in clerk.text
    assert results(clerk) == ["已停止", "已停止"]
    again = [box["value"] for box in clerk.soup().select('#progress input[name="items"]')]
    clerk.send("/enterprise/seals", {"items": again}, follow=True)
    assert "批量签章：核对 2 件" in clerk.text
    clerk.send(f"{clerk.page.request.path}/stop", {}, follow=True)
    assert "E_SEAL_LIST_NOT_OPEN" in clerk.text  # it does not run yet
    clerk.send(f"{address}/stop", {}, follow=True)
    assert "已停止" in clerk.text  # a second press


def test_one_application_is_agreed_to_and_sealed_on_one_page(me: Desk, clerk: Desk) -> None:
    """The file with its hash, the opinion and the PIN stand together; a wrong PIN does nothing."""
    me.fills().signs()
    address = f"/enterprise/applications/{me.application}"
    clerk.open(address)
    assert clerk.soup().select(".fingerprint")

    refused = clerk.send(address, {"action": "seal", "opinion": "true", "pin": "000000"})
    assert (refused.status_code, "E_PIN_WRONG" in clerk.text) == (422, True)
    refused = clerk.send(address, {"action": "seal", "pin": PIN})
    assert (refused.status_code, "E_OPINION_REQUIRED" in clerk.text) == (422, True)
    clerk.send(address, {"action": "seal", "opinion": "true", "pin": PIN}, follow=True)

    assert "企业电子签章完成，申请已提交市住建委" in clerk.text


def test_a_file_that_is_signed_anew_is_not_sealed_and_shows_what_changed(
    signed: list[Desk], clerk: Desk, office: Office
) -> None:
    """Between page and PIN one form becomes another: that one waits, the next list says how."""
    changing, other = signed
    address = chooses(clerk, changing.application, other.application)
    page = clerk.page
    changing.saves(photo=("我.jpg", draw(1)), enterprise_phone="021-00000009")
    changing.signs("person-01")

    clerk.page = page
    confirms(clerk, address)
    while office.runner.run_due():
        pass

    clerk.open(address)
    assert results(clerk).count("已盖章") == 1
    chooses(clerk, changing.application)
    assert "企业联系电话 ：021-00000001 → 021-00000009" in clerk.text
    assert "首次提交" not in clerk.text
