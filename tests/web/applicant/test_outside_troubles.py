"""Outside systems in trouble, as people see it: what is typed stays, the text says what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.enterprise_qualifications import EnterpriseQualificationsTwin
from adapters.faults import Faults, OutsideFault
from adapters.systems import System
from casework.office import Office
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock
from web.demo.portrait import draw

Switch = Callable[[System, OutsideFault], None]
TROUBLES = [
    pytest.param(OutsideFault.DOWN, "暂时无法连接", id="down"),
    pytest.param(OutsideFault.ERROR, "暂时无法连接", id="error"),
    pytest.param(OutsideFault.GARBAGE, "暂时无法连接", id="garbage"),
    pytest.param(OutsideFault.WRONG, "返回的信息与查询的对象不一致", id="wrong"),
]
BRIEFLY = [TROUBLES[0], TROUBLES[-1]]
REGISTER, DATABASE = System.ENTERPRISE_REGISTER, System.QUALIFICATION_REGISTER


@pytest.fixture(autouse=True)
def _a_day_later(clock: Clock) -> None:
    """Let the names that were verified yesterday hold no more (D.2)."""
    clock.turn(hours=25)


@pytest.fixture
def switch(office: Office) -> Switch:
    """Tell a twin to fail, or to be well again."""

    def tell(system: System, fault: OutsideFault) -> None:
        Faults(system, office.sessions).switch(fault, 60.0 if fault is OutsideFault.SLOW else 0.0)

    return tell


def value_of(desk: Desk, name: str) -> str:
    element = desk.soup().select_one(f"#{name}")
    assert element, name
    return str(element.get("value", ""))


def fault_of(desk: Desk, name: str) -> str:
    element = desk.soup().select_one(f"#{name}-error")
    return element.get_text(strip=True) if element else ""


@pytest.mark.parametrize(("fault", "told"), TROUBLES)
def test_verifying_a_name_while_the_register_is_in_trouble(
    me: Desk, switch: Switch, fault: OutsideFault, told: str
) -> None:
    """R24, I2: 【验证企业名称】 says that the register is to blame; what was typed stays."""
    me.starts()
    switch(REGISTER, fault)

    answer = me.saves(action="verify", enterprise_phone="021-00000077")

    assert answer.status_code == 422
    assert told in fault_of(me, "enterprise_name")
    assert "企业登记查询服务" in fault_of(me, "enterprise_name")
    assert "您填写的内容已保留" in fault_of(me, "enterprise_name")
    assert value_of(me, "enterprise_name") == COMPANY.name
    assert value_of(me, "enterprise_phone") == "021-00000077"
    me.open(f"{me.base}/form")
    assert value_of(me, "enterprise_phone") == "021-00000077", "also in a fresh window"
    switch(REGISTER, OutsideFault.NONE)
    me.saves(action="verify")
    assert COMPANY.uscc in me.text


def test_a_register_that_is_too_slow_is_not_waited_for(me: Desk, switch: Switch) -> None:
    """I2: after five seconds the page is back, with what was typed."""
    me.starts()
    switch(REGISTER, OutsideFault.SLOW)

    me.saves(action="verify")

    assert "企业登记查询服务暂时无法连接" in fault_of(me, "enterprise_name")
    assert value_of(me, "enterprise_name") == COMPANY.name


@pytest.mark.parametrize(("fault", "told"), BRIEFLY)
def test_saving_while_the_register_is_in_trouble(
    me: Desk, switch: Switch, fault: OutsideFault, told: str
) -> None:
    """R35: the form is not accepted unverified, and nothing of it is lost."""
    me.starts()
    switch(REGISTER, fault)

    answer = me.saves(photo=("我.jpg", draw(1)), enterprise_phone="021-00000077")

    assert answer.status_code == 422
    assert told in fault_of(me, "enterprise_name")
    assert value_of(me, "enterprise_phone") == "021-00000077"
    switch(REGISTER, OutsideFault.NONE)
    me.saves(photo=("我.jpg", draw(1)))
    assert "数据校验已通过" in me.text


@pytest.mark.parametrize(("fault", "told"), TROUBLES)
def test_saving_while_the_qualification_database_is_in_trouble(
    me: Desk, switch: Switch, fault: OutsideFault, told: str
) -> None:
    """R31: nobody is taken for unqualified because the database is away; nothing is lost."""
    me.starts()
    revision = me.revision()
    switch(DATABASE, fault)

    fields = {"revision": revision, "enterprise_name": COMPANY.name, "action": "save"}
    answer = me.post(
        f"{me.base}/form",
        fields | {"enterprise_phone": "021-00000077", "qualification_region": "SHANGHAI"},
        {"photo": ("我.jpg", draw(1))},
    )

    assert answer.status_code == 503
    assert f"执业资格数据库{told}" in me.text
    assert "您填写的内容已保留" in me.text
    switch(DATABASE, OutsideFault.NONE)
    me.open(f"{me.base}/form")
    assert value_of(me, "enterprise_name") == COMPANY.name
    assert value_of(me, "enterprise_phone") == "021-00000077"
    assert "我.jpg" in me.text
    me.saves(photo=("我.jpg", draw(1)))
    assert "数据校验已通过" in me.text


def test_a_former_name_leads_to_the_present_one(me: Desk) -> None:
    """I2: a register that gives a different name is quoted; the typed one stays to be mended."""
    me.starts()

    me.saves(action="verify", enterprise_name=COMPANY.former_names[0])

    assert COMPANY.name in fault_of(me, "enterprise_name")
    assert value_of(me, "enterprise_name") == COMPANY.former_names[0]


@pytest.mark.parametrize(("fault", "told"), BRIEFLY)
def test_no_code_while_the_gateway_is_in_trouble(
    me: Desk, switch: Switch, clock: Clock, fault: OutsideFault, told: str
) -> None:
    """R40, I6: the file stays to be signed; the code comes when the gateway is back."""
    me.fills()
    switch(System.SMS, fault)

    me.begins()

    assert "验证码未能发送" in me.text
    assert told not in me.text, "whose fault it is does not matter to whoever signs"
    assert "请点击此按钮完成签署" in me.text
    switch(System.SMS, OutsideFault.NONE)
    clock.turn(minutes=2)
    me.signs()


@pytest.mark.parametrize(("fault", "told"), BRIEFLY)
def test_no_second_code_while_the_gateway_is_in_trouble(
    me: Desk, switch: Switch, clock: Clock, fault: OutsideFault, told: str
) -> None:
    """R40, I6: asking again is told beside the code; later it works."""
    me.fills().begins()
    clock.turn(seconds=61)
    switch(System.SMS, fault)

    answer = me.send(f"{me.base}/sign/code", {})

    assert answer.status_code == 422
    assert f"短信平台{told}" in fault_of(me, "code")
    switch(System.SMS, OutsideFault.NONE)
    clock.turn(seconds=61)
    me.send(f"{me.base}/sign/code", {}, follow=True)
    me.send(f"{me.base}/sign/confirm", {"code": me.code()}, follow=True)
    assert "个人数字签名完成" in me.text


@pytest.fixture
def clerk(me: Desk, desk: Callable[[str], Desk]) -> Desk:
    """Seat the enterprise before a signed application."""
    me.fills().signs()
    clerk_desk = desk("enterprise")
    clerk_desk.application = me.application
    return clerk_desk


@pytest.mark.parametrize(("fault", "told"), BRIEFLY)
def test_no_agreement_while_the_register_is_in_trouble(
    clerk: Desk, switch: Switch, fault: OutsideFault, told: str
) -> None:
    """R54–R56: the enterprise is checked afresh or not at all; the tick stays, later it goes on."""
    address = f"/enterprise/applications/{clerk.application}"
    switch(REGISTER, fault)

    answer = clerk.send(address, {"action": "agree", "opinion": "true"})

    assert answer.status_code == 422
    assert f"企业登记查询服务{told}" in fault_of(clerk, "opinion")
    assert clerk.soup().select_one("#opinion[checked]")
    switch(REGISTER, OutsideFault.NONE)
    clerk.seals(clerk.application)


@pytest.mark.parametrize(("fault", "told"), BRIEFLY)
def test_no_seal_while_the_register_is_in_trouble(
    clerk: Desk, switch: Switch, fault: OutsideFault, told: str
) -> None:
    """R58–R60: the right PIN alone seals nothing; it costs no try and works later."""
    address = f"/enterprise/applications/{clerk.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    switch(REGISTER, fault)

    answer = clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)})

    assert answer.status_code == 422
    assert f"企业登记查询服务{told}" in fault_of(clerk, "pin")
    switch(REGISTER, OutsideFault.NONE)
    clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)}, follow=True)
    assert "企业电子签章完成" in clerk.text


def test_a_name_that_changed_after_the_signature_is_told_before_the_seal(
    clerk: Desk, office: Office
) -> None:
    """I10: the register gives a different name than the signed one; the way out is told."""
    address = f"/enterprise/applications/{clerk.application}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)
    qualified = office.enterprise_qualifications
    assert isinstance(qualified, EnterpriseQualificationsTwin)
    qualified.rename(COMPANY.uscc, "上海示例结构设计集团（虚构01）有限公司")

    answer = clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)})

    assert answer.status_code == 422
    assert "名称" in fault_of(clerk, "pin")
    assert "企业电子签章完成" not in clerk.text


@pytest.mark.parametrize(("fault", "told"), TROUBLES)
def test_no_change_of_name_while_the_qualification_system_is_in_trouble(
    clerk: Desk, switch: Switch, fault: OutsideFault, told: str
) -> None:
    """R126: without the name that stands there nothing is computed; the page says what to do."""
    switch(System.ENTERPRISE_QUALIFICATIONS, fault)

    assert clerk.open("/enterprise/rename").status_code == 200
    assert f"企业资质系统{told}" in clerk.text
    assert "请稍后重试" in clerk.text
    answer = clerk.send("/enterprise/rename", {"type": "structural-engineer-2"})

    assert answer.status_code == 422
    assert f"企业资质系统{told}" in clerk.text
    switch(System.ENTERPRISE_QUALIFICATIONS, OutsideFault.NONE)
    clerk.open("/enterprise/rename")
    assert "企业资质系统暂时无法连接" not in clerk.text
    assert COMPANY.name in clerk.text
