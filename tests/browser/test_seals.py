"""Many seals with one PIN on screen, with and without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters import world
from casework.office import Office
from tests.browser.hands import Hand
from web.demo.people import plays
from web.demo.people.engineer import Engineer

pytestmark = pytest.mark.browser

COMPANY = world.COMPANIES[0]


@pytest.fixture(scope="module")
def signed(office: Office) -> None:
    """Let two people sign what their enterprise has to confirm."""
    for number in (0, 6):
        citizen = world.CITIZENS[number]
        plays.initial("fills", "signs")(Engineer(office, citizen, COMPANY, number))


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.usefixtures("signed")
def test_a_list_is_looked_at(somebody: Callable[..., Hand], script: bool) -> None:
    """The inbox, the list with its files and differences: readable on a phone and on a desk."""
    clerk = somebody(width=360, script=script, also=1280)
    clerk.comes_as("enterprise", COMPANY.uscc)
    clerk.goes("/enterprise/inbox").sees("待确认（2）").picture(f"seals-inbox-{script}")
    clerk.presses("批量签章全部待确认（最多100件）").sees("批量签章：核对 2 件")
    clerk.sees("首次提交").picture(f"seals-list-{script}")
    clerk.presses("确认并盖章").sees("E_SEAL_OPINION_REQUIRED")
    clerk.picture(f"seals-refused-{script}")
    clerk.goes("/enterprise/overview").sees("待企业确认：2 件").picture(f"overview-{script}")


@pytest.mark.usefixtures("signed")
def test_a_list_runs_while_it_is_watched(somebody: Callable[..., Hand], office: Office) -> None:
    """One tick, one PIN; the bar moves by itself, and each file has its result."""
    clerk = somebody(width=360).comes_as("enterprise", COMPANY.uscc)
    clerk.goes("/enterprise/inbox").presses("批量签章全部待确认（最多100件）").chooses(
        "已逐件核对，本单位同意以上意见"
    )
    clerk.types(pin=str(COMPANY.pin)).presses("确认并盖章").sees("正在盖章：已处理 0 / 2 件")
    clerk.picture("seals-running")

    while office.runner.run_due():
        pass

    clerk.sees("全部完成：2 件已盖章").picture("seals-done")
    clerk.looks()
