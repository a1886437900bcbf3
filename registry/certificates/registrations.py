"""Registrations: the legal status. A person has many over time, at most one valid (B.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, bindparam, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry import numbering
from registry.applications.applications import Application
from registry.applications.statuses import ACCEPTED, OPEN, UNSIGNED, Matter
from registry.applications.statuses import Status as ApplicationStatus
from registry.closed_lists import RegistrationStatus as RegistrationStatus
from registry.errors import AlreadyRegistered, NumberTaken, RegistrationNotValid
from registry.law.calendars import renewed_until, shanghai_day, valid_until
from registry.patterns import DEFAULT, Patterns
from registry.people.persons import Person
from storage.database import Base, UtcDateTime, change_all, new_id
from storage.literals import ONE, literal
from storage.passing import remember

PAPERS = "papers"  #: slot of the certificates of a registration, known only where there are none


class Registration(Base):
    """The right to practise, at one employer, for a time."""

    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_expiry", "status", "valid_to"),
        Index("ix_registration_roster", "uscc", "status", "valid_to", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(String(20), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    type: Mapped[str] = mapped_column(String(40))
    uscc: Mapped[str] = mapped_column(String(18), index=True)
    enterprise_name: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date]
    valid_to: Mapped[date]  #: the last valid day
    status: Mapped[str] = mapped_column(String(10), default=RegistrationStatus.VALID)
    status_reason: Mapped[str | None] = mapped_column(String(200))
    status_since: Mapped[datetime] = mapped_column(UtcDateTime())
    #: what it was granted upon; None for one that was taken over from the register before ours
    application_id: Mapped[str | None] = mapped_column(ForeignKey("application.id"), unique=True)
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("registration.id"))
    #: the last reminder of its end: so many days before, told on that day
    reminded_days: Mapped[int | None]
    reminded_on: Mapped[date | None]

    def status_on(self, day: date) -> RegistrationStatus:
        """Return the status that counts on `day`, even before the nightly sweep has run."""
        if self.status == RegistrationStatus.VALID and day > self.valid_to:
            return RegistrationStatus.EXPIRED
        return RegistrationStatus(self.status)


Index(
    "uq_registration_valid",
    Registration.person_id,
    Registration.type,
    unique=True,
    sqlite_where=Registration.status == RegistrationStatus.VALID.value,
    postgresql_where=Registration.status == RegistrationStatus.VALID.value,
)


def grant(
    session: Session,
    application: Application,
    *,
    valid_from: date,
    years: int,
    at: datetime,
    province: str = "31",
    patterns: Patterns = DEFAULT,
    last: date | None = None,
) -> Registration:
    """Register the person of an approved application; the same application again is the same.

    It ends on `last` where its years would go beyond.

    Raises `AlreadyRegistered` when a valid registration stands.
    """
    if application.uscc is None or application.enterprise_name is None:
        raise NotFound
    before = of(session, application.person_id, application.type)
    done = next((known for known in before if known.application_id == application.id), None)
    if done is not None:
        return done
    earlier = before[0] if before else None
    if earlier is not None:
        _expire(earlier, valid_from, at)
        session.flush()
        if earlier.status == RegistrationStatus.VALID:
            raise _already(earlier)
    registration = Registration(
        no=numbering.registration_no(
            session, shanghai_day(at), province=province, patterns=patterns
        ),
        person_id=application.person_id,
        type=application.type,
        uscc=application.uscc,
        enterprise_name=application.enterprise_name,
        valid_from=valid_from,
        valid_to=min(valid_until(valid_from, years), last or date.max),
        status=RegistrationStatus.VALID,
        status_since=at,
        application_id=application.id,
        previous_id=earlier.id if earlier else None,
    )
    try:
        with session.begin_nested():
            session.add(registration)
    except IntegrityError as error:
        other = valid_for(session, application.person_id, application.type, on=valid_from)
        if other is None:
            raise
        raise _already(other) from error
    remember(session, (PAPERS, registration.id), None)
    return registration


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A registration as the register before ours has it."""

    no: str
    person_id: str
    type: str  #: key of the profession
    uscc: str
    enterprise_name: str
    valid_from: date
    valid_to: date


def take_over(session: Session, earlier: Earlier, *, at: datetime) -> Registration:
    """Enter a registration of the register before ours; entering it again changes nothing.

    Raises `AlreadyRegistered` when the person has another valid one, `NumberTaken` when the
    number is somebody else's.
    """
    person_id, type = earlier.person_id, earlier.type
    done = session.scalar(select(Registration).where(Registration.no == earlier.no))
    if done is not None:
        if (done.person_id, done.type) != (person_id, type):
            raise NumberTaken("registration_no", number=earlier.no)
        return done
    previous = newest(session, person_id, type)
    if previous is not None and previous.status_on(shanghai_day(at)) is RegistrationStatus.VALID:
        raise _already(previous)
    is_over = earlier.valid_to < shanghai_day(at)
    registration = Registration(
        **asdict(earlier),
        status=RegistrationStatus.EXPIRED if is_over else RegistrationStatus.VALID,
        status_since=at,
        previous_id=previous.id if previous else None,
    )
    session.add(registration)
    session.flush()
    return registration


