"""Giving people what is kept about them (PIPL 45): one archive, made by a job, there for days.

It holds the rows as JSON, a page to read, every file, and who looked at them. How long it is kept
is a row of `retention.toml`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable

from sqlalchemy import Table
from sqlalchemy.orm import Session

from casework import retention, retention_table
from casework.office import PATIENT, Office
from casework.privacy import own_data, readable
from casework.privacy.own_data import OwnData, OwnFile
from engine import operations
from engine.actors import Actor
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.tables import core
from refusals.days import SHANGHAI
from refusals.refusal import Refusal
from registry.applications import documents
from registry.applications.documents import StoredFile
from registry.people import data_exports, persons
from registry.people.data_exports import DataExport
from registry.trail import audit
from storage.database import writing

ASKED, TAKEN, DROPPED = "export.asked", "export.taken", "export.dropped"
_OPERATION = "privacy/export"
_STEP = 10  #: files between two words of progress


class ExportNotReady(Refusal):
    """个人信息文件还在制作或者已经删除。请回到“我的个人信息”查看进度，或者重新导出。"""

    code = "E_EXPORT_NOT_READY"


def days() -> int:
    """Give for how many days an export is there."""
    return next(
        row.days for row in retention_table.read().rows if row.table == DataExport.__tablename__
    )


def ask(office: Office, person_id: str, actor: Actor) -> bool:
    """Have the archive of a person made; False when there is one, ready or under way."""
    now = office.now()
    with writing(office.sessions) as session:
        export_id = data_exports.ask(session, person_id, at=now)
        if export_id is None:
            return False
        queue.add(session, _OPERATION, {"export_id": export_id}, f"export/{export_id}", now)
        _record(session, ASKED, actor, person_id, office)
    office.runner.bell.ring()
    return True


def take(office: Office, person_id: str, actor: Actor) -> tuple[bytes, DataExport]:
    """Hand the archive out, and log it. Raises `ExportNotReady`."""
    with writing(office.sessions) as session:
        export = data_exports.of(session, person_id)
        if export is None or export.sha256 is None:
            raise ExportNotReady
        _record(session, TAKEN, actor, person_id, office)
    return office.files.get(export.sha256), export


def drop(office: Office, person_id: str, actor: Actor) -> None:
    """Delete the archive before its time; what is not there is deleted already."""
    with writing(office.sessions) as session:
        if delete(session, person_id, office):
            _record(session, DROPPED, actor, person_id, office)
    office.runner.bell.ring()


def delete(session: Session, person_id: str, office: Office) -> bool:
    """Delete the archive of a person with its file; False when there is none."""
    if data_exports.of(session, person_id) is None:
        return False
    table: Table = core(DataExport)
    retention.delete_rows(session, table, table.c.person_id == person_id, office.now())
    return True


def _record(session: Session, action: str, actor: Actor, person_id: str, office: Office) -> None:
    subject = f"person:{person_id}"
    audit.record(session, action, actor=actor.id, subject=subject, at=office.now())


@operations.add(_OPERATION, schema={"export_id": str}, retry=PATIENT)
def make(office: Office, call: Call, export_id: str) -> Outcome:
    """Make the archive; the same job makes the same bytes. One deleted meanwhile is not made."""
    with office.sessions() as session:
        export = session.get(DataExport, export_id)
        if export is None or export.sha256 is not None:
            return Outcome()
        own = own_data.gather(session, persons.get(session, export.person_id))
    archive = _archive(office, export, own)
    sha256 = office.files.put(archive)
    stored = StoredFile(sha256=sha256, size_bytes=len(archive), media_type="application/zip")

    def commit(session: Session) -> None:
        kept = session.get(DataExport, export_id)
        documents.keep(session, stored, at=call.now)
        if kept is None:
            retention.drop_files(session, [sha256], call.now)
            return
        kept.sha256, kept.size_bytes, kept.ready_at = sha256, len(archive), call.now
        kept.done = kept.total = len(own.files)

    return Outcome(values={"files": len(own.files)}, commit=commit)


def _archive(office: Office, export: DataExport, own: OwnData) -> bytes:
    held = io.BytesIO()
    moment = export.asked_at.astimezone(SHANGHAI).timetuple()[:6]
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        page = readable.page(own, authority=office.policy.authority, at=export.asked_at)
        looks = [{"at": look.at, "who": look.who, "at_what": look.at_what} for look in own.looks]
        data = own_data.plain({**own.rows, "looks": looks})
        text = json.dumps(data, ensure_ascii=False, indent=1)
        for path, content in _contents(office, export.id, own.files, page, text):
            entry = zipfile.ZipInfo(path, date_time=moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return held.getvalue()


def _contents(
    office: Office, export_id: str, files: Iterable[OwnFile], page: str, data: str
) -> Iterable[tuple[str, bytes]]:
    """Give what goes into the archive, one after the other, and say how far it is."""
    yield "说明.html", page.encode()
    yield "data.json", data.encode()
    listed = list(files)
    for number, file in enumerate(listed):
        if number % _STEP == 0:
            _progress(office, export_id, number, len(listed))
        yield file.path, office.files.get(file.sha256)


def _progress(office: Office, export_id: str, done: int, total: int) -> None:
    with writing(office.sessions) as session:
        export = session.get(DataExport, export_id)
        if export is not None:
            export.done, export.total = done, total
