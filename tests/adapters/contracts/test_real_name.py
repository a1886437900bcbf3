"""实名制信息采集系统: the six facts of a person (R22)."""

from __future__ import annotations

import pytest

from adapters import world
from adapters.faults import OutsideFault
from adapters.real_name import identity_of
from adapters.systems import System
from registry.identifiers import IdType
from tests.adapters.contracts.conftest import Outsiders

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TAO = world.CITIZENS[0]
SYSTEM = System.REAL_NAME


@pytest.mark.parametrize("citizen", world.CITIZENS, ids=lambda known: known.subject)
def test_the_six_facts_of_everybody(outsiders: Outsiders, citizen: world.Citizen) -> None:
    """R22: also for rare characters, middle dots and other documents."""
    identity = outsiders.realnames.check(IdType(citizen.id_type), citizen.id_no, citizen.name)

    assert identity == identity_of(citizen)


def test_a_name_written_with_another_dot_is_the_same(outsiders: Outsiders) -> None:
    ayi = next(citizen for citizen in world.CITIZENS if "·" in citizen.name)

    typed = ayi.name.replace("·", "•")

    assert outsiders.realnames.check(IdType(ayi.id_type), ayi.id_no, typed) == identity_of(ayi)


@pytest.mark.parametrize(
    ("kind", "number", "name"),
    [
        ("RESIDENT_ID", TAO.id_no, "别人"),
        ("RESIDENT_ID", "310000199001019919", TAO.name),
        ("PASSPORT", TAO.id_no, TAO.name),
    ],
)
def test_what_does_not_belong_together_is_nobody(
    outsiders: Outsiders, kind: str, number: str, name: str
) -> None:
    """R22: name and number must be those of one person."""
    assert outsiders.realnames.check(IdType(kind), number, name) is None


@pytest.mark.parametrize(
    "fault", [fault for fault in OutsideFault if fault is not OutsideFault.NONE]
)
def test_each_trouble_is_told_and_passes(outsiders: Outsiders, fault: OutsideFault) -> None:
    """R22: nobody is registered under somebody else's facts."""
    with outsiders.refused(SYSTEM, fault):
        outsiders.realnames.check(IdType(TAO.id_type), TAO.id_no, TAO.name)

    identity = outsiders.realnames.check(IdType(TAO.id_type), TAO.id_no, TAO.name)
    assert identity == identity_of(TAO)
