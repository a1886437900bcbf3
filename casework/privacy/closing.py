"""Withdrawing a consent and closing an account (PIPL 15, 47): what goes, what stays, what hinders.

What goes is deleted at once; what the law keeps stays as long as `retention.toml` says, belongs to
the same identity and is his again when he comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from cryptography.x509 import ReasonFlags
from sqlalchemy import ColumnElement, Select, delete, exists, select
from sqlalchemy.orm import Session

from casework import retention, retention_table
from casework.keys import outside
from casework.office import Office
from casework.privacy import exports, said
from casework.retention_table import Then
from engine.actors import Actor, person_inbox
from refusals.refusal import Refusal
from registry.applications.applications import Application
from registry.applications.statuses import OPEN, Matter
from registry.certificates import registrations
from registry.enterprises import operators
from registry.people import consents, persons
from registry.people.consents import ACCOUNT, PORTRAIT
from registry.people.languages import ReadingLanguage
from registry.people.message_choices import MessageChoice
from registry.people.persons import Person, PersonStatus
from registry.trail import audit
from signing import Role
from storage.database import Base, writing
from storage.literals import ONE
from storage.vault import current_vault

CLOSED, WITHDRAWN, GIVEN = "account.close", "consent.withdraw", "consent.give"
_NAME = "（已注销）"
#: Rows that bind a person to nothing: the account itself, and what is deleted with it.
_UNBOUND = frozenset({"application", "consent", "data_export", "operator"})


class ClosingHindered(Refusal):
    """现在不能办理：{reasons}。"""

    code = "E_CLOSING_HINDERED"


class ConsentUnknown(Refusal):
    """没有这一项同意，请刷新页面后重新选择。"""

    code = "E_CONSENT_UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """Why something cannot be done yet, and what to do."""

    text: str
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stays after an account is closed, and by which law."""

    what: str
    until: str
    law: str


def hindrances(session: Session, person_id: str, today: date) -> list[Hindrance]:
    """Tell what must end before the account: cases in progress, and acting for an enterprise."""
    found = _running(session, person_id)
    for _, enterprise in operators.of_person(session, person_id, today):
        found.append(
            Hindrance(text=f"您是{enterprise.name}的经办人，请先由该企业的管理员撤销您的权限")
        )
    return found


def _running(session: Session, person_id: str) -> list[Hindrance]:
    open_ones = Application.status.in_([status.value for status in OPEN])
    query = select(Application).where(Application.person_id == person_id, open_ones)
    return [
        Hindrance(
            text=f"{case.matter_label}（{case.no}）正在办理，请先撤回或者等待办结",
            href="" if case.matter == Matter.EX_OFFICIO else f"/applications/{case.id}",
        )
        for case in session.scalars(query.order_by(Application.id))
    ]


def kept(session: Session, person_id: str) -> list[Kept]:
    """Tell what stays of this person, each with its period and law."""
    found = []
    for period in retention_table.read().cases:
        if period.then is not Then.LOCK:
            continue
        which = (Application.person_id == person_id, *retention.cases_of(period))
        if session.scalar(select(Application.id).where(*which).limit(ONE)) is not None:
            length = f"{period.counts}{period.years}年"
            found.append(Kept(what=period.what, until=length, law=period.law))
    if _is_on_record(session, person_id):
        found += [
            Kept(what=group.what, until="长期保存", law=group.law)
            for group in retention_table.read().groups
            if Person.__tablename__ in group.tables
        ]
    found += [
        Kept(what=group.what, until="长期保存", law=group.law)
        for group in retention_table.read().groups
        if "audit_event" in group.tables
    ]
    rows = [row for row in retention_table.read().rows if row.table in ("notice", "sms")]
    found += [Kept(what=row.what, until=f"{row.days}日", law=row.law) for row in rows]
    return found


def close(office: Office, person_id: str, actor: Actor) -> None:
    """Close an account; a second time changes nothing. Raises `ClosingHindered`."""
    now = office.now()
    with writing(office.sessions) as session:
        # 1. Nothing may begin meanwhile: a start waits for this row, and looks.
        person = session.get_one(Person, person_id, with_for_update=True)
        if person.status == PersonStatus.CLOSED:
            return
        if found := hindrances(session, person_id, office.today()):
            raise ClosingHindered(reasons="；".join(hindrance.text for hindrance in found))
        # 2. What was never filed goes at once, files with it, and what only he used.
        _erase_unfiled(session, person_id, now)
        exports.delete(session, person_id, office)
        own = person_inbox(person_id)
        session.execute(delete(MessageChoice).where(MessageChoice.owner == own))
        session.execute(delete(ReadingLanguage).where(ReadingLanguage.visitor == own))
        consents.withdraw(session, person_id, ACCOUNT, version=said.read().version, at=now)
        # 3. The account.
        _empty(session, person, now, today=office.today())
        audit.record(session, CLOSED, actor=actor.id, subject=f"person:{person_id}", at=now)
        session.flush()
        # 4. The key, in its own database: last, and twice is once.
        _revoke(office, person_id)
        outside.tell_endings(session, office)
    office.runner.bell.ring()


