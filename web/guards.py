"""Limits that protect people: rows in the database, so that they hold in every process."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from registry.database import Base, UtcDateTime, writing
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
    place = office()
    now = place.clock()
    window = int(now.timestamp()) // per_s
    ends_at = datetime.fromtimestamp((window + 1) * per_s, tz=now.tzinfo)
    key = hashlib.sha256(f"{purpose}/{who or request.remote_addr}".encode()).hexdigest()
    with writing(place.sessions) as session:
        count = session.execute(
            _COUNT, {"key": key, "window": window, "ends_at": ends_at}
        ).scalar_one()
    if count > times:
        raise TooManyAttempts(wait_s=max(1, int((ends_at - now).total_seconds())))


def sweep(sessions: sessionmaker[Session], now: datetime) -> int:
    """Remove the windows that are over; tell how many."""
    with writing(sessions) as session:
        gone = session.execute(sa.delete(Attempts).where(Attempts.ends_at <= now))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a cursor result
