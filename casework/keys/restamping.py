"""Stored papers are stamped anew before the time stamps that prove them end (EN 319 142-1 5.5).

Due is what was stamped before the present time stamper began: its predecessor is in its last year
or was revoked. Each paper is a transaction of its own and each batch a job that asks for the next:
after a crash the work goes on where it was, and doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from registry.applications.documents import Document, StoredFile
from registry.law.calendars import shanghai_day
from registry.people.officers import OfficerRole
from registry.trail import audit
from storage.database import writing

BATCH = 100
SUBJECT = "keys:authority"  #: of what the audit says about the keys of the service
FAILED = "keys.restamp_failed"


def ask(office: Office, at: datetime) -> int:
    """Ask for the first batch of a day, if anything is due; return whether it was, as 0 or 1."""
    since = office.signatures.authority.stamps_since()
    with office.sessions() as session:
        if not documents.stamped_before(session, since, limit=1):
            return 0
    with writing(office.sessions) as session:
        return int(_ask(session, shanghai_day(at).isoformat(), "", at))


def _ask(session: Session, day: str, after: str, at: datetime) -> bool:
    params = {"day": day, "after": after}
    return queue.add(session, "keys/restamp", params, f"restamp/{day}/{after}", at)


@operations.add("keys/restamp", schema={"day": str, "after": str}, retry=OUTAGE)
def restamp(office: Office, call: Call, day: str, after: str) -> Outcome:
    """Stamp one batch anew, by the ids of the papers, and ask for the next."""
    since = office.signatures.authority.stamps_since()
    with office.sessions() as session:
        due = documents.stamped_before(session, since, after=after, limit=BATCH)
    stamped = sum(_stamp(office, document, call.now) for document in due)

    def commit(session: Session) -> None:
        if len(due) == BATCH:
            _ask(session, day, due[-1].id, call.now)
        if due:
            facts = {"stamped": stamped, "failed": len(due) - stamped, "last": due[-1].id}
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
    """Stamp everything anew that is due now; yield for each paper whether it was possible."""
    since, after = office.signatures.authority.stamps_since(), ""
    while True:
        with office.sessions() as session:
            due = documents.stamped_before(session, since, after=after, limit=BATCH)
        for document in due:
            yield _stamp(office, document, office.now())
        if len(due) < BATCH:
            return
        after = due[-1].id


def left(office: Office) -> int:
    """Count the papers that wait for a new stamp."""
    since = office.signatures.authority.stamps_since()
    with office.sessions() as session:
        return documents.count_stamped_before(session, since)


def _stamp(office: Office, document: Document, at: datetime) -> bool:
    """Stamp one paper anew; one that does not hold any more is told to the operators, once."""
    before = document.sha256
    try:
        whole = office.signatures.augment(office.files.get(before))
    except Refusal as refusal:
        if refusal.may_pass:
            raise
        _tell(office, document, refusal, at)
        return False
    sha256 = office.files.put(whole)
    with writing(office.sessions) as session:
        store.touch(session, document.application_id)
        current = documents.get(session, document.id)
        if current.sha256 == before:  # else it was signed, or stamped by another, meanwhile
            file = StoredFile(sha256=sha256, size_bytes=len(whole))
            documents.replace(session, current, documents.AUGMENTED, file, at=at)
    return True


def _tell(office: Office, document: Document, refusal: Refusal, at: datetime) -> None:
    text = f"{document.title}（文件编号{document.id}）不能补盖时间戳：{refusal}"
    inbox, key = role_inbox(OfficerRole.OPERATOR), f"restamp-failed/{document.sha256}"
    with writing(office.sessions) as session:
        word = Word(inbox=inbox, kind=FAILED, text=text, key=key)
        if announcements.tell(session, [word], at):
            facts = {"code": refusal.code, "what": text}
            audit.record(session, FAILED, actor=SYSTEM.id, subject=SUBJECT, at=at, facts=facts)
