"""Changing the registered name of an employer: look, compute, confirm, repair (R124–R129, I16).

The enterprise confirms what was computed; the diagram `enterprise_rename` runs the batch, and
`operations_renaming` and `rename_effects` do its items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from casework.case import authorizations, reasons, trail
from casework.case.reasons import Reason
from casework.case.refusals import StepRefused
from casework.office import Office
from engine import queries
from engine.actors import Actor
from engine.errors import NoSuchDefinition
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications.statuses import Matter
from registry.enterprises import rename_items, renames
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus
from registry.enterprises.rename_items import ItemState
from registry.enterprises.renames import BatchState, RenameBatch
from registry.errors import RenameMoved
from registry.ports import EnterpriseFacts, QualifiedEnterprise
from registry.trail import audit
from signing import Role
from storage.database import in_turn, new_id

TEXTS: Mapping[str, str] = {
    "E_NOT_CHANGED_IN_REGISTRY": "企业资质系统中的企业名称为“{new_name}”，与本系统一致，没有可以"
    "变更的内容；请先在企业资质系统完成工商注册名称修改，再办理企业名称变更。",
    "E_OTHER_LEGAL_PERSON": "企业资质系统中没有统一社会信用代码为{uscc}的企业。代码不同即为另一"
    "法人，不能办理更名；注册人员应先注销注册，再由新聘用企业办理初始注册。",
    "E_ENTERPRISE_INACTIVE": "企业登记状态为“{enterprise_status}”，不能办理企业名称变更；"
    "请先到登记机关核实企业状态。",
    "E_RENAME_RUNNING": "本企业正在更名，请等待本次更名完成后再办理。",
    "I_NO_CERTIFICATES": "本企业没有需要变更名称的注册证书，确认后只更新企业名称和在办申请。",
}


class RenameRefused(StepRefused):
    """{text}"""

    code = "E_RENAME_REFUSED"


class RenameOutdated(Refusal):
    """计算结果已经失效（超过30分钟，或者企业资质系统中的名称又有变化），请重新计算后再确认。"""

    code = "E_RENAME_OUTDATED"


@dataclass(frozen=True, kw_only=True)
class Look:
    """The names of an enterprise in both systems, and whether they may be brought together."""

    type: str
    profession: str
    old_name: str  #: in this system
    new_name: str | None  #: in the enterprise qualification system
    version: str
    certificates: int  #: that bear another name than the new one
    applications: int
    reasons: list[Reason]  #: why not
    notes: list[Reason]  #: what is good to know
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_possible(self) -> bool:
        """Whether the impact may be computed."""
        return not self.reasons


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a batch is."""

    state: BatchState
    done: int
    failed: int
    pending: int

    @property
    def total(self) -> int:
        """How many items there are."""
        return self.done + self.failed + self.pending

    @property
    def percent(self) -> int:
        """How much was tried, for the bar.

        >>> Progress(state=BatchState.RUNNING, done=1, failed=1, pending=1).percent
        66
        """
        return 100 * (self.done + self.failed) // self.total if self.total else 100


class _Names(NamedTuple):
    """What two registers outside say of an enterprise."""

    qualified: QualifiedEnterprise | None
    registered: EnterpriseFacts | None


def _names(office: Office, uscc: str) -> _Names:
    return _Names(office.enterprise_qualifications.of(uscc), office.enterprises.by_uscc(uscc))


def look(office: Office, uscc: str, type_key: str) -> Look:
    """Compare the names and ask the table `rename_precondition`; all reasons at once (R125, R126).

    Raises `Unavailable` when the qualification system or the register does not answer.
    """
    names = _names(office, uscc)
    with office.sessions() as session:
        return _look(office, session, uscc, type_key, names)


def looks(office: Office, uscc: str) -> list[Look]:
    """Look at each of an enterprise's `professions`; what they share is asked once.

    Raises `Unavailable` as `look` does.
    """
    names = _names(office, uscc)
    keys = professions(office, uscc)
    with office.sessions() as session:
        return [_look(office, session, uscc, key, names) for key in keys]


