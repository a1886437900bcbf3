"""The demonstration world is valid in form and impossible in fact."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from adapters import world


def test_every_credit_code_passes_the_check_and_belongs_to_nobody() -> None:
    """R24: the codes that the twin answers with pass every validator."""
    for company in world.COMPANIES:
        assert uscc.is_valid(company.uscc)
        assert company.uscc.startswith("91310100MADE")
        assert "虚构" in company.name


def test_people_differ_and_their_telephones_are_fictitious() -> None:
    for attribute in ("subject", "name", "id_no", "mobile"):
        assert len({getattr(person, attribute) for person in world.CITIZENS}) == len(world.CITIZENS)
    assert all(person.mobile.startswith("1990000") for person in world.CITIZENS)


def test_a_resident_number_agrees_with_birth_and_sex() -> None:
    """R22: birth and sex come from the same authority as the number."""
    for person in world.CITIZENS:
        if person.id_type == "RESIDENT_ID":
            assert person.id_no[6:14] == f"{person.birth:%Y%m%d}"
            assert (int(person.id_no[16]) % 2 == 1) == (person.sex == "M")


def test_the_crowd_is_made_by_rule_and_can_be_found() -> None:
    """Everybody in it has a valid, fictitious number of his own and a qualification."""
    crowd = [world.member(number) for number in (1, 2, 60, 9999)]

    assert all(mod_11_2.is_valid(citizen.id_no) for citizen in crowd)
    assert len({citizen.mobile for citizen in crowd}) == len(crowd)
    for citizen in crowd:
        assert world.citizen(citizen.subject) == citizen
        assert world.holder(citizen.id_type, citizen.id_no) == citizen
        assert world.credentials(citizen.subject)
    assert world.citizen("crowd-10000") is None
    assert world.holder("RESIDENT_ID", "310000200001019999") is None


def test_somebody_can_be_found_by_subject_or_credit_code() -> None:
    first, enterprise = world.CITIZENS[0], world.COMPANIES[0]

    assert world.citizen(first.subject) is first
    assert world.company(enterprise.uscc) is enterprise
    assert world.citizen("nobody") is None
