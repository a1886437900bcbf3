"""The engineers of the demonstration: every one stands where the own story says."""

from __future__ import annotations

from sqlalchemy import select

from adapters import world
from engine.casework.office import Office
from registry.applications import Application
from registry.calendars import shanghai_day
from registry.registrations import Registration
from registry.statuses import Matter, Status
from web import wiring
from web.demo.population import populate


def test_every_screen_has_somebody_to_show(office: Office) -> None:
    """Forty engineers in all states of all matters; a second time changes nothing."""
    told: list[str] = []
    list(wiring.deploy_types(office, wiring.TYPES))

    begun = populate(office, told.append)

    assert [text for text in told if "未完成" in text] == []
    assert begun == len(world.ENGINEERS)
    assert len(world.ENGINEERS) + len(world.CITIZENS) >= 40
    assert populate(office) == 0
    with office.sessions() as session:
        cases = list(session.scalars(select(Application)))
        registered = list(session.scalars(select(Registration)))
    statuses = {Status(one.status) for one in cases if one.matter == Matter.INITIAL}
    assert statuses >= set(Status) - {Status.ACCEPTED, Status.CLOSED}
    today = shanghai_day(office.now())
    assert {one.status_on(today).value for one in registered} >= {
        "VALID",
        "EXPIRED",
        "CANCELLED",
        "REVOKED",
    }
    assert {one.matter for one in cases} >= {
        Matter.INITIAL,
        Matter.RENEWAL,
        Matter.CANCELLATION,
        Matter.PAPER_EXCHANGE,
        Matter.CLAIM,
        Matter.EX_OFFICIO,
    }


def test_nobody_of_them_can_exist() -> None:
    """Right check digits, numbers of no county, names that say what they are."""
    people = (*world.CITIZENS, *world.ENGINEERS)

    assert len({one.id_no for one in people}) == len(people)
    assert len({one.mobile for one in people}) == len(people)
    assert all(world.holder(one.id_type, one.id_no) == one for one in people)
    assert all(
        one.mobile.startswith("1990000") or one.mobile.startswith("1990002") for one in people
    )
