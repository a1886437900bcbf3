"""The daily duty of retention (J10): what `retention.toml` says is over is erased or locked.

1. Cases: what was typed and uploaded goes in one transaction with its audit row and the job that
   drops the files; or the case is locked, for the archives to appraise.
2. Single rows of a table, so many at a time.
Each night does a bounded part; what is left follows on the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from casework import retention_table
from casework.office import Office
from casework.retention_table import Period, Then
from engine import operations
from engine.actors import SYSTEM
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.tables import core
from registry.applications.applications import Application
from registry.applications.documents import Blob
from registry.applications.statuses import Status
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.law.calendars import shanghai_day, start_of
from registry.trail import audit
from storage.database import Base, new_id, writing
from storage.literals import literal

ERASED, LOCKED = "retention.erase", "retention.lock"
DROP = "retention/drop"  #: the job that drops files nobody refers to any more
CASES_A_NIGHT, ROWS_A_NIGHT = 200, 5000
_GRANTED = (Status.COMPLETED.value, Status.APPROVED.value)


def look_after(office: Office, at: datetime) -> int:
    """Do the duty of a day; return how many cases and rows it took. A second time does nothing."""
    table = retention_table.read()
    done = sum(_cases(office, period, at) for period in table.cases)
    return done + sum(_rows(office, period, at) for period in table.rows)


def _cases(office: Office, period: Period, at: datetime) -> int:
    with office.sessions() as session:
        over = list(session.scalars(over_query(period, at).limit(CASES_A_NIGHT)))
    for case in over:
        with writing(office.sessions) as session:
            end(session, case, period, at)
    if over and period.then is Then.ERASE:
        office.runner.bell.ring()
    return len(over)


def over_query(period: Period, at: datetime) -> Select[str]:
    """Ask for the cases whose period is over and for which nothing was done yet."""
    return (
        select(Application.id)
        .where(
            Application.closed_at < start_of(period.over_before(shanghai_day(at))),
            Application.retired.is_(None),
            *_over(period),
        )
        .order_by(Application.closed_at, Application.id)
    )


def cases_of(period: Period) -> tuple[ColumnElement[bool], ...]:
    """Say which cases that have ended a period is about."""
    which: dict[str, tuple[ColumnElement[bool], ...]] = {
        "unfiled": (Application.filed_at.is_(None), Application.status.not_in(_GRANTED)),
        "refused": (Application.filed_at.is_not(None), Application.status.not_in(_GRANTED)),
        "granted": (Application.status.in_(_GRANTED),),
    }
    return (Application.closed_at.is_not(None), *which[period.key])


def _over(period: Period) -> tuple[ColumnElement[bool], ...]:
    """Leave out what a registration that stands rests on."""
    still_valid = exists().where(
        Registration.person_id == Application.person_id,
        Registration.type == Application.type,
        Registration.status == literal(RegistrationStatus.VALID.value),
    )
    rests = (~still_valid,) if period.key == "granted" else ()
    return (*cases_of(period), *rests)


def end(session: Session, case: str, period: Period, at: datetime) -> None:
    """Erase or lock a case, with its audit row; another process may have done it before."""
    marked = session.execute(
        update(Application)
        .where(Application.id == case, Application.retired.is_(None))
        .values(retired=period.then.value)
    )
    if marked.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE gives a cursor result
        return
    facts: dict[str, Any] = {"kind": period.key, "law": period.law}
    if period.then is Then.ERASE:
        digests = _erase(session, case)
        facts["files"] = len(digests)
        queue.add(session, DROP, {"digests": digests}, f"{DROP}/{case}", at)
    action = ERASED if period.then is Then.ERASE else LOCKED
    subject = f"application:{case}"
    audit.record(session, action, actor=SYSTEM.id, subject=subject, at=at, facts=facts)


def _erase(session: Session, case: str) -> list[str]:
    """Delete what a case holds, table by table; give the digests of its files."""
    tables = Base.metadata.tables
    papers = select(tables["document"].c.id).where(tables["document"].c.application_id == case)
    digests: set[str] = set()
    for name in retention_table.read().erased:
        table = tables[name]
        names = [name for name in ("application_id", "business_key") if name in table.c]
        held = [table.c[name] == case for name in names]
        held += [table.c.document_id.in_(papers)] if "document_id" in table.c else []
        if "sha256" in table.c:
            digests.update(session.execute(select(table.c.sha256).where(or_(*held))).scalars())
        session.execute(delete(table).where(or_(*held)))
    return sorted(digests)


def _rows(office: Office, period: Period, at: datetime) -> int:
    table = Base.metadata.tables[period.table]
    until = start_of(period.over_before(shanghai_day(at)))
    with writing(office.sessions) as session:
        over = select(table.c.id).where(table.c[period.counts_from] < until)
        ids = list(session.execute(over.order_by(table.c.id).limit(ROWS_A_NIGHT)).scalars())
        if ids:
            gone = delete_rows(session, table, table.c.id.in_(ids), at)
            facts = {"kind": period.key, "rows": len(ids), "files": gone, "law": period.law}
            subject = f"retention:{period.key}"
            audit.record(session, ERASED, actor=SYSTEM.id, subject=subject, at=at, facts=facts)
    return len(ids)


def delete_rows(session: Session, table: Table, which: ColumnElement[bool], at: datetime) -> int:
    """Delete rows, and have the files dropped that they alone refer to; tell how many those are."""
    digests = [
        digest
        for column in _digest_columns(table)
        for digest in session.execute(select(column).where(which)).scalars()
        if digest is not None
    ]
    session.execute(delete(table).where(which))
    drop_files(session, digests, at)
    return len(digests)


def drop_files(session: Session, digests: Iterable[str], at: datetime) -> None:
    """Have files dropped, once nothing refers to them, after the commit of this transaction."""
    if named := sorted(digests):
        queue.add(session, DROP, {"digests": named}, f"{DROP}/{new_id()}", at)


@operations.add(DROP, schema={"digests": list})
def drop(office: Office, call: Call, digests: list[str]) -> Outcome:
    """Drop the files of an erased case that nothing else refers to; again changes nothing."""
    with writing(office.sessions) as session:
        free = _unused(session, digests)
        session.execute(delete(Blob).where(Blob.sha256.in_(free)))
    for digest in set(digests).difference(free):  # of the same paper, kept for something else
        office.files.unfold(digest)
    for digest in free:
        office.files.drop(digest)
    return Outcome(values={"dropped": len(free)})


def _unused(session: Session, digests: Iterable[str]) -> list[str]:
    """Give the digests that no row of any table names."""
    left = set(digests)
    for table in Base.metadata.tables.values():
        for column in _digest_columns(table):
            if left:
                named = select(column).where(column.in_(left))
                left -= set(session.execute(named).scalars())
    return sorted(left)


def _digest_columns(table: Table) -> list[Any]:
    """Give the columns that name stored files, but for the facts of the files themselves."""
    if table is core(Blob):
        return []
    return [column for column in table.c if column.name.endswith("sha256")]