def _already(other: Registration) -> AlreadyRegistered:
    return AlreadyRegistered(enterprise=other.enterprise_name, valid_to=other.valid_to.isoformat())


def renew(
    session: Session,
    registration: Registration,
    *,
    years: int,
    at: datetime,
    last: date | None = None,
) -> date:
    """Extend a registration from its old last day: no gap, no day lost; the new last day.

    It is `last` where the years would go beyond; never before the old last day.

    That holds too when it is decided after the old last day (domain B.5): while an accepted
    renewal is pending the nightly sweep leaves the registration alone. What was ended meanwhile
    raises `RegistrationNotValid`.
    """
    session.refresh(registration, with_for_update=True)
    if registration.status != RegistrationStatus.VALID:
        raise RegistrationNotValid(status=RegistrationStatus(registration.status).label)
    until = min(renewed_until(registration.valid_to, years), last or date.max)
    registration.valid_to = max(registration.valid_to, until)
    registration.reminded_days = registration.reminded_on = None
    session.flush()
    return registration.valid_to


def end(
    session: Session,
    registration: Registration,
    status: str,
    *,
    reason: str,
    at: datetime,
    also_expired: bool = False,
) -> None:
    """Cancel, revoke or rescind; ending it twice the same way is harmless (C.9).

    With `also_expired` one that ran out may be ended too: the authority cancels it formally, or
    takes back what was got by fraud (Licensing Law 69, 70).
    """
    session.refresh(registration, with_for_update=True)
    if registration.status == status:
        return
    may_end = (
        (RegistrationStatus.VALID, RegistrationStatus.EXPIRED)
        if also_expired
        else (RegistrationStatus.VALID,)
    )
    if registration.status not in may_end:
        raise RegistrationNotValid(status=RegistrationStatus(registration.status).label)
    registration.status, registration.status_reason = RegistrationStatus(status), reason
    registration.status_since = at
    session.flush()


def _expire(registration: Registration, day: date, at: datetime) -> bool:
    if registration.status != RegistrationStatus.VALID or day <= registration.valid_to:
        return False
    registration.status, registration.status_since = RegistrationStatus.EXPIRED, at
    registration.status_reason = _RAN_OUT
    return True


def expire(session: Session, *, at: datetime, limit: int = 200) -> list[Registration]:
    """Mark registrations whose last day has passed; run nightly, in pages of `limit`.

    One whose renewal was accepted and is not decided yet waits for the decision (domain C.7).
    """
    today = shanghai_day(at)
    query = select(Registration).where(
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.valid_to < today,
        ~_renewal_in(ACCEPTED),
    )
    expired = list(session.scalars(query.order_by(Registration.valid_to).limit(limit)))
    _end_all(session, expired, at, _RAN_OUT)
    return expired


_RAN_OUT = "有效期满且未延续注册"


def _end_all(session: Session, ended: Collection[Registration], at: datetime, reason: str) -> None:
    """Let registrations end by time."""
    values = {
        "status": RegistrationStatus.EXPIRED,
        "status_since": at,
        "status_reason": reason,
    }
    change_all(session, Registration, ended, values)


def types(session: Session) -> list[str]:
    """Return the keys of the professions in which anybody is registered."""
    query = select(Registration.type).where(
        Registration.status == literal(RegistrationStatus.VALID)
    )
    return sorted(session.scalars(query.distinct()))


def past_age(
    session: Session, type: str, *, born_by: date, at: datetime, reason: str, limit: int = 200
) -> list[Registration]:
    """End the registrations of a type whose persons were born by that day, in pages of `limit`."""
    query = (
        select(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.type == type,
            Registration.status == literal(RegistrationStatus.VALID),
            Person.birth <= born_by,
        )
    )
    ended = list(session.scalars(query.order_by(Registration.valid_to).limit(limit)))
    _end_all(session, ended, at, reason)
    return ended


def to_remind(
    session: Session, *, today: date, days: int, more_than: int, limit: int = 200
) -> list[Registration]:
    """Return valid registrations that end within `days` and after `more_than` days.

    Those that were reminded as near to the end before are left out, and so are those whose renewal
    is on its way.
    """
    query = select(Registration).where(
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.valid_to > today + timedelta(days=more_than),
        Registration.valid_to <= today + timedelta(days=days),
        or_(Registration.reminded_days.is_(None), Registration.reminded_days > days),
        ~_renewal_in(OPEN - UNSIGNED),
    )
    return list(session.scalars(query.order_by(Registration.valid_to).limit(limit)))


