"""Bans and bars: who may not apply for a time, and on what ground.

A ban follows false material (Licensing Law 78: one year; 79: three years). A bar is a ground not
to register (Order 137 art. 16), open-ended until it is lifted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application, is_own_and_open
from registry.applications.statuses import CANCELLING, Status
from registry.closed_lists import BAN_YEARS
from registry.closed_lists import Basis as Basis
from registry.law.calendars import add_years, shanghai_day
from registry.people.persons import Person
from storage.database import Base, Encrypted, UtcDateTime, new_id


class Ban(Base):
    """One ground against one person."""

    __tablename__ = "ban"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    basis: Mapped[str] = mapped_column(String(16))
    since: Mapped[date]
    until: Mapped[date | None]  #: the first day on which applying is possible again
    imposed_by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Encrypted("ban.reason"))  #: the facts it rests on
    application_id: Mapped[str | None] = mapped_column(ForeignKey(Application.id))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lifted_by: Mapped[str | None] = mapped_column(String(60))
    lift_reason: Mapped[str | None] = mapped_column(Encrypted("ban.lift_reason"))

    @property
    def basis_label(self) -> str:
        """The Chinese ground."""
        return Basis(self.basis).label

    def stands_on(self, day: date) -> bool:
        """Tell whether it counts on that day."""
        over = self.until is not None and self.until <= day
        return self.lifted_at is None and self.since <= day and not over


def impose(
    session: Session,
    person_id: str,
    basis: str,
    *,
    actor: str,
    at: datetime,
    until: date | None = None,
    reason: str | None = None,
    application_id: str | None = None,
) -> Ban:
    """Bar a person; bans get their lawful length unless `until` is given."""
    ground, since = Basis(basis), shanghai_day(at)
    # Whoever starts a case for this person at the same moment waits for us, or we for him.
    session.get_one(Person, person_id, with_for_update=True)
    if until is None and ground in BAN_YEARS:
        until = add_years(since, BAN_YEARS[ground])
    ban = Ban(
        person_id=person_id,
        basis=ground,
        since=since,
        until=until,
        imposed_by=actor,
        reason=reason,
        application_id=application_id,
    )
    session.add(ban)
    session.flush()
    return ban


def lift(
    session: Session, ban: Ban, *, at: datetime, actor: str | None = None, reason: str | None = None
) -> None:
    """End a ban or bar early; lifting it again changes nothing."""
    if ban.lifted_at is not None:
        return
    ban.lifted_at, ban.lifted_by, ban.lift_reason = at, actor, reason
    session.flush()


def get(session: Session, ban_id: str) -> Ban:
    """Return the ban; raises `NotFound`."""
    ban = session.get(Ban, ban_id)
    if ban is None:
        raise NotFound
    return ban


def of_person(session: Session, person_id: str) -> list[Ban]:
    """Return everything that ever stood against the person, newest first."""
    query = select(Ban).where(Ban.person_id == person_id)
    return list(session.scalars(query.order_by(Ban.id.desc())))


def active(session: Session, person_id: str, *, on: date) -> list[Ban]:
    """Return what stands against the person on that day, oldest first."""
    return on_day(standing(session, person_id), on)


def standing(session: Session, person_id: str) -> list[Ban]:
    """Return what was not lifted, whichever days it is for, oldest first."""
    query = select(Ban).where(Ban.person_id == person_id, Ban.lifted_at.is_(None))
    return list(session.scalars(query.order_by(Ban.id)))


def on_day(bans: Iterable[Ban], on: date) -> list[Ban]:
    """Give those that count on a day."""
    return [ban for ban in bans if ban.since <= on and (ban.until is None or ban.until > on)]


def barred_cases(session: Session, on: date) -> list[str]:
    """Return the ids of people's own cases in progress, not decided, against which a ban stands."""
    barred = select(Ban.person_id).where(
        Ban.lifted_at.is_(None), Ban.since <= on, or_(Ban.until.is_(None), Ban.until > on)
    )
    query = select(Application.id).where(
        Application.person_id.in_(barred),
        is_own_and_open,
        Application.status != Status.APPROVED,
        Application.matter.not_in([matter.value for matter in CANCELLING]),
    )
    return sorted(session.scalars(query))
