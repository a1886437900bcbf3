"""Qualifications: the certificate of the examination that entitles to register (R27, R31–R33)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    bindparam,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from registry import readings
from registry.applications.applications import Application
from registry.applications.statuses import OPEN, UNSIGNED
from registry.errors import QualificationInvalid, QualificationTaken
from registry.law.calendars import shanghai_day
from registry.people.persons import Person
from storage.database import Base, UtcDateTime, get_or_insert, new_id
from storage.literals import literals

_CLAIMING = sorted(status.value for status in OPEN - UNSIGNED)
_ON_RECORD = "已登记在他人名下"
_ASKED_FOR = "正用于他人已签名的申请"
_REMEDY = "请与证书核对编号；确认无误的，请联系市住建委核实（电话见页面下方）"


class Region(StrEnum):
    """Where a qualification was issued."""

    SHANGHAI = "SHANGHAI"
    OTHER = "OTHER"


class QualificationSource(StrEnum):
    """Where we have it from; DATABASE is read-only for the person."""

    DATABASE = "DATABASE"
    MANUAL = "MANUAL"


class QualificationTrust(StrEnum):
    """How far the datum is to be believed (国办函〔2016〕108号)."""

    A = "A"  #: issued by an authority
    B = "B"  #: verified at a window
    C = "C"  #: uploaded by the user, to be checked
    D = "D"  #: declared by the user


class Qualification(Base):
    """A qualification certificate on record; in a profession a number belongs to one person."""

    __tablename__ = "qualification"
    __table_args__ = (UniqueConstraint("type", "certificate_no"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    type: Mapped[str] = mapped_column(String(40))  #: key of the registration type it entitles to
    certificate_no: Mapped[str] = mapped_column(String(40))  #: in half-width capitals, no blanks
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
    session: Session,
    person_id: str,
    *,
    type: str,
    certificate_no: str,
    issued_on: date,
    today: date,
) -> None:
    """Refuse what can not be right; raises `QualificationInvalid` or `QualificationTaken`.

    Nor what stands in another person's signed open application: who signed first keeps the number
    until that case has ended.
    """
    number = readings.number(certificate_no)
    _refuse_implausible(number, issued_on, today)
    held_by, is_claimed = claimed(session, person_id, type=type, certificate_no=number)
    if held_by is not None:
        raise _taken(number)
    if is_claimed:
        raise asked_for(number)


def _refuse_implausible(number: str, issued_on: date, today: date) -> None:
    if not 6 <= len(number) <= 40:
        raise QualificationInvalid("qualification_no", fault="证书编号须为6至40位")
    if issued_on > today:
        raise QualificationInvalid("qualification_issued_on", fault="签发日期不能晚于今天")


def claimed(
    session: Session, person_id: str, *, type: str, certificate_no: str
) -> tuple[str | None, bool]:
    """Tell which other person has a number on record, and whether one has signed upon it."""
    number = readings.number(certificate_no)
    values = {"b_person": person_id, "b_type": type, "b_number": number, "b_claiming": _CLAIMING}
    held_by, is_claimed = session.execute(_CLAIMED, values).one()
    return held_by, bool(is_claimed)


#: In this slot with an application's id: another person who has its number, None: nobody has.
OTHERS = "others with the number"

_CLAIMED = select(
    select(Qualification.person_id)
    .where(
        Qualification.type == bindparam("b_type"),
        Qualification.certificate_no == bindparam("b_number"),
        Qualification.person_id != bindparam("b_person"),
    )
    .scalar_subquery(),
    exists().where(
        Application.type == bindparam("b_type"),
        Application.qualification_no == bindparam("b_number"),
        Application.person_id != bindparam("b_person"),
        Application.status.in_(bindparam("b_claiming", expanding=True)),
    ),
)


def is_anothers(application: type[Application]) -> ColumnElement[bool]:
    """Give the condition that `claimed` has something to tell of an application's number."""
    other = aliased(Application)
    return or_(
        exists()
        .where(
            Qualification.type == application.type,
            Qualification.certificate_no == application.qualification_no,
            Qualification.person_id != application.person_id,
        )
        .correlate(application),
        exists()
        .where(
            other.type == application.type,
            other.qualification_no == application.qualification_no,
            other.person_id != application.person_id,
            other.status.in_(literals(_CLAIMING)),
        )
        .correlate(application),
    )


