"""Who plays in a story: out of the fictitious world."""

from __future__ import annotations

from adapters import world
from adapters.demonstration import Demonstration
from web.demo.walk.story import Cast


def main_cast() -> Cast:
    """Give the cast of the main story: the first citizen and the first company."""
    return _cast(world.CITIZENS[0].subject, 0)


def crowd_cast(number: int) -> Cast:
    """Give the cast of one story of the crowd; the companies take turns."""
    return _cast(world.member(number).subject, number)


def cast_of(known: Demonstration) -> Cast:
    """Give the cast of 初始注册 in a further profession: who walks it, and who may employ."""
    at = world.COMPANIES.index(world.employer(known.walker, 2, known))
    return _cast(known.walker, at, at)


def engineer(key: str, *, company: int | None = None) -> Cast:
    """Give the cast around an engineer of `adapters.world`; see `web.demo.people.population`."""
    subject = f"engineer-{key}"
    number = next(at for at, citizen in enumerate(world.ENGINEERS, 1) if citizen.subject == subject)
    return _cast(subject, number, company)


def _cast(person: str, number: int, at: int | None = None) -> Cast:
    company = world.COMPANIES[number % 3 if at is None else at]
    return Cast(
        person=person,
        enterprise=company.uscc,
        enterprise_name=company.name,
        pin=str(company.pin),
        number=number,
    )
