"""Who plays in a story: out of the fictitious world."""

from __future__ import annotations

from adapters import world
from web.demo.walk.story import Cast


def main_cast() -> Cast:
    """Give the cast of the main story: the first citizen and the first company."""
    return _cast(world.CITIZENS[0].subject, 0)


def crowd_cast(number: int) -> Cast:
    """Give the cast of one story of the crowd; the companies take turns."""
    return _cast(world.member(number).subject, number)


def builder_cast() -> Cast:
    """Give the cast around a person who holds the qualification of a builder alone."""
    return _cast("person-07", 2)


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
