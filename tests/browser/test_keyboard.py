"""A case from the signature to the certificate by keys alone, at each desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapters import world
from casework.office import Office
from tests.browser.hands import Hand
from tests.browser.keyboard import keys
from web.demo.people.engineer import Engineer

pytestmark = pytest.mark.browser

Sits = Callable[..., Hand]
COMPANY, CITIZEN = world.COMPANIES[0], world.CITIZENS[0]


@pytest.mark.proves("J9")
def test_every_desk_without_a_mouse(somebody: Sits, office: Office) -> None:
    """The holder signs, the clerk seals a list, an officer decides, the holder claims."""
    engineer = Engineer(office, CITIZEN, COMPANY, 0)
    case = engineer.starts("INITIAL")
    engineer.fills(case)

    me = somebody(width=360, looks=False).comes_as("person", CITIZEN.subject)
    me.goes(f"/applications/{case}")
    keys(me, "button", "个人数字签名")
    keys(me, "button", "请点击此按钮完成签署")
    keys(me, "textbox", "验证码", typed=_code(me))
    keys(me, "button", "确定").sees("个人数字签名完成")

    clerk = somebody(width=360, looks=False)
    clerk.comes_as("enterprise", COMPANY.uscc).goes("/enterprise/inbox")
    keys(clerk, "checkbox", CITIZEN.name, key="Space")
    keys(clerk, "button", "批量签章所选").sees("批量签章：核对 1 件")
    keys(clerk, "checkbox", "已逐件核对，本单位同意以上意见", key="Space")
    keys(clerk, "textbox", "证书密码", typed=str(COMPANY.pin))
    keys(clerk, "button", "确认并盖章").sees("正在盖章")
    while office.runner.run_due():
        pass
    clerk.sees("全部完成：1 件已盖章")

    engineer.reviewed(case)
    officer = somebody(width=360, looks=False).comes_as("officer", "jueding")
    officer.goes("/agency/inbox")
    keys(officer, "link", CITIZEN.name)
    keys(officer, "button", "领取").sees("由您办理")
    keys(officer, "radio", "准予许可", key="Space")
    keys(officer, "button", "作出决定")
    keys(officer, "button", "确认提交").sees("办理成功")
    while office.runner.run_due():
        pass

    me.goes("/certificates")
    keys(me, "button", "领证").sees("领证信息确认")
    keys(me, "button", "确认").sees("领证成功")


def _code(me: Hand) -> str:
    phone = me.page.context.new_page()
    phone.goto(f"/phone?person={CITIZEN.subject}")
    [code, *_] = re.findall(r"验证码(\d{6})", phone.locator("main").inner_text())
    phone.close()
    return code
