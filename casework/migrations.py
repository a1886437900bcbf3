"""Running cases migrate to a version with other diagrams: tried, asked for, confirmed, undone.

An analyst says which step of the newer version stands for which of the older one; a job tries it
upon every running case and notes yes or no and why. The analyst then asks with a reason and an
operator confirms, as with a correction (`casework.corrections`), of which a migration is one: the
cases move each in a transaction of its own, their deadlines and drafts with them. Undone, a case
goes back to its snapshot, as long as nothing has happened to it since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from casework import corrections
from casework.case import trail
from casework.corrections import CorrectionNotAsked
from casework.office import OUTAGE, Office
from casework.terms import moved_timers
from casework.version_changes import FormsDiffer, VersionChanges
from engine import operations, queries
from engine.actors import Actor
from engine.errors import NoSuchInstance, TaskNotOpen
from engine.jobs import queue
from engine.operations import Call, Outcome
from engine.running import migrations, node_maps
from engine.running.migrations import Route, Snapshot
from engine.running.node_maps import Node, NodeMap
from engine.tables import InstanceStatus, ProcessInstance
from refusals.refusal import NotFound, Refusal
from registry.applications.applications import Application
from registry.trail import version_corrections as requests
from registry.trail.version_corrections import CorrectionState, VersionCorrection
from storage.database import in_turn, writing
from storage.literals import literal

BATCH = 200  #: cases of a job that tries


class NodesRefused(Refusal):
    """这样的对应关系不能使用：{why}。请重新选择。"""

    code = "E_NODES_REFUSED"


class NotTriedYet(Refusal):
    """试算还没有完成。请等到每一件在办的申请都试过，再提请。"""

    code = "E_NOT_TRIED"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A step of the older version and what stands for it in the newer one."""

    old: Node
    new: Node | None
    why: str  #: why no case may stand here when it moves, in Chinese; "": it may
    choices: tuple[Node, ...]  #: of the newer version, of the same kind
    waiting: int  #: tasks of running cases that are open here


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A process that both versions draw, in another way or the same."""

    process: str
    pairs: tuple[Pair, ...]  #: where a case may stand
    new: tuple[Node, ...]  #: steps that only the newer version has
    differs: bool


def drawn(office: Office, from_version: str, to_version: str, said: NodeMap) -> list[Drawn]:
    """Say of each process of the older version which step stands for which.

    Raises NoSuchDefinition.
    """
    before, after = (office.definitions.get(key) for key in (from_version, to_version))
    waiting = _waiting(office, from_version)
    found = []
    for process in sorted(before.sources.processes.keys() & after.sources.processes.keys()):
        ours = node_maps.nodes(before.sources, process)
        theirs = node_maps.nodes(after.sources, process)
        pairs = node_maps.suggested(before, after, process) | dict(said.get(process, {}))
        pairs = {old: new for old, new in pairs.items() if new in theirs}
        unfit = node_maps.unfit(before, after, process, pairs)
        places = [node for node in ours.values() if node.may_hold]
        found.append(
            Drawn(
                process=process,
                pairs=tuple(
                    Pair(
                        old=node,
                        new=theirs.get(pairs.get(node.id, "")),
                        why=unfit.get(node.id, ""),
                        choices=tuple(
                            other for other in theirs.values() if other.kind == node.kind
                        ),
                        waiting=waiting.get(node.id, 0),
                    )
                    for node in places
                ),
                new=tuple(
                    node
                    for node in theirs.values()
                    if node.may_hold and node.id not in pairs.values()
                ),
                differs=any(pairs.get(node.id) != node.id for node in ours.values())
                or any(node.id not in pairs.values() for node in theirs.values())
                or bool(unfit),
            )
        )
    return found


def _waiting(office: Office, version: str) -> Mapping[str, int]:
    with office.sessions() as session:
        return queries.waiting_by_node(session, version, None)


def try_out(office: Office, from_version: str, to_version: str, said: NodeMap, actor: Actor) -> str:
    """Try a migration upon every running case; return its id. A job does it, in batches.

    Whoever asks again before the last case was tried is given the one that runs.

    Raises NotCorrectable, NodesRefused.
    """
    before, after = (office.definitions.get(key) for key in (from_version, to_version))
    if wrong := node_maps.unknown(before, after, said):
        raise NodesRefused(why="；".join(wrong[:3]))
    now = office.now()
    with writing(office.sessions) as session:
        key = corrections.check(office, session, from_version, to_version, undoing=False)
        tried = VersionCorrection(
            type_key=key,
            from_version=from_version,
            to_version=to_version,
            nodes={process: dict(pairs) for process, pairs in said.items()},
            reason="",
            state=CorrectionState.TRIED,
            asked_by=actor.id,
            asked_at=now,
        )
        in_turn(session, f"try {from_version}")
        if (trying := requests.tried_like(session, tried)) is not None:
            return trying  # the second press
        session.add(tried)
        session.flush()
        _try_next(session, tried.id, "", now)
        return tried.id


def ask(office: Office, migration_id: str, reason: str, actor: Actor) -> None:
    """Ask for a migration that was tried; an operator confirms it.

    Raises CorrectionReasonMissing, NotTriedYet, CorrectionNotAsked, CorrectionWaits,
    NotCorrectable.
    """
    reason = corrections.insist_on_reason(reason)
    now = office.now()
    with writing(office.sessions) as session:
        tried = of(session, migration_id)
        said = {"id": migration_id, "reason": reason}
        if tried.is_waiting:
            corrections.BY_TWO.again(session, tried, actor, said)
            return
        if tried.state != CorrectionState.TRIED:
            raise CorrectionNotAsked
        if tried.tried_at is None:
            raise NotTriedYet
        corrections.check(office, session, tried.from_version, tried.to_version, undoing=False)
        if not requests.ask_tried(session, migration_id, reason, actor.id, now):
            waits = requests.waiting_of(session, tried.from_version)
            corrections.BY_TWO.again(session, waits, actor, said)
            return
        corrections.audit(office, session, "version.migration_asked", tried, actor)


def of(session: Session, migration_id: str) -> VersionCorrection:
    """Return a migration. Raises: NotFound."""
    row = requests.get(session, migration_id)
    if row is None or not row.is_migration or row.undoes is not None:
        raise NotFound
    return row


def running(session: Session, version: str) -> int:
    """Count the running cases of a version."""
    query = select(func.count()).select_from(ProcessInstance)
    return session.scalar(query.where(_active(version))) or 0


def _active(version: str) -> ColumnElement[bool]:
    is_active = ProcessInstance.status == literal(InstanceStatus.ACTIVE)
    return and_(ProcessInstance.definition == version, is_active)


# Trying -----------------------------------------------------------------------------------------


def _try_next(session: Session, migration_id: str, after: str, at: datetime) -> None:
    params = {"correction_id": migration_id, "after": after}
    queue.add(session, "version/try", params, f"try/{migration_id}/{after}", at)


@operations.add("version/try", schema={"correction_id": str, "after": str}, retry=OUTAGE)
def try_batch(office: Office, call: Call, correction_id: str, after: str) -> Outcome:
    """Try a migration upon one batch of cases, by their keys, and ask for the next."""
    with office.sessions() as session:
        asked = requests.confirmed(session, correction_id)
        mover = _Mover(office, asked)
        query = (
            select(ProcessInstance, Application)
            .outerjoin(Application, Application.id == ProcessInstance.business_key)
            .where(_active(asked.from_version), ProcessInstance.business_key > after)
            .order_by(ProcessInstance.business_key)
            .limit(BATCH)
        )
        rows = session.execute(query).all()
        actor = Actor(id=asked.asked_by)
        tried = {
            row.business_key: mover.why_not(session, row, application, actor)
            for row, application in rows
        }

    def commit(session: Session) -> None:
        requests.note_tried(session, correction_id, tried, call.now)
        if len(rows) == BATCH:
            _try_next(session, correction_id, rows[-1][0].business_key, call.now)
        else:
            requests.confirmed(session, correction_id).tried_at = call.now

    return Outcome(values={"cases": len(rows)}, commit=commit)


# Moving -----------------------------------------------------------------------------------------


@operations.add("version/migrate", schema={"correction_id": str, "after": str}, retry=OUTAGE)
def migrate(office: Office, call: Call, correction_id: str, after: str) -> Outcome:
    """Move one batch of cases, or take them back; doing it again moves none."""
    with office.sessions() as session:
        asked = requests.confirmed(session, correction_id)
    mover = _Mover(office, asked)
    return corrections.each(office, call, asked, after, mover.move)


class _Mover:
    """Tries, moves and takes back cases between two versions."""

    def __init__(self, office: Office, asked: VersionCorrection) -> None:
        get = office.definitions.get
        self._office = office
        self._asked = asked
        self._route = Route(get(asked.from_version), get(asked.to_version), asked.nodes)
        self._changes = VersionChanges(office, asked.from_version, asked.to_version)

    def why_not(
        self, session: Session, row: ProcessInstance, application: Application | None, actor: Actor
    ) -> str | None:
        """Tell why a case would stay, None when it would move; nothing is written."""
        if application is not None and (why := self._of_form(session, application)):
            return why
        return migrations.why_not(self._office.runner, session, row, self._route, actor)

    def _of_form(self, session: Session, application: Application) -> str:
        return "；".join(self._changes.of_migrated(session, application)[:3])

    def move(
        self,
        office: Office,
        asked: VersionCorrection,
        instance_id: str,
        business_key: str,
        actor: Actor,
    ) -> None:
        """Move one case in one transaction, or note why it stays."""
        act = self._migrate if asked.undoes is None else self._restore
        try:
            act(instance_id, business_key, actor)
        except (TaskNotOpen, NoSuchInstance):  # ended meanwhile: there is nothing to move
            return
        except (Refusal, ValueError, KeyError) as error:
            why = _said(error) if isinstance(error, Refusal) else migrations.UNREADABLE
            with writing(office.sessions) as session:
                requests.note(session, asked.id, business_key, why, office.now())

    def _migrate(self, instance_id: str, business_key: str, actor: Actor) -> None:
        office, asked = self._office, self._asked
        followed = moved_timers.follow(office, business_key, asked.from_version)

        def write(session: Session, moved: Mapping[str, datetime], snapshot: Snapshot) -> None:
            application = session.get(Application, business_key)
            if application is not None and (why := self._of_form(session, application)):
                raise FormsDiffer(differences=why)
            followed.keep(session, moved)
            corrections.redefine(office, session, asked, business_key, actor)
            requests.note(
                session,
                asked.id,
                business_key,
                None,
                office.now(),
                snapshot=snapshot.state,
                version=snapshot.version,
            )
            self._audit(session, "version.case_migrated", business_key, actor)

        migrations.migrate(
            office.runner, instance_id, self._route, followed.functions, actor, write
        )

    def _restore(self, instance_id: str, business_key: str, actor: Actor) -> None:
        office, asked = self._office, self._asked
        with office.sessions() as session:
            case = requests.case(session, str(asked.undoes), business_key)
        if case is None or case.snapshot is None or case.version is None:
            raise NotFound
        snapshot = Snapshot(state=case.snapshot, version=case.version)

        def write(session: Session) -> None:
            corrections.redefine(office, session, asked, business_key, actor)
            requests.note(session, asked.id, business_key, None, office.now())
            self._audit(session, "version.case_restored", business_key, actor)

        migrations.restore(
            office.runner,
            instance_id,
            asked.from_version,
            snapshot,
            asked.to_version,
            actor,
            write,
        )

    def _audit(self, session: Session, action: str, business_key: str, actor: Actor) -> None:
        asked = self._asked
        facts = {"correction": asked.id, "from": asked.from_version, "to": asked.to_version}
        trail.audit(session, actor, action, business_key, self._office.now(), **facts)


def _said(refusal: Refusal) -> str:
    """Say why a case stays: the reason alone where the refusal has one."""
    return str(refusal.facts.get("why") or refusal)
