"""People of the province at their screens: one registration, from sign-up to certificate."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Request, expect

from adapters import world
from tests.browser import tales
from tests.browser.hands import Hand
from tests.province.outside import MESSAGES, US
from web.demo.portrait import draw

COMPANY, PIN = tales.COMPANY, "Ruoshui-3000"
PATIENCE_S = 60.0
STEPS = (("li", *tales.REVIEW[1:]), ("zhao", *tales.DECIDE[1:]))
PERSON = world.CITIZENS[0]


class Visitor(Hand):
    """One person; how pages look is told in tests/browser."""

    def sees(self, text: str) -> Visitor:
        """Expect words on the page, however busy the machine is with two hosts on it."""
        expect(self.page.locator("main")).to_contain_text(text, timeout=60_000)
        return self

    def _asked(self, request: Request) -> None:
        """Let addresses of the province be asked."""


def registers(browser: Browser, folder: Path) -> str:
    """Let a person register, from nothing; give the address that verifies the certificate."""

    def sits_down() -> Visitor:
        context = browser.new_context(
            base_url=f"https://{US}", locale="zh-CN", ignore_https_errors=True
        )
        return Visitor(context.new_page(), script=True)

    people = [sits_down() for _ in range(4)]
    me, clerk, *officers = people
    _signs_up(me)
    _applies(me)
    number = _signs(me, folder)
    _seals(clerk, number)
    for hand, step in zip(officers, STEPS, strict=True):
        _acts(hand, number, *step)
    _claims(me)
    address = _verified(me)
    for hand in people:
        hand.saw_nothing_wrong()
        hand.page.context.close()
    return address


def _signs_up(me: Visitor) -> None:
    me.signs_in("person", PERSON.subject).sees("新用户注册")
    for box in me.page.locator("[name=consents]").all():
        box.check()
    me.presses("完成注册").sees("申报前的准备")
    for step in ("读卡核验", "申领数字证书", "由系统书写"):
        me.presses(step)
    me.sees("各项准备均已完成")


def _applies(me: Visitor) -> None:
    me.goes("/applications").presses("新增注册申请").presses("初始注册")
    me.types(enterprise_name=COMPANY.name).presses("验证企业名称").sees(COMPANY.uscc)
    me.types(enterprise_phone="021-00000001")
    me.uploads(photo=("我.jpg", "image/jpeg", draw(1)))
    me.sees("使用此照片").presses("使用此照片")
    me.chooses("上海市").chooses("本人已阅读并确认以上意见").presses("保存").sees("核对填报信息")


def _signs(me: Visitor, folder: Path) -> str:
    me.presses("个人数字签名").sees("文件指纹")
    me.presses("请点击此按钮完成签署").sees("验证码已发送至")
    told = (folder / MESSAGES).read_text("utf-8").splitlines()
    texts = "".join(json.loads(line).get("text", "") for line in told)
    code = re.findall(r"验证码(\d{6})", texts)[-1]
    me.types(code=code).presses("确定").sees("个人数字签名完成")
    match = re.search(r"31S2C\w+", me.page.locator("main").inner_text())
    assert match
    return match[0]


def _seals(clerk: Visitor, number: str) -> None:
    clerk.signs_in("enterprise", COMPANY.uscc).goes("/digital-certificate").sees("还没有申领")
    clerk.types(new_pin=PIN, again_pin=PIN).presses("申领数字证书").sees("有效期至")
    clerk.goes("/enterprise/inbox").presses(number, exact=False)
    clerk.chooses(tales.EMPLOYMENT).presses("签名确认").sees("企业电子签章")
    clerk.presses("请点击此按钮完成签署").types(pin=PIN).presses("验证")
    clerk.sees("企业电子签章完成")


def _acts(officer: Visitor, number: str, login: str, outcome: str, button: str) -> None:
    """Enrol an authenticator at the first sign-in, then do one's part of the case."""
    officer.signs_in("officer", login).sees("登记身份验证器").presses("登记身份验证器")
    secret = officer.page.locator(".factor-secret").inner_text().replace(" ", "")
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # RFC 6238
    officer.types(code=totp.generate(int(time.time())).decode()).presses("登记")
    officer.presses("已保存，继续")
    officer.goes("/agency/inbox").presses(number, exact=False).presses("领取").sees("由您办理")
    officer.chooses(outcome).presses(button)
    if button != tales.REVIEW[2]:
        officer.sees("请核对后确认").presses("确认提交")
    officer.sees("办理成功")


def _claims(me: Visitor) -> None:
    """Claim the certificate."""
    end = time.monotonic() + PATIENCE_S  # another process may make the certificate
    while me.goes("/certificates").page.get_by_role("button", name="领证").count() == 0:
        assert time.monotonic() < end
        time.sleep(0.5)
    me.presses("领证").sees("领证信息确认")
    me.presses("确认").sees("领证成功")


def _verified(me: Visitor) -> str:
    """Give where a stranger verifies it."""
    link = me.goes("/certificates").page.locator('a[href*="/verify/"]').first
    return str(link.get_attribute("href"))
