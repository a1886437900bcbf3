"""A form that keeps itself while it is typed, on screen; two windows of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Hand

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "who"), [(1280, "person-01"), (360, "person-03")])
def test_what_is_typed_is_there_again(somebody: Callable[..., Hand], width: int, who: str) -> None:
    """The page says that it has kept what was typed, and a reload shows it."""
    me = somebody(width=width).comes_as("person", who)
    me.goes("/applications/new").presses("初始注册")
    form = me.page.url
    me.page.locator("[name=enterprise_phone]").press_sequentially("021-00000001")
    expect(me.page.locator("[data-autosave-told]")).to_contain_text("已自动保存")
    me.looks()
    me.picture(f"autosave-{width}")

    me.page.goto(form)

    expect(me.page.locator("[name=enterprise_phone]")).to_have_value("021-00000001")
    other = me.page.context.new_page()
    other.goto(form)
    me.page.locator("[name=enterprise_phone]").press_sequentially("2")
    expect(me.page.locator("[data-autosave-told]")).to_contain_text("已自动保存")
    me.forgives("status of 409")
    other.locator("[name=enterprise_phone]").press_sequentially("3")
    expect(other.locator("[data-autosave-told]")).to_contain_text("E_STALE_DRAFT")
    other.close()
    me.goes("/overview").sees("请填写申请表").picture(f"overview-person-{width}")


def test_a_page_warns_before_the_sign_in_ends(somebody: Callable[..., Hand]) -> None:
    """The warning stands over the page; its button closes it and stays signed in."""
    me = somebody(width=360).comes_as("person", "person-01")
    me.page.route("**/sessions/left*", lambda route: route.fulfill(json={"left": 100}))
    me.page.clock.install()
    me.goes("/applications")
    me.page.clock.fast_forward(29 * 60 * 1000)
    dialog = me.page.get_by_role("dialog")
    expect(dialog).to_contain_text("登录将在 2 分钟内结束")
    me.picture("session-warning")

    dialog.get_by_role("button", name="继续使用").click()

    expect(dialog).to_have_count(0)
