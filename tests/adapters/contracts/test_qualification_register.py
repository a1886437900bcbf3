"""执业资格数据库: the qualification certificates issued in Shanghai (R31)."""

from __future__ import annotations

from datetime import date

import pytest

from adapters import world
from adapters.faults import OutsideFault
from adapters.qualification_register import QualificationTwin
from adapters.systems import System
from registry.identifiers import IdType
from registry.ports import QualificationFacts
from tests.adapters.contracts.conftest import Outsiders

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TAO, WEN = world.CITIZENS[:2]
SYSTEM = System.QUALIFICATION_REGISTER
OLD, NEW = (
    QualificationFacts(
        certificate_no=no, issued_on=day, issuer="上海市人社局（虚构）", profession=profession
    )
    for no, day, profession in (
        ("DEMO-OLD", date(2019, 2, 28), ""),
        ("DEMO-NEW", date(2026, 3, 16), "二级注册结构工程师"),
    )
)


@pytest.fixture(autouse=True)
def _entered(outsiders: Outsiders) -> None:
    database = QualificationTwin(outsiders.sessions)
    for facts in (OLD, NEW):
        database.enter(IdType(TAO.id_type), TAO.id_no, facts)


def test_what_a_person_holds_comes_newest_first(outsiders: Outsiders) -> None:
    """R31: several certificates are possible; the newest one counts."""
    assert outsiders.qualifications.find(IdType(TAO.id_type), TAO.id_no) == [NEW, OLD]


def test_whoever_holds_nothing_has_an_empty_answer(outsiders: Outsiders) -> None:
    """R31: somebody with a certificate of another province is not in the database."""
    assert outsiders.qualifications.find(IdType(WEN.id_type), WEN.id_no) == []
    assert outsiders.qualifications.find(IdType.PASSPORT, TAO.id_no) == []


@pytest.mark.parametrize(
    "fault", [fault for fault in OutsideFault if fault is not OutsideFault.NONE]
)
def test_each_trouble_is_told_and_passes(outsiders: Outsiders, fault: OutsideFault) -> None:
    """R31: somebody else's certificate is never taken for one's own."""
    with outsiders.refused(SYSTEM, fault):
        outsiders.qualifications.find(IdType(TAO.id_type), TAO.id_no)

    assert outsiders.qualifications.find(IdType(TAO.id_type), TAO.id_no) == [NEW, OLD]
