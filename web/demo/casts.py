"""Who plays in a story: out of the fictitious world."""

from __future__ import annotations

from adapters import world
from web.demo.story import Cast


def main_cast() -> Cast:
    """Give the cast of the main story: the first citizen and the first company."""
    return _cast(world.CITIZENS[0].subject, 0)


def crowd_cast(number: int) -> Cast:
    """Give the cast of one story of the crowd; the companies take turns."""
    return _cast(world.member(number).subject, number)


def _cast(person: str, number: int) -> Cast:
    company = world.COMPANIES[number % 3]
    return Cast(
        person=person,
        enterprise=company.uscc,
        enterprise_name=company.name,
        pin=str(company.pin),
        number=number,
    )
