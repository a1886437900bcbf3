"""Limits that protect people: rows in the database, so that they hold in every process."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from storage.database import Base, UtcDateTime, writing
from web.errors import TooManyAttempts
from web.extensions import office


class Attempts(Base):
    """How often something was tried within one window of time."""

    __tablename__ = "web_attempts"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    window: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(sa.Integer)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


_COUNT = sa.text(
    'INSERT INTO web_attempts (key, "window", count, ends_at) VALUES (:key, :window, 1, :ends_at)'
    ' ON CONFLICT (key, "window") DO UPDATE SET count = web_attempts.count + 1 RETURNING count'
).bindparams(sa.bindparam("ends_at", type_=UtcDateTime()))


def limit(purpose: str, who: str | None = None, *, times: int, per_s: int) -> None:
    """Count one attempt and refuse it when there were more than `times` in `per_s` seconds.

    `who` is what is counted (a credit code, an account); by default the address of the caller.
    Raises: TooManyAttempts with the seconds to wait.
    """
    key, window, ends_at = _window(purpose, who, per_s)
    with writing(office().sessions) as session:
        count = session.execute(
            _COUNT, {"key": key, "window": window, "ends_at": ends_at}
        ).scalar_one()
    if count > times:
        _refuse(ends_at)


def require_below(purpose: str, who: str | None = None, *, times: int, per_s: int) -> None:
    """Refuse when `limit` counted `times` attempts already; counts nothing itself.

    For what only failures are counted of: others at the same address are not held up by success.
    Raises: TooManyAttempts with the seconds to wait.
    """
    key, window, ends_at = _window(purpose, who, per_s)
    with office().sessions() as session:
        attempts = session.get(Attempts, (key, window))
    if attempts is not None and attempts.count >= times:
        _refuse(ends_at)


def _window(purpose: str, who: str | None, per_s: int) -> tuple[str, int, datetime]:
    """Give the key of what is counted, the number of the present window, and when it ends."""
    now = office().clock()
    window = int(now.timestamp()) // per_s
    ends_at = datetime.fromtimestamp((window + 1) * per_s, tz=now.tzinfo)
    key = hashlib.sha256(f"{purpose}/{who or request.remote_addr}".encode()).hexdigest()
    return key, window, ends_at


def _refuse(ends_at: datetime) -> None:
    left = (ends_at - office().clock()).total_seconds()
    raise TooManyAttempts(wait_s=max(1, int(left)))


def sweep(sessions: sessionmaker[Session], now: datetime) -> int:
    """Remove the windows that are over; tell how many."""
    with writing(sessions) as session:
        gone = session.execute(sa.delete(Attempts).where(Attempts.ends_at <= now))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a cursor result
