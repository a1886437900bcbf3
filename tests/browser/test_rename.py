"""【企业名称变更】 on a screen: two names, the list, the key, the bar that fills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from adapters import world
from casework.office import Office
from storage.database import writing
from tests import engineers
from tests.browser.conftest import now
from tests.browser.hands import Hand

pytestmark = pytest.mark.browser

Sits = Callable[..., Hand]
COMPANY = next(company for company in world.COMPANIES if company.renamed_to)


@pytest.fixture(scope="module")
def engineers_of_it(office: Office) -> None:
    """Register people of the enterprise whose name has changed outside."""
    with writing(office.sessions) as session:
        for held, numbers in (("CLAIMED", (301, 302)), ("UNCLAIMED", (303,)), ("PAPER", (304,))):
            engineers.register(
                session,
                office.files,
                numbers,
                uscc=COMPANY.uscc,
                enterprise_name=COMPANY.name,
                at=now(),
                valid_to=date(2099, 6, 1),
                held=held,
            )


@pytest.mark.usefixtures("engineers_of_it")
@pytest.mark.parametrize(("width", "script"), [(360, True), (1280, False)])
def test_the_list_is_looked_at_and_given_up(somebody: Sits, width: int, script: bool) -> None:
    """R124, R127: on a telephone, without a script and on a screen; 【取消】 changes nothing."""
    clerk = somebody(width=width, script=script, also=1280)
    clerk.comes_as("enterprise", COMPANY.uscc)

    clerk.goes("/enterprise/rename").sees(str(COMPANY.renamed_to))
    clerk.picture(f"rename-{width}")
    clerk.presses("注册企业名称批量变更").sees("核对并确认更名")
    clerk.picture(f"rename-list-{width}")
    clerk.types(pin="000000").presses("确认更名").sees("还可以输入")
    clerk.presses("取消，不变更").sees("没有改变任何信息")


@pytest.mark.usefixtures("engineers_of_it")
def test_the_bar_fills_by_itself(somebody: Sits, office: Office) -> None:
    """R128, R129: the page follows the batch without being reloaded."""
    clerk = somebody()
    clerk.comes_as("enterprise", COMPANY.uscc)
    clerk.goes("/enterprise/rename").presses("注册企业名称批量变更")

    clerk.types(pin=str(COMPANY.pin)).presses("确认更名").sees("正在更名：已处理 0 / 4 项")
    clerk.picture("rename-running")
    while office.runner.run_due():
        pass

    clerk.sees("更名完成：共 4 项")
    clerk.picture("rename-done")
    clerk.looks()
    somebody(width=360).comes_as("enterprise", COMPANY.uscc).goes("/enterprise/rename").sees(
        "已完成"
    ).picture("rename-history-360")
