"""【经办人】 on screen: appointing, the appointed person's way in, withdrawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters import world
from tests.browser.hands import Hand

pytestmark = pytest.mark.browser

COMPANY, DEPUTY = world.COMPANIES[0], world.CITIZENS[6]


@pytest.mark.parametrize("script", [True, False])
def test_appointing_and_withdrawing(somebody: Callable[..., Hand], script: bool) -> None:
    """The whole way by what stands on the pages, on a phone and on a desk."""
    admin = somebody(width=360, script=script, also=1280)
    admin.comes_as("enterprise", COMPANY.uscc)
    name = str(script)
    admin.goes("/enterprise/operators").sees(COMPANY.operator).picture(f"operators-{name}")
    admin.presses("下一步：核对").sees("E_OPERATOR_UNKNOWN")
    admin.types(name=DEPUTY.name, id_no=DEPUTY.id_no)
    admin.page.get_by_label("签章经办").check()
    admin.presses("下一步：核对").sees("核对任命").picture(f"appoint-{name}")
    admin.presses("确认任命").sees("已任命")

    deputy = somebody(width=360, script=script, also=1280).signs_in("person", DEPUTY.subject)
    deputy.presses("代表企业办理").picture(f"act-for-{name}")
    deputy.presses(f"代表{COMPANY.name}办理").sees("待企业确认")

    admin.page.locator(f'tr:has-text("{DEPUTY.name}") a').click()
    admin.sees("办理记录").picture(f"operator-{name}").looks()
    admin.presses("撤销经办权限").picture(f"withdraw-{name}").presses("确认撤销").sees("已撤销")
