"""The agency's own cases and the guidance on screen: two officers and the person concerned."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters import world
from casework.office import Office
from tests.browser import tales
from tests.browser.hands import Hand, pdf
from tests.browser.tales import COMPANY

pytestmark = pytest.mark.browser

EVIDENCE = {"evidence": ("调查笔录.pdf", "application/pdf", pdf())}


@pytest.mark.parametrize(
    ("citizen", "script"),
    [(world.CITIZENS[5], True), (world.CITIZENS[4], False)],
    ids=["360-and-1280", "360-without-script"],
)
def test_an_act_of_the_agency(
    somebody: Callable[..., Hand],
    office: Office,
    citizen: world.Citizen,
    script: bool,
) -> None:
    """I19, D.4: search, proposal, hearing, decision, ban; each page fits and is accessible."""
    width = 360
    tales.holds(office, citizen.subject, days=1000)
    reviewer = somebody(width=width, script=script, also=1280).comes_as("officer", "shencha")
    reviewer.goes("/agency/people").types(q="查无此人").presses("查询").sees("没有查到")
    reviewer.types(q=citizen.id_no).presses("查询").sees(citizen.name)
    reviewer.picture(f"people-{width}").presses("查看", exact=False).sees(COMPANY.name)
    reviewer.picture(f"person-{width}").presses("依职权处理", exact=False)
    reviewer.presses("下一步：核对").sees("请选择处理方式")
    reviewer.chooses("撤销注册").chooses("以欺骗、贿赂等不正当手段取得注册")
    reviewer.types(facts="提交的继续教育证明系伪造").uploads(**EVIDENCE)
    reviewer.picture(f"act-{width}").presses("下一步：核对").sees("核对并提出处理意见")
    reviewer.picture(f"propose-{width}")
    reviewer.chooses("提交，告知当事人").presses("确认").sees("正在告知当事人")

    me = somebody(width=width, script=script, also=1280).comes_as("person", citizen.subject)
    me.goes("/applications").sees("拟对您的注册作出处理").picture(f"told-{width}")
    me.presses("查看并陈述申辩").sees("拟处理告知书").picture(f"hearing-{width}")
    me.presses("提交陈述、申辩").sees("请写明陈述、申辩的内容")
    me.types(statement="证明由培训机构提供，本人不知情").uploads(**EVIDENCE)
    me.presses("提交陈述、申辩").presses("确认提交").sees("已提交")

    approver = somebody(width=width, script=script, also=1280).comes_as("officer", "jueding")
    approver.goes("/agency/inbox").presses("办理", exact=False).sees("本人不知情")
    approver.chooses("予以处理").types(reasons="申辩没有证据支持，事实清楚")
    approver.picture(f"decide-{width}").presses("作出决定").presses("确认提交").sees(
        "注册和证书已终止"
    )
    approver.goes("/agency/bans").sees("第七十九条").picture(f"bans-{width}")

    me.goes("/applications/new").sees("前不得再次申请")


def test_the_way_to_each_change(somebody: Callable[..., Hand]) -> None:
    """R109–R111: a guest asks what changed and reads where to go."""
    guest = somebody(width=360, also=1280).goes("/change")
    guest.picture("change")
    guest.chooses("本人姓名").presses("查看办理途径").sees("需要准备")
    guest.picture("change-name")
    guest.chooses("聘用企业").presses("查看办理途径").sees("先办理注销注册")


def test_a_correction_on_screen(somebody: Callable[..., Hand]) -> None:
    """R109, I20: refused until the real-name system shows the name, then up to the check."""
    citizen = world.CITIZENS[1]
    acceptor = somebody(width=360, also=1280).comes_as("officer", "shouli")
    acceptor.goes("/agency/people").types(q=citizen.id_no).presses("查询")
    acceptor.presses("查看", exact=False).presses("更正姓名或证件号码").sees("须已显示更正后的姓名")
    acceptor.types(name="温更名", id_no=citizen.id_no, reason="公安机关已更正姓名")
    acceptor.uploads(**EVIDENCE).presses("下一步：核对").sees("实名制信息采集系统中没有")
    acceptor.picture("correction")
    acceptor.types(name=str(citizen.corrected_name), id_no=citizen.id_no)
    acceptor.uploads(**EVIDENCE).presses("下一步：核对").sees("核对并提出更正")
    acceptor.picture("propose-correction")
    acceptor.chooses("放弃").presses("确认").sees("已放弃")
