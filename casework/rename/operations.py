"""Operations of a change of the enterprise's name: compute, print, seal, go through the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from casework.case import announcements, authorizations, trail
from casework.office import PATIENT, Office, reading
from casework.rename import item_effects
from casework.signature.operations import UNAUTHORIZED
from engine import operations
from engine.actors import SYSTEM, enterprise_inbox
from engine.errors import NobodyWaits
from engine.jobs import queue
from engine.operations import BpmnError, Call, CaseCall, Outcome
from professions import messages
from registry.applications import documents
from registry.applications.documents import StoredFile
from registry.enterprises import enterprises, rename_items, renames
from registry.enterprises.enterprises import Enterprise
from registry.enterprises.rename_items import Effect, ItemState, RenameItem, Subject
from registry.enterprises.renames import BatchState, RenameBatch
from registry.trail import notices
from signing import Role

CHUNK = 20  #: items that one job does, so that others have their turn in between


@operations.add("rename/compute", inline=True)
def compute(office: Office, call: CaseCall) -> Outcome:
    """Write down what the change concerns, with its effect on each (R127)."""
    batch_id = call.business_key

    def commit(session: Session) -> None:
        batch = renames.get(session, batch_id)
        count = _add_items(office, session, batch)
        trail.audit_rename(session, call.actor, "rename.compute", batch_id, call.now, items=count)

    return Outcome(commit=commit)


def _add_items(office: Office, session: Session, batch: RenameBatch) -> int:
    """Add what still bears another name and is not in the batch; return how much."""
    known = rename_items.known(session, batch.id)
    subjects = rename_items.subjects(
        session, batch.uscc, batch.type, batch.new_name, on=office.today()
    )
    fresh = [subject for subject in subjects if (subject.kind, subject.id) not in known]
    effects: dict[tuple[str, str], str] = {}
    for subject in fresh:
        if (subject.kind, subject.status) not in effects:
            effects[subject.kind, subject.status] = effect_of(office, batch, subject)
    rows = [(subject, effects[subject.kind, subject.status]) for subject in fresh]
    return rename_items.add(session, batch.id, rows, chunk_size=CHUNK)


def effect_of(office: Office, batch: RenameBatch, subject: Subject) -> str:
    """Ask the table `rename_effect`."""
    return item_effects.effect_of(office, batch, subject.kind, subject.status)


@operations.add("rename/print_list", retry=PATIENT)
def print_list(office: Office, call: CaseCall) -> Outcome:
    """Print the list that the enterprise is going to confirm: names, effects, counts."""
    batch_id = call.business_key
    with office.sessions() as session:
        batch = renames.get(session, batch_id)
        counted = rename_items.counts_by_effect(session, batch_id)
        rows = rename_items.page(session, batch_id, limit=None)
    data = list_data(office, batch, counted, rows)
    printed = office.templates(batch.definition).render("rename-list", data, at=batch.computed_at)
    sha256 = office.files.put(printed.pdf)

    def commit(session: Session) -> None:
        file = StoredFile(sha256=sha256, size_bytes=len(printed.pdf))
        documents.keep(session, file, at=call.now)
        renames.get(session, batch_id).list_sha256 = sha256

    return Outcome(commit=commit)


def list_data(
    office: Office,
    batch: RenameBatch,
    counted: Mapping[Effect, int],
    rows: Sequence[tuple[RenameItem, str]],
) -> dict[str, Any]:
    """Give the data of the list: the change, its effects with their number, each item by name."""
    return {
        "profession": office.type_of(batch.definition).title,
        "old_name": batch.old_name,
        "new_name": batch.new_name,
        "uscc": batch.uscc,
        "registry_version": batch.registry_version,
        "computed_on": batch.computed_at.date().isoformat(),
        "counts": [
            {"effect": effect.label, "count": str(number)} for effect, number in counted.items()
        ],
        "items": [
            {"number": str(number), "name": name, "effect": item.effect_label}
            for number, (item, name) in enumerate(rows, 1)
        ],
        "watermark": office.policy.watermark,
    }


@operations.add("rename/cancel", inline=True)
def cancel(office: Office, call: CaseCall) -> Outcome:
    """Give up what was computed; nothing was changed."""
    batch_id = call.business_key

    def commit(session: Session) -> None:
        renames.move(session, renames.get(session, batch_id), BatchState.CANCELLED, call.now)
        trail.audit_rename(session, call.actor, "rename.cancel", batch_id, call.now)

    return Outcome(commit=commit)


@operations.add("rename/seal_list", retry=PATIENT)
def seal_list(office: Office, call: CaseCall) -> Outcome:
    """Put the enterprise's seal under the list that was shown and confirmed."""
    batch_id = call.business_key
    with office.sessions() as session:
        batch = renames.get(session, batch_id)
    authorization = authorizations.of(office, batch_id, Role.ENTERPRISE)
    try:
        sealed = office.signatures.seal_as_enterprise(
            office.files.get(str(batch.list_sha256)),
            uscc=batch.uscc,
            authorization=authorization,
            key=call.key,
        )
    except UNAUTHORIZED as refusal:
        code, reason = refusal.code, str(refusal)

        def tell(session: Session) -> None:
            text = f"企业名称变更清单的企业电子签章没有完成，清单没有盖章。{reason}"
            employer, key = session.get(Enterprise, batch.uscc), f"rename.failed/{call.key}"
            words = [announcements.to_enterprise(batch.uscc, employer, "seal_failed", text, key)]
            announcements.tell(session, words, call.now)
            trail.audit_rename(session, call.actor, "rename.failed", batch_id, call.now, code=code)

        raise BpmnError("SIGNING_FAILED", commit=tell, refusal=code, reason=reason) from refusal
    sha256 = office.files.put(sealed.pdf)

    def commit(session: Session) -> None:
        file = StoredFile(sha256=sha256, size_bytes=len(sealed.pdf))
        documents.keep(session, file, at=call.now)
        renames.sealed(session, batch_id, sha256, at=call.now)
        authorizations.drop(session, batch_id, Role.ENTERPRISE)
        trail.audit_rename(session, call.actor, "rename.seal", batch_id, call.now, sha256=sha256)

    return Outcome(commit=commit)


