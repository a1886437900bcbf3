"""The end of registrations by time alone: expiry, and the reminders before it (C.7, D.5).

Both work in pages, each a short transaction that commits with what it tells, so that a crash in
between loses nothing and a repetition does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from casework.case import announcements, moot, offered_professions
from casework.case.announcements import Word
from casework.certificate import publication
from casework.office import Office
from casework.terms import eligibility
from professions.manifests import RegistrationType
from refusals.days import day_in_words
from registry.certificates import certificates, registrations
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.enterprises.enterprises import Enterprise
from registry.law import parameters
from registry.law.calendars import add_years, shanghai_day
from registry.people.persons import Person, mask_name
from registry.ports import CertificateState
from registry.trail import audit
from storage.database import writing
from storage.literals import literal

PAGE = 500
#: A reminder each so many days before the end; what was missed is told at the next one.
REMIND_DAYS = (90, 60, 30, 7)
NAMED = 10  #: persons that a digest for an enterprise names


def expire(office: Office, at: datetime) -> int:
    """End what ran out before the day of `at`; return how many registrations that were.

    Registration, certificates, public answer, notices and the word to the certificate store
    change in one transaction a page (I14, I18).
    """
    total = _past_age(office, at)
    while True:
        with writing(office.sessions) as session:
            ended = registrations.expire(session, at=at, limit=PAGE)
            if ended:
                _follow(office, session, ended, at)
        total += len(ended)
        if len(ended) < PAGE:
            return total


def _past_age(office: Office, at: datetime) -> int:
    """End what was registered, before this rule or elsewhere, beyond the age of its type.

    What is upon such a registration ends too: a renewal cannot be granted, nor deemed.
    """
    total = 0
    with office.sessions() as session:
        kinds = [offered_professions.newest(office, key) for key in registrations.types(session)]
    for kind in kinds:
        if kind is None or kind.maximum_age is None or not kind.ends_at_maximum_age:
            continue
        born_by, why = add_years(shanghai_day(at), -kind.maximum_age), _reached(kind.maximum_age)
        while True:
            with writing(office.sessions) as session:
                ended = registrations.past_age(
                    session, kind.key, born_by=born_by, at=at, reason=why, limit=PAGE
                )
                if ended:
                    _follow(office, session, ended, at, why)
                for registration in ended:
                    moot.enqueue_upon(session, registration, at)
            total += len(ended)
            if len(ended) < PAGE:
                break
    return total


def _reached(years: int) -> str:
    return f"已满{years}周岁，依照规定注册失效"


def _follow(
    office: Office,
    session: Session,
    ended: Sequence[Registration],
    at: datetime,
    reached: str = "",
) -> None:
    void = certificates.expire(session, [registration.id for registration in ended], at=at)
    publication.enqueue_all(session, void, at, "expire", CertificateState.INVALID)
    for registration in ended:
        audit.record(
            session,
            "registration.expire",
            actor="system",
            subject=f"registration:{registration.id}",
            at=at,
            facts={"valid_to": registration.valid_to.isoformat()},
        )
    people, employers = _people(session, ended), _employers(session, ended)
    kinds, words = _kinds(office, ended), list[Word]()
    for registration in ended:
        person, kind = people[registration.person_id], kinds[registration.type]
        title = _title(kind, registration)
        key = f"expired/{registration.id}/{registration.valid_to:%Y%m%d}"
        why = reached or f"已于{day_in_words(registration.valid_to)}有效期满"
        may_again = kind is None or eligibility.may_register(person, kind, on=shanghai_day(at))
        further = "需要执业的，请按初始注册（逾期）办理。" if may_again else ""
        words += (
            announcements.to_person(
                person,
                "registration_expired",
                f"您的{title}注册（{registration.no}）{why}，注册证书同时失效，不得继续执业。{further}",
                f"{key}/p",
            ),
            announcements.to_enterprise(
                registration.uscc,
                employers.get(registration.uscc),
                "registration_expired",
                f"{person.name}的{title}注册（{registration.no}）{why}，不得继续执业。",
                f"{key}/e",
                sms=False,
            ),
        )
    announcements.tell(session, words, at)


def remind(office: Office, at: datetime) -> int:
    """Remind of the end 90, 60, 30 and 7 days before it, once each; return how many were told.

    Whoever may not be registered any longer hears of the end and why, and is not urged to renew.
    A person gets a notice and a short message, an enterprise one digest a day. Whoever filed a
    renewal already is left alone (Licensing Law 50; D.5).
    """
    today, total = shanghai_day(at), 0
    for days, nearer in zip(REMIND_DAYS, (*REMIND_DAYS[1:], -1), strict=True):
        while True:
            with writing(office.sessions) as session:
                due = registrations.to_remind(
                    session, today=today, days=days, more_than=nearer, limit=PAGE
                )
                if due:
                    _remind(office, session, due, days, at)
            total += len(due)
            if len(due) < PAGE:
                break
    _digests(office, today, at)
    return total


def _remind(
    office: Office, session: Session, due: Sequence[Registration], days: int, at: datetime
) -> None:
    today, people = shanghai_day(at), _people(session, due)
    kinds = _kinds(office, due)
    statutory = int(parameters.load(session, at=at)["renewal_statutory_days"])
    words = []
    for registration in due:
        person = people[registration.person_id]
        kind = kinds[registration.type]
        why = _why_not(session, registration, person, kind, today)
        registrations.reminded(registration, days=days, on=None if why else today)
        title = _title(kind, registration)
        text = (
            ending(title, registration, today) + why
            if why
            else reminder(title, registration, today, statutory)
        )
        key = f"renewal/{registration.id}/{registration.valid_to:%Y%m%d}/{days}"
        words.append(announcements.to_person(person, "renewal_reminder", text, key))
    session.flush()
    announcements.tell(session, words, at)


def _why_not(
    session: Session,
    registration: Registration,
    person: Person,
    kind: RegistrationType | None,
    today: date,
) -> str:
    """Say why the registration cannot be renewed as things stand; empty when it can."""
    if kind is None:
        return ""
    against = eligibility.against(session, person, kind, today=today, renewed=registration)
    return "".join(reason.text for reason in against.reasons)


def ending(title: str, registration: Registration, today: date) -> str:
    """Say when a registration ends."""
    left = (registration.valid_to - today).days
    said = f"您的{title}注册（{registration.no}）有效期至{day_in_words(registration.valid_to)}，"
    return said + (f"还有{left}日。" if left else "今日届满。")


def reminder(title: str, registration: Registration, today: date, statutory_days: int) -> str:
    """Say when a registration ends and by when a renewal has to be filed."""
    last = registration.valid_to - timedelta(days=statutory_days)
    said = ending(title, registration, today)
    if today <= last:
        return said + f"需要继续执业的，请在{day_in_words(last)}前（含当日）申请延续注册。"
    return (
        said + f"已不足法定的{statutory_days}日，可能来不及在到期前作出决定；"
        "需要继续执业的，请立即申请延续注册。"
    )


def _digests(office: Office, today: date, at: datetime) -> None:
    """Tell each enterprise once a day who of its people was reminded today."""
    of_today = (
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.reminded_on == today,
    )
    near = Registration.valid_to <= today + timedelta(days=REMIND_DAYS[0])
    after = ""
    while True:
        with office.sessions() as session:
            persons = func.count(Registration.person_id.distinct())
            query = select(Registration.uscc, persons).where(
                *of_today, near, Registration.valid_to >= today, Registration.uscc > after
            )
            query = query.group_by(Registration.uscc).order_by(Registration.uscc).limit(PAGE)
            counts = [(uscc, count) for uscc, count in session.execute(query)]
        for uscc, count in counts:
            with writing(office.sessions) as session:
                _digest(session, uscc, count, today, at)
        if len(counts) < PAGE:
            return
        after = counts[-1][0]


def _digest(session: Session, uscc: str, count: int, today: date, at: datetime) -> None:
    query = select(Registration, Person).join(Person, Person.id == Registration.person_id)
    query = query.where(
        Registration.uscc == uscc,
        Registration.status == literal(RegistrationStatus.VALID),
        Registration.reminded_on == today,
    )
    query = query.order_by(Registration.valid_to, Registration.no).limit(NAMED + 1)
    rows = session.execute(query).all()
    text, masked = (
        f"贵企业有{count}名注册人员的注册即将到期：{names}。请提醒其按时申请延续注册。"
        for names in (_names(rows, str), _names(rows, mask_name))
    )
    employer = session.get(Enterprise, uscc)
    key = f"renewal-digest/{uscc}/{today:%Y%m%d}"
    word = announcements.to_enterprise(uscc, employer, "renewal_digest", text, key)
    announcements.tell(session, [replace(word, outside=masked)], at)


def _names(rows: Sequence[Row[Registration, Person]], written: Callable[[str], str]) -> str:
    named = "、".join(
        f"{written(person.name)}（{registration.no}，至{day_in_words(registration.valid_to)}）"
        for registration, person in rows[:NAMED]
    )
    return named + ("等" if rows[NAMED:] else "")


def _kinds(office: Office, due: Iterable[Registration]) -> Mapping[str, RegistrationType | None]:
    """Give the professions concerned, as described last; None for one that is not known."""
    return {
        key: offered_professions.newest(office, key)
        for key in {registration.type for registration in due}
    }


def _title(kind: RegistrationType | None, registration: Registration) -> str:
    return registration.type if kind is None else kind.title


def _people(session: Session, due: Iterable[Registration]) -> Mapping[str, Person]:
    query = select(Person).where(Person.id.in_({registration.person_id for registration in due}))
    return {person.id: person for person in session.scalars(query)}


def _employers(session: Session, due: Iterable[Registration]) -> Mapping[str, Enterprise]:
    query = select(Enterprise).where(
        Enterprise.uscc.in_({registration.uscc for registration in due})
    )
    return {enterprise.uscc: enterprise for enterprise in session.scalars(query)}
