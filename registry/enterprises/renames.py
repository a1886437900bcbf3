"""Renames of an enterprise: batches that are computed, confirmed and run (R124–R129, B.10).

A batch belongs to one enterprise and one profession; `rename_items` has what it touches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, String, case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.enterprises.batch_states import BatchState as BatchState
from registry.errors import RenameMoved, RenameRunning
from storage.database import Base, UtcDateTime, insert_once, new_id
from storage.literals import ONE, literal, literals
from storage.passing import ask_once

VALID_FOR = timedelta(minutes=30)  #: how long a computed impact may be confirmed
#: While a batch is in one of these, no other of the same enterprise and profession may be.
BUSY = (BatchState.CONFIRMED, BatchState.RUNNING)
_MOVES: dict[BatchState, frozenset[BatchState]] = {
    BatchState.COMPUTED: frozenset({BatchState.CONFIRMED, BatchState.CANCELLED}),
    BatchState.CONFIRMED: frozenset({BatchState.COMPUTED, BatchState.RUNNING}),
    BatchState.RUNNING: frozenset({BatchState.DONE, BatchState.PARTIAL}),
    BatchState.PARTIAL: frozenset({BatchState.RUNNING}),
}


class RenameBatch(Base):
    """One change of the registered name of an enterprise, for one profession."""

    __tablename__ = "rename_batch"
    __table_args__ = (Index("ix_rename_batch_enterprise", "uscc", "type", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    type: Mapped[str] = mapped_column(String(40))  #: key of the registration type
    uscc: Mapped[str] = mapped_column(String(18))
    old_name: Mapped[str] = mapped_column(String(100))
    new_name: Mapped[str] = mapped_column(String(100))
    registry_version: Mapped[str] = mapped_column(String(60))  #: of the qualification system
    definition: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default=BatchState.COMPUTED)
    state_since: Mapped[datetime] = mapped_column(UtcDateTime())
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    computed_by: Mapped[str] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    list_sha256: Mapped[str | None] = mapped_column(String(64))  #: the list that is confirmed
    #: the same list under the enterprise's seal
    sealed_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    rounds: Mapped[int] = mapped_column(default=0)  #: how often the items were gone through

    @property
    def state_label(self) -> str:
        """The Chinese words for the state."""
        return BatchState(self.state).label

    @property
    def expires_at(self) -> datetime:
        """Until when the computed impact may be confirmed."""
        return self.computed_at + VALID_FOR


class RenameList(Base):
    """Each file of a sealed list: as it was sealed, and with every time stamp that it was given."""

    __tablename__ = "rename_list"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey(RenameBatch.id), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())


_is_busy = RenameBatch.state.in_(literals(state.value for state in BUSY))
Index(
    "uq_rename_batch_busy",
    RenameBatch.uscc,
    RenameBatch.type,
    unique=True,
    sqlite_where=_is_busy,
    postgresql_where=_is_busy,
)


class Bearing(NamedTuple):
    """How many valid registrations of an enterprise bear a name."""

    number: int
    on_day: int  #: those that have not run out before the day asked for


def bearing(session: Session, uscc: str, *, on: date) -> Mapping[str, Mapping[str, Bearing]]:
    """Return the names on valid registrations of an enterprise, by profession, with their number.

    The most frequent name of a profession comes first. One walk through the registrations of the
    enterprise answers for all professions, once in a transaction that reads.
    """
    return ask_once(session, (bearing, uscc, on), lambda: _bearing(session, uscc, on))


def _bearing(session: Session, uscc: str, on: date) -> Mapping[str, Mapping[str, Bearing]]:
    number = func.count()
    not_over = func.sum(case((Registration.valid_to >= on, 1), else_=0))
    query = (
        select(Registration.type, Registration.enterprise_name, number, not_over)
        .where(Registration.uscc == uscc, Registration.status == literal(RegistrationStatus.VALID))
        .group_by(Registration.type, Registration.enterprise_name)
        .order_by(number.desc(), Registration.enterprise_name)
    )
    names: dict[str, dict[str, Bearing]] = {}
    for type, name, count, on_day in session.execute(query):
        names.setdefault(type, {})[name] = Bearing(number=count, on_day=on_day)
    return names


def types_of(session: Session, uscc: str) -> set[str]:
    """Return the keys of the professions in which an enterprise has registrations or cases."""
    return {
        *session.scalars(select(Registration.type).where(Registration.uscc == uscc).distinct()),
        *session.scalars(select(Application.type).where(Application.uscc == uscc).distinct()),
    }


@dataclass(frozen=True, kw_only=True)
class NameChange:
    """Which enterprise bears which name now, for the registrations of one type."""

    type: str
    uscc: str
    old_name: str
    new_name: str
    registry_version: str  #: of the qualification system, from which the new name is


def create(
    session: Session,
    change: NameChange,
    *,
    id: str,
    definition: str,
    actor: str,
    at: datetime,
) -> RenameBatch:
    """Write down a batch whose impact was computed at `at`."""
    batch = RenameBatch(
        id=id,
        type=change.type,
        uscc=change.uscc,
        old_name=change.old_name,
        new_name=change.new_name,
        registry_version=change.registry_version,
        definition=definition,
        state=BatchState.COMPUTED,
        state_since=at,
        computed_at=at,
        computed_by=actor,
    )
    session.add(batch)
    session.flush()
    return batch


def get(session: Session, batch_id: str) -> RenameBatch:
    """Return the batch; raises `NotFound`."""
    batch = session.get(RenameBatch, batch_id)
    if batch is None:
        raise NotFound
    return batch


def move(session: Session, batch: RenameBatch, state: str, at: datetime) -> bool:
    """Move to `state`; False when it is there already.

    Raises `RenameMoved` for what cannot follow, `RenameRunning` when another batch of the same
    enterprise and profession runs: a partial unique index decides.
    """
    before, target = BatchState(batch.state), BatchState(state)
    if before is target:
        return False
    if target not in _MOVES.get(before, frozenset()):
        raise RenameMoved(state=before.label)
    statement = (
        update(RenameBatch)
        .where(RenameBatch.id == batch.id, RenameBatch.state == before)
        .values(state=target, state_since=at)
        .returning(RenameBatch.id)
    )
    try:
        with session.begin_nested():
            moved = session.scalar(statement, execution_options={"synchronize_session": False})
    except IntegrityError as error:
        raise RenameRunning(name=batch.new_name) from error
    session.refresh(batch)
    if moved is None and BatchState(batch.state) is not target:
        raise RenameMoved(state=batch.state_label)
    return moved is not None


def is_busy(session: Session, uscc: str, type: str) -> bool:
    """Tell whether names are being changed at this moment (E_ENTERPRISE_RENAMING)."""
    query = select(RenameBatch.id).where(
        RenameBatch.uscc == uscc, RenameBatch.type == type, _is_busy
    )
    return session.scalar(query.limit(ONE)) is not None


def of_enterprise(session: Session, uscc: str, *, limit: int = 50) -> list[RenameBatch]:
    """Return the batches of an enterprise, newest first."""
    query = select(RenameBatch).where(RenameBatch.uscc == uscc)
    return list(session.scalars(query.order_by(RenameBatch.id.desc()).limit(limit)))


def sealed(session: Session, batch_id: str, sha256: str, *, at: datetime) -> None:
    """Note the newest file of a sealed list; repeating is harmless."""
    get(session, batch_id).sealed_sha256 = sha256
    insert_once(
        session, RenameList, {"sha256": sha256, "batch_id": batch_id, "at": at}, unique="sha256"
    )


def by_sealed(session: Session, sha256: str) -> RenameBatch | None:
    """Find the batch whose sealed list is, or was before a later time stamp, this file."""
    query = select(RenameBatch).join(RenameList, RenameList.batch_id == RenameBatch.id)
    return session.scalar(query.where(RenameList.sha256 == sha256))


def stamped_before(
    session: Session, moment: datetime, *, after: str = "", limit: int
) -> list[RenameBatch]:
    """Return batches whose sealed list has no time stamp since `moment`, by their ids."""
    query = select(RenameBatch).join(*_newest_list)
    query = query.where(RenameList.at < moment, RenameBatch.id > after)
    return list(session.scalars(query.order_by(RenameBatch.id).limit(limit)))


def count_stamped_before(session: Session, moment: datetime) -> int:
    """Count the batches that `stamped_before` gives."""
    query = select(func.count(RenameBatch.id)).join(*_newest_list)
    return session.scalar(query.where(RenameList.at < moment)) or 0


_newest_list = (RenameList, RenameList.sha256 == RenameBatch.sealed_sha256)


def is_overtaken(session: Session, batch: RenameBatch) -> bool:
    """Tell whether a later batch of the same profession was confirmed."""
    query = select(RenameBatch.id).where(
        RenameBatch.uscc == batch.uscc,
        RenameBatch.type == batch.type,
        RenameBatch.id > batch.id,
        RenameBatch.confirmed_at.is_not(None),
    )
    return session.scalar(query.limit(ONE)) is not None


def computed(session: Session, change: NameChange, *, actor: str, since: datetime) -> str | None:
    """Return the batch that this person has computed of the same change since a moment."""
    query = select(RenameBatch.id).where(
        *(getattr(RenameBatch, name) == value for name, value in asdict(change).items()),
        RenameBatch.state == BatchState.COMPUTED,
        RenameBatch.computed_by == actor,
        RenameBatch.computed_at > since,
    )
    return session.scalar(query.limit(ONE))


def open_ones(session: Session, uscc: str, type: str) -> list[RenameBatch]:
    """Return the batches that still may be confirmed or repaired."""
    query = select(RenameBatch).where(
        RenameBatch.uscc == uscc,
        RenameBatch.type == type,
        RenameBatch.state.in_((BatchState.COMPUTED, BatchState.PARTIAL)),
    )
    return list(session.scalars(query))
