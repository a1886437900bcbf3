"""The studio's editors keep a file as it is apart from what is changed in them."""

from __future__ import annotations

from collections.abc import Callable
from difflib import unified_diff

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import Hand

pytestmark = pytest.mark.browser
KIND, RENEWAL = "builder-2", "renewal.bpmn"


def chooses(page: Page, element: str) -> None:
    """Choose an element of the drawing, as a click on it does."""
    page.evaluate(
        """id => { const { modeler } = document.querySelector('[data-editor]');
        modeler.get('selection').select(modeler.get('elementRegistry').get(id)); }""",
        element,
    )


def fills(page: Page, name: str, value: str) -> None:
    """Type into a field of the panel and leave it."""
    field = page.locator(f"[data-panel] [name='{name}']")
    field.fill(value)
    field.blur()


def raw(page: Page, address: str) -> str:
    return page.request.get(address).body().decode()


def test_files_stay_as_they_are_apart_from_the_edits(somebody: Callable[..., Hand]) -> None:
    """A diagram and a table: opened and saved, slips marked and mended, one line changed."""
    me = somebody().comes_as("officer", "fenxi")
    me.goes("/studio/drafts").types(title="延续注册的名称")
    me.page.get_by_label("注册类型").select_option(KIND)
    me.presses("新建草稿").sees("没有发现问题").picture("studio-package")
    draft, page = me.page.url.partition("#")[0], me.page
    me.goes(f"{draft}/files/{RENEWAL}")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    shipped = raw(page, f"{draft}/raw/{RENEWAL}")

    # 1. Opened and saved, the file is what it was, byte for byte.
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("[data-said]")).to_contain_text("已保存")
    assert raw(page, f"{draft}/raw/{RENEWAL}") == shipped

    # 2. A slip is marked on its element with what to do, and undone like a line.
    chooses(page, "draft_60_days")
    fills(page, "timer", "P60D")
    expect(page.locator(".studio__mark")).to_have_count(1)
    expect(page.locator("[data-problems]")).to_contain_text("draft_60_days")
    me.picture("studio-diagram")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".studio__mark")).to_have_count(0)

    # 3. A change of a name, a choice and a note is saved, and nothing else differs.
    chooses(page, "fill_form")
    fills(page, "documentation", "申请人在这里填写延续注册申请表。")
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("[data-said]")).to_contain_text("已保存（第")
    changed = raw(page, f"{draft}/raw/{RENEWAL}")
    lines = [
        line.strip("+- ")
        for line in unified_diff(shipped.splitlines(), changed.splitlines(), n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    assert lines == ["<bpmn:documentation>申请人在这里填写延续注册申请表。</bpmn:documentation>"], (
        lines
    )

    # 4. A table opens in its editor, and is what it was when nothing is changed.
    page.goto(f"{draft}/files/continuing_education.dmn")
    expect(page.locator("[data-editor][data-ready]")).to_be_visible()
    table = raw(page, f"{draft}/raw/continuing_education.dmn")
    me.picture("studio-table")
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("[data-said]")).to_contain_text("已保存")
    assert raw(page, f"{draft}/raw/continuing_education.dmn") == table
    for typed, told in (("> 1", "E_ANSWER"), ("> 0", "没有发现问题")):
        page.locator("tbody tr").first.locator("td.input-cell").nth(1).click()
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        expect(page.locator("[data-problems]")).to_contain_text(told)
    expect(page.locator("[data-said]")).to_contain_text("已保存（第")
    assert raw(page, f"{draft}/raw/continuing_education.dmn") == table
