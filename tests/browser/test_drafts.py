"""A form that keeps itself while it is typed, on screen; two windows of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from adapters import world
from tests.browser.hands import Hand
from web.visitors import sessions
from web.visitors.sessions import WebSession

pytestmark = pytest.mark.browser

COMPANY = world.COMPANIES[0]


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


#: Whoever sits at a desk, and the editor of the studio, which saves by itself.
DESKS = {
    "person-01": "/applications",
    "shencha": "/agency/inbox",
    "fenxi": "/studio",
}


@pytest.mark.parametrize("who", DESKS)
def test_a_page_warns_before_the_sign_in_ends(
    somebody: Callable[..., Hand], app: Flask, who: str
) -> None:
    """The warning stands over the page; its button stays signed in, or says why it could not."""
    me = somebody(width=360).comes_as("person" if who.startswith("person") else "officer", who)
    seconds = [100]
    me.page.route("**/sessions/left*", lambda route: route.fulfill(json={"left": seconds[0]}))
    me.page.clock.install()
    me.goes(DESKS[who])
    me.page.clock.fast_forward(29 * 60 * 1000)
    dialog = me.page.get_by_role("dialog", name="登录将在 2 分钟内结束")
    expect(dialog.get_by_role("button")).to_be_focused()
    me.looks()
    me.picture(f"session-warning-{who}")

    me.page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()

    # Nobody is there: two minutes later the page says that it is over, and what to do.
    me.goes(DESKS[who])
    me.page.clock.fast_forward(29 * 60 * 1000)
    expect(dialog).to_be_visible()
    me.page.unroute("**/sessions/left*")
    sessions.end_all_of(app.extensions["zhuce_office"].sessions, visitor_of(app))
    me.page.clock.fast_forward(2 * 60 * 1000)
    over = me.page.get_by_role("dialog", name="登录已经结束")
    expect(over).to_contain_text("请照常提交")
    me.looks()
    over.get_by_role("button", name="知道了").click()
    expect(over).to_be_hidden()


def visitor_of(app: Flask) -> str:
    """Name whoever signed in last."""
    with app.extensions["zhuce_office"].sessions() as session:
        newest = select(WebSession.visitor).where(WebSession.visitor.is_not(None))
        return str(session.scalars(newest.order_by(WebSession.created_at.desc())).first())


def test_what_cannot_be_prolonged_is_said(somebody: Callable[..., Hand]) -> None:
    """Eight hours are full, or nothing answers: the dialog says so, and does not just close."""
    me = somebody(width=1280).comes_as("enterprise", COMPANY.uscc)
    me.page.route("**/sessions/*", lambda route: route.fulfill(json={"left": 90}))
    me.page.clock.install()
    me.goes("/enterprise/inbox")
    me.page.clock.fast_forward(29 * 60 * 1000)
    stays = me.page.get_by_role("button", name="继续使用")
    stays.click()
    full = me.page.get_by_role("dialog", name="登录不能再延长")
    expect(full).to_contain_text("满8小时")
    full.get_by_role("button").click()
    me.goes("/enterprise/inbox")
    me.page.clock.fast_forward(29 * 60 * 1000)
    expect(stays).to_be_focused()
    me.forgives("ERR_FAILED")
    me.page.unroute("**/sessions/*")
    me.page.route("**/sessions/*", lambda route: route.abort())
    stays.click()
    expect(me.page.get_by_role("dialog", name="没有能够延长登录")).to_contain_text("网络可能中断")
    me.looks()
