"""An analyst tries a draft: played, kept as a scenario, and seen where no scenario comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from casework.office import Office
from tests.browser.hands import Hand

pytestmark = pytest.mark.browser
KIND, TABLE = "builder-2", "continuing_education.dmn"


def removes(page: Page, draft: str, path: str) -> None:
    """Take a scenario out of a draft."""
    page.goto(f"{draft}/files/{path}")
    page.get_by_text("上传或者移除").click()
    page.locator(f"form[action$='/remove/{path}'] button").click()


def test_a_draft_is_played_and_what_no_scenario_reaches_is_painted(
    somebody: Callable[..., Hand], office: Office
) -> None:
    """Played as each actor on the drawing; coverage and silent changes lead to another play."""
    me = somebody().comes_as("officer", "fenxi")
    me.goes("/studio/drafts").types(title="试办和录制")
    me.page.get_by_label("注册类型").select_option(KIND)
    me.presses("新建草稿")
    draft, page = me.page.url.partition("#")[0], me.page

    # 1. Played: the token is on the drawing, and moves with each act.
    me.goes(f"{draft}/plays").types(title="从头办一件")
    page.locator("[name=start]").select_option("initial/registered")
    me.presses("开始试办").sees("申请人")
    expect(page.locator("[data-drawing][data-ready] .is-active").first).to_be_attached()
    page.get_by_role("button", name="办理", exact=True).click()
    expect(page.locator("#now")).to_contain_text("1步")
    expect(page.locator("[data-drawing][data-ready] .is-active").first).to_be_attached()
    me.picture("studio-play")

    # 2. What no scenario reaches is painted, and a play begins near it.
    for path in ("examples/tables/continuing_education.json", "examples/renewal/renewed.json"):
        removes(page, draft, path)
    me.goes(draft).presses("试运行")
    office.runner.run_due()
    me.goes(f"{draft}/coverage/{TABLE}").sees("没有走到").picture("studio-coverage")
    page.get_by_role("button", name="录制情景").first.click()
    me.sees("现在")
