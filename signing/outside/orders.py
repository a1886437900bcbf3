"""Certificates that were asked for and have not come: the key waits, nobody need ask again.

What a person pressed is kept when the authority is away or thinks about it (RFC 7030 4.2.3). The
key lies as it will lie, under its PIN too, so that whoever completes the order needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.database import Sessions, locked, writing
from signing.keys.trust import Role
from signing.tables import StoredKey, StoredOrder


class Act(StrEnum):
    """What is done with the certificate when it comes."""

    ENROL = "enrol"
    RENEW = "renew"
    APPLY = "apply"


@dataclass(frozen=True, kw_only=True)
class Order:
    """Whose certificate it is going to be, and what for."""

    role: Role
    subject: str  #: person id or uscc
    act: Act
    name: str
    identity_digest: str = ""
    shown: str = ""  #: serial of the certificate that a renewal replaces

    @property
    def lock(self) -> str:
        """Name what may not be dealt with twice at once."""
        return f"{self.role}/{self.subject}"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An order that was not met yet."""

    order: Order
    since: datetime


class Orders:
    """Keeps what was asked for; of each subject the last."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clock = clock

    def keep(self, order: Order, request: bytes, key: StoredKey) -> None:
        """Keep an order with its key instead of the one before."""
        with writing(self._sessions) as session:
            locked(session, order.lock)
            drop_in(session, order.role, order.subject)
            session.add(key)
            session.flush()
            session.add(
                StoredOrder(
                    role=order.role,
                    subject=order.subject,
                    act=order.act,
                    name=order.name,
                    identity_digest=order.identity_digest,
                    shown=order.shown,
                    request=request,
                    key_id=key.id,
                    at=self._clock(),
                )
            )

    def of(self, role: Role, subject: str) -> tuple[StoredOrder, StoredKey] | None:
        """Return what waits for a subject, with its key."""
        with self._sessions() as session:
            row = session.get(StoredOrder, (role, subject))
            return (row, session.get_one(StoredKey, row.key_id)) if row is not None else None

    def waiting(self) -> list[Waiting]:
        """Return everything that waits, the oldest first."""
        with self._sessions() as session:
            rows = session.scalars(select(StoredOrder).order_by(StoredOrder.at))
            return [Waiting(order=order_of(row), since=row.at) for row in rows]

    def sweep(self, before: datetime) -> int:
        """Forget what waits since before a moment: nobody will answer any more; return how much."""
        old = [waiting.order for waiting in self.waiting() if waiting.since <= before]
        for order in old:
            self.drop(order.role, order.subject)
        return len(old)

    def drop(self, role: Role, subject: str) -> None:
        """Forget what waits for a subject, with its key."""
        with writing(self._sessions) as session:
            locked(session, f"{role}/{subject}")
            drop_in(session, role, subject)


def order_of(row: StoredOrder) -> Order:
    """Read a stored order."""
    return Order(
        role=Role(row.role),
        subject=row.subject,
        act=Act(row.act),
        name=row.name,
        identity_digest=row.identity_digest,
        shown=row.shown,
    )


def drop_in(session: Session, role: Role, subject: str) -> None:
    """Forget an order and its key in the caller's transaction."""
    row = session.get(StoredOrder, (role, subject))
    if row is not None:
        session.delete(row)
        session.flush()
        session.delete(session.get_one(StoredKey, row.key_id))
        session.flush()
