"""Giving running cases a corrected version: two operators, each case for itself, and back again.

A case keeps the version it started with. When that version has a slip, cases may go on with a
later one whose diagrams have the same shape: texts, documents, forms, tables, periods and
conditions are then those of the later one. One operator asks with a reason, another confirms; a
job moves the cases, each in a transaction of its own, and notes why one stayed. To undo it is to
ask for the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.case import trail
from casework.case.two_operators import TwoOperators, note
from casework.office import OUTAGE, Office
from casework.terms import due_dates, moved_timers
from casework.version_changes import FormsDiffer, VersionChanges
from engine import definitions, operations
from engine.actors import Actor
from engine.errors import (
    DiagramsDiffer,
    NoSuchDefinition,
    NoSuchInstance,
    OtherVersion,
    TaskNotOpen,
)
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.tables import DefinitionVersion, InstanceStatus, ProcessInstance
from refusals.refusal import Refusal
from registry.applications.applications import Application
from registry.enterprises.renames import RenameBatch
from registry.people.officers import OfficerRole
from registry.trail import version_corrections as requests
from registry.trail.version_corrections import CorrectionState, VersionCorrection
from storage.database import writing
from storage.literals import literal

BATCH = 50  #: cases a job
SHORTEST_REASON, LONGEST_REASON = 5, 500  #: characters


class CorrectionReasonMissing(Refusal):
    """请填写更正的原因（5至500个字），由另一名运行维护人员核对。"""

    code = "E_CORRECTION_REASON"


class NotCorrectable(Refusal):
    """不能改用该版本：{why}。请刷新页面，按现在的版本重新选择。"""

    code = "E_CORRECTION_VERSION"


class CorrectionWaits(Refusal):
    """{who}已于{when}提出该版本的更正，等待确认。请先确认或者撤回该项更正，再提出新的更正。"""

    code = "E_CORRECTION_WAITS"


class CorrectionNeedsAnother(Refusal):
    """须由另一名运行维护人员确认。提出更正的人不能自己确认。"""

    code = "E_CORRECTION_NEEDS_ANOTHER"
    is_denial = True


class CorrectionNotAsked(Refusal):
    """该项更正已经撤销或者已经确认。请刷新页面，查看最新状态。"""

    code = "E_CORRECTION_NOT_ASKED"


_SAID = ("from_version", "to_version", "undoes", "reason")  #: what makes two requests the same
BY_TWO = TwoOperators(
    needs_another=CorrectionNeedsAnother,
    not_asked=CorrectionNotAsked,
    waits=CorrectionWaits,
    roles=(OfficerRole.OPERATOR, OfficerRole.ANALYST),  # of 运行维护 and of the studio
)


COUNTED = 1_000  #: running cases of a version: how far pages count them


@dataclass(frozen=True, kw_only=True)
class Running:
    """A version on which cases run, and the one that is offered now."""

    key: str
    version: str
    number: int
    deployed_at: datetime
    cases: int
    newest: str | None  #: hash of what could be given to them; None: it is the newest, or gone
    newest_number: int | None


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """What would become of a case."""

    business_key: str
    number: str | None  #: of the application, for people
    stays: str | None  #: why it could not be moved, in Chinese; None: it can


def running(
    session: Session, now: datetime | None = None, *, at_most: int | None = None
) -> list[Running]:
    """Return the versions on which cases run, by type, the newest first.

    Of each `at_most` so many cases are counted; None: all of them.
    """
    cases = (
        select(ProcessInstance.id)
        .where(
            ProcessInstance.status == literal(InstanceStatus.ACTIVE),
            ProcessInstance.definition == DefinitionVersion.hash,
        )
        .limit(at_most)
        .correlate(DefinitionVersion)
        .subquery()
    )
    counted = select(func.count()).select_from(cases).scalar_subquery()
    query = select(DefinitionVersion, counted).order_by(
        DefinitionVersion.key, DefinitionVersion.number.desc()
    )
    offered = definitions.keys(session, at=now)
    numbered = version_numbers(session, offered.values())
    return [
        Running(
            key=version.key,
            version=version.hash,
            number=version.number,
            deployed_at=version.deployed_at,
            cases=count,
            newest=None if (newest := offered.get(version.key)) == version.hash else newest,
            newest_number=None if newest is None else numbered.get(newest),
        )
        for version, count in session.execute(query)
        if count
    ]


def version_numbers(session: Session, versions: Iterable[str]) -> Mapping[str, int]:
    """Return the numbers of versions in their types, for people."""
    query = select(DefinitionVersion.hash, DefinitionVersion.number)
    return {
        row.hash: row.number
        for row in session.execute(query.where(DefinitionVersion.hash.in_(versions)))
    }


def prospects(office: Office, from_version: str, to_version: str) -> list[Prospect]:
    """Say of each running case of a version what would become of it; nothing is written.

    Raises NotCorrectable.
    """
    changes = VersionChanges(office, from_version, to_version)
    with office.sessions() as session:
        check(office, session, from_version, to_version, undoing=False)
        query = (
            select(ProcessInstance.business_key, ProcessInstance.process_id, Application)
            .outerjoin(Application, Application.id == ProcessInstance.business_key)
            .where(
                ProcessInstance.definition == from_version,
                ProcessInstance.status == literal(InstanceStatus.ACTIVE),
            )
            .order_by(ProcessInstance.business_key)
        )
        return [
            Prospect(
                business_key=key,
                number=None if application is None else application.no,
                stays=changes.why_not(session, process, application),
            )
            for key, process, application in session.execute(query)
        ]


def ask(office: Office, from_version: str, to_version: str, reason: str, actor: Actor) -> str:
    """Ask that the cases of a version go on with the newest; return the id of the request.

    Raises NotCorrectable, CorrectionReasonMissing, CorrectionWaits.
    """
    return _ask(office, from_version, to_version, reason, actor)


def undo(office: Office, correction_id: str, reason: str, actor: Actor) -> str:
    """Ask that the cases that a correction moved go back; another operator confirms that too.

    Raises CorrectionNotAsked, NotCorrectable, CorrectionReasonMissing, CorrectionWaits.
    """
    with office.sessions() as session:
        done = requests.get(session, correction_id)
    if done is None or done.state != CorrectionState.CONFIRMED:
        raise CorrectionNotAsked
    return _ask(office, done.to_version, done.from_version, reason, actor, undoes=done)


def _ask(
    office: Office,
    from_version: str,
    to_version: str,
    reason: str,
    actor: Actor,
    *,
    undoes: VersionCorrection | None = None,
) -> str:
    reason = insist_on_reason(reason)
    now = office.now()
    with writing(office.sessions) as session:
        key = check(office, session, from_version, to_version, undoing=undoes is not None)
        asked = VersionCorrection(
            type_key=key,
            from_version=from_version,
            to_version=to_version,
            undoes=undoes.id if undoes else None,
            nodes={} if undoes and undoes.is_migration else None,
            reason=reason,
            state=CorrectionState.ASKED,
            asked_by=actor.id,
            asked_at=now,
        )
        if not requests.ask(session, asked):
            waits = requests.waiting_of(session, from_version)
            values = {name: getattr(asked, name) for name in _SAID}
            return BY_TWO.again(session, waits, actor, values).id
        audit(office, session, "version.correction_asked", asked, actor)
        return asked.id


def insist_on_reason(reason: str) -> str:
    """Return a reason without what surrounds it; raise CorrectionReasonMissing."""
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise CorrectionReasonMissing("reason")
    return reason


def confirm(office: Office, correction_id: str, actor: Actor) -> None:
    """Agree to what another operator asked for; a job then moves the cases.

    Raises CorrectionNotAsked, CorrectionNeedsAnother, and NotCorrectable when the version was
    withdrawn or followed by another meanwhile.
    """
    now = office.now()
    with (
        BY_TWO.once(office, VersionCorrection, correction_id, actor, CorrectionState.CONFIRMED),
        writing(office.sessions) as session,
    ):
        asked = BY_TWO.confirmable(session, requests.get(session, correction_id), actor)
        undoing = asked.undoes is not None
        check(office, session, asked.from_version, asked.to_version, undoing=undoing)
        state = CorrectionState.CONFIRMED
        BY_TWO.insist(requests.settle(session, correction_id, state, actor=actor.id, at=now))
        audit(office, session, "version.correction", asked, actor, asked_by=asked.asked_by)
        follow_up(session, asked, "", now)


def decline(office: Office, correction_id: str, actor: Actor) -> None:
    """Turn a request down, or take one's own back. Raises CorrectionNotAsked."""
    now = office.now()
    with (
        BY_TWO.once(office, VersionCorrection, correction_id, actor, CorrectionState.DECLINED),
        writing(office.sessions) as session,
    ):
        asked = BY_TWO.waiting(requests.get(session, correction_id))
        state = CorrectionState.DECLINED
        BY_TWO.insist(requests.settle(session, correction_id, state, actor=actor.id, at=now))
        audit(office, session, "version.correction_declined", asked, actor)


