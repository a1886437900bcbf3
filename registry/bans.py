"""Bans and bars: who may not apply for a time, and on what ground.

A ban follows false material (Licensing Law 78: one year; 79: three years). A bar is a ground not
to register (Order 137 art. 16), open-ended until it is lifted.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.calendars import add_years, shanghai_day
from registry.database import Base, UtcDateTime, new_id
from registry.persons import Person


class Basis(StrEnum):
    """Why somebody may not apply."""

    FALSE_MATERIAL = "FALSE_MATERIAL"
    FRAUD = "FRAUD"
    NO_CAPACITY = "NO_CAPACITY"
    CRIMINAL = "CRIMINAL"
    OTHER_BY_LAW = "OTHER_BY_LAW"

    @property
    def label(self) -> str:
        """The Chinese ground."""
        return _LABELS[self]

    @property
    def is_ban(self) -> bool:
        """Whether it is a ban for years; else a bar."""
        return self in _YEARS


_LABELS = {
    Basis.FALSE_MATERIAL: "《行政许可法》第七十八条（隐瞒有关情况或者提供虚假材料）",
    Basis.FRAUD: "《行政许可法》第七十九条（以欺骗、贿赂等不正当手段取得许可）",
    Basis.NO_CAPACITY: "不具有完全民事行为能力",
    Basis.CRIMINAL: "因从事相关业务受到刑事处罚，未满规定年限",
    Basis.OTHER_BY_LAW: "法律、法规规定不予注册的其他情形",
}
_YEARS = {Basis.FALSE_MATERIAL: 1, Basis.FRAUD: 3}


class Ban(Base):
    """One ground against one person."""

    __tablename__ = "ban"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    basis: Mapped[str] = mapped_column(String(16))
    since: Mapped[date]
    until: Mapped[date | None]  #: the first day on which applying is possible again
    imposed_by: Mapped[str] = mapped_column(String(60))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


def impose(
    session: Session,
    person_id: str,
    basis: str,
    *,
    actor: str,
    at: datetime,
    until: date | None = None,
) -> Ban:
    """Bar a person; bans get their lawful length unless `until` is given."""
    ground, since = Basis(basis), shanghai_day(at)
    if until is None and ground in _YEARS:
        until = add_years(since, _YEARS[ground])
    ban = Ban(person_id=person_id, basis=ground, since=since, until=until, imposed_by=actor)
    session.add(ban)
    session.flush()
    return ban


def lift(session: Session, ban: Ban, *, at: datetime) -> None:
    """End a ban or bar early."""
    ban.lifted_at = at
    session.flush()


def active(session: Session, person_id: str, *, on: date) -> list[Ban]:
    """Return what stands against the person on that day, oldest first."""
    query = select(Ban).where(
        Ban.person_id == person_id,
        Ban.lifted_at.is_(None),
        Ban.since <= on,
        or_(Ban.until.is_(None), Ban.until > on),
    )
    return list(session.scalars(query.order_by(Ban.id)))
