"""The operators' page of the outside systems: their twins are told to fail, and it is audited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from adapters.systems import ASKED, System
from casework.office import Office
from registry.errors import Unavailable
from registry.trail.audit import AuditEvent
from tests.adapters.samples import COMPANY, entry
from tests.web.browser import Tab
from web import create_app
from web.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGE = "/operations/outside"


@pytest.fixture
def operator(tab: Tab) -> Tab:
    tab.sign_in("officer", "yunwei")
    return tab


def _audited(office: Office) -> list[dict[str, object]]:
    with office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action == "twin_fault")
        return [{"subject": event.subject, **event.facts} for event in session.scalars(query)]


def test_every_system_is_listed_with_its_state(operator: Tab) -> None:
    operator.open("/operations")
    assert operator.soup().select_one(f'a[href="{PAGE}"]')

    operator.open(PAGE)

    for system in System:
        assert system.label in operator.text
    assert operator.text.count("替身") >= len(System)
    assert "还没有收到证照" in operator.text


def test_a_twin_is_told_to_fail_and_to_be_well_again(operator: Tab, office: Office) -> None:
    """The next question is refused, until the switch is back; both are in the audit log."""
    operator.send(f"{PAGE}/enterprise-register", {"fault": "down", "seconds": "10"}, follow=True)

    assert "企业登记查询服务的替身：停止服务（503）" in operator.text
    with pytest.raises(Unavailable):
        office.enterprises.by_uscc(COMPANY.uscc)
    operator.send(f"{PAGE}/enterprise-register", {"fault": "none"}, follow=True)
    assert office.enterprises.by_uscc(COMPANY.uscc) is not None
    assert _audited(office) == [
        {"subject": "system:enterprise-register", "fault": "down", "seconds": 10.0},
        {"subject": "system:enterprise-register", "fault": "none", "seconds": 0.0},
    ]


def test_a_slow_twin_says_how_slow(operator: Tab) -> None:
    operator.send(f"{PAGE}/sms", {"fault": "slow", "seconds": "2.5"}, follow=True)

    assert "响应缓慢，2.5秒后返回" in operator.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"fault": "hungry"},
        {"fault": "slow", "seconds": "many"},
        {"fault": "slow", "seconds": "61"},
        {"fault": "slow", "seconds": "nan"},
    ],
)
def test_what_is_no_fault_is_told_beside_the_system(
    operator: Tab, office: Office, fields: dict[str, str]
) -> None:
    answer = operator.send(f"{PAGE}/sms", fields)

    assert answer.status_code == 422
    fault = operator.soup().select_one("#fault-sms-error")
    assert fault is not None
    assert "请选择列表中的一种状态" in fault.text
    typed = operator.soup().select_one("#seconds-sms")
    assert typed is not None
    assert typed.get("value", "") == fields.get("seconds", "")
    assert _audited(office) == []


def test_a_real_system_is_named_and_cannot_be_switched(settings: Settings, office: Office) -> None:
    """Nobody tells a real system to fail."""
    real = dict.fromkeys((system.setting for system in ASKED), "https://o.example/api")
    tab = Tab(create_app(replace(settings, outside_token="ours", **real), office))  # type: ignore[arg-type]  # addresses
    tab.sign_in("officer", "yunwei")

    tab.open(PAGE)

    assert tab.text.count("https://o.example/api") == len(ASKED)
    assert tab.send(f"{PAGE}/sms", {"fault": "down"}).status_code == 404
    assert tab.send(f"{PAGE}/portal", {"fault": "none"}).status_code == 303
    assert tab.send(f"{PAGE}/weather", {"fault": "none"}).status_code == 404


def test_what_the_store_was_told_names_nobody(operator: Tab, office: Office) -> None:
    told = entry()
    office.certificate_store.publish(told, b"%PDF", "publish/1")

    operator.open(PAGE)

    assert told.identifier in operator.text
    assert "新发" in operator.text
    assert told.holder_name not in operator.text
    assert told.holder_id_no not in operator.text


def test_only_operators_switch(tab: Tab, office: Office) -> None:
    tab.sign_in("officer", "jueding")

    assert tab.open(PAGE).status_code == 403
    assert tab.send(f"{PAGE}/sms", {"fault": "down"}).status_code == 403
    assert _audited(office) == []
