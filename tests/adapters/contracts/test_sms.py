"""短信平台: short messages, each once (R40, I6)."""

from __future__ import annotations

import pytest

from adapters.faults import OutsideFault
from adapters.sms import SmsTwin
from adapters.systems import System
from tests.adapters.contracts.conftest import NOW, Outsiders

MOBILE = "19900000001"
SYSTEM = System.SMS


def received(outsiders: Outsiders) -> list[str]:
    return [message.text for message in SmsTwin(outsiders.sessions, lambda: NOW).received(MOBILE)]


def test_a_message_reaches_its_telephone_once(outsiders: Outsiders) -> None:
    """I6: a repeated job does not send a second message."""
    for _ in range(3):
        outsiders.sms.send(MOBILE, "【上海注册】验证码123456，5分钟内有效。", "code/1")
    outsiders.sms.send(MOBILE, "【上海注册】验证码654321，5分钟内有效。", "code/2")

    assert received(outsiders) == [
        "【上海注册】验证码654321，5分钟内有效。",
        "【上海注册】验证码123456，5分钟内有效。",
    ]


def test_an_e_mail_reaches_its_address_once(outsiders: Outsiders) -> None:
    """I6: the same for e-mails, which the platform sends too."""
    for _ in range(2):
        outsiders.sms.mail("name@example.cn", "上海注册：办件消息", "已受理。", "mail/1")

    twin = SmsTwin(outsiders.sessions, lambda: NOW)
    assert [message.text for message in twin.received("name@example.cn")] == [
        "上海注册：办件消息\n已受理。"
    ]
    assert received(outsiders) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault", [fault for fault in OutsideFault if fault is not OutsideFault.NONE]
)
def test_each_trouble_is_told_and_passes(outsiders: Outsiders, fault: OutsideFault) -> None:
    """I6: a message counts as sent only on a receipt for it; sending again makes up for it."""
    with outsiders.refused(SYSTEM, fault):
        outsiders.sms.send(MOBILE, "验证码123456", "code/1")

    outsiders.sms.send(MOBILE, "验证码123456", "code/1")
    assert "验证码123456" in received(outsiders)
