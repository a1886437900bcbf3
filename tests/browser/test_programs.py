"""程序 on screen: registered, its secret drawn, its address kept, and ended, by keys alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters import world
from casework.office import Office
from tests.browser.hands import Hand
from tests.browser.keyboard import keys
from tests.web.api.test_webhooks import Receiver

pytestmark = pytest.mark.browser

Sits = Callable[..., Hand]
CLERK = world.COMPANIES[0]


@pytest.mark.proves("J9")
@pytest.mark.parametrize("script", [True, False])
def test_a_program_from_its_registration_to_its_end(
    somebody: Sits, office: Office, script: bool
) -> None:
    """At 360 and 1280 pixels, with axe and without a mouse; by the same keys without scripts."""
    office.webhooks = Receiver()
    name = "人事系统" if script else "档案系统"
    hand = somebody(width=360, also=1280, script=script, looks=script)
    hand.comes_as("enterprise", CLERK.uscc).goes("/programs")

    keys(hand, "button", "登记程序")
    keys(hand, "button", "登记程序").sees("E_CLIENT_NAME")  # nothing was typed
    keys(hand, "textbox", "程序名称", typed=name)
    keys(hand, "checkbox", "查看待办事项", key="Space")
    keys(hand, "checkbox", "登记接收地址", key="Space")
    keys(hand, "button", "登记程序").sees(name)

    keys(hand, "button", "取得密钥")
    keys(hand, "button", "确认取得密钥").sees("只显示这一次")
    keys(hand, "button", "已经保存")
    keys(hand, "link", "登记接收地址")
    keys(hand, "textbox", "接收地址", typed="https://hooks.example.cn/in")
    keys(hand, "checkbox", "申请的当前状态发生变化", key="Space")
    keys(hand, "button", "登记接收地址")
    keys(hand, "button", "已经保存").sees("https://hooks.example.cn/in")

    hand.goes("/programs")
    keys(hand, "link", f"查看 {name}")
    keys(hand, "link", "停用程序")
    keys(hand, "button", "确认停用程序").sees("程序已停用")


def test_the_interface_is_told_to_people(somebody: Sits) -> None:
    """`/api/v1` is a page as others are: nothing sticks out of a telephone."""
    somebody(width=360, also=1280).goes("/api/v1").sees("程序接口")
