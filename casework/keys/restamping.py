"""Stored papers are stamped anew before the time stamps that prove them end (EN 319 142-1 5.5).

Due is what was stamped before the present time stamper began: its predecessor is in its last year
or was revoked. Each file is a transaction of its own and each batch a job that asks for the next:
after a crash the work goes on where it was, and doing it again changes nothing. `KINDS` are all
kinds of signed files that the house keeps, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework.case import announcements
from casework.case.announcements import Word
from casework.office import OUTAGE, Office
from engine import operations
from engine.actors import SYSTEM, role_inbox
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.running import store
from refusals.refusal import Refusal
from registry.applications import documents
from registry.applications.documents import StoredFile
from registry.enterprises import renames
from registry.law.calendars import shanghai_day
from registry.people.officers import OfficerRole
from registry.trail import audit
from storage.database import writing

BATCH = 100
SUBJECT = "keys:authority"  #: of what the audit says about the keys of the service
FAILED = "keys.restamp_failed"


@dataclass(frozen=True, kw_only=True)
class SignedFile:
    """A signed file that waits for a new stamp."""

    kind: str  #: one of `KINDS`
    id: str  #: of the row that names it
    sha256: str  #: its bytes as they are
    title: str
    case: str  #: application or batch whose version is raised


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one kind of signed files is gone through and given its new bytes."""

    columns: tuple[str, ...]  #: where the hashes of its files stand: table.column
    due: Callable[[Session, datetime, str, int], list[SignedFile]]  #: since, after which id, limit
    count: Callable[[Session, datetime], int]
    keep: Callable[[Session, SignedFile, StoredFile, datetime], bool]  #: whether it was the same


def _papers(session: Session, since: datetime, after: str, limit: int) -> list[SignedFile]:
    return [
        SignedFile(
            kind="document",
            id=document.id,
            sha256=document.sha256,
            title=document.title,
            case=document.application_id,
        )
        for document in documents.stamped_before(session, since, after=after, limit=limit)
    ]


def _keep_paper(session: Session, file: SignedFile, stamped: StoredFile, at: datetime) -> bool:
    current = documents.get(session, file.id)
    is_same = current.sha256 == file.sha256  # else it was signed, or stamped by another, meanwhile
    if is_same:
        documents.replace(session, current, documents.AUGMENTED, stamped, at=at)
    return is_same


def _lists(session: Session, since: datetime, after: str, limit: int) -> list[SignedFile]:
    return [
        SignedFile(
            kind="rename-list",
            id=batch.id,
            sha256=str(batch.sealed_sha256),
            title="企业名称变更清单",
            case=batch.id,
        )
        for batch in renames.stamped_before(session, since, after=after, limit=limit)
    ]


def _keep_list(session: Session, file: SignedFile, stamped: StoredFile, at: datetime) -> bool:
    is_same = renames.get(session, file.id).sealed_sha256 == file.sha256
    if is_same:
        documents.keep(session, stamped, at=at)
        renames.sealed(session, file.id, stamped.sha256, at=at)
    return is_same


KINDS: Mapping[str, Kind] = {
    "document": Kind(
        # the certificate's own columns name files that are documents as well
        columns=("document.sha256", "document_version.sha256", "certificate.sha256"),
        due=_papers,
        count=documents.count_stamped_before,
        keep=_keep_paper,
    ),
    "rename-list": Kind(
        columns=("rename_batch.sealed_sha256", "rename_list.sha256"),
        due=_lists,
        count=renames.count_stamped_before,
        keep=_keep_list,
    ),
}


def _due(session: Session, since: datetime, after: str, limit: int) -> list[SignedFile]:
    """Give what comes behind `after` (kind/id; an id alone is of a document), over all kinds."""
    kind, _, last = after.rpartition("/")
    names = list(KINDS)
    found: list[SignedFile] = []
    for name in names[names.index(kind or names[0]) :]:
        if room := limit - len(found):
            found += KINDS[name].due(session, since, last, room)
        last = ""
    return found


def _place(file: SignedFile) -> str:
    return f"{file.kind}/{file.id}"


def ask(office: Office, at: datetime) -> int:
    """Ask for the first batch of a day, if anything is due; return whether it was, as 0 or 1."""
    since = office.signatures.authority.stamps_since()
    with office.sessions() as session:
        if not _due(session, since, "", 1):
            return 0
    with writing(office.sessions) as session:
        return int(_ask(session, shanghai_day(at).isoformat(), "", at))


def _ask(session: Session, day: str, after: str, at: datetime) -> bool:
    params = {"day": day, "after": after}
    return queue.add(session, "keys/restamp", params, f"restamp/{day}/{after}", at)


@operations.add("keys/restamp", schema={"day": str, "after": str}, retry=OUTAGE)
def restamp(office: Office, call: Call, day: str, after: str) -> Outcome:
    """Stamp one batch anew, by the ids of the files, and ask for the next."""
    since = office.signatures.authority.stamps_since()
    with office.sessions() as session:
        due = _due(session, since, after, BATCH)
    stamped = sum(_stamp(office, file, call.now) for file in due)

    def commit(session: Session) -> None:
        if len(due) == BATCH:
            _ask(session, day, _place(due[-1]), call.now)
        if due:
            facts = {"stamped": stamped, "failed": len(due) - stamped, "last": _place(due[-1])}
            audit.record(
                session,
                "keys.restamp",
                actor=SYSTEM.id,
                subject=f"day:{day}",
                at=call.now,
                facts=facts,
            )

    return Outcome(values={"stamped": stamped}, commit=commit)


def all_due(office: Office) -> Iterator[bool]:
    """Stamp everything anew that is due now; yield for each file whether it was possible."""
    since, after = office.signatures.authority.stamps_since(), ""
    while True:
        with office.sessions() as session:
            due = _due(session, since, after, BATCH)
        for file in due:
            yield _stamp(office, file, office.now())
        if len(due) < BATCH:
            return
        after = _place(due[-1])


def left(office: Office) -> int:
    """Count the files that wait for a new stamp."""
    since = office.signatures.authority.stamps_since()
    with office.sessions() as session:
        return sum(kind.count(session, since) for kind in KINDS.values())


def _stamp(office: Office, file: SignedFile, at: datetime) -> bool:
    """Stamp one file anew; one that does not hold any more is told to the operators, once."""
    try:
        before = office.files.get(file.sha256)
        whole = office.signatures.augment(before)
    except Refusal as refusal:
        if refusal.may_pass:
            raise
        _tell(office, file, refusal, at)
        return False
    stamped = StoredFile(sha256=office.files.put(whole), size_bytes=len(whole))
    with writing(office.sessions) as session:
        store.touch(session, file.case)
        is_kept = KINDS[file.kind].keep(session, file, stamped, at)
    if is_kept:
        office.files.fold({file.sha256: len(before)}, whole)
    return True


def _tell(office: Office, file: SignedFile, refusal: Refusal, at: datetime) -> None:
    text = f"{file.title}（文件编号{file.id}）不能补盖时间戳：{refusal}"
    inbox, key = role_inbox(OfficerRole.OPERATOR), f"restamp-failed/{file.sha256}"
    with writing(office.sessions) as session:
        word = Word(inbox=inbox, kind=FAILED, text=text, key=key)
        if announcements.tell(session, [word], at):
            facts = {"code": refusal.code, "what": text}
            audit.record(session, FAILED, actor=SYSTEM.id, subject=SUBJECT, at=at, facts=facts)
