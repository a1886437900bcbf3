"""企业登记查询服务: names, credit codes and status of enterprises (R24, I2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin, held_by
from adapters.faults import OutsideFault
from adapters.systems import System
from registry.ports import EnterpriseFacts
from tests.adapters.contracts.conftest import Outsiders

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FIRST, _, _, CLOSED, UNQUALIFIED, RENAMED = world.COMPANIES
TAKEN = "上海新名（虚构01）有限公司"
SYSTEM = System.ENTERPRISE_REGISTER


def test_an_enterprise_is_found_by_its_name_or_a_former_one(outsiders: Outsiders) -> None:
    """R24, I2: brackets and blanks do not matter; a former name leads to the present one."""
    for name in (
        FIRST.name,
        FIRST.name.replace("（", " (").replace("）", ")"),
        *FIRST.former_names,
    ):
        assert outsiders.enterprises.by_name(name) == [
            EnterpriseFacts(
                name=FIRST.name,
                uscc=FIRST.uscc,
                status="ACTIVE",
                former_names=FIRST.former_names,
                design_qualifications=held_by(FIRST),
                contact_mobile=FIRST.mobile,
            )
        ]


def test_an_enterprise_is_found_by_its_code(outsiders: Outsiders) -> None:
    """R24: the code says the same as the name."""
    for company in world.COMPANIES:
        [named] = outsiders.enterprises.by_name(company.present_name)
        assert outsiders.enterprises.by_uscc(company.uscc) == named


def test_status_and_qualification_are_told(outsiders: Outsiders) -> None:
    """I2: what is struck off or has no design qualification is known as such."""
    closed = outsiders.enterprises.by_uscc(CLOSED.uscc)
    unqualified = outsiders.enterprises.by_uscc(UNQUALIFIED.uscc)

    assert closed is not None
    assert closed.status == "DEREGISTERED"
    assert unqualified is not None
    assert unqualified.design_qualifications == ()


def test_a_name_taken_later_is_known(outsiders: Outsiders) -> None:
    """R126: after a change of name the old one is a former one."""
    EnterpriseQualificationsTwin(outsiders.sessions).rename(FIRST.uscc, TAKEN)

    [enterprise] = outsiders.enterprises.by_name(FIRST.name)

    assert enterprise.name == TAKEN
    assert enterprise.former_names == (FIRST.name, *FIRST.former_names)
    assert outsiders.enterprises.by_uscc(FIRST.uscc) == enterprise


def test_what_is_not_registered_is_not_found(outsiders: Outsiders) -> None:
    assert outsiders.enterprises.by_name("上海没有这家公司") == []
    assert outsiders.enterprises.by_uscc("91310100MADE999999") is None


@pytest.mark.parametrize(
    "fault", [fault for fault in OutsideFault if fault is not OutsideFault.NONE]
)
def test_each_trouble_is_told_and_passes(outsiders: Outsiders, fault: OutsideFault) -> None:
    """I2: a register that is away, late, nonsensical or wrong is told as such, never believed."""
    with outsiders.refused(SYSTEM, fault):
        outsiders.enterprises.by_name(FIRST.name)
    with outsiders.refused(SYSTEM, fault):
        outsiders.enterprises.by_uscc(FIRST.uscc)

    enterprise_facts = outsiders.enterprises.by_uscc(FIRST.uscc)
    assert enterprise_facts is not None
    assert replace(enterprise_facts, former_names=()).name == FIRST.name


def test_a_slow_answer_in_time_is_an_answer(outsiders: Outsiders) -> None:
    outsiders.faults[SYSTEM].switch(OutsideFault.SLOW, 0.05)

    assert outsiders.enterprises.by_uscc(RENAMED.uscc) is not None