def _look(office: Office, session: Session, uscc: str, type_key: str, names: _Names) -> Look:
    qualification, registered = names
    definition = office.definitions.latest(type_key).hash
    own = _own_name(office, session, uscc, type_key, qualification)
    running = renames.is_busy(session, uscc, type_key)
    certificates = applications = 0
    if qualification is not None:
        bearing = renames.bearing(session, uscc, on=office.today()).get(type_key, {})
        other = [known.on_day for name, known in bearing.items() if name != qualification.name]
        certificates = sum(other)
        applications = rename_items.cases(session, uscc, qualification.name).get(type_key, 0)
    status = registered.status if registered else "UNKNOWN"
    facts = {
        "registry_name_differs": qualification is not None
        and (own != qualification.name or certificates + applications > 0),
        "same_uscc": qualification is not None and qualification.uscc == uscc,
        "enterprise_status": status,
        "rename_running": running,
        "affected": certificates,
    }
    told = {
        "uscc": uscc,
        "new_name": qualification.name if qualification else "—",
        "enterprise_status": EnterpriseStatus(status).label if registered else "未登记",
    }
    codes = list(dict.fromkeys(office.decide(definition, "rename_precondition", facts)))
    texts = [Reason(code, TEXTS[code].format_map(told)) for code in codes]
    stops = [text for text in texts if text.code.startswith("E_")]
    return Look(
        type=type_key,
        profession=office.type_of(definition).title,
        old_name=own,
        new_name=qualification.name if qualification else None,
        version=qualification.version if qualification else "",
        certificates=certificates,
        applications=applications,
        reasons=stops,
        notes=[] if stops else [text for text in texts if text.code.startswith("I_")],
        facts=facts,
    )


def _own_name(
    office: Office,
    session: Session,
    uscc: str,
    type_key: str,
    qualification: QualifiedEnterprise | None,
) -> str:
    """Give the name in this system: what certificates bear, when it is not the new one already."""
    on_certificates = list(renames.bearing(session, uscc, on=office.today()).get(type_key, {}))
    for name in on_certificates:
        if qualification is None or name != qualification.name:
            return name
    enterprise = session.get(Enterprise, uscc)
    return enterprise.name if enterprise else (on_certificates or [""])[0]


def professions(office: Office, uscc: str) -> list[str]:
    """Give the keys of the professions in which an enterprise's names may be changed.

    Those in which it has registrations or cases come first; without any, all that offer it.
    """
    with office.sessions() as session:
        used = renames.types_of(session, uscc)
    keys = [key for key in sorted({*office.definitions.offered(), *used}) if _offers(office, key)]
    return [key for key in keys if key in used] or keys


def _offers(office: Office, key: str) -> bool:
    try:
        kind = office.type_of(office.definitions.latest(key).hash)
    except NoSuchDefinition:
        return False
    return kind.offers(Matter.ENTERPRISE_RENAME)


class _ComputedBefore(Exception):
    """The press before this one has computed it; says the batch."""


def compute(office: Office, uscc: str, type_key: str, actor: Actor) -> str:
    """【注册企业名称批量变更】: compute and write down the impact; return the batch (R127).

    An earlier computation that nobody confirmed is cancelled; a second press gives the one of the
    press before. Raises `RenameRefused`.
    """
    seen = look(office, uscc, type_key)
    if seen.reasons:
        raise RenameRefused(seen.reasons)
    definition, batch_id = office.definitions.latest(type_key), new_id()
    process = office.type_of(definition.hash).matter(Matter.ENTERPRISE_RENAME).process
    with office.sessions() as session:
        earlier = [
            batch.id
            for batch in renames.open_ones(session, uscc, type_key)
            if batch.state == BatchState.COMPUTED
        ]

    change = renames.NameChange(
        type=type_key,
        uscc=uscc,
        old_name=seen.old_name,
        new_name=str(seen.new_name),
        registry_version=seen.version,
    )

    def write(session: Session) -> None:
        in_turn(session, f"rename {uscc} {type_key}")
        since = office.now() - audit.SECOND_PRESS
        if computed := renames.computed(session, change, actor=actor.id, since=since):
            raise _ComputedBefore(computed)
        renames.create(
            session,
            change,
            id=batch_id,
            definition=definition.hash,
            actor=actor.id,
            at=office.now(),
        )

    data = {"batch_id": batch_id, "uscc": uscc, **seen.facts}
    try:
        office.runner.start(definition.hash, process, batch_id, data, actor, write=write)
    except _ComputedBefore as before:
        return str(before)
    for earlier_id in earlier:
        _leave(office, earlier_id, Task.CONFIRM_RENAME, actor)
    return batch_id


