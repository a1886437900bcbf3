"""企业资质系统: the name that an enterprise must already bear there (R126)."""

from __future__ import annotations

import pytest

from adapters import world
from adapters.enterprise_qualifications import EnterpriseQualificationsTwin, held_by
from adapters.faults import OutsideFault
from adapters.systems import System
from registry.ports import QualifiedEnterprise
from tests.adapters.contracts.conftest import Outsiders

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FIRST, *_, UNQUALIFIED, RENAMED = world.COMPANIES
TAKEN = "上海新名（虚构01）有限公司"
SYSTEM = System.ENTERPRISE_QUALIFICATIONS


def test_the_present_name_is_told(outsiders: Outsiders) -> None:
    """R126: of the enterprise that changed its name, the new one, with its version."""
    assert outsiders.qualified.of(FIRST.uscc) == QualifiedEnterprise(
        name=FIRST.name, uscc=FIRST.uscc, version="1", design_qualifications=held_by(FIRST)
    )
    assert outsiders.qualified.of(RENAMED.uscc) == QualifiedEnterprise(
        name=str(RENAMED.renamed_to),
        uscc=RENAMED.uscc,
        version="2",
        design_qualifications=held_by(RENAMED),
    )


def test_a_new_name_has_a_new_version(outsiders: Outsiders) -> None:
    """R126: the version is the evidence of which record a rename rested on."""
    EnterpriseQualificationsTwin(outsiders.sessions).rename(FIRST.uscc, TAKEN)

    qualification = outsiders.qualified.of(FIRST.uscc)

    assert qualification is not None
    assert (qualification.name, qualification.version) == (TAKEN, "2")


def test_an_enterprise_without_qualification_has_none(outsiders: Outsiders) -> None:
    qualification = outsiders.qualified.of(UNQUALIFIED.uscc)

    assert qualification is not None
    assert qualification.design_qualifications == ()


def test_what_is_not_there_is_not_found(outsiders: Outsiders) -> None:
    assert outsiders.qualified.of("91310100MADE999999") is None


@pytest.mark.parametrize(
    "fault", [fault for fault in OutsideFault if fault is not OutsideFault.NONE]
)
def test_each_trouble_is_told_and_passes(outsiders: Outsiders, fault: OutsideFault) -> None:
    """R126: no name is believed that was not told of this very enterprise."""
    with outsiders.refused(SYSTEM, fault):
        outsiders.qualified.of(FIRST.uscc)

    assert outsiders.qualified.of(FIRST.uscc) is not None
