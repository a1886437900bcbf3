"""Initial registration on screen: applicant, enterprise and officers, with and without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import tales
from tests.browser.hands import Hand, pdf
from tests.browser.tales import COMPANY, Tale
from web.demo.portrait import draw

pytestmark = pytest.mark.browser

TALES = [
    Tale("person-02", 360, script=True, number=2, also=1280, by_pages=True, region="外省市"),
    Tale("person-03", 360, script=False, number=3, by_pages=True, late=True),
]


@pytest.mark.parametrize("tale", TALES, ids=["with-script", "without-script"])
def test_registration_from_sign_in_to_certificate(
    somebody: Callable[..., Hand], tale: Tale
) -> None:
    """R15–R63, R112–R114: the whole main job works on screen, also without script and at 360 px.

    The simplest way, of somebody from Shanghai in good time, is that of `test_tour`.
    """
    me = tale.enters(tale.sits(somebody), "person", tale.person)

    _fill(me, tale)
    number = tales.sign(me, tale)
    tales.seal(tale.sits(somebody), tale, number)
    if tale.script:
        tales.watched(me)
    checked = tale.region == "外省市" or tale.late
    steps = [*([tales.ACCEPT] if checked else []), tales.REVIEW, tales.DECIDE]
    tales.decide(somebody, tale, number, steps)
    tales.claim(me, tale)


def _fill(me: Hand, tale: Tale) -> None:
    me.goes("/applications").presses("新增注册申请")
    me.sees("不能申请的原因").picture(f"new-{tale.name}")
    me.presses("初始注册").sees("证件号")
    me.presses("保存").sees("请勾选“申请人员意见”")
    me.types(enterprise_name=COMPANY.name).presses("验证企业名称").sees(COMPANY.uscc)
    me.types(enterprise_phone="021-00000001")
    me.uploads(photo=("我.jpg", "image/jpeg", draw(tale.number)))
    if tale.script:
        me.sees("使用此照片").looks()
        me.presses("使用此照片")
    if not tale.script:
        me.chooses("外省市").presses("更新需要填写的内容").sees("签发省")
    me.chooses(tale.region)
    if not tale.script:
        me.presses("更新需要填写的内容")
        expect(me.page.get_by_text("签发省")).to_have_count(0)
    if tale.region == "外省市":
        me.sees("签发省").page.locator("[name=qualification_province]").select_option("江苏省")
        me.types(
            qualification_no=f"JS-2026-{tale.number:04}",
            qualification_issued_on="2026-05-18",
            qualification_issuer="江苏省住房和城乡建设厅（虚构）",
        )
        me.uploads(qualification_scans=("资格证书.pdf", "application/pdf", pdf()))
    if tale.late:
        me.types(ce_compulsory_hours="60", ce_elective_hours="60.5")
        me.uploads(ce_proof=("继续教育证明.pdf", "application/pdf", pdf()))
    me.chooses("本人已阅读并确认以上意见")
    me.picture(f"form-{tale.name}")
    me.presses("保存").sees("核对填报信息").picture(f"check-{tale.name}")
