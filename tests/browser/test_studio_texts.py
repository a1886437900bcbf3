"""Texts of the studio save themselves and show what comes of them; no editor loses anything."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.hands import Hand
from tests.browser.test_studio import chooses, fills, raw

pytestmark = pytest.mark.browser
DIAGRAM, TABLE, HELP = "renewal.bpmn", "continuing_education.dmn", "help/renewal.md"
LETTER = "documents/receipt.typ"


@pytest.fixture
def analyst(somebody: Callable[..., Hand]) -> Hand:
    """Give an analyst on the page of a draft."""
    me = somebody().comes_as("officer", "fenxi")
    me.goes("/studio/drafts").types(title="说明和文书")
    me.page.get_by_label("注册类型").select_option("builder-2")
    return me.presses("新建草稿")


def _told(page: Page) -> None:
    expect(page.locator("[data-said]")).to_contain_text(re.compile("已保存（第"))


def test_a_text_saves_itself_and_shows_what_comes_of_it(analyst: Hand) -> None:
    """A guide as applicants read it, a letter as its PDF; a slip is told at its row at once."""
    page, draft = analyst.page, analyst.page.url
    page.goto(f"{draft}/files/{HELP}")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    page.get_by_text("边写边看").click()
    text = page.locator("#content")
    text.press("Control+End")
    text.press_sequentially("\n请先来电。")

    _told(page)
    expect(page.locator("[data-shown]")).to_contain_text("请先来电。")
    assert raw(page, f"{draft}/raw/{HELP}").endswith("请先来电。")
    analyst.looks()
    analyst.picture("studio-text")

    page.goto(f"{draft}/files/{LETTER}")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    shipped = raw(page, f"{draft}/raw/{LETTER}")
    text.press("Control+End")
    text.press_sequentially("#dat.matter")
    row = page.get_by_role("button", name=re.compile("第[0-9]+行"))
    expect(row).to_be_visible()
    row.click()
    chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert "#dat.matter" in text.evaluate(chosen)
    for _ in "#dat.matter":
        text.press("Control+End")
        text.press("Backspace")
    page.get_by_text("这份文书得到的值").click()
    page.get_by_role("button", name="data.matter").click()
    expect(page.locator("[data-problems]")).to_contain_text("没有发现问题")
    text.press("Control+s")
    _told(page)
    assert raw(page, f"{draft}/raw/{LETTER}") == f"{shipped}#data.matter;"


def test_a_press_waits_for_what_saves_itself(analyst: Hand) -> None:
    """保存 while the page saves by itself comes after that, with all words, and not beside it."""
    page, draft = analyst.page, analyst.page.url
    page.goto(f"{draft}/files/{HELP}")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    held: list[Route] = []
    own = re.compile(f"/files/{HELP}$")

    def hold(route: Route) -> None:
        route.continue_() if route.request.is_navigation_request() else held.append(route)

    page.route(own, hold)
    text = page.locator("#content")
    text.press("Control+End")
    text.press_sequentially("\n请先来电。")
    with page.expect_request(own):
        text.press("Control+s")
    text.press_sequentially("再来。")
    page.get_by_role("button", name="保存", exact=True).click()
    with page.expect_navigation():
        for route in held:
            route.continue_()

    expect(page.locator(".govuk-error-summary")).to_have_count(0)
    expect(page.locator("#content")).to_have_value(re.compile("请先来电。再来。$"))
    assert raw(page, f"{draft}/raw/{HELP}").endswith("请先来电。再来。")


@pytest.mark.parametrize("path", [DIAGRAM, TABLE, HELP])
def test_what_was_typed_outlives_the_session(analyst: Hand, path: str) -> None:
    """The session ends under an editor: it says so, keeps what it holds, and saves it later."""
    page, address = analyst.page, analyst.page.url
    page.goto(f"{address}/files/{path}")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    before = raw(page, f"{address}/raw/{path}")
    page.context.clear_cookies()
    analyst.forgives("status of 401")
    analyst.forgives("status of 400")
    if path == DIAGRAM:
        chooses(page, "fill_form")
        fills(page, "documentation", "登录结束时写的。")
    elif path == TABLE:
        page.locator("tbody tr").first.locator("td.input-cell").nth(1).click()
        page.keyboard.press("End")
        page.keyboard.type("1")
    else:
        page.locator("#content").press("Control+End")
        page.locator("#content").press_sequentially("登录结束时写的。")
    expect(page.locator("[data-said]")).to_contain_text("登录可能已经结束")

    analyst.comes_as("officer", "fenxi")
    if path == HELP:
        page.locator("#content").press("Control+s")
    else:
        page.get_by_role("button", name="保存").first.click()

    _told(page)
    after = raw(page, f"{address}/raw/{path}")
    assert len(after) > len(before)
    assert "登录结束时写的。" in after or path == TABLE
