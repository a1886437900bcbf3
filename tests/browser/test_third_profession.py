"""监理工程师, a profession that is data alone, on screen from the sign-in to the public answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from adapters import world
from tests.browser import tales
from tests.browser.hands import Hand
from tests.browser.tales import COMPANY, Tale
from tests.pdfgen.samples import portrait

pytestmark = pytest.mark.browser

KEY, PHOTO = "supervising-engineer", (390, 567)
EMPLOYER = world.COMPANIES[1]  # it holds 工程监理资质, the first one does not
TALE = Tale("person-12", width=1280, script=True, number=12, begins="31JL", company=EMPLOYER)


def test_a_supervising_engineer_from_sign_in_to_the_public_answer(
    somebody: Callable[..., Hand],
) -> None:
    """R8, R15–R63, R112–R114: its own fields, one on a condition, photo, employer and numbers."""
    me = somebody(width=1280).comes_as("person", TALE.person)
    _fill(me)
    number = tales.sign(me, TALE)
    tales.seal(somebody(width=360), TALE, number)
    tales.decide(somebody, TALE, number, [tales.REVIEW, tales.DECIDE])
    tales.claim(me, TALE)

    me.goes("/certificates").sees("监理工程师")
    address = me.page.locator("a[href^='/verify/']").first.get_attribute("href")
    anybody = somebody(width=360).goes(str(address))
    anybody.sees("监理工程师注册证书").sees("有效").sees(EMPLOYER.name)
    assert re.search(r"DZ31JL\d{4}\d{5}[0-9A-Z]", anybody.page.locator("main").inner_text())
    anybody.picture("verified-third")


def _fill(me: Hand) -> None:
    """Meet each refusal that is the profession's own, then save."""
    me.goes(f"/applications/new?type={KEY}").presses("初始注册").sees("监理专业")
    works = me.page.get_by_label("公路工程", exact=True)
    expect(works).to_have_count(0)
    me.types(enterprise_name=COMPANY.name).presses("验证企业名称").sees("工程监理资质")
    me.picture("employer-third")
    me.types(enterprise_name=EMPLOYER.name).presses("验证企业名称").sees(EMPLOYER.uscc)
    me.types(enterprise_phone="021-00000002")
    me.uploads(photo=("我.png", "image/png", portrait((900, 1200), "PNG")))
    me.sees("使用此照片").presses("使用此照片")
    me.chooses("上海市").chooses("交通运输工程")
    expect(works).to_be_visible()
    me.chooses("水利工程")
    expect(works).to_have_count(0)
    me.chooses("交通运输工程").chooses("本人已阅读并确认以上意见")
    me.presses("保存").sees("请选择公路工程或者水运工程").picture("own-fields-third")
    kept = me.page.locator("img.portrait").first
    expect(kept).to_have_js_property("naturalWidth", PHOTO[0])
    expect(kept).to_have_js_property("naturalHeight", PHOTO[1])
    me.chooses("公路工程").presses("保存").sees("核对填报信息").picture("check-third")
