"""The engineers of the demonstration: every one stands where the own story says."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.applications.applications import Application
from registry.applications.statuses import Matter, Status
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises.renames import BatchState, RenameBatch
from registry.law.calendars import shanghai_day
from web.demo.people.population import populate
from web.process import wiring


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_screen_has_somebody_to_show(office: Office) -> None:
    """Forty engineers in all states of all matters; a second time changes nothing.

    That the functions which bring them there do the same on PostgreSQL is proven where they are.
    """
    told: list[str] = []
    list(wiring.deploy_types(office, wiring.TYPES))

    begun = populate(office, told.append)

    assert [text for text in told if "未完成" in text] == []
    assert begun == len(world.ENGINEERS)
    assert sum("builder" not in engineer.subject for engineer in world.ENGINEERS) >= 40
    assert populate(office) == 0
    with office.sessions() as session:
        cases = list(session.scalars(select(Application)))
        registered = list(session.scalars(select(Registration)))
        batches = list(session.scalars(select(RenameBatch)))
    assert {case.status for case in cases} == set(Status)
    initial = {case.status for case in cases if case.matter == Matter.INITIAL}
    assert initial == set(Status)  # what is decided anew waits for the service: 已受理
    today = shanghai_day(office.now())
    assert {registration.status_on(today) for registration in registered} == set(
        registrations.RegistrationStatus
    )
    assert {case.matter for case in cases} == set(Matter) - {
        Matter.ENTERPRISE_RENAME,
        Matter.REDECISION,
    }
    assert [batch.state for batch in batches] == [BatchState.COMPUTED]
    assert len({registration.uscc for registration in registered}) >= 3
    assert {registration.type for registration in registered} == {
        "structural-engineer-2",
        "builder-2",
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_those_who_are_wanted(office: Office) -> None:
    """The demonstration over HTTP brings along those who play in it and nobody else."""
    list(wiring.deploy_types(office, wiring.TYPES))

    assert populate(office, only=["draft"]) == 1

    with office.sessions() as session:
        assert [application.status for application in session.scalars(select(Application))] == [
            Status.DRAFT
        ]


def test_nobody_of_them_can_exist() -> None:
    """Right check digits, numbers of no county, names that say what they are."""
    people = (*world.CITIZENS, *world.ENGINEERS)

    assert len({person.id_no for person in people}) == len(people)
    assert len({person.mobile for person in people}) == len(people)
    assert all(world.holder(person.id_type, person.id_no) == person for person in people)
    assert all(
        person.mobile.startswith("1990000") or person.mobile.startswith("1990002")
        for person in people
    )
