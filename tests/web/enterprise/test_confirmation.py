"""【待企业确认】 and 【企业已确认查询】 through the front door."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from adapters import world
from tests.web.desk import COMPANY, Desk
from web.sign_in import portal

Sits = Callable[[str], Desk]


@pytest.fixture
def signed(me: Desk) -> Desk:
    """Give an applicant whose form is signed."""
    return me.fills().signs()


@pytest.fixture
def clerk(desk: Sits) -> Desk:
    return desk("enterprise")


@pytest.mark.proves("R81")
def test_the_inbox_shows_what_waits(signed: Desk, clerk: Desk) -> None:
    """R49, R81: the default list is what was signed and waits, with its deadline."""
    clerk.open("/enterprise/inbox")

    for words in ("待确认（1）", "陶示例", "初始注册", "待企业确认", "剩"):
        assert words in clerk.text
    link = clerk.soup().select_one(f'a[href="/enterprise/applications/{signed.application}"]')
    assert link is not None
    assert link.get_text(strip=True).startswith("签名确认")


@pytest.mark.proves("I9")
@pytest.mark.proves("G7")
@pytest.mark.proves("R49")
def test_everything_that_names_us_is_under_all(me: Desk, clerk: Desk) -> None:
    """I9: what is not signed is only a name, a matter and a status, and cannot be opened."""
    me.fills()
    clerk.open("/enterprise/inbox")
    assert "没有等待确认的申请" in clerk.text
    [way] = [link for link in clerk.soup().select("main nav a") if link.get_text() == "全部"]

    clerk.open(str(way["href"]))

    [row] = clerk.soup().select("main table tbody tr")
    said = row.get_text(" ", strip=True)
    assert all(words in said for words in ("陶示例", "初始注册", "待个人签名")), said
    assert "31S2C" not in clerk.text
    assert clerk.open(f"/enterprise/applications/{me.application}").status_code == 404


@pytest.mark.proves("R51")
@pytest.mark.proves("R50")
def test_the_application_is_read_only(signed: Desk, clerk: Desk) -> None:
    """R50, R51: everything is shown, nothing of it can be typed."""
    clerk.open(f"/enterprise/applications/{signed.application}")

    for words in ("DEMO-31-0001", "021-00000001", COMPANY.uscc, "企业只能查看，不能修改"):
        assert words in clerk.text
    names = {str(field.get("name")) for field in clerk.soup().select("main input, main textarea")}
    assert names == {"csrf_token", "seen", "opinion", "pin", "reason"}


@pytest.mark.proves("R55")
@pytest.mark.proves("R53")
def test_the_opinion_must_be_ticked(signed: Desk, clerk: Desk) -> None:
    """R53–R55: without the tick the page stays and says so."""
    answer = clerk.send(f"/enterprise/applications/{signed.application}", {"action": "agree"})

    assert answer.status_code == 422
    assert "请勾选聘用意见" in clerk.text


@pytest.mark.parametrize("reason", ["", "不好", "    不好    "])
def test_returning_needs_a_reason(signed: Desk, clerk: Desk, reason: str) -> None:
    """R52: at least five characters, which the page keeps."""
    address = f"/enterprise/applications/{signed.application}"

    answer = clerk.send(address, {"action": "return", "reason": reason})

    assert answer.status_code == 422
    assert "至少5个字" in clerk.text


@pytest.mark.proves("R52")
def test_returning_tells_the_applicant(signed: Desk, clerk: Desk) -> None:
    """R52, I10: the applicant reads the reason, may change or send it again as it is."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.open(address)
    assert {"签名确认", "退回申请人"} <= {*clerk.buttons()}
    clerk.send(address, {"action": "return", "reason": "联系电话有误，请更正"}, follow=True)
    assert "已退回申请人" in clerk.text

    signed.open(signed.base)
    assert "企业退回了申请" in signed.text
    assert "联系电话有误，请更正" in signed.text

    signed.send(f"{signed.base}/resubmit", {}, follow=True)
    assert "已重新提交企业确认" in signed.text
    clerk.open("/enterprise/inbox")
    assert "待确认（1）" in clerk.text


@pytest.mark.proves("R45")
def test_both_are_told(signed: Desk, clerk: Desk) -> None:
    """R45: after the signature the enterprise and the person find a message; it can be read."""
    for hand in (signed, clerk):
        hand.open("/notices")
        assert "31S2C" in hand.text
        assert "未读" in [cell.get_text(strip=True) for cell in hand.soup().select("tbody td")]

    clerk.send("/notices/read", {}, follow=True)

    assert "未读" not in [cell.get_text(strip=True) for cell in clerk.soup().select("tbody td")]


