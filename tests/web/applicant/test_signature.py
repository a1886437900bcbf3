"""【个人数字签名】 through the front door."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest

from casework.office import Office
from tests.web.desk import Desk
from tests.web.furnished import Clock
from web.display import clock_time


@pytest.mark.proves("R38")
def test_the_signing_page_shows_the_exact_file(me: Desk) -> None:
    """R38: the page frames the very PDF, offers it for download and names its hash."""
    me.fills().open(f"{me.base}/sign")

    frame = me.soup().select_one("iframe.paper__sheet")
    assert frame is not None
    shown = me.client.get(str(frame["src"]).split("#")[0])
    assert shown.mimetype == "application/pdf"
    assert me.soup().select_one('a[href$="?download=1"]')
    assert hashlib.sha256(shown.data).hexdigest() in me.text
    assert "199****0001" in me.text


@pytest.mark.proves("R39")
@pytest.mark.proves("R40")
def test_the_button_sends_a_code_to_the_real_name_mobile(me: Desk, office: Office) -> None:
    """R39, R40: the dialog asks for the code; one message, to the real-name mobile."""
    me.fills().open(f"{me.base}/sign")
    assert "请点击此按钮完成签署" in me.buttons()
    me.begins()

    assert me.soup().select_one("main form input[name=code]")
    assert {"获取验证码", "确定"} <= {*me.buttons()}
    assert "验证码已发送至" in me.text
    assert "199****0001" in me.text
    [message] = [sms for sms in office.sms.received() if "验证码" in sms.text]
    assert message.mobile == "19900000001"
    assert re.search(r"验证码\d{6}", message.text)


def test_nothing_to_sign_before_the_form_is_saved(me: Desk) -> None:
    """R36: without a saved form the signing page leads back and says why."""
    me.starts().open(f"{me.base}/sign", follow=True)

    assert "请先保存申请表" in me.text


def test_going_back_to_the_file_after_the_code_was_sent(me: Desk) -> None:
    """R39: pressing the button again leads to the code that is on its way."""
    me.fills().begins()
    me.open(f"{me.base}/sign")

    me.send(f"{me.base}/sign", {"document_sha256": "0" * 64}, follow=True)

    assert "验证码已发送至" in me.text


def test_nothing_is_signed_twice(me: Desk) -> None:
    """R41: after the signature the signing pages lead to the progress."""
    me.fills().signs()

    for page in ("/sign", "/sign/code"):
        me.open(me.base + page, follow=True)
        assert "等待聘用企业" in me.text


def test_a_code_is_sent_for_the_file_that_was_shown(me: Desk) -> None:
    """R39, R40: another file than the one shown is not signed."""
    me.fills()

    me.send(f"{me.base}/sign", {"document_sha256": "0" * 64}, follow=True)

    assert "内容已变化" in me.text


def test_the_code_page_counts_down(me: Desk) -> None:
    """R40, I6: five minutes to type, sixty seconds to ask again."""
    me.fills().begins()

    soup = me.soup()
    left, again = soup.select_one("[data-remaining]"), soup.select_one("[data-countdown]")
    assert left is not None
    assert again is not None
    assert 0 < int(str(left["data-remaining"])) <= 300
    assert 0 < int(str(again["data-countdown"])) <= 60
    assert again.get_text(strip=True) == "获取验证码"


def test_what_is_no_code_costs_no_try(me: Desk) -> None:
    """R41: six digits are asked for before a try is counted."""
    me.fills().begins()
    code = me.code()

    for typed in ("", "12345", "1234567", "abcdef", "１２３４５６", "12 456"):
        answer = me.send(f"{me.base}/sign/confirm", {"code": typed})
        assert answer.status_code == 422
        assert "6 位数字" in me.text

    me.send(f"{me.base}/sign/confirm", {"code": code}, follow=True)
    assert "个人数字签名完成" in me.text


def test_a_wrong_code_tells_what_is_left(me: Desk) -> None:
    """I6: wrong codes are counted; after five the code is locked, right or not."""
    me.fills().begins()
    code = me.code()
    wrong = "000000" if code != "000000" else "111111"

    told = []
    for _ in range(5):
        me.send(f"{me.base}/sign/confirm", {"code": wrong})
        told.append(me.text)
    me.send(f"{me.base}/sign/confirm", {"code": code}, follow=True)

    assert "还可以输入4次" in told[0]
    assert "个人数字签名完成" not in me.text


def test_a_locked_code_says_until_when(me: Desk, clock: Clock) -> None:
    """I1, I6: after five wrong codes the pages say what is so, until when, and what to do then."""
    me.fills().begins()
    wrong = "000000" if me.code() != "000000" else "111111"

    for _ in range(5):
        me.send(f"{me.base}/sign/confirm", {"code": wrong}, follow=True)

    assert "请15分钟后重新获取验证码" in me.text
    assert "申请表尚未生成" not in me.text
    me.open(f"{me.base}/sign", follow=True)
    until = clock_time(clock() + timedelta(minutes=15))
    assert f"请在 {until} 之后重新获取验证码" in me.text
    assert "系统正在处理" not in me.text


def test_an_expired_code(me: Desk, clock: Clock) -> None:
    """I6: after five minutes a fresh code is needed and works."""
    me.fills().begins()
    code = me.code()
    clock.turn(minutes=6)

    me.send(f"{me.base}/sign/confirm", {"code": code}, follow=True)
    assert "超过5分钟" in me.text
    assert "请点击此按钮完成签署" in me.text

    me.begins()
    me.send(f"{me.base}/sign/confirm", {"code": me.code()}, follow=True)
    assert "个人数字签名完成" in me.text


def test_asking_again_too_soon(me: Desk, clock: Clock) -> None:
    """I6: within sixty seconds no second message goes out; afterwards the old code is dead."""
    me.fills().begins()
    first = me.code()
    assert me.send(f"{me.base}/sign/code", {}).status_code == 422

    clock.turn(seconds=61)
    me.send(f"{me.base}/sign/code", {}, follow=True)

    assert "新的验证码已发送" in me.text
    second = me.code()
    if first != second:
        me.send(f"{me.base}/sign/confirm", {"code": first})
        assert "不正确" in me.text
    me.send(f"{me.base}/sign/confirm", {"code": second}, follow=True)
    assert "个人数字签名完成" in me.text


def test_pressing_twice_signs_once(me: Desk) -> None:
    """A double click finds the step done and breaks nothing."""
    me.fills().begins()
    code = me.code()
    me.send(f"{me.base}/sign/confirm", {"code": code}, follow=True)

    me.send(f"{me.base}/sign/confirm", {"code": code}, follow=True)

    assert "已完成个人数字签名" in me.text
    me.open(me.base)
    assert me.text.count("完成个人数字签名") == 1
