"""Sealing many files with one PIN: look, confirm, run, stop (decision 14).

What the PIN allows is written down as one leave for each listed file, bound to its hash; the jobs
use them one by one, each through the action of a single seal (`enterprise_seal.put`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from typing import Any

from sqlalchemy.orm import Session

from casework.case import opened, trail
from casework.case.refusals import StepNotOpen
from casework.office import Office
from casework.signature import enterprise_seal
from engine.actors import SYSTEM, Actor, operator
from engine.errors import TaskClaimed, TaskNotOpen
from engine.jobs import queue
from refusals.refusal import NotFound, Refusal, text_of
from registry import versions
from registry.applications import documents
from registry.enterprises import operators, seal_batches
from registry.enterprises.enterprises import Operator
from registry.enterprises.operators import Duty
from registry.enterprises.seal_batches import SealBatch, SealBatchState, SealItem, SealItemState
from registry.ports import EnterpriseFacts, EnterpriseRegister
from registry.trail import audit
from registry.versions import Seen
from signing import Role
from signing.errors import DocumentChanged
from storage.database import in_turn, writing

MOST = 100  #: files of one list


class NothingChosen(Refusal):
    """请至少选择一件可以办理的申请，再进行批量签章。"""

    code = "E_SEAL_NOTHING_CHOSEN"


class TooManyChosen(Refusal):
    """一次最多选择{most}件，您选择了{count}件。请减少选择，分批办理。"""

    code = "E_SEAL_TOO_MANY"


class BatchOutdated(Refusal):
    """这份清单超过30分钟没有确认，已经失效，没有盖章。请返回待企业确认，重新选择并核对。"""

    code = "E_SEAL_LIST_OUTDATED"


class BatchNotOpen(Refusal):
    """这份清单已经确认或者已经停止，不能重复操作。请在本页查看每一件的结果。"""

    code = "E_SEAL_LIST_NOT_OPEN"


class NothingLeft(Refusal):
    """清单中的申请都已开始办理或者办理完毕，没有可以停止的。请在本页查看每一件的结果。"""

    code = "E_SEAL_NOTHING_LEFT"


class ListOfAnother(Refusal):
    """这份清单由本单位的{name}选定和核对，只能由其确认。请返回待企业确认，自行选择并核对。"""

    code = "E_SEAL_LIST_OF_ANOTHER"


class OpinionsNotTicked(Refusal):
    """请阅读并勾选清单所列的单位意见，再输入证书密码。"""

    code = "E_SEAL_OPINION_REQUIRED"


class SealedByColleague(Refusal):
    """本单位的{name}已经为这份申请办理签章，没有重复盖章。请在该申请的页面查看进度。"""

    code = "E_SEALED_BY_COLLEAGUE"


class SealStopped(Refusal):
    """本次批量签章已经停止，这份申请没有盖章，仍在待企业确认中，可以重新办理。"""

    code = "E_SEAL_STOPPED"


class SealerWithdrawn(Refusal):
    """确认本次批量签章的经办人已不再具有签章权限，余下的没有盖章。请由现任经办人重新办理。"""

    code = "E_SEALER_WITHDRAWN"


class SealNotMade(Refusal):
    """签章没有完成，文件未加盖企业电子签章。请打开该申请，查看原因后重新签章。"""

    code = "E_SEAL_NOT_MADE"


class SealUnderWay(Refusal):
    """签章正在办理，完成后在清单中显示结果，请稍后刷新页面。"""

    code = "E_SEAL_UNDER_WAY"
    may_pass = True


class _AskedOnce:
    """The enterprise register during one look at many files of the same enterprise."""

    def __init__(self, register: EnterpriseRegister) -> None:
        self._register = register
        self._known: dict[str, EnterpriseFacts | None] = {}

    def by_uscc(self, uscc: str) -> EnterpriseFacts | None:
        """Ask the first time, then say the same."""
        if uscc not in self._known:
            self._known[uscc] = self._register.by_uscc(uscc)
        return self._known[uscc]

    def by_name(self, name: str) -> Sequence[EnterpriseFacts]:
        """Ask the register."""
        return self._register.by_name(name)


def compose(office: Office, uscc: str, application_ids: Collection[str], actor: Actor) -> str:
    """Write down what the page is going to show of each application; return the batch.

    A second press gives the list of the press before.
    Raises `NothingChosen`, `TooManyChosen`, `NotFound` for what is not this enterprise's,
    `Unavailable` when its register does not answer.
    """
    chosen = list(dict.fromkeys(application_ids))
    if not chosen:
        raise NothingChosen("items")
    if len(chosen) > MOST:
        raise TooManyChosen("items", most=MOST, count=len(chosen))
    looking = copy(office)
    looking.enterprises = _AskedOnce(office.enterprises)
    looked_at = [_look(looking, uscc, application_id, actor) for application_id in chosen]
    now = office.now()
    since = now - audit.SECOND_PRESS
    with writing(office.sessions) as session:
        in_turn(session, f"seals {uscc}")
        shown = seal_batches.shown(session, uscc, looked_at, actor=actor.id, since=since)
        return shown or seal_batches.create(session, uscc, looked_at, actor=actor.id, at=now)


def _look(office: Office, uscc: str, application_id: str, actor: Actor) -> dict[str, Any]:
    """Look at one application: the version first, then what is shown of it."""
    with office.sessions() as session:
        version = versions.of(session, Seen.CASE, application_id)
    case = opened.open_(office, application_id)
    if case.application.uscc != uscc:
        raise NotFound
    form = case.form
    seen = {
        "application_id": application_id,
        "version": version,
        "document_id": form.id if form else None,
        "sha256": form.sha256 if form else None,
    }
    try:
        enterprise_seal.ready(case, actor, examine=True)
    except Refusal as refusal:
        if refusal.may_pass:
            raise
        held_back = {"state": SealItemState.HELD_BACK, "code": refusal.code}
        return seen | held_back | {"reason": str(refusal)[: seal_batches.MAX_REASON]}
    return seen | {"state": SealItemState.PENDING}


def confirm(
    office: Office,
    batch_id: str,
    *,
    chosen: Collection[str],
    opinions_ticked: bool,
    pin: str,
    actor: Actor,
) -> None:
    """Let one PIN allow exactly the listed hashes of the chosen items, and begin the jobs.

    Raises `ListOfAnother`, `BatchNotOpen`, `BatchOutdated`, `NothingChosen`, `OpinionsNotTicked`,
    `PinWrong` and its kin; then nothing is sealed.
    """
    # 1. What was shown still stands, and somebody chose from it.
    with office.sessions() as session:
        batch = seal_batches.get(session, batch_id)
        listed = seal_batches.items(session, batch_id)
        whose = _name_of(session, batch.shown_to)
    if batch.shown_to != actor.id:
        raise ListOfAnother(name=whose)
    if batch.state != SealBatchState.SHOWN:
        raise BatchNotOpen
    if office.now() >= batch.expires_at:
        raise BatchOutdated
    wanted = [item for item in listed if item.state == SealItemState.PENDING and item.id in chosen]
    if not wanted:
        raise NothingChosen("items")
    if not opinions_ticked:
        raise OpinionsNotTicked("opinion")
    # 2. The PIN gives a leave for each file, bound to its hash; a wrong one is counted.
    challenges = office.signatures.challenges
    given = challenges.unlock_each(batch.uscc, pin, [str(item.sha256) for item in wanted])
    leave = {item.id: given[str(item.sha256)] for item in wanted}

    # 3. One transaction keeps the leaves, encrypted, with the jobs that use them.
    with writing(office.sessions) as session:
        now = office.now()
        started = seal_batches.confirm(session, batch_id, leave, at=now)
        for item_id in started or ():
            queue.ask(
                session, "signing/seal_item", {"item_id": item_id}, f"seal-item/{item_id}", now
            )
        if started is not None:
            trail.audit_seals(session, actor, "seal.batch", batch_id, now, items=len(started))
            for item in wanted:
                trail.audit(
                    session,
                    actor,
                    "seal.listed",
                    item.application_id,
                    now,
                    batch=batch_id,
                    sha256=item.sha256,
                )
    if started is None:
        challenges.withdraw(leave.values())
        raise BatchNotOpen
    office.runner.bell.ring()


def stop(office: Office, batch_id: str, actor: Actor, why: type[Refusal] = SealStopped) -> None:
    """【停止】: what has not begun is not sealed; its leave is withdrawn.

    Raises `BatchNotOpen`, and `NothingLeft` where all of it has begun.
    """
    with writing(office.sessions) as session:
        left = seal_batches.stop(
            session,
            batch_id,
            code=why.code,
            reason=text_of(why),
            actor=actor.id,
            at=office.now(),
        )
        if left is None:
            stopped = seal_batches.get(session, batch_id)
            if stopped.state == SealBatchState.STOPPED and stopped.stopped_by == actor.id:
                return  # a second press
            raise NothingLeft if stopped.state == SealBatchState.RUNNING else BatchNotOpen
        facts = {"items": len(left), "code": why.code}
        trail.audit_seals(session, actor, "seal.stop", batch_id, office.now(), **facts)
    office.signatures.challenges.withdraw(left)


def apply(office: Office, item_id: str) -> None:
    """Seal one item, or note why it cannot be; what was done before stays done.

    A crash anywhere repeats only what was not committed: the item moves on in the action of its
    seal. Raises what may pass by itself, so that the job comes again.
    """
    with office.sessions() as session:
        item = seal_batches.item(session, item_id)
        batch = seal_batches.get(session, item.batch_id)
    actor = sealer_of(batch)
    if item.state == SealItemState.PENDING:
        if _may_seal_no_more(office, batch):
            _stop_for(office, batch.id)
            return
        try:
            _seal(office, batch, item, actor)
        except Refusal as refusal:
            if refusal.may_pass:
                raise
            _refuse(office, batch, item, refusal)
            return
    _settle(office, batch, item)


def _may_seal_no_more(office: Office, batch: SealBatch) -> bool:
    """Tell whether who confirmed the list was withdrawn since, or given less to do."""
    sealer, today = batch.shown_to.partition(":")[2], office.today()
    with office.sessions() as session:
        return operators.lacks(session, sealer, batch.uscc, Duty.SEAL, today)


def sealer_of(batch: SealBatch) -> Actor:
    """Give who looked at a list and confirmed it."""
    return operator(batch.shown_to.partition(":")[2], batch.uscc)


def _stop_for(office: Office, batch_id: str) -> None:
    try:
        stop(office, batch_id, SYSTEM, why=SealerWithdrawn)
    except (BatchNotOpen, NothingLeft):
        return  # by another of its jobs


def _seal(office: Office, batch: SealBatch, item: SealItem, actor: Actor) -> None:
    """Seal one file by the action of a single seal, if it is the one that was shown."""

    def check(session: Session) -> None:
        if versions.of(session, Seen.CASE, item.application_id) != item.version:
            raise DocumentChanged

    def leave(_: str, sha256: str) -> str:
        if sha256 != item.sha256:
            raise DocumentChanged
        return item.authorization or ""

    def begin(session: Session) -> None:
        if not seal_batches.begin(session, item.id):
            raise SealStopped

    acting = office.provided(check)
    case = opened.open_(acting, item.application_id)
    if case.form is None or case.form.sha256 != item.sha256:
        raise DocumentChanged
    enterprise_seal.put(
        acting,
        enterprise_seal.ready(case, actor, examine=True),
        leave=leave,
        actor=actor,
        write=begin,
        batch=batch.id,
    )


#: How it shows that somebody else was faster.
_OVERTAKEN = (DocumentChanged, StepNotOpen, TaskClaimed, TaskNotOpen)


def _refuse(office: Office, batch: SealBatch, item: SealItem, refusal: Refusal) -> None:
    """Note in the row why an item was not sealed, and take back its leave."""
    if isinstance(refusal, _OVERTAKEN):
        refusal = _by_colleague(office, batch, item) or refusal
    with writing(office.sessions) as session:
        refused = seal_batches.refuse(
            session, item.id, code=refusal.code, reason=str(refusal), at=office.now()
        )
        if refused:
            trail.refuse(
                session,
                sealer_of(batch),
                "seal.refused",
                item.application_id,
                office.now(),
                batch=batch.id,
                code=refusal.code,
            )
    if refused and item.authorization:
        office.signatures.challenges.withdraw([item.authorization])


def _by_colleague(office: Office, batch: SealBatch, item: SealItem) -> Refusal | None:
    """Say that a colleague seals or has sealed it, where that is why the step is open no more."""
    with office.sessions() as session:
        other = seal_batches.sealed_by_another(session, item.application_id, batch.id)
        signed = documents.signatures(session, str(item.document_id))
        is_sealed = any(signature.role == Role.ENTERPRISE for signature in signed)
        if other is None and not is_sealed:
            return None
        name = _name_of(session, other.shown_to if other else None)
    return SealedByColleague(name=name)


def _name_of(session: Session, actor_id: str | None) -> str:
    key = (actor_id or "").partition(":")[2]
    known = session.get(Operator, key) if key else None
    return known.name if known is not None else "另一名经办人"


def _settle(office: Office, batch: SealBatch, item: SealItem) -> None:
    """Note the end of an item whose seal was asked for, when it is known.

    Raises `SealUnderWay` as long as it is not: the case waits for a register or a time stamp.
    """
    with office.sessions() as session:
        form = documents.get(session, str(item.document_id))
        signed = documents.signatures(session, form.id)
    if any(signature.role == Role.ENTERPRISE for signature in signed):
        with writing(office.sessions) as session:
            seal_batches.finish(session, item.id, at=office.now())
        return
    case = opened.open_(office, item.application_id)
    waits = case.application.state.is_open and not form.is_void and not case.tasks
    if waits:
        raise SealUnderWay
    _refuse(office, batch, item, SealNotMade())