def _erase_unfiled(session: Session, person_id: str, now: datetime) -> None:
    [period] = [period for period in retention_table.read().cases if period.then is Then.ERASE]
    query: Select[str] = select(Application.id).where(
        Application.person_id == person_id,
        Application.retired.is_(None),
        *retention.cases_of(period),
    )
    for case in session.scalars(query).all():
        retention.end(session, case, period, now)


def _empty(session: Session, person: Person, now: datetime, *, today: date) -> None:
    """Take from an account what only its use needs; all of it when nothing else is on record."""
    picture = [person.signature_sha256] if person.signature_sha256 else []
    person.status = PersonStatus.CLOSED
    person.signature_sha256 = person.signature_set_at = None
    person.card_read_at = person.certificate_at = person.realname_verified_at = None
    held = registrations.of_person(session, person.id)
    if not any(registrations.is_valid(registration, on=today) for registration in held):
        person.mobile = ""
    if not _is_on_record(session, person.id):
        person.name, person.birth = _NAME, date(1900, 1, 1)
        person.id_no = f"closed:{person.id}"
        person.id_no_index = current_vault().blind_index(person.id_no)
    session.flush()
    retention.drop_files(session, picture, now)


def _is_on_record(session: Session, person_id: str) -> bool:
    """Tell whether something that must be kept names the person: a filed case, a registration."""
    filed = select(Application.id).where(
        Application.person_id == person_id, Application.filed_at.is_not(None)
    )
    if session.scalar(filed.limit(ONE)) is not None:
        return True
    return any(
        session.scalar(select(exists().where(_names(table.c.person_id, person_id))))
        for name, table in Base.metadata.tables.items()
        if "person_id" in table.c and name not in _UNBOUND
    )


def _names(column: ColumnElement[str], person_id: str) -> ColumnElement[bool]:
    return column == person_id


def _revoke(office: Office, person_id: str) -> None:
    office.signatures.lifecycle.withdraw(Role.APPLICANT, person_id)
    held = office.signatures.custody.credential(Role.APPLICANT, person_id)
    if held is not None and held.revoked_at is None:
        reason = ReasonFlags.cessation_of_operation
        office.signatures.lifecycle.revoke(Role.APPLICANT, person_id, reason, shown=held.serial)


def withdraw(office: Office, person_id: str, purpose: str, actor: Actor) -> None:
    """Withdraw the consent to photographs and the picture of the signature, which is deleted.

    A second time changes nothing. Raises `ConsentUnknown`, `ClosingHindered` while a case needs it.
    """
    _insist_known(purpose)
    now = office.now()
    with writing(office.sessions) as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if consents.is_withdrawn(session, person_id, purpose):
            return
        if found := _running(session, person_id):
            raise ClosingHindered(reasons="；".join(hindrance.text for hindrance in found))
        office.check(session)
        version = said.read().version
        consents.withdraw(session, person_id, purpose, version=version, at=now)
        picture = [person.signature_sha256] if person.signature_sha256 else []
        person.signature_sha256 = person.signature_set_at = None
        session.flush()
        retention.drop_files(session, picture, now)
        _note(session, WITHDRAWN, person_id, purpose, actor, now)
    office.runner.bell.ring()


def give(office: Office, person_id: str, purpose: str, actor: Actor) -> None:
    """Agree again; a second time changes nothing. Raises `ConsentUnknown`."""
    _insist_known(purpose)
    now = office.now()
    with writing(office.sessions) as session:
        persons.get(session, person_id)
        if consents.is_withdrawn(session, person_id, purpose):
            consents.give(session, person_id, purpose, version=said.read().version, at=now)
            _note(session, GIVEN, person_id, purpose, actor, now)


def _insist_known(purpose: str) -> None:
    if purpose != PORTRAIT or said.read().consent(purpose) is None:
        raise ConsentUnknown("purpose")


def _note(
    session: Session, action: str, person_id: str, purpose: str, actor: Actor, at: datetime
) -> None:
    subject, facts = f"person:{person_id}", {"purpose": purpose}
    audit.record(session, action, actor=actor.id, subject=subject, at=at, facts=facts)
