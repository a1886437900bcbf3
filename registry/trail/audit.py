"""The audit log: written freely in the transaction of the action, chained in batches.

A hash chain over every row tells a changed or a missing one; its digests are made with a key that
is not in the database, so that who only has the database cannot make a row that reads well. A trail
that was cut at its end or rewritten with the key is told only by a checkpoint kept outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Index, LargeBinary, String, and_, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.law.calendars import start_of
from storage import origin as origins
from storage.database import (
    Base,
    Json,
    UtcDateTime,
    add_later,
    insert_once,
    new_id,
    settle,
    to_json,
)
from storage.literals import ONE
from storage.vault import current_vault

_START = b"\0" * 32
_HEAD = 1
_PAGE = 1_000
SECOND_PRESS = timedelta(minutes=1)  #: within which the same act is taken for the same press
_COVERED = ("id", "actor", "role", "acting_for", "action", "subject", "result", "facts", "origin")


class Result(StrEnum):
    """How an action ended."""

    OK = "OK"
    DENIED = "DENIED"
    ERROR = "ERROR"


class AuditEvent(Base):
    """Who did what to which thing (GB/T 22239 level 3: time, initiator, type, object, result)."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject", "subject", "id"),
        Index("ix_audit_event_actor", "actor", "id"),
        Index("ix_audit_event_day", "at", "id"),
        Index("ix_audit_event_action", "action", "at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    actor: Mapped[str] = mapped_column(String(60))
    role: Mapped[str | None] = mapped_column(String(20))
    acting_for: Mapped[str | None] = mapped_column(String(18))  #: uscc
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))  #: "application:<id>" …
    result: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(Json())  #: ids and hashes, no personal data
    origin: Mapped[str | None] = mapped_column(String(200))  #: address and page, job or command
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    seq: Mapped[int | None] = mapped_column(unique=True)
    chain: Mapped[bytes | None] = mapped_column(LargeBinary(32))


Index(
    "ix_audit_event_unsealed",
    AuditEvent.id,
    sqlite_where=AuditEvent.seq.is_(None),
    postgresql_where=AuditEvent.seq.is_(None),
)


class AuditHead(Base):
    """The one row that says how far the chain goes; sealers queue on it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """How far the chain went and its root; to be kept outside the database."""

    seq: int
    root: str  #: hexadecimal

    def to_line(self) -> str:
        """Return the line to sign, stamp and publish."""
        return to_json({"seq": self.seq, "root": self.root})

    @classmethod
    def from_line(cls, line: str) -> Checkpoint | None:
        """Read a published line; other lines of the same log are None.

        >>> Checkpoint.from_line('{"event": "audit_checkpoint", "seq": 2, "root": "00"}')
        Checkpoint(seq=2, root='00')
        """
        try:
            match json.loads(line):
                case {"seq": int(seq), "root": str(root)}:
                    return cls(seq=seq, root=root)
        except ValueError:
            return None
        return None


def record(
    session: Session,
    action: str,
    *,
    actor: str,
    subject: str,
    at: datetime,
    result: str = Result.OK,
    role: str | None = None,
    acting_for: str | None = None,
    facts: dict[str, Any] | None = None,
    origin: str | None = None,
) -> None:
    """Write an event in the transaction of the action; `origin` is by default this thread's."""
    event = {
        "id": new_id(),
        "at": at,
        "actor": actor,
        "role": role,
        "acting_for": acting_for,
        "action": action,
        "subject": subject,
        "result": Result(result),
        "facts": facts or {},
        "origin": origin or origins.current(),
    }
    add_later(session, AuditEvent, {**event, "digest": _digest(event)})


def is_known(
    session: Session, action: str, *, actor: str, subject: str, since: datetime | None = None
) -> bool:
    """Tell whether somebody did something to a thing, ever or since a moment."""
    query = select(AuditEvent.id).where(
        AuditEvent.subject == subject, AuditEvent.actor == actor, AuditEvent.action == action
    )
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    return session.scalar(query.limit(ONE)) is not None


def done_by(session: Session, action: str, *, actor: str, since: datetime) -> Sequence[AuditEvent]:
    """Return what somebody did since a moment, of one kind."""
    query = select(AuditEvent).where(
        AuditEvent.actor == actor, AuditEvent.action == action, AuditEvent.at >= since
    )
    return session.scalars(query).all()


def digest(event: AuditEvent) -> bytes:
    """Return the keyed digest (HMAC-SHA-256) of everything that an event says."""
    return _digest({name: getattr(event, name) for name in (*_COVERED, "at")})


def _digest(event: Mapping[str, Any]) -> bytes:
    said = {name: event[name] for name in _COVERED}
    said["at"] = event["at"].astimezone(UTC).isoformat()
    return current_vault().seal_of(to_json(said), place="audit_event")


def _link(chain: bytes, of_event: bytes) -> bytes:
    return hashlib.sha256(b"\1" + chain + of_event).digest()


SEALED_AT_ONCE = 500  #: while others wait to write: some 40 ms


def seal_batch(session: Session, limit: int = SEALED_AT_ONCE) -> int:
    """Chain the events that are not chained yet and return how many.

    One sealer at a time: others wait for the head row. An event that commits late gets a later
    place. Raises nothing for a changed row; `verify` tells it.
    """
    settle(session)
    head = _head(session)
    waiting = select(AuditEvent.id, AuditEvent.digest).where(AuditEvent.seq.is_(None))
    sealed: list[dict[str, Any]] = []
    for event in session.execute(waiting.order_by(AuditEvent.id).limit(limit)):
        head.seq += 1
        head.chain = _link(bytes(head.chain), bytes(event.digest))
        sealed.append({"id": event.id, "seq": head.seq, "chain": head.chain})
    if sealed:
        session.execute(update(AuditEvent), sealed)
    session.flush()
    return len(sealed)


