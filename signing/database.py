"""The key database: keys, certificates, codes and authorizations, apart from the register.

Decision 1 (docs/decisions): its own URL, its own tables; SQLite or PostgreSQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from storage.connections import PREPARED, WRITES, ThriftySession, begin_sqlite, end_left

Sessions = sessionmaker[Session]

#: What a statement was given is secret: an error must not carry it into logs.
_OPTIONS: dict[str, Any] = {"hide_parameters": True, "pool_use_lifo": True}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class KeyBase(DeclarativeBase):
    """The tables of the key database."""


def open_sessions(url: str) -> Sessions:
    """Open the key database at `url`, making its tables where they are missing."""
    is_sqlite = url.startswith("sqlite")
    engine = _open_sqlite(url) if is_sqlite else create_engine(url, pool_pre_ping=True, **_OPTIONS)
    sessions: Sessions = sessionmaker(engine, class_=ThriftySession, expire_on_commit=False)
    with writing(sessions) as session:
        locked(session, "signing")
        KeyBase.metadata.create_all(session.connection())
    return sessions


def close(sessions: Sessions) -> None:
    """Give the connections back."""
    sessions.kw["bind"].dispose()


def locked(session: Session, name: str) -> None:
    """Let one transaction after the other deal with `name`, even before it has a row.

    SQLite's writers are alone anyway.
    """
    if session.connection().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def _open_sqlite(url: str) -> Engine:
    """Open SQLite safely: WAL, full synchronisation, writers queue instead of failing."""
    import pysqlite3.dbapi2 as driver

    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch(mode=0o600)  # nobody else's to read; SQLite's side files follow it
    engine = create_engine(
        url, module=driver, connect_args={"cached_statements": PREPARED}, **_OPTIONS
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin ourselves, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "begin", begin_sqlite)
    event.listen(engine, "reset", end_left)
    return engine


@contextmanager
def writing(sessions: Sessions) -> Iterator[Session]:
    """Give one short write transaction: committed at the end, rolled back on an error."""
    with sessions() as session:
        session.connection(execution_options={WRITES: True})
        yield session
        session.commit()
