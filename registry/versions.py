"""Which version of a thing a page shows: a digest of what people read there and act upon (§trust).

Left out is what changes without changing what was read: the moves of the process, and evidence
for later years that is added to a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.applications.applications import Application
from registry.applications.attachments import Attachment, AttachmentKind
from registry.applications.documents import (
    AUGMENTED,
    Document,
    DocumentKind,
    DocumentState,
    DocumentVersion,
)
from registry.applications.statements import Statement
from registry.applications.statuses import OF_AGENCY
from registry.authority.bans import Ban
from registry.authority.ex_officio import Proposal
from registry.authority.identities import Correction
from registry.authority.reopenings import Reopening
from registry.authority.reports import Report
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.clients.clients import Client, ClientSecret
from registry.enterprises.renames import RenameBatch
from registry.packages import drafts
from registry.packages.drafts import PackageDraft
from registry.people.persons import Person
from registry.trail.skips import Skip
from storage.database import Base, to_json
from storage.literals import ONE
from storage.passing import vouched


class Seen(StrEnum):
    """What a page that acts may be about."""

    CASE = "case"
    CERTIFICATE = "certificate"
    REGISTRATION = "registration"
    PERSON = "person"
    BAN = "ban"
    RENAME = "rename"
    SKIP = "skip"
    CLIENT = "client"
    DRAFT = "draft"


def of(session: Session, kind: Seen, key: str) -> str:
    """Give the version of a thing as it stands in this transaction, 32 hexadecimal digits.

    What does not exist has a version too: it differs from that of everything that does. A case that
    was opened for this transaction, which has compared the version of its instance, is not read
    again (`of_opened`).
    """
    known = vouched(session, (kind, key))
    return known or _digest(kind, key, _READ[kind](session, key))


def of_opened(application: Application, person: Person, facts: Sequence[Any]) -> str | None:
    """Give the version of a case that was read with its `FACTS` in one statement.

    None for a case of the agency, whose version has more rows in it.
    """
    if application.matter in OF_AGENCY:
        return None
    shown = [getattr(application, column.key) for column in _OF_APPLICATION]
    shown += [getattr(person, column.key) for column in _IDENTITY]
    return _digest(Seen.CASE, application.id, [[_plain(value) for value in (*shown, *facts)]])


def _digest(kind: Seen, key: str, read: Any) -> str:
    return hashlib.sha256(to_json([kind.value, key, read]).encode()).hexdigest()[:32]


_OF_APPLICATION: tuple[InstrumentedAttribute[Any], ...] = (
    Application.matter,
    Application.revision,
    Application.uscc,
    Application.enterprise_name,
)
_IDENTITY = (Person.name, Person.id_type, Person.id_no)


def _of_case(query: Select[*tuple[Any, ...]]) -> Any:
    return query.correlate(Application).scalar_subquery()


_FORM_ID = _of_case(
    select(Document.id)
    .where(
        Document.application_id == Application.id,
        Document.kind == DocumentKind.APPLICATION,
        Document.state == DocumentState.CURRENT,
    )
    .order_by(Document.id.desc())
    .limit(ONE)
)
_KEPT = select(Attachment.id).where(
    Attachment.application_id == Application.id, Attachment.kind != AttachmentKind.PHOTO
)
#: What a case has beside its own row and its person's; rows of files and statements only ever come.
FACTS: tuple[Any, ...] = (
    _FORM_ID,
    _of_case(
        select(DocumentVersion.sha256)
        .where(DocumentVersion.document_id == _FORM_ID, DocumentVersion.stage != AUGMENTED)
        .order_by(DocumentVersion.id.desc())
        .limit(ONE)
    ),
    _of_case(_KEPT.with_only_columns(func.count())),
    _of_case(_KEPT.with_only_columns(func.max(Attachment.id))),
    _of_case(select(func.max(Statement.id)).where(Statement.application_id == Application.id)),
)
_CASE = (
    select(*_OF_APPLICATION, *_IDENTITY, *FACTS)
    .join(Person, Person.id == Application.person_id)
    .where(Application.id == bindparam("b_id"))
)


def _case(session: Session, key: str) -> Any:
    """Read in one statement what every case has."""
    row = session.execute(_CASE, {"b_id": key}).one_or_none()
    if row is None:
        return None
    return [[_plain(value) for value in row], *_proposed(session, row.matter, key)]


def _proposed(session: Session, matter: str, key: str) -> list[Any]:
    """Give the row that a case of the agency is about."""
    if matter not in OF_AGENCY:
        return []
    return [_about(session, table, key) for table in (Correction, Proposal, Report, Reopening)]


def _certificate(session: Session, key: str) -> Any:
    certificate = (
        *(Certificate.no, Certificate.version, Certificate.facts, Certificate.validity),
        *(Certificate.prepared_sha256, Certificate.registration_id),
    )
    query = (
        select(*certificate, *_REGISTRATION)
        .join(Registration, Registration.id == Certificate.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .where(Certificate.id == key)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    facts = [_plain(value) for value in row]
    return [*facts[: len(certificate)], _with_identity(facts[len(certificate) :])]


def _registration(session: Session, key: str) -> Any:
    query = select(*_REGISTRATION).join(Person, Person.id == Registration.person_id)
    row = session.execute(query.where(Registration.id == key)).one_or_none()
    return None if row is None else _with_identity([_plain(value) for value in row])


_REGISTRATION = (
    *(Registration.no, Registration.uscc, Registration.enterprise_name, Registration.valid_from),
    *(Registration.valid_to, Registration.status, Registration.status_reason, *_IDENTITY),
)


def _with_identity(facts: list[Any]) -> list[Any]:
    """Give a registration as it is read: its own facts, and apart from them whose it is."""
    return [*facts[: -len(_IDENTITY)], facts[-len(_IDENTITY) :]]


def _person(session: Session, key: str) -> Any:
    stands = select(Ban.id).where(Ban.person_id == key, Ban.lifted_at.is_(None)).order_by(Ban.id)
    return [_identity(session, key), _rows(session, stands)]


def _ban(session: Session, key: str) -> Any:
    ban = _row(session, Ban, key)
    if ban is None:
        return None
    return [ban[name] for name in ("basis", "since", "until", "reason", "lifted_at")]


def _rename(session: Session, key: str) -> Any:
    batch = _row(session, RenameBatch, key)
    if batch is None:
        return None
    return [batch[name] for name in ("old_name", "new_name", "registry_version", "list_sha256")]


def _skip(session: Session, key: str) -> Any:
    request = _row(session, Skip, key)
    return None if request is None else [request["asked_by"], request["reason"]]


def _client(session: Session, key: str) -> Any:
    """Read a program with its secrets, which a page that gives a new one acts upon."""
    client = _row(session, Client, key)
    if client is None:
        return None
    held = select(ClientSecret.sha256).where(ClientSecret.client_id == key)
    secrets = _rows(session, held.order_by(ClientSecret.sha256))
    return [client["name"], client["acts_as"], client["scopes"], client["active"], secrets]


def _draft(session: Session, key: str) -> Any:
    """Read which save of each file of a draft is the last."""
    row = _row(session, PackageDraft, key)
    if row is None:
        return None
    saves = drafts.newest(session, key)
    return [row["base"], row["title"], sorted((path, save.number) for path, save in saves.items())]


_READ: dict[Seen, Callable[[Session, str], Any]] = {
    Seen.CASE: _case,
    Seen.CERTIFICATE: _certificate,
    Seen.REGISTRATION: _registration,
    Seen.PERSON: _person,
    Seen.BAN: _ban,
    Seen.RENAME: _rename,
    Seen.SKIP: _skip,
    Seen.CLIENT: _client,
    Seen.DRAFT: _draft,
}


def _identity(session: Session, person_id: str) -> Any:
    person = _row(session, Person, person_id)
    return None if person is None else [person["name"], person["id_type"], person["id_no"]]


def _about(session: Session, table: type[Base], key: str) -> Any:
    """Give the whole row of what a case of the agency is about, but for how it was answered."""
    left_out = {"outcome", "answer", "answered_at", "correction_id", "hear_until"}
    row = _row(session, table, key)
    return row and {name: value for name, value in row.items() if name not in left_out}


def _row(session: Session, table: type[Base], key: str) -> dict[str, Any] | None:
    """Read one row past what the session holds: it has to be as the database has it now."""
    columns = cast("Table", table.__table__).columns
    [primary] = (column for column in columns if column.primary_key)
    row = session.execute(select(*columns).where(primary == key)).mappings().one_or_none()
    return None if row is None else {name: _plain(value) for name, value in row.items()}


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> list[list[Any]]:
    return [[_plain(value) for value in row] for row in session.execute(query)]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | dict | list | None) else str(value)
