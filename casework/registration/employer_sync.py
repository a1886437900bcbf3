"""What the enterprise register says of employers, asked once a day (C.7).

An enterprise that is active no more, and one whose name differs from its people's certificates,
are told of at once: the persons, the enterprise and the authority.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.case import announcements
from casework.case.announcements import Word
from casework.office import Office
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus
from registry.law.calendars import shanghai_day, start_of
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.ports import EnterpriseFacts
from registry.trail import audit
from storage.database import writing
from storage.literals import ONE, literal

PAGE = 100
UNKNOWN = "UNKNOWN"  #: announced status of an enterprise that the register does not know


def sync(office: Office, at: datetime) -> int:
    """Ask the register about each employer that was not asked today; return how many were asked.

    Raises `Unavailable`: what was asked so far is kept, the rest follows when tried again.
    """
    since, after, asked = start_of(shanghai_day(at)), "", 0
    while True:
        with office.sessions() as session:
            page = registrations.employers(session, after=after, limit=PAGE)
            known = {employer.uscc: employer for employer in _known(session, page)}
        for uscc in page:
            if uscc in known and _is_fresh(known[uscc], since):
                continue
            facts = office.enterprises.by_uscc(uscc)
            with writing(office.sessions) as session:
                _note(session, uscc, facts, at)
            asked += 1
        if len(page) < PAGE:
            return asked
        after = page[-1]


def _known(session: Session, page: list[str]) -> list[Enterprise]:
    return list(session.scalars(select(Enterprise).where(Enterprise.uscc.in_(page))))


def _is_fresh(employer: Enterprise, since: datetime) -> bool:
    """Tell whether the register was asked today and nothing is left to tell.

    Sealing and signing in ask the register too, but tell nobody.
    """
    told = employer.announced_status or EnterpriseStatus.ACTIVE.value
    return employer.checked_at >= since and told in (employer.status, UNKNOWN)


def _note(session: Session, uscc: str, facts: EnterpriseFacts | None, at: datetime) -> None:
    here = registrations.valid_at(session, uscc)
    if facts is None:
        _missing(session, uscc, here, at)
        return
    employer = enterprises.record(session, facts, at=at)
    before = employer.announced_status or EnterpriseStatus.ACTIVE.value
    words: list[Word] = []
    if employer.status != before:
        employer.announced_status = employer.status
        words += _of_status(session, employer, here, at)
        _record(session, "enterprise.status", uscc, at, status=employer.status, before=before)
    words += _of_name(session, employer, here)
    announcements.tell(session, words, at)


def _missing(session: Session, uscc: str, here: list[Registration], at: datetime) -> None:
    """Let the officers look at an employer that the register does not know (any more).

    They hear of it on the day it is missed, and once a month as long as it is.
    """
    employer, today = session.get(Enterprise, uscc), shanghai_day(at)
    keys = [f"{today:%Y-%m}"]
    if employer is not None:
        if employer.announced_status != UNKNOWN:
            keys.append(f"{today:%Y-%m-%d}")  # again in the same month
        employer.announced_status, employer.checked_at = UNKNOWN, at
    name = employer.name if employer is not None else here[0].enterprise_name if here else uscc
    text = f"企业登记系统查不到{name}（{uscc}），该企业有{_count(here)}名注册人员，请核实。"
    words = [
        announcements.to_role(
            OfficerRole.REVIEWER, "enterprise_missing", text, f"enterprise-missing/{uscc}/{key}"
        )
        for key in keys
    ]
    if any(announcements.tell(session, [word], at) for word in words):
        _record(session, "enterprise.missing", uscc, at)


def _of_status(
    session: Session, employer: Enterprise, here: list[Registration], at: datetime
) -> list[Word]:
    """Say that an enterprise is active no more (or again), to everybody concerned."""
    status = EnterpriseStatus(employer.status)
    key = f"enterprise-status/{employer.uscc}/{status}/{at:%Y%m%d%H%M%S}"
    kind = "enterprise_status"
    told = f"{employer.name}的登记状态已变为“{status.label}”"
    if status is EnterpriseStatus.ACTIVE:
        said = f"{told}，可以继续聘用注册人员。"
        return [announcements.to_role(OfficerRole.REVIEWER, kind, said, f"{key}/a")]
    people = _people(session, here)
    words = [  # one a person, in however many professions he is registered
        announcements.to_person(
            person,
            kind,
            f"您的聘用企业{told}，不能再聘用注册人员，您不得以其名义执业。请办理注销注册；"
            "企业不能签章的，可提交证明材料由市住建委办理。",
            f"{key}/{person.id}",
        )
        for person in people
    ]
    words.append(
        announcements.to_enterprise(
            employer.uscc,
            employer,
            kind,
            f"{told}，不能再聘用注册人员。请协助在贵企业注册的{len(people)}名人员办理注销注册。",
            f"{key}/e",
        )
    )
    said = f"{told}，有{len(people)}名人员注册在该企业，请督促办理注销注册或依职权处理。"
    return [
        *words,
        *(announcements.to_role(role, kind, said, f"{key}/{role}") for role in _OFFICERS),
    ]


_OFFICERS = (OfficerRole.REVIEWER, OfficerRole.APPROVER)


def _people(session: Session, here: list[Registration]) -> list[Person]:
    query = select(Person).where(Person.id.in_({registration.person_id for registration in here}))
    return list(session.scalars(query))


def _count(registered: list[Registration]) -> int:
    """Count the persons: who is registered in two professions is one."""
    return len({registration.person_id for registration in registered})


def _of_name(session: Session, employer: Enterprise, here: list[Registration]) -> list[Word]:
    """Remind an enterprise once a change that certificates still bear another name (R111, R124).

    A name that it had before, and has again, is another change.
    """
    stale = [registration for registration in here if registration.enterprise_name != employer.name]
    if not stale:
        return []
    name = hashlib.sha256(employer.name.encode()).hexdigest()[:16]
    text = (
        f"贵企业的登记名称已变更为“{employer.name}”，有{_count(stale)}名注册人员的证书仍为"
        f"“{stale[0].enterprise_name}”，请办理企业名称变更。"
    )
    former = enterprises.former_names(session, employer.uscc)
    change = former[0].id if former else "first"
    key = f"enterprise-name/{employer.uscc}/{name}/{change}"
    return [announcements.to_enterprise(employer.uscc, employer, "enterprise_name", text, key)]


def stale_name(session: Session, uscc: str) -> tuple[str, str] | None:
    """Give (present name, name on certificates) while they differ, for the enterprise's pages."""
    employer = session.get(Enterprise, uscc)
    if employer is None:
        return None
    query = select(Registration.enterprise_name).where(
        Registration.uscc == uscc,
        Registration.status == literal(registrations.RegistrationStatus.VALID),
        Registration.enterprise_name != employer.name,
    )
    other = session.scalar(query.limit(ONE))
    return (employer.name, other) if other is not None else None


def _record(session: Session, action: str, uscc: str, at: datetime, **facts: str) -> None:
    audit.record(
        session, action, actor="system", subject=f"enterprise:{uscc}", at=at, facts=dict(facts)
    )