@pytest.mark.proves("R6")
@pytest.mark.proves("R7")
@pytest.mark.proves("R59")
@pytest.mark.proves("R60")
@pytest.mark.proves("R56")
@pytest.mark.proves("R57")
@pytest.mark.proves("R58")
def test_sealing_with_the_pin(signed: Desk, clerk: Desk) -> None:
    """R56–R60, R6: the exact file, help with the helper software, PIN, result."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    assert "请点击此按钮完成签署" in clerk.text
    assert clerk.soup().select_one('main a[href="https://www.962600.com/resources/tools"]')
    assert "证书问题请拨打咨询电话 021-962600" in clerk.text
    assert "软件，并插入法人一证通数字证书" in clerk.text
    assert "验证" in clerk.buttons()
    assert clerk.soup().select_one("iframe.paper__sheet")

    answer = clerk.send(f"{address}/seal", {"pin": "wrong"})
    assert answer.status_code == 422
    assert "还可以输入4次" in clerk.text
    assert "wrong" not in clerk.page.text

    clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)}, follow=True)
    assert "企业电子签章完成" in clerk.text


@pytest.mark.proves("J3")
def test_a_second_operator_sees_who_holds_the_seal(
    signed: Desk, clerk: Desk, desk: Sits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R58: the page names the colleague and until when, and offers no PIN; the holder has one."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    company = dataclasses.replace(COMPANY, operator="丁二办")
    monkeypatch.setattr(world, "company", lambda _: company)
    monkeypatch.setattr(
        portal, "claims_of", lambda *given, to=portal.claims_of: to(*given) | {"sub": "second"}
    )
    second = desk("enterprise")

    for page in (f"{address}/seal", f"{address}/seal?sign=1"):
        second.open(page)
        assert f"本单位的{COMPANY.operator}正在办理这份申请的签章" in second.text
        assert "2026年11月24日 10:15以后仍未完成的，您可以接着办理" in second.text
        assert not second.soup().select("input[name=pin]")
    answer = second.send(f"{address}/seal", {"pin": str(COMPANY.pin)})
    assert answer.status_code == 422
    assert f"{COMPANY.operator}正在办理" in second.text

    clerk.open(f"{address}/seal?sign=1")
    assert clerk.soup().select_one("input[name=pin]")


@pytest.mark.proves("R58")
def test_the_seal_page_works_without_a_script(signed: Desk, clerk: Desk) -> None:
    """R58: the button leads to a form of its own where no script opens the dialog."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    button = clerk.soup().select_one("a[data-opens]")
    assert button is not None

    clerk.open(str(button["href"]).split("#")[0])

    assert not clerk.soup().select("main dialog")
    assert clerk.soup().select_one("main form input[name=pin]")


def test_agreed_but_not_sealed_goes_on_later(signed: Desk, clerk: Desk) -> None:
    """R58: who left at the seal finds the way back to it."""
    address = f"/enterprise/applications/{signed.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)

    clerk.open(address)

    assert clerk.soup().select_one(f'a[href="{address}/seal"]')
    assert not clerk.soup().select("textarea")


@pytest.mark.proves("R46")
@pytest.mark.proves("R47")
@pytest.mark.proves("R62")
@pytest.mark.proves("R63")
def test_afterwards_progress_and_papers(signed: Desk, clerk: Desk) -> None:
    """R46, R47, R61–R63: both see the sealed form and print the acceptance notice."""
    clerk.seals(signed.application)

    clerk.open("/enterprise/confirmed")
    assert "审查中" in clerk.text
    clerk.open(f"/enterprise/applications/{signed.application}")
    for hand in (clerk, signed):
        if hand is signed:
            hand.open(hand.base)
        assert set(hand.papers()) == {"查看注册申请表", "打印行政审批受理通知书"}
        for paper in hand.papers().values():
            assert hand.client.get(paper).data.startswith(b"%PDF-")


def test_another_enterprise_sees_nothing(signed: Desk, desk: Sits) -> None:
    """R49: neither page nor file of another enterprise's application exists."""
    stranger = desk("other-enterprise")
    signed.open(signed.base)
    link = signed.soup().select_one(".documents a")
    assert link is not None
    paper = str(link["href"])

    address = f"/enterprise/applications/{signed.application}"
    assert stranger.open(address).status_code == 404
    assert stranger.open(f"{address}/seal").status_code == 404
    assert stranger.send(address, {"action": "agree", "opinion": "true"}).status_code == 404
    assert stranger.send(f"{address}/seal", {"pin": "0"}).status_code == 404
    assert stranger.open(paper).status_code == 404
    assert stranger.open(paper.removesuffix(".pdf")).status_code == 404
    assert "陶示例" not in (stranger.open("/enterprise/inbox?view=all"), stranger.text)[1]


def test_a_person_has_no_business_here(me: Desk) -> None:
    """R13: the enterprise's pages are for enterprises."""
    assert me.open("/enterprise/inbox").status_code == 403


@pytest.mark.proves("R13")
@pytest.mark.parametrize("matter", ["INITIAL", "RENEWAL", "CANCELLATION", "PAPER_EXCHANGE"])
def test_an_enterprise_starts_no_application_of_a_person(clerk: Desk, matter: str) -> None:
    """R13: it comes in after the person's application; pressing what persons press is refused."""
    assert clerk.open("/applications/new").status_code == 403

    answer = clerk.send("/applications/new", {"matter": matter})

    assert answer.status_code == 403
    clerk.open("/enterprise/inbox?view=all")
    assert "陶示例" not in clerk.text