def check(
    office: Office, session: Session, from_version: str, to_version: str, *, undoing: bool
) -> str:
    """Return the key of the type of two versions that may follow each other.

    Raises NotCorrectable.
    """
    before = session.get(DefinitionVersion, from_version)
    after = session.get(DefinitionVersion, to_version)
    if before is None or after is None:
        raise NotCorrectable(why="没有这个版本")
    if before.key != after.key or before.hash == after.hash:
        raise NotCorrectable(why="两个版本不是同一注册类型的先后版本")
    offered = definitions.keys(session, at=office.now())
    if not undoing and offered.get(after.key) != after.hash:
        raise NotCorrectable(why="该版本已经撤下，或者已有更新的版本")
    return before.key


def numbers(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the numbers of applications by their ids, for people."""
    query = select(Application.id, Application.no).where(Application.id.in_(keys))
    return {row.id: row.no for row in session.execute(query)}


# Moving -----------------------------------------------------------------------------------------


def follow_up(session: Session, asked: VersionCorrection, after: str, at: datetime) -> None:
    """Ask for the next batch of cases, those behind the key `after`."""
    operation = "version/migrate" if asked.is_migration else "version/correct"
    params = {"correction_id": asked.id, "after": after}
    queue.add(session, operation, params, f"correct/{asked.id}/{after}", at)


@operations.add("version/correct", schema={"correction_id": str, "after": str}, retry=OUTAGE)
def correct(office: Office, call: Call, correction_id: str, after: str) -> Outcome:
    """Move one batch of cases, by their keys, and ask for the next; doing it again moves none."""
    with office.sessions() as session:
        asked = requests.confirmed(session, correction_id)
    return each(office, call, asked, after, _move)


#: Moves one case in one transaction, or notes why it stays: instance, key of the case, who agreed.
Move = Callable[[Office, VersionCorrection, str, str, Actor], None]


def each(office: Office, call: Call, asked: VersionCorrection, after: str, move: Move) -> Outcome:
    """Move one batch of the cases of a confirmed request, and ask for the next."""
    with office.sessions() as session:
        due = _due(session, asked, after)
        version = session.get_one(DefinitionVersion, asked.to_version)
        if version.withdrawn_at is not None and asked.undoes is None:  # after the confirmation
            return _stays(office, asked, due)
    actor = Actor(id=str(asked.settled_by))
    for instance_id, business_key in due:
        move(office, asked, instance_id, business_key, actor)

    def commit(session: Session) -> None:
        if len(due) == BATCH:
            follow_up(session, asked, due[-1][1], call.now)

    return Outcome(values={"cases": len(due)}, commit=commit)


def _stays(office: Office, asked: VersionCorrection, due: Sequence[tuple[str, str]]) -> Outcome:
    """Note of each case that it stays: the version was withdrawn meanwhile."""
    now = office.now()

    def commit(session: Session) -> None:
        for _, business_key in due:
            requests.note(session, asked.id, business_key, "该版本已经撤下", now)
        if len(due) == BATCH:
            follow_up(session, asked, due[-1][1], now)

    return Outcome(values={"cases": 0}, commit=commit)


def left(office: Office, correction_id: str) -> int:
    """Count the cases of a confirmed correction that nobody has looked at yet."""
    with office.sessions() as session:
        asked = requests.confirmed(session, correction_id)
        if asked.state != CorrectionState.CONFIRMED:
            return 0
        done = {case.business_key for case in requests.cases(session, correction_id)}
        return sum(key not in done for _, key in _due(session, asked, "", most=None))


def _due(
    session: Session, asked: VersionCorrection, after: str, *, most: int | None = BATCH
) -> Sequence[tuple[str, str]]:
    query = select(ProcessInstance.id, ProcessInstance.business_key).where(
        ProcessInstance.definition == asked.from_version,
        ProcessInstance.status == literal(InstanceStatus.ACTIVE),
        ProcessInstance.business_key > after,
    )
    if asked.undoes is not None:
        moved = select(requests.CorrectedCase.business_key).where(
            requests.CorrectedCase.correction_id == asked.undoes,
            requests.CorrectedCase.stayed.is_(None),
        )
        query = query.where(ProcessInstance.business_key.in_(moved))
    ordered = query.order_by(ProcessInstance.business_key).limit(most)
    return session.execute(ordered).all()


#: Why a case does not go on with the other version, and stays as it is.
_STAYS = (DiagramsDiffer, FormsDiffer, OtherVersion, NoSuchDefinition, ValueError, KeyError)


def _move(
    office: Office, asked: VersionCorrection, instance_id: str, business_key: str, actor: Actor
) -> None:
    """Move one case in one transaction, or note why it stays."""
    now = office.now()
    changes = VersionChanges(office, asked.from_version, asked.to_version)

    def write(session: Session) -> None:
        application = session.get(Application, business_key)
        if application is not None and (differences := changes.of_form(session, application)):
            raise FormsDiffer(differences="；".join(differences[:3]))
        redefine(office, session, asked, business_key, actor)
        requests.note(session, asked.id, business_key, None, now)
        facts = {"correction": asked.id, "from": asked.from_version, "to": asked.to_version}
        trail.audit(session, actor, "version.case_corrected", business_key, now, **facts)

    try:
        moved_timers.correct(
            office,
            instance_id,
            business_key,
            former=asked.from_version,
            version=asked.to_version,
            actor=actor,
            write=write,
        )
    except (TaskNotOpen, NoSuchInstance):  # ended meanwhile: there is nothing to correct
        return
    except (
        DiagramsDiffer,
        FormsDiffer,
        OtherVersion,
        NoSuchDefinition,
        ValueError,
        KeyError,
    ) as error:
        why = str(error) if isinstance(error, Refusal) else "按新版本读不出办理状态"
        with writing(office.sessions) as session:
            requests.note(session, asked.id, business_key, why, now)


def redefine(
    office: Office, session: Session, asked: VersionCorrection, business_key: str, actor: Actor
) -> None:
    """Let what is on record about a case follow its instance to the other version."""
    if (batch := session.get(RenameBatch, business_key)) is not None:
        batch.definition = asked.to_version
    if (application := session.get(Application, business_key)) is not None:
        application.definition = asked.to_version
        due_dates.count(office, session, application, "按更正后的规定", actor)


def audit(
    office: Office,
    session: Session,
    action: str,
    asked: VersionCorrection,
    actor: Actor,
    **facts: str,
) -> None:
    """Write the row of the trail about a request, in the transaction of what it tells."""
    about = {"correction": asked.id, "from": asked.from_version, "to": asked.to_version}
    undoes = {"undoes": asked.undoes} if asked.undoes else {}
    subject = f"type:{asked.type_key}"
    is_analyst = actor.has_role(OfficerRole.ANALYST)
    note(
        office,
        session,
        action,
        actor,
        subject=subject,
        facts={**about, **undoes, **facts},
        role=OfficerRole.ANALYST if is_analyst else OfficerRole.OPERATOR,
    )