def confirm(office: Office, batch_id: str, pin: str, actor: Actor) -> None:
    """【确认更名】: the right PIN seals the list that was shown, and the batch runs (R128).

    Raises `RenameOutdated`, `RenameRefused`, `RenameMoved`, `RenameRunning`, `PinWrong` and its
    kin, `StepRefused` for a bad certificate.
    """
    # 1. What was shown must still be true: the batch, its time, the names, the certificate.
    batch = _batch(office, batch_id)
    if batch.state != BatchState.COMPUTED:
        raise RenameMoved(state=batch.state_label)
    if office.now() >= batch.expires_at:
        raise RenameOutdated
    seen = look(office, batch.uscc, batch.type)
    if seen.reasons:
        raise RenameRefused(seen.reasons)
    if seen.new_name != batch.new_name:
        raise RenameOutdated
    task_id = _task(office, batch, Task.CONFIRM_RENAME)
    _refuse_certificate(office, batch)
    # 2. The PIN gives leave to seal this one list; a wrong one is counted and gives nothing.
    authorization = office.signatures.challenges.unlock(batch.uscc, pin, str(batch.list_sha256))

    # 3. One transaction moves the batch and keeps the leave; the seal follows as a job.
    def write(session: Session) -> None:
        current = renames.get(session, batch_id)
        renames.move(session, current, BatchState.CONFIRMED, office.now())
        current.confirmed_at, current.confirmed_by = office.now(), actor.id
        authorizations.keep(session, batch_id, Role.ENTERPRISE, authorization)
        trail.audit_rename(session, actor, "rename.confirm", batch_id, office.now())

    office.runner.complete(task_id, actor, {"action": "confirm"}, write=write)
    # 4. Older batches of this enterprise are left: one of them runs at a time.
    with office.sessions() as session:
        others = renames.open_ones(session, batch.uscc, batch.type)
    for other in others:
        if other.id != batch_id:
            _leave(office, other.id, _TASKS[BatchState(other.state)], actor)


_TASKS = {BatchState.COMPUTED: Task.CONFIRM_RENAME, BatchState.PARTIAL: Task.REPAIR_FAILED}


def cancel(office: Office, batch_id: str, actor: Actor) -> None:
    """Give up a computed impact; nothing was changed. Raises `RenameMoved`."""
    batch = _batch(office, batch_id)
    task_id = _task(office, batch, Task.CONFIRM_RENAME)
    office.runner.complete(task_id, actor, {"action": "cancel"})


def retry(office: Office, batch_id: str, actor: Actor) -> None:
    """【重试失败项】: do only what failed again (I16).

    Raises `RenameMoved`, `RenameRunning`.
    """
    batch = _batch(office, batch_id)
    task_id = _task(office, batch, Task.REPAIR_FAILED)

    def write(session: Session) -> None:
        trail.audit_rename(session, actor, "rename.retry", batch_id, office.now())

    office.runner.complete(task_id, actor, {"action": "retry"}, write=write)


def progress(session: Session, batch: RenameBatch) -> Progress:
    """Give how far a batch is, from the rows of its items."""
    counted = rename_items.counts(session, batch.id)
    return Progress(
        state=BatchState(batch.state),
        done=counted[ItemState.DONE],
        failed=counted[ItemState.FAILED],
        pending=counted[ItemState.PENDING],
    )


def _leave(office: Office, batch_id: str, node: str, actor: Actor) -> None:
    """End an older batch that a newer one replaces, unless somebody was faster."""
    try:
        task_id = _task(office, _batch(office, batch_id), node)
        office.runner.complete(task_id, actor, {"action": "cancel"})
    except Refusal:
        return


def _batch(office: Office, batch_id: str) -> RenameBatch:
    with office.sessions() as session:
        return renames.get(session, batch_id)


def _task(office: Office, batch: RenameBatch, node: str) -> str:
    with office.sessions() as session:
        task = queries.task_for(session, batch.id, node)
    if task is None:
        raise RenameMoved(state=batch.state_label)
    return task.id


def _refuse_certificate(office: Office, batch: RenameBatch) -> None:
    """Raise `StepRefused` when the enterprise's certificate may not be used now (I13)."""
    facts = office.signatures.check_certificate(Role.ENTERPRISE, batch.uscc)
    given = {"certificate_facts": facts}
    verdict = office.decide(batch.definition, "signer_certificate", given)
    if verdict != "OK":
        raise StepRefused([reasons.explain(verdict)])
