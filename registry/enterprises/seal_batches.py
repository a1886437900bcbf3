"""What an enterprise seals with one PIN: a list of files by their hash, and what became of each.

A batch is written down when its page is shown; the PIN then allows exactly what it lists. An item
moves on in the transaction of its effect, so that it happens once, whatever is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from storage.database import Base, Encrypted, UtcDateTime, new_id
from storage.literals import ONE

VALID_FOR = timedelta(minutes=30)  #: how long a list that was shown may be confirmed
MAX_REASON = 500


class SealBatchState(StrEnum):
    """How far a list is; that it is done is told by its items."""

    SHOWN = "SHOWN"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class SealItemState(StrEnum):
    """What became of one file of a list."""

    HELD_BACK = "HELD_BACK"
    LEFT_OUT = "LEFT_OUT"
    PENDING = "PENDING"
    SEALING = "SEALING"
    SEALED = "SEALED"
    REFUSED = "REFUSED"
    STOPPED = "STOPPED"

    @property
    def label(self) -> str:
        """The Chinese words for the state."""
        return _LABELS[self]


_LABELS = {
    SealItemState.HELD_BACK: "暂不能办理",
    SealItemState.LEFT_OUT: "未选择",
    SealItemState.PENDING: "等待办理",
    SealItemState.SEALING: "正在盖章",
    SealItemState.SEALED: "已盖章",
    SealItemState.REFUSED: "未盖章",
    SealItemState.STOPPED: "已停止",
}
#: What still may be sealed.
OPEN_STATES = (SealItemState.PENDING, SealItemState.SEALING)


class SealBatch(Base):
    """A list of files that one operator looked at, and perhaps confirmed with the PIN."""

    __tablename__ = "seal_batch"
    __table_args__ = (Index("ix_seal_batch_enterprise", "uscc", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uscc: Mapped[str] = mapped_column(String(18))
    state: Mapped[str] = mapped_column(String(8), default=SealBatchState.SHOWN)
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime())
    shown_to: Mapped[str] = mapped_column(String(60))  #: id of the actor
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    stopped_by: Mapped[str | None] = mapped_column(String(60))

    @property
    def expires_at(self) -> datetime:
        """Until when the list may be confirmed."""
        return self.shown_at + VALID_FOR


class SealItem(Base):
    """One file of a list, as it was shown."""

    __tablename__ = "seal_item"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey(SealBatch.id))
    number: Mapped[int]  #: in the list, from 1
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("document.id"))
    sha256: Mapped[str | None] = mapped_column(String(64))  #: of the file that was shown
    version: Mapped[str] = mapped_column(String(32))  #: of the case, as `registry.versions` says
    state: Mapped[str] = mapped_column(String(10))
    code: Mapped[str | None] = mapped_column(String(40))  #: of the refusal
    reason: Mapped[str | None] = mapped_column(String(MAX_REASON))  #: what people read
    #: leave to seal this one file; gone with its use, a refusal or a stop
    authorization: Mapped[str | None] = mapped_column(Encrypted("seal_item.authorization"))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def state_label(self) -> str:
        """The Chinese words for the state."""
        return SealItemState(self.state).label


def shown(
    session: Session,
    uscc: str,
    looked_at: Sequence[Mapping[str, Any]],
    *,
    actor: str,
    since: datetime,
) -> str | None:
    """Return the list that this person was shown since a moment, of just the same files."""
    query = select(SealBatch.id).where(
        SealBatch.uscc == uscc,
        SealBatch.shown_to == actor,
        SealBatch.state == SealBatchState.SHOWN,
        SealBatch.shown_at > since,
    )
    wanted = [(row["application_id"], row["version"], row["state"]) for row in looked_at]
    for batch_id in session.scalars(query):
        listed = [(row.application_id, row.version, row.state) for row in items(session, batch_id)]
        if listed == wanted:
            return batch_id
    return None


def create(
    session: Session,
    uscc: str,
    looked_at: Sequence[Mapping[str, Any]],
    *,
    actor: str,
    at: datetime,
) -> str:
    """Write down a list as it is going to be shown (columns of `SealItem` each); return its id."""
    batch = SealBatch(id=new_id(), uscc=uscc, shown_at=at, shown_to=actor)
    session.add(batch)
    session.flush()
    blank = dict.fromkeys(("document_id", "sha256", "code", "reason", "authorization", "done_at"))
    rows = [
        {**blank, "id": new_id(), "batch_id": batch.id, "number": number, **row}
        for number, row in enumerate(looked_at, 1)
    ]
    session.execute(insert(SealItem), rows)
    return batch.id


def get(session: Session, batch_id: str) -> SealBatch:
    """Return the batch; raises `NotFound`."""
    batch = session.get(SealBatch, batch_id)
    if batch is None:
        raise NotFound
    return batch


def item(session: Session, item_id: str) -> SealItem:
    """Return the item; raises `NotFound`."""
    row = session.get(SealItem, item_id)
    if row is None:
        raise NotFound
    return row


def items(session: Session, batch_id: str) -> list[SealItem]:
    """Return the items of a batch in the order of the list."""
    query = select(SealItem).where(SealItem.batch_id == batch_id).order_by(SealItem.number)
    return list(session.scalars(query))


def counts(session: Session, batch_id: str) -> dict[SealItemState, int]:
    """Return how many items are in each state."""
    query = (
        select(SealItem.state, func.count())
        .where(SealItem.batch_id == batch_id)
        .group_by(SealItem.state)
    )
    counted = {SealItemState(state): number for state, number in session.execute(query)}
    return {state: counted.get(state, 0) for state in SealItemState}


def of_enterprise(session: Session, uscc: str, *, limit: int = 20) -> list[SealBatch]:
    """Return the batches of an enterprise that were confirmed, newest first."""
    query = select(SealBatch).where(SealBatch.uscc == uscc, SealBatch.confirmed_at.is_not(None))
    return list(session.scalars(query.order_by(SealBatch.id.desc()).limit(limit)))


def confirm(
    session: Session, batch_id: str, leave: Mapping[str, str], *, at: datetime
) -> list[str] | None:
    """Let a list run with `leave` (authorization by the item's id); return the ids of its items.

    What has none is left out. None: somebody was faster, or the list is confirmed already.
    """
    confirmed = (
        update(SealBatch)
        .where(SealBatch.id == batch_id, SealBatch.state == SealBatchState.SHOWN)
        .values(state=SealBatchState.RUNNING, confirmed_at=at)
        .returning(SealBatch.id)
    )
    if _only(session, confirmed) is None:
        return None
    chosen = []
    for row in items(session, batch_id):
        if row.state != SealItemState.PENDING:
            continue
        if (authorization := leave.get(row.id)) is None:
            row.state = SealItemState.LEFT_OUT
            continue
        row.authorization = authorization
        chosen.append(row.id)
    session.flush()
    return chosen


def begin(session: Session, item_id: str) -> bool:
    """Note that the seal of an item is asked for; False when it was before, or was stopped."""
    begun = (
        update(SealItem)
        .where(SealItem.id == item_id, SealItem.state == SealItemState.PENDING)
        .values(state=SealItemState.SEALING, authorization=None)
        .returning(SealItem.id)
    )
    return _only(session, begun) is not None


def finish(session: Session, item_id: str, *, at: datetime) -> bool:
    """Note that the seal is in the file; False when that was noted before."""
    done = (
        update(SealItem)
        .where(SealItem.id == item_id, SealItem.state == SealItemState.SEALING)
        .values(state=SealItemState.SEALED, done_at=at)
        .returning(SealItem.id)
    )
    return _only(session, done) is not None


def refuse(session: Session, item_id: str, *, code: str, reason: str, at: datetime) -> bool:
    """Note why an item was not sealed; False when its end is known already."""
    refused = (
        update(SealItem)
        .where(SealItem.id == item_id, SealItem.state.in_(OPEN_STATES))
        .values(
            state=SealItemState.REFUSED,
            code=code,
            reason=reason[:MAX_REASON],
            authorization=None,
            done_at=at,
        )
        .returning(SealItem.id)
    )
    return _only(session, refused) is not None


def stop(
    session: Session, batch_id: str, *, code: str, reason: str, actor: str, at: datetime
) -> list[str] | None:
    """Stop what has not begun; return the authorizations that are to be withdrawn.

    None: nothing waits to begin. What is being sealed at this moment is sealed.
    """
    waits = (SealItem.batch_id == batch_id, SealItem.state == SealItemState.PENDING)
    stopped = (
        update(SealBatch)
        .where(SealBatch.id == batch_id, SealBatch.state == SealBatchState.RUNNING)
        .where(select(SealItem.id).where(*waits).exists())
        .values(state=SealBatchState.STOPPED, stopped_at=at, stopped_by=actor)
        .returning(SealBatch.id)
    )
    if _only(session, stopped) is None:
        return None
    waiting = select(SealItem.id, SealItem.authorization).where(*waits).with_for_update()
    left = session.execute(waiting).all()
    session.execute(
        update(SealItem)
        .where(SealItem.id.in_([row.id for row in left]))
        .values(
            state=SealItemState.STOPPED, code=code, reason=reason, authorization=None, done_at=at
        ),
        execution_options={"synchronize_session": False},
    )
    return [row.authorization for row in left if row.authorization]


def sealed_by_another(session: Session, application_id: str, batch_id: str) -> SealBatch | None:
    """Find another list in which the seal of this application was or is being put."""
    query = (
        select(SealBatch)
        .join(SealItem, SealItem.batch_id == SealBatch.id)
        .where(
            SealItem.application_id == application_id,
            SealItem.state.in_((SealItemState.SEALING, SealItemState.SEALED)),
            SealBatch.id != batch_id,
        )
    )
    return session.scalar(query.order_by(SealBatch.id.desc()).limit(ONE))


def _only(session: Session, statement: Any) -> Any:
    return session.scalar(statement, execution_options={"synchronize_session": False})