def claims(
    session: Session, person_id: str, *, type: str, certificate_no: str
) -> list[Application]:
    """Return the signed open applications of other persons with that number, oldest first."""
    number = readings.number(certificate_no)
    values = {"b_person": person_id, "b_type": type, "b_number": number, "b_claiming": _CLAIMING}
    return list(session.scalars(_CLAIMS, values))


_CLAIMS = (
    select(Application)
    .where(
        Application.type == bindparam("b_type"),
        Application.qualification_no == bindparam("b_number"),
        Application.person_id != bindparam("b_person"),
        Application.status.in_(bindparam("b_claiming", expanding=True)),
    )
    .order_by(Application.id)
)


def holder(session: Session, *, type: str, certificate_no: str) -> str | None:
    """Return the id of the person in whose name a number is on record in a profession."""
    qualification = _find(session, type, readings.number(certificate_no))
    return qualification.person_id if qualification else None


def _find(session: Session, type: str, number: str) -> Qualification | None:
    return session.scalar(_WITH_NUMBER, {"b_type": type, "b_number": number})


_WITH_NUMBER = select(Qualification).where(
    Qualification.type == bindparam("b_type"),
    Qualification.certificate_no == bindparam("b_number"),
)


def _taken(number: str, how: str = _ON_RECORD) -> QualificationTaken:
    return QualificationTaken("qualification_no", certificate_no=number, how=how, remedy=_REMEDY)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A certificate of qualification as it was shown to us, and how far it is believed."""

    type: str  #: key of the profession
    certificate_no: str
    issued_on: date
    issuer: str
    source: QualificationSource
    region: Region = Region.SHANGHAI
    province: str | None = None
    obtained_by: str = "EXAM"
    verified_by: str | None = None  #: who compared what was typed with the paper

    @property
    def trust(self) -> QualificationTrust:
        """Say how sure it is: from the database, looked at, or only typed."""
        if self.source is QualificationSource.DATABASE:
            return QualificationTrust.A
        return QualificationTrust.B if self.verified_by else QualificationTrust.C


def asked_for(certificate_no: str) -> QualificationTaken:
    """Give the refusal of a number that another person has signed upon."""
    return _taken(readings.number(certificate_no), _ASKED_FOR)


def record(session: Session, person_id: str, shown: Shown, *, at: datetime) -> Qualification:
    """Put a qualification on record (or refresh it); another person's number is refused.

    Raises `QualificationInvalid` and `QualificationTaken`, also when another transaction recorded
    the number at the same moment. Of several who ask for one number any may be granted.
    """
    today = shanghai_day(at)
    number = readings.number(shown.certificate_no)
    _refuse_implausible(number, shown.issued_on, today)
    key = {"type": shown.type, "certificate_no": number}
    present = {name: value for name, value in asdict(shown).items() if name not in key} | {
        "province": shown.province or None,
        "trust": shown.trust,
        "recorded_at": at,
    }
    qualification = get_or_insert(session, Qualification, key, {"person_id": person_id, **present})
    if qualification.person_id != person_id:
        raise _taken(number)
    for name, value in present.items():
        setattr(qualification, name, value)
    session.flush()
    return qualification


def release(session: Session, person_id: str, *, type: str, certificate_no: str) -> None:
    """Take a number that was typed in off the person's record; others stay."""
    qualification = _find(session, type, readings.number(certificate_no))
    if qualification and (qualification.person_id, qualification.source) == (
        person_id,
        QualificationSource.MANUAL,
    ):
        session.delete(qualification)
        session.flush()


def of_person(session: Session, person_id: str) -> list[Qualification]:
    """Return the person's qualifications, newest issue first."""
    query = select(Qualification).where(Qualification.person_id == person_id)
    return list(session.scalars(query.order_by(Qualification.issued_on.desc())))