@operations.add("rename/begin", inline=True)
def begin(office: Office, call: CaseCall) -> Outcome:
    """Take the new name into the register, and ask for the items in small jobs (R128).

    While the batch runs, the enterprise's persons cannot start new matters. Raises
    `RenameRunning` when another batch of the same enterprise and profession runs.
    """
    batch_id = call.business_key

    def commit(session: Session) -> None:
        batch = renames.get(session, batch_id)
        renames.move(session, batch, BatchState.RUNNING, call.now)
        enterprises.rename(session, batch.uscc, batch.new_name, at=call.now)
        rename_items.reopen_failed(session, batch_id)
        _enqueue(session, batch, call)
        trail.audit_rename(session, call.actor, "rename.begin", batch_id, call.now)

    return Outcome(commit=commit)


def _enqueue(session: Session, batch: RenameBatch, call: Call) -> None:
    """Ask for a job a chunk; one that finds nothing to do still tells that all is done."""
    batch.rounds += 1
    for chunk in rename_items.pending_chunks(session, batch.id) or [0]:
        params = {"batch_id": batch.id, "chunk": chunk}
        key = f"rename/{batch.id}/{batch.rounds}/{chunk}"
        queue.add(session, "rename/apply", params, key, call.now, business_key=batch.id)


@operations.add("rename/apply", schema={"batch_id": str, "chunk": int}, retry=PATIENT)
def apply(office: Office, call: Call, batch_id: str, chunk: int) -> Outcome:
    """Do what is still to do of a chunk, each item in a transaction of its own.

    A crash anywhere repeats only what was not committed. Who finds nothing left to do, tells the
    diagram; when several do, it hears the first.
    """
    with office.sessions() as session:
        todo = rename_items.pending(session, batch_id, chunk)
    for item_id in todo:
        item_effects.apply(office, item_id)
    with office.sessions() as session:
        left = rename_items.counts(session, batch_id)[ItemState.PENDING]
    if left == 0:
        with suppress(NobodyWaits):
            office.runner.message(messages.RENAMED, batch_id, {}, SYSTEM)
    return Outcome()


@operations.add("rename/check_result", inline=True)
def check_result(office: Office, call: CaseCall) -> Outcome:
    """Count what is done, and find what came to bear the old name meanwhile."""
    session, batch_id = reading(call), call.business_key
    batch = renames.get(session, batch_id)
    known = rename_items.known(session, batch_id)
    subjects = rename_items.subjects(
        session, batch.uscc, batch.type, batch.new_name, on=office.today()
    )
    left = sum((subject.kind, subject.id) not in known for subject in subjects)
    failed = rename_items.counts(session, batch_id)[ItemState.FAILED]

    def commit(session: Session) -> None:
        current = renames.get(session, batch_id)
        if left:
            _add_items(office, session, current)
            _enqueue(session, current, call)
        elif not failed:
            renames.move(session, current, BatchState.DONE, call.now)
            trail.audit_rename(session, call.actor, "rename.done", batch_id, call.now)

    return Outcome(values={"left": left, "failed": failed}, commit=commit)


@operations.add("rename/tell", inline=True)
def tell(office: Office, call: CaseCall) -> Outcome:
    """Tell the enterprise that all is done; the persons were told with their items (R129)."""
    batch_id = call.business_key

    def commit(session: Session) -> None:
        batch = renames.get(session, batch_id)
        done = rename_items.counts(session, batch_id)[ItemState.DONE]
        text = (
            f"企业名称变更已完成：{batch.old_name}变更为{batch.new_name}，共处理{done}项。"
            "有电子证书的注册人员已收到重新领证的通知。"
        )
        inbox = enterprise_inbox(batch.uscc)
        notices.tell(session, inbox, "renamed", text, key=f"{call.key}/renamed", at=call.now)

    return Outcome(commit=commit)
