"""Initial registration on screen: applicant, enterprise and officers, with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from adapters import world
from tests.browser.hands import Hand, pdf
from web.demo.portrait import draw

pytestmark = pytest.mark.browser

COMPANY = world.COMPANIES[0]


@dataclass(frozen=True)
class Tale:
    """Whose case is told, and on which screen."""

    person: str
    width: int
    script: bool
    number: int
    region: str = "上海市"
    late: bool = False


TALES = [
    Tale("person-01", width=1280, script=True, number=1),
    Tale("person-02", width=360, script=True, number=2, region="外省市"),
    Tale("person-03", width=1280, script=False, number=3, late=True),
    Tale("person-07", width=360, script=False, number=7, region="外省市"),
]


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: f"{tale.person}-{tale.width}")
def test_registration_from_sign_in_to_certificate(
    somebody: Callable[..., Hand], service: str, tale: Tale
) -> None:
    """R15–R63, R112–R114: the whole main job works on screen, also without script and at 360 px."""
    me = somebody(width=tale.width, script=tale.script).signs_in("person", tale.person)

    _fill(me, tale)
    number = _sign(me, tale)
    _seal(somebody(width=tale.width, script=tale.script), tale, number)
    if tale.script:
        _watched(me)
    _decide(somebody, tale, number)
    _claim(me, tale)


def _fill(me: Hand, tale: Tale) -> None:
    me.goes("/applications").presses("新增注册申请")
    me.sees("不能申请的原因").picture(f"new-{tale.number}")
    me.presses("初始注册").sees("证件号")
    me.presses("保存").sees("请勾选“申请人员意见”")
    me.types(enterprise_name=COMPANY.name).presses("验证企业名称").sees(COMPANY.uscc)
    me.types(enterprise_phone="021-00000001")
    me.uploads(photo=("我.jpg", "image/jpeg", draw(tale.number)))
    if tale.script:
        me.sees("使用此照片").looks()
        me.presses("使用此照片")
    me.chooses(tale.region)
    if not tale.script:
        me.presses("更新需要填写的内容")
    if tale.region == "外省市":
        me.sees("签发省").page.locator("[name=qualification_province]").select_option("江苏省")
        me.types(
            qualification_no="JS-2026-0007",
            qualification_issued_on="2026-05-18",
            qualification_issuer="江苏省住房和城乡建设厅（虚构）",
        )
        me.uploads(qualification_scans=("资格证书.pdf", "application/pdf", pdf()))
    if tale.late:
        me.types(ce_compulsory_hours="60", ce_elective_hours="60.5")
        me.uploads(ce_proof=("继续教育证明.pdf", "application/pdf", pdf()))
    me.chooses("本人已阅读并确认以上意见")
    me.picture(f"form-{tale.number}")
    me.presses("保存").sees("核对填报信息").picture(f"check-{tale.number}")


def _sign(me: Hand, tale: Tale) -> str:
    """Sign; give the number of the application."""
    me.presses("个人数字签名").sees("文件指纹").picture(f"sign-{tale.number}")
    me.presses("请点击此按钮完成签署").sees("验证码已发送至")
    me.types(code="000000").presses("确定").sees("验证码不正确")
    me.picture(f"code-{tale.number}")
    phone = me.page.context.new_page()
    phone.goto(f"/phone?person={tale.person}")
    codes = re.findall(r"验证码(\d{6})", phone.locator("main").inner_text())
    phone.close()
    me.types(code=codes[0]).presses("确定").sees("个人数字签名完成")
    if tale.script:
        me.page.wait_for_selector("[data-diagram][data-ready]")
        me.looks()
    me.picture(f"status-{tale.number}")
    found = re.search(r"31S2C\w+", me.page.locator("main").inner_text())
    assert found
    return found[0]


def _seal(clerk: Hand, tale: Tale, number: str) -> None:
    clerk.signs_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    clerk.goes("/enterprise/inbox").sees(number)
    clerk.picture(f"inbox-{tale.number}")
    clerk.presses(number, exact=False).sees("企业只能查看，不能修改")
    clerk.presses("签名确认").sees("请勾选聘用意见")
    clerk.chooses("我单位同意聘用该申请人，所填聘用信息属实。")
    clerk.picture(f"review-{tale.number}")
    clerk.presses("签名确认").sees("企业电子签章")
    clerk.presses("请点击此按钮完成签署").types(pin="0").presses("验证").sees("密码不正确")
    clerk.picture(f"seal-{tale.number}")
    clerk.types(pin=str(COMPANY.pin)).presses("验证").sees("企业电子签章完成")
    clerk.goes("/enterprise/confirmed").sees(number)
    clerk.picture(f"confirmed-{tale.number}")


def _watched(me: Hand) -> None:
    """See that the page which was left open has moved on by itself, text and picture."""
    me.sees("等待市住建委")
    active = me.page.locator(".djs-element.is-active").first
    expect(active).to_be_attached()
    assert str(active.get_attribute("data-element-id")).endswith("_stage")


def _decide(somebody: Callable[..., Hand], tale: Tale, number: str) -> None:
    checked = tale.region == "外省市" or tale.late
    steps = [
        *([("shouli", "予以受理", "提交受理意见")] if checked else []),
        ("shencha", "建议准予注册", "提交审查意见"),
        ("jueding", "准予注册", "作出决定"),
    ]
    for login, outcome, button in steps:
        officer = somebody(width=tale.width, script=tale.script).signs_in("officer", login)
        officer.goes("/agency/inbox").sees(number).presses(number, exact=False)
        officer.presses("领取").sees("由您办理")
        officer.chooses(outcome).picture(f"{login}-{tale.number}")
        officer.presses(button).sees("办理成功")


def _claim(me: Hand, tale: Tale) -> None:
    me.goes("/applications").sees("请领取电子注册证书")
    me.picture(f"list-{tale.number}")
    me.goes("/certificates").presses("领证").sees("领证信息确认")
    me.presses("确认").sees("领证成功").picture(f"certificate-{tale.number}")
    with me.page.expect_download() as held:
        me.page.get_by_role("button", name="下载", exact=True).click()
    assert held.value.path().read_bytes().startswith(b"%PDF-")
    me.goes("/applications").sees("办结")
