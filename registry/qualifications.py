"""Qualifications: the certificate of the examination that entitles to register (R27, R31–R33)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.calendars import shanghai_day
from registry.database import Base, UtcDateTime, new_id
from registry.errors import QualificationInvalid, QualificationTaken
from registry.identifiers import normalise_number
from registry.persons import Person


class Region(StrEnum):
    """Where a qualification was issued."""

    SHANGHAI = "SHANGHAI"
    OTHER = "OTHER"


class Source(StrEnum):
    """Where we have it from; DATABASE is read-only for the person."""

    DATABASE = "DATABASE"
    MANUAL = "MANUAL"


class Trust(StrEnum):
    """How far the datum is to be believed (国办函〔2016〕108号)."""

    A = "A"  #: issued by an authority
    B = "B"  #: verified at a window
    C = "C"  #: uploaded by the user, to be checked
    D = "D"  #: declared by the user


class Qualification(Base):
    """A qualification certificate on record; a number belongs to one person."""

    __tablename__ = "qualification"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    certificate_no: Mapped[str] = mapped_column(String(40), unique=True)
    region: Mapped[str] = mapped_column(String(8))
    province: Mapped[str | None] = mapped_column(String(20))
    issued_on: Mapped[date]
    issuer: Mapped[str] = mapped_column(String(100))
    obtained_by: Mapped[str] = mapped_column(String(12), default="EXAM")
    source: Mapped[str] = mapped_column(String(8))
    trust: Mapped[str] = mapped_column(String(1))
    verified_by: Mapped[str | None] = mapped_column(String(50))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())


def check(
    session: Session, person_id: str, *, certificate_no: str, issued_on: date, today: date
) -> None:
    """Refuse what can not be right; raises `QualificationInvalid` or `QualificationTaken`."""
    number = normalise_number(certificate_no)
    if not 6 <= len(number) <= 40:
        raise QualificationInvalid("qualification_no", fault="证书编号须为6至40位")
    if issued_on > today:
        raise QualificationInvalid("qualification_issued_on", fault="签发日期不能晚于今天")
    holder = session.scalar(
        select(Qualification.person_id).where(Qualification.certificate_no == number)
    )
    if holder not in (None, person_id):
        raise QualificationTaken("qualification_no", certificate_no=number)


def record(
    session: Session,
    person_id: str,
    *,
    certificate_no: str,
    issued_on: date,
    issuer: str,
    source: Source,
    at: datetime,
    region: Region = Region.SHANGHAI,
    province: str | None = None,
    obtained_by: str = "EXAM",
    verified_by: str | None = None,
) -> Qualification:
    """Put a qualification on record (or refresh it); another person's number is refused."""
    check(
        session,
        person_id,
        certificate_no=certificate_no,
        issued_on=issued_on,
        today=shanghai_day(at),
    )
    number = normalise_number(certificate_no)
    found = session.scalar(select(Qualification).where(Qualification.certificate_no == number))
    if found is None:
        found = Qualification(person_id=person_id, certificate_no=number)
        session.add(found)
    found.issued_on, found.issuer, found.obtained_by = issued_on, issuer, obtained_by
    found.region, found.province, found.source = region, province, source
    found.trust = Trust.A if source is Source.DATABASE else Trust.B if verified_by else Trust.C
    found.verified_by, found.recorded_at = verified_by, at
    session.flush()
    return found


def of_person(session: Session, person_id: str) -> list[Qualification]:
    """Return the person's qualifications, newest issue first."""
    query = select(Qualification).where(Qualification.person_id == person_id)
    return list(session.scalars(query.order_by(Qualification.issued_on.desc())))
