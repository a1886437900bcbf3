"""What the tests of 延续注册 share: somebody whose registration ends, and days that pass."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select

from casework.application import new_application
from casework.application.new_application import MatterChoice
from casework.registration import expiry
from engine.actors import Actor
from registry.applications import documents
from registry.certificates import registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.trail.notices import Notice
from tests.memory import remembered
from tests.offices import TYPE, Town, person_id

TODAY = date(2026, 9, 7)  #: the day of the town's clock


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def renewal_item(town: Town, person: Actor) -> MatterChoice:
    [item] = [
        listed
        for listed in new_application.availability(town.office, person_id(person), TYPE)
        if listed.matter == "RENEWAL"
    ]
    return item


def registration_of(town: Town, person: Actor) -> Registration:
    with town.office.sessions() as session:
        registration = registrations.newest(session, person_id(person), TYPE)
    assert registration is not None
    return registration


def told(town: Town, case: str) -> list[tuple[str, str]]:
    """Give what was said about a case: to whom and which kind."""
    with town.office.sessions() as session:
        query = select(Notice).where(Notice.application_id == case).order_by(Notice.id)
        return [(notice.inbox.partition(":")[0], notice.kind) for notice in session.scalars(query)]


def papers(town: Town, case: str) -> list[str]:
    with town.office.sessions() as session:
        return [document.kind for document in documents.history(session, case)]


@remembered
def pass_to(town: Town, day: date) -> None:
    """Let time pass to ten in the morning of a day, with the work of each night done."""
    while town.clock.now.date() < day:
        town.clock.forward(days=1)
        expiry.expire(town.office, town.office.now())
        town.works()


class Story:
    """One person with a registration that ends, the employer, and two officers."""

    def __init__(self, town: Town, *, ends: date) -> None:
        self.town = town
        self.person, self.employer = town.person(), town.enterprise()
        self.registration_id = town.registered(self.person, ends=ends)
        self.reviewer = town.officer("wang", "reviewer")
        self.approver = town.officer("li", "approver")

    def saved(self, **changes: object) -> str:
        """Start and save."""
        case = self.town.starts(self.person, "RENEWAL")
        self.town.saves(case, self.person, self.town.renewal_values(case, **changes))
        return case

    def filed(self) -> str:
        """Start, save, sign and seal."""
        case = self.saved()
        self.town.signs(case, self.person)
        self.town.seals(case, self.employer)
        return case

    def decided(self, case: str, outcome: str = "approve") -> None:
        self.town.reviews(case, self.reviewer)
        self.town.decides(case, self.approver, outcome)

    def certificates(self) -> list[Certificate]:
        """Give the versions, oldest first."""
        with self.town.office.sessions() as session:
            query = select(Certificate).where(Certificate.registration_id == self.registration_id)
            return list(session.scalars(query.order_by(Certificate.version)))
