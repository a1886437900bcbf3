"""What the editor of diagrams offers beside drawing: pictures, an overview, a menu in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Hand
from tests.browser.test_studio import chooses, raw

pytestmark = pytest.mark.browser
RENEWAL = "renewal.bpmn"
DIST = Path(__file__).parents[2] / "web/static/dist"
MOST_BYTES = 600_000  #: of what the page of the modeler loads, compressed


@pytest.fixture
def editor(somebody: Callable[..., Hand]) -> Hand:
    """Give an analyst before a diagram."""
    me = somebody().comes_as("officer", "fenxi")
    me.goes("/studio/drafts").types(title="流程图的工具")
    me.page.get_by_label("注册类型").select_option("structural-engineer-2")
    me.presses("新建草稿")
    me.page.goto(f"{me.page.url}/files/{RENEWAL}")
    expect(me.page.locator("[data-editor][data-ready]")).to_be_visible()
    return me


def test_the_overview_and_the_pictures(editor: Hand) -> None:
    """A small map opens and closes in Chinese; the diagram goes out as SVG and as PNG."""
    page = editor.page
    shown = page.locator(".djs-minimap")
    expect(shown).not_to_have_class(re.compile("open"))
    page.get_by_role("button", name="缩略图").click()
    expect(shown).to_have_class(re.compile("open"))
    expect(shown.locator(".toggle")).to_have_attribute("title", "收起缩略图")
    expect(shown.locator("[data-element-id], .map svg")).not_to_have_count(0)
    editor.picture("modeler-minimap")

    with page.expect_download() as svg:
        page.get_by_role("button", name="导出SVG").click()
    assert svg.value.suggested_filename == "renewal.bpmn.svg"
    assert "<svg" in svg.value.path().read_text("utf-8")
    with page.expect_download() as png:
        page.get_by_role("button", name="导出PNG").click()
    content = png.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") > 2000
    wanted = raw(page, page.url.replace("/files/", "/raw/"))
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("[data-said]")).to_contain_text("已保存")
    assert raw(page, page.url.replace("/files/", "/raw/")) == wanted


def test_only_what_runs_is_offered_in_chinese(editor: Hand) -> None:
    """The palette, the pad and the menu of types: no word of English, nothing that is refused."""
    editor.forgives("ContextPad#getPad is deprecated")  # of bpmn-js, when its menu opens
    page = editor.page
    titles = page.eval_on_selector_all(
        ".djs-palette .entry", "entries => entries.map(entry => entry.title)"
    )
    assert len(titles) == 15
    chooses(page, "fill_form")
    pad = page.eval_on_selector_all(
        ".djs-context-pad .entry", "entries => entries.map(entry => entry.title)"
    )
    page.locator(".djs-context-pad .entry[data-action='replace']").click()
    menu = page.locator(".djs-popup .entry").all_inner_texts()
    assert {"服务任务", "决策表任务", "调用流程"} <= {text.strip() for text in menu}
    said = [*titles, *pad, *menu, page.locator(".djs-popup").inner_text()]
    assert not [text for text in said if re.search("[A-Za-z]{3,}", text)], said


def test_a_file_that_is_no_diagram_is_told(editor: Hand) -> None:
    """The editor says that it cannot be drawn; the file and its problems stand below."""
    page = editor.page
    page.get_by_text("上传或者移除").click()
    editor.uploads(file=("x.bpmn", "application/xml", b"<html><body>not a diagram</body></html>"))
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator("[data-said]")).to_contain_text("流程图打不开")
    expect(page.locator("[data-problems]")).to_contain_text("这是一个网页")


def test_an_editor_whose_session_ended_loses_nothing(editor: Hand) -> None:
    """What was drawn stays on the page, and is saved once somebody has signed in elsewhere."""
    editor.forgives("status of 400")
    page, elsewhere = editor.page, editor.page.context.new_page()
    elsewhere.goto("/studio")
    elsewhere.get_by_role("button", name="退出").click()
    elsewhere.wait_for_load_state("load")
    chooses(page, "fill_form")
    note = page.locator("[data-panel] [name=documentation]")
    note.fill("登录结束以后写的说明。")
    note.blur()
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("[data-said]")).to_contain_text("没有保存，内容仍在本页")

    elsewhere.goto("/sign-in/officer")
    elsewhere.locator('form:has([name=subject][value="fenxi"]) button').click()
    elsewhere.wait_for_load_state("load")
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("[data-said]")).to_contain_text("已保存（第1次）")
    saved = raw(page, page.url.replace("/files/", "/raw/"))
    assert "登录结束以后写的说明。" in saved


def test_the_page_of_the_modeler_is_small() -> None:
    """Scripts and styles that it loads are below 600 KB as they are sent."""
    [script] = DIST.glob("studio-diagram-*.js")
    text = script.read_text("utf-8")
    wanted = [
        script,
        *DIST.glob("studio-diagram-*.css"),
        *DIST.glob("site-*.js"),
        *DIST.glob("site-*.css"),
    ]
    wanted += [DIST / name for name in re.findall(r"chunk-\w+\.js", text)]
    sizes = {
        path.name: (DIST / f"{path.name}.gz").stat().st_size
        for path in wanted
        if path.stat().st_size
    }
    assert sum(sizes.values()) < MOST_BYTES, sizes