def continue_chain(session: Session, digests: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Give the places and links of events that are written chained, in this transaction.

    For who writes very many at once; `digests` are theirs, in their order. Other sealers wait.
    """
    head = _head(session)
    places = []
    for one in digests:
        head.seq, head.chain = head.seq + 1, _link(bytes(head.chain), one)
        places.append((head.seq, head.chain))
    session.flush()
    return places


def _head(session: Session) -> AuditHead:
    query = select(AuditHead).where(AuditHead.id == _HEAD).with_for_update()
    head = session.scalar(query)
    if head is None:
        insert_once(session, AuditHead, {"id": _HEAD, "seq": 0, "chain": _START}, unique="id")
        head = session.scalars(query).one()
    return head


def checkpoint(session: Session) -> Checkpoint:
    """Return how far the chain goes now."""
    head = session.get(AuditHead, _HEAD)
    if head is None:
        return Checkpoint(seq=0, root=_START.hex())
    return Checkpoint(seq=head.seq, root=bytes(head.chain).hex())


def verify(session: Session, trusted: Iterable[Checkpoint] = ()) -> str | None:
    """Walk the whole chain; None when it is whole, else the first thing wrong, in Chinese.

    `trusted` are checkpoints that were kept outside: they alone tell a consistent rewrite or
    a log that was cut at its end.
    """
    outside = {kept.seq: kept.root for kept in trusted}
    seq, chain = 0, _START
    for event in _sealed(session):
        seq += 1
        if event.seq != seq:
            return f"第{seq}条审计记录缺失"
        if digest(event) != bytes(event.digest):
            return f"第{seq}条审计记录内容被改动"
        chain = _link(chain, bytes(event.digest))
        if chain != bytes(event.chain or b""):
            return f"第{seq}条审计记录链接中断"
        if outside.get(seq, chain.hex()) != chain.hex():
            return f"第{seq}条之前的审计记录被整体改写"
    if (changed := _changed_unchained(session)) is not None:
        return f"尚未链接的审计记录（{changed}）内容被改动"
    if max(outside, default=0) > seq:
        return f"审计记录被截断：现有{seq}条，外部存证为{max(outside)}条"
    if (head := checkpoint(session)) != Checkpoint(seq=seq, root=chain.hex()):
        return f"审计记录被截断：现有{seq}条，链头为{head.seq}条"
    return None


def after(session: Session, seq: int) -> tuple[datetime | None, int]:
    """Return when the row at a place of the chain was written, and how many come behind it.

    Of what came behind the last checkpoint nobody can tell whether all of it is still there.
    """
    at = session.scalar(select(AuditEvent.at).where(AuditEvent.seq == seq))
    behind = select(func.count()).where(or_(AuditEvent.seq > seq, AuditEvent.seq.is_(None)))
    return at, session.scalar(behind) or 0


def _changed_unchained(session: Session) -> str | None:
    """Return the id of the first row that waits for its place and is not what was written."""
    waiting = select(AuditEvent).where(AuditEvent.seq.is_(None)).order_by(AuditEvent.id)
    rows = session.scalars(waiting.execution_options(yield_per=_PAGE))
    return next((row.id for row in rows if digest(row) != bytes(row.digest)), None)


def digest_anew(session: Session) -> None:
    """Digest and chain every row again: at a migration that changes how it is done."""
    for event in session.scalars(select(AuditEvent)):
        event.digest = digest(event)
    chain, seq = _START, 0
    for event in _sealed(session):
        seq, chain = event.seq or 0, _link(chain, bytes(event.digest))
        event.chain = chain
    if seq:
        head = _head(session)
        head.seq, head.chain = seq, chain
    session.flush()


def _sealed(session: Session) -> Iterator[AuditEvent]:
    """Yield the chain in pages; no cursor stays open when the reader stops early."""
    last = 0
    while True:
        query = select(AuditEvent).where(AuditEvent.seq > last).order_by(AuditEvent.seq)
        events = session.scalars(query.limit(_PAGE)).all()
        yield from events
        if len(events) < _PAGE:
            return
        last = events[-1].seq or 0


def of(session: Session, subject: str, *, limit: int = 200) -> list[AuditEvent]:
    """Return the events about a thing, oldest first."""
    settle(session)
    query = select(AuditEvent).where(AuditEvent.subject == subject)
    return list(session.scalars(query.order_by(AuditEvent.id).limit(limit)))


def actions(session: Session, beginnings: Iterable[str]) -> list[str]:
    """Give the actions of the trail that begin in one of these ways, in order.

    Each name costs one step in the index, however many events have it.
    """
    first = select(func.min(AuditEvent.action).label("name")).cte(recursive=True)
    later = select(func.min(AuditEvent.action)).where(AuditEvent.action > first.c.name)
    step = select(later.correlate(first).scalar_subquery()).where(first.c.name.is_not(None))
    every = first.union_all(step)
    starts = tuple(beginnings)
    names = session.scalars(select(every.c.name).where(every.c.name.is_not(None)))
    return [name for name in names if name.startswith(starts)]


def on_day(day: date) -> ColumnElement[bool]:
    """Tell of an event whether it happened on this day in Shanghai."""
    return and_(AuditEvent.at >= start_of(day), AuditEvent.at < start_of(day + timedelta(days=1)))
