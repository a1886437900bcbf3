"""What a script and a screen make more comfortable, and that none of it is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from adapters import world
from tests.browser.hands import Hand
from web.demo.portrait import draw

pytestmark = pytest.mark.browser

Sits = Callable[..., Hand]
PUBLIC = ("/", "/verify", "/sign-in", "/portal/", "/phone", "/nowhere")


@pytest.mark.proves("J9")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
def test_public_pages_are_accessible(somebody: Sits, width: int, scheme: str) -> None:
    """R9: pages that anybody sees, the error page among them, on three screens."""
    me = somebody(width=width, scheme=scheme)

    for address in PUBLIC:
        if address == "/nowhere":
            me.forgives("status of 404")
        me.goes(address)


def test_pages_of_each_visitor_in_the_dark(somebody: Sits) -> None:
    """R15, R49, R112: the main pages keep their contrast in dark mode."""
    visits = {
        "person": ("/applications", "/applications/new", "/certificates", "/readiness"),
        "enterprise": ("/enterprise/inbox", "/enterprise/confirmed"),
        "officer": ("/agency/inbox", "/agency/done", "/agency/cases?status=ACCEPTED"),
    }
    company = world.COMPANIES[0]
    subjects = {"person": "person-06", "enterprise": company.uscc, "officer": "shencha"}
    for kind, addresses in visits.items():
        hand = somebody(scheme="dark").comes_as(kind, subjects[kind])
        for address in addresses:
            hand.goes(address).picture(f"dark{address.replace(chr(47), chr(45))}")


def test_large_text_is_remembered(somebody: Sits) -> None:
    """R9: the large-text mode for the elderly stays on from page to page."""
    me = somebody().goes("/")
    me.page.get_by_role("button", name="大字版").click()

    me.goes("/verify")

    expect(me.page.locator("html")).to_have_class("govuk-template large-text")
    assert not me.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.proves("J9")
def test_without_a_script_nothing_promises_one(somebody: Sits) -> None:
    """Buttons that need a script are not there without one."""
    me = somebody(script=False).goes("/")

    expect(me.page.get_by_role("button", name="大字版")).to_be_hidden()


def test_the_form_with_a_script(somebody: Sits) -> None:
    """R24, R26: the enterprise is verified in place; the photo is cropped to 295×413."""
    me = somebody().comes_as("person", "person-09").goes("/applications/new").presses("初始注册")
    me.types(enterprise_phone="021-00000001", enterprise_name=world.COMPANIES[0].name)

    me.page.get_by_role("button", name="验证企业名称").click()
    me.sees(world.COMPANIES[0].uscc)
    expect(me.page.locator("[name=enterprise_phone]")).to_have_value("021-00000001")

    me.uploads(photo=("我.jpg", "image/jpeg", draw(9)))
    me.page.get_by_role("button", name="使用此照片").click()
    expect(me.page.locator("#photo-preview")).to_be_visible()
    size = me.page.evaluate(
        "async () => { const input = document.querySelector('input[type=file][name=photo]');"
        " const file = input.files[0], picture = await createImageBitmap(file);"
        " return [picture.width, picture.height, file.type]; }"
    )
    assert size == [295, 413, "image/jpeg"]


def test_leaving_the_crop_leaves_no_photo(somebody: Sits) -> None:
    """R26: 取消 takes the chosen file back."""
    me = somebody().comes_as("person", "person-09").goes("/applications")
    me.page.get_by_role("button", name="继续填写").click()
    me.uploads(photo=("我.jpg", "image/jpeg", draw(9)))

    me.page.get_by_role("button", name="取消", exact=True).click()

    expect(me.page.locator("input[type=file][name=photo]")).to_have_value("")


@pytest.mark.proves("J9")
def test_by_keyboard_alone(somebody: Sits) -> None:
    """R16: the skip link comes first, and 新增注册申请 is reached and pressed with the keyboard."""
    me = somebody().comes_as("person", "person-06").goes("/applications")

    me.page.keyboard.press("Tab")
    expect(me.page.locator(":focus")).to_have_text("跳到主要内容")
    me.page.keyboard.press("Enter")
    me.page.keyboard.press("Tab")
    expect(me.page.locator(":focus")).to_contain_text("新增注册申请")
    me.page.keyboard.press("Enter")

    me.sees("请选择申请事项")