def reminded(registration: Registration, *, days: int, on: date | None) -> None:
    """Note a reminder, so that it is not repeated; `on` None: nobody is to be told to renew."""
    registration.reminded_days, registration.reminded_on = days, on


def _renewal_in(statuses: Collection[ApplicationStatus]) -> ColumnElement[bool]:
    """Tell whether a renewal of the registration stands in one of these statuses."""
    return (
        select(Application.id)
        .where(
            Application.person_id == Registration.person_id,
            Application.type == Registration.type,
            Application.matter == Matter.RENEWAL,
            Application.status.in_([status.value for status in statuses]),
        )
        .exists()
    )


def employers(session: Session, *, after: str = "", limit: int = 100) -> list[str]:
    """Return the credit codes of enterprises with valid registrations, in pages, in order."""
    query = select(Registration.uscc).where(
        Registration.status == literal(RegistrationStatus.VALID), Registration.uscc > after
    )
    return list(session.scalars(query.distinct().order_by(Registration.uscc).limit(limit)))


def valid_at(session: Session, uscc: str) -> list[Registration]:
    """Return the valid registrations of an enterprise, by number."""
    query = select(Registration).where(
        Registration.uscc == uscc, Registration.status == literal(RegistrationStatus.VALID)
    )
    return list(session.scalars(query.order_by(Registration.no)))


def of_person(session: Session, person_id: str) -> list[Registration]:
    """Return every registration of a person, newest first."""
    query = select(Registration).where(Registration.person_id == person_id)
    return list(session.scalars(query.order_by(Registration.id.desc())))


def get(session: Session, registration_id: str) -> Registration:
    """Return the registration; raises `NotFound`."""
    registration = session.get(Registration, registration_id)
    if registration is None:
        raise NotFound
    return registration


_LOCKED = "locked registrations"


def locked(session: Session, registration_id: str) -> Registration:
    """Return the registration as it is, nobody else's to change until the commit.

    Who asks in the same transaction again gets it as it was changed since. Raises `NotFound`.
    """
    known: dict[str, Registration] = session.info.setdefault(_LOCKED, {})
    if registration_id not in known:
        row = session.get(
            Registration, registration_id, with_for_update=True, populate_existing=True
        )
        if row is None:
            raise NotFound
        known[registration_id] = row
    return known[registration_id]


def by_no(session: Session, no: str) -> Registration | None:
    """Find a registration by its number."""
    return session.scalar(select(Registration).where(Registration.no == no))


def held_with(uscc: str, *, on: date) -> Select[str]:
    """Give the ids of the registrations that are valid with an enterprise on a day."""
    return select(Registration.id).where(
        Registration.uscc == uscc,
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.valid_to >= on,
    )


def with_persons(session: Session, ids: Iterable[str]) -> list[tuple[Registration, Person]]:
    """Return registrations with their persons."""
    query = select(Registration, Person).join(Person, Person.id == Registration.person_id)
    rows = session.execute(query.where(Registration.id.in_(list(ids))))
    return [(row[0], row[1]) for row in rows]


def of(session: Session, person_id: str, type: str) -> list[Registration]:
    """Return the person's registrations of that type, the last one first."""
    return list(session.scalars(_OF_PERSON, {"b_person": person_id, "b_type": type}))


_OF_PERSON = (
    select(Registration)
    .where(
        Registration.person_id == bindparam("b_person"), Registration.type == bindparam("b_type")
    )
    .order_by(Registration.id.desc())
)
_NEWEST_OF_PERSON = _OF_PERSON.limit(ONE)


def newest(session: Session, person_id: str, type: str) -> Registration | None:
    """Return the person's last registration of that type, whatever its status."""
    return session.scalar(_NEWEST_OF_PERSON, {"b_person": person_id, "b_type": type})


def valid_for(
    session: Session,
    person_id: str,
    type: str,
    *,
    on: date,
) -> Registration | None:
    """Return the registration that is valid on that day."""
    query = select(Registration).where(
        Registration.person_id == person_id,
        Registration.type == type,
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.valid_to >= on,
    )
    return session.scalar(query)


def is_valid(registration: Registration, *, on: date) -> bool:
    """Tell whether a registration is what `valid_for` gives for that day."""
    return registration.status == RegistrationStatus.VALID and registration.valid_to >= on


def renewal_phase(valid_to: date, today: date, *, open_days: int, statutory_days: int) -> str:
    """Return NOT_OPEN, OPEN, LATE or EXPIRED (Licensing Law 50; manual l.83–93).

    >>> renewal_phase(date(2029, 11, 22), date(2029, 10, 23), open_days=90, statutory_days=30)
    'OPEN'
    """
    left = (valid_to - today) // timedelta(days=1)
    if left > open_days:
        return "NOT_OPEN"
    if left >= statutory_days:
        return "OPEN"
    return "LATE" if left >= 0 else "EXPIRED"
