"""What is kept about a person, gathered for him (PIPL 45): rows, files, and who looked at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, false, select
from sqlalchemy.orm import Session

from casework.privacy import said
from casework.privacy.bulk_reads import LOOKS
from engine.actors import person_inbox
from registry.applications.applications import Application
from registry.applications.documents import Blob, Document
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises.enterprises import Enterprise
from registry.people import officers
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from storage.database import Base

_ENDINGS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
#: What finds a row or proves a code to us, and says nothing about the person.
_OURS = frozenset({"id_no_index", "code", "code_until", "tries", "qr_token", "facts_hash", "key"})
#: Columns of which the ids of what is the person's are asked, in any table.
_OWNERS = (
    "person_id",
    "application_id",
    "document_id",
    "certificate_id",
    "owner",
    "inbox",
    "visitor",
)

Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class OwnFile:
    """A stored file, under the name that it has in the archive."""

    path: str
    title: str
    case: str  #: number of the application
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """Somebody's look at the person's data."""

    at: datetime
    who: str
    at_what: str


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """Everything that one person gets."""

    person: Person
    rows: Rows  #: table → rows, each column → value
    files: tuple[OwnFile, ...]
    looks: tuple[Look, ...]


def gather(session: Session, person: Person) -> OwnData:
    """Gather what is kept about a person; files by their digests."""
    owned = _Owned.of(session, person)
    rows = {
        name: _rows(session, Base.metadata.tables[name], owned)
        for part in said.read().parts
        for name in part.given
    }
    return OwnData(
        person=person, rows=rows, files=_files(session, person, rows), looks=_looks(session, owned)
    )


@dataclass(frozen=True, kw_only=True)
class _Owned:
    """The ids of what is the person's."""

    person_id: str
    cases: Mapping[str, str]  #: id → number
    papers: tuple[str, ...]
    certificates: tuple[str, ...]
    registrations: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, person: Person) -> _Owned:
        mine = Application.person_id == person.id
        cases = session.execute(select(Application.id, Application.no).where(mine))
        papers = select(Document.id).join(Application, Application.id == Document.application_id)
        held = select(Certificate.id).where(Certificate.person_id == person.id)
        registered = select(Registration.id).where(Registration.person_id == person.id)
        return cls(
            person_id=person.id,
            cases={row.id: row.no for row in cases},
            papers=tuple(session.scalars(papers.where(mine))),
            certificates=tuple(session.scalars(held)),
            registrations=tuple(session.scalars(registered)),
        )

    def condition(self, table: Table) -> ColumnElement[bool]:
        """Say which rows of a table are the person's."""
        inbox = person_inbox(self.person_id)
        ids: Mapping[str, tuple[str, ...]] = {
            "person_id": (self.person_id,),
            "application_id": tuple(self.cases),
            "document_id": self.papers,
            "certificate_id": self.certificates,
            "owner": (inbox,),
            "inbox": (inbox,),
            "visitor": (inbox,),
        }
        if table.name == Person.__tablename__:
            return table.c.id == self.person_id
        named = [table.c[name].in_(ids[name]) for name in _OWNERS if name in table.c]
        return named[0] if named else false()


def _rows(session: Session, table: Table, owned: _Owned) -> list[dict[str, Any]]:
    shown = [column for column in table.c if column.name not in _OURS]
    query = select(*shown).where(owned.condition(table)).order_by(*table.primary_key)
    return [dict(row) for row in session.execute(query).mappings()]


def _files(session: Session, person: Person, rows: Rows) -> tuple[OwnFile, ...]:
    """Name every file: papers, uploads, the picture of the signature; each content once a place."""
    cases = {row["id"]: row["no"] for row in rows["application"]}
    named = [(row, row["title"], row["created_at"]) for row in rows["document"]]
    named += [(row, row["filename"], row["created_at"]) for row in rows["attachment"]]
    digests = [row["sha256"] for row, _, _ in named]
    stored = select(Blob.sha256, Blob.media_type).where(Blob.sha256.in_(digests))
    kinds = {row.sha256: row.media_type for row in session.execute(stored)}
    files = []
    for number, (row, title, _) in enumerate(sorted(named, key=lambda entry: entry[2]), 1):
        case = cases[row["application_id"]]
        ending = _ENDINGS.get(kinds.get(row["sha256"], ""), "")
        stem = str(title).removesuffix(ending)
        path = f"files/{case}/{number:03d}-{_safe(stem)}{ending}"
        files.append(OwnFile(path=path, title=str(title), case=case, sha256=row["sha256"]))
    if person.signature_sha256:
        picture = person.signature_sha256
        files.append(OwnFile(path="files/signature.png", title="签名图片", case="", sha256=picture))
    return tuple(files)


def _safe(name: str) -> str:
    """Write a name so that it is one part of a path anywhere.

    >>> _safe("a/b: c")
    'a_b_ c'
    """
    return "".join("_" if character in '/\\:*?"<>|' else character for character in name)[:80]


def _looks(session: Session, owned: _Owned) -> tuple[Look, ...]:
    """Tell who was shown what of the person, newest first; the person's own looks are none."""
    subjects = {f"person:{owned.person_id}": "个人档案"}
    subjects |= {f"application:{case}": f"申请 {no}" for case, no in owned.cases.items()}
    subjects |= {f"registration:{key}": "注册记录" for key in owned.registrations}
    subjects |= {f"certificate:{key}": "证书" for key in owned.certificates}
    query = select(AuditEvent).where(
        AuditEvent.subject.in_(subjects),
        AuditEvent.action.in_(LOOKS),
        AuditEvent.actor != person_inbox(owned.person_id),
    )
    events = session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id)).all()
    known = officers.names(session, {event.actor.removeprefix("officer:") for event in events})
    names = {f"officer:{key}": f"市住建委工作人员 {name}" for key, name in known.items()}
    codes = {event.acting_for for event in events if event.acting_for}
    named = select(Enterprise.uscc, Enterprise.name).where(Enterprise.uscc.in_(codes))
    employers = {row.uscc: row.name for row in session.execute(named)}
    return tuple(
        Look(
            at=event.at,
            who=employers.get(event.acting_for or "") or names.get(event.actor, "市住建委工作人员"),
            at_what=subjects[event.subject],
        )
        for event in events
    )


def plain(value: Any) -> Any:
    """Write a value as JSON can.

    >>> plain(date(2026, 11, 24)), plain({"a": (1,)})
    ('2026-11-24', {'a': [1]})
    """
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
