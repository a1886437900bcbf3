"""The identity portal in trouble: whoever signs in reads what is wrong and what to do (R9–R14)."""

from __future__ import annotations

import pytest
from flask import Flask

from adapters import world
from adapters.faults import Faults, OutsideFault
from adapters.systems import System
from casework.office import Office
from tests.web.browser import Tab

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TAO = world.CITIZENS[0]
TROUBLES = (OutsideFault.DOWN, OutsideFault.ERROR, OutsideFault.GARBAGE)


@pytest.fixture
def portal(office: Office) -> Faults:
    """Give the switch of the portal."""
    return Faults(System.PORTAL, office.sessions)


@pytest.mark.parametrize("fault", TROUBLES)
def test_a_portal_in_trouble_is_told_before_anybody_is_sent_there(
    tab: Tab, portal: Faults, fault: OutsideFault
) -> None:
    portal.switch(fault)

    answer = tab.open("/sign-in/person")

    assert answer.status_code == 503
    assert "统一身份认证暂时无法连接" in tab.text
    portal.switch(OutsideFault.NONE)
    tab.sign_in("person", TAO.subject)
    assert "我的申请" in tab.text


@pytest.mark.parametrize("fault", TROUBLES)
def test_a_portal_in_trouble_lets_nobody_in_who_comes_back(
    tab: Tab, portal: Faults, fault: OutsideFault
) -> None:
    asked = tab.open("/sign-in/person").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location
    portal.switch(fault)

    answer = tab.open(back)

    assert answer.status_code == 503
    assert "统一身份认证暂时无法连接" in tab.text
    assert tab.open("/applications").status_code == 303
    portal.switch(OutsideFault.NONE)
    tab.sign_in("person", TAO.subject)
    assert "我的申请" in tab.text


def test_an_answer_about_another_sign_in_lets_nobody_in(tab: Tab, portal: Faults) -> None:
    asked = tab.open("/sign-in/person").location
    tab.open(asked)
    back = tab.send(asked, {"subject": TAO.subject}).location
    portal.switch(OutsideFault.WRONG)

    answer = tab.open(back)

    assert answer.status_code == 400
    assert "统一身份认证未通过" in tab.text
    assert "请返回登录页重新登录" in tab.text
    assert tab.open("/applications").status_code == 303


def test_a_slow_portal_still_signs_in(app: Flask, portal: Faults) -> None:
    portal.switch(OutsideFault.SLOW, 0.2)
    tab = Tab(app)

    tab.sign_in("person", TAO.subject)

    assert "我的申请" in tab.text
