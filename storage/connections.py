"""Connections kept for a while: taken from the pool once, then used by one session after the other.

A request opens many short transactions one after the other. Each would ask the pool anew, which
on PostgreSQL asks the server first whether the connection lives. Within `keeping` a session that
is closed leaves its connection for the next one; transactions stay as many as they were, and
each begins on its own, so that it sees everything that was committed before. A connection that
the server has closed meanwhile is not used again: its socket tells, without asking anybody.
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, Select, bindparam, inspect
from sqlalchemy import select as sql_select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

WRITES = "writes"  #: execution option of a connection that is going to write
Noted = TypeVar("Noted")
PREPARED = 1000  #: statements that a connection to SQLite keeps prepared; a story has some 400
KEPT_ROWS = 64  #: rows that a session keeps known, those asked for last


class _Kept:
    """The free connections of whoever opened `keeping`."""

    def __init__(self) -> None:
        self.noted: dict[object, Any] = {}
        self._free: deque[Connection] = deque()
        self._is_over = False

    def take(self, engine: Engine) -> Connection:
        """Give a free connection to this database, or a new one of its pool."""
        for connection in [free for free in reversed(self._free) if free.engine is engine]:
            self._free.remove(connection)
            if not _is_left(connection):
                return connection
            connection.invalidate()
            connection.close()
        return engine.connect()

    def give_back(self, connection: Connection) -> None:
        """Leave a connection to the next session, unless it is broken or nobody comes any more."""
        if self._is_over or connection.closed or connection.invalidated:
            connection.close()
            return
        if connection.dialect.name == "sqlite":
            end_left(connection.connection.driver_connection)
        connection.execution_options(**{WRITES: False})
        self._free.append(connection)

    def end(self) -> None:
        """Give every free connection back to its pool; those in use follow when they are free."""
        self._is_over = True
        while self._free:
            self._free.pop().close()


def begin_sqlite(connection: Connection) -> None:
    """Begin a transaction, which the driver leaves to us.

    It is said to the driver itself: four hundred times in a registration, and the way through
    SQLAlchemy costs more than the statement. What it refuses is raised as SQLAlchemy would.
    """
    word = "BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES, False) else "BEGIN"
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(word).close()
    except dbapi2.Error as error:
        raise DBAPIError.instance(
            word, None, error, dbapi2.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


def end_left(driver: Any, *_: object) -> None:
    """End the transaction that a refused COMMIT left open on a connection to SQLite.

    SQLAlchemy (2.1) takes it for ended: a session gives the connection back without a ROLLBACK,
    and what was refused would be committed with whatever its next user writes.
    """
    if driver is not None and driver.in_transaction:
        driver.rollback()


def _is_left(connection: Connection) -> bool:
    """Tell whether the server has left an idle connection: it says nothing else unasked."""
    if connection.dialect.name == "sqlite":
        return False
    driver: Any = connection.connection.driver_connection
    if driver is None or driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


_KEPT: ContextVar[_Kept | None] = ContextVar("kept_connections", default=None)


@contextmanager
def keeping() -> Iterator[None]:
    """Keep the connections that are taken in here until the end of it."""
    kept = _Kept()
    before = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(before)
        kept.end()


def once(name: object, read: Callable[[], Noted]) -> Noted:
    """Read what seldom changes once within `keeping`, every time outside of it."""
    kept = _KEPT.get()
    if kept is None:
        return read()
    if name not in kept.noted:
        kept.noted[name] = read()
    noted: Noted = kept.noted[name]
    return noted


def note(name: object, value: object) -> None:
    """Put down what somebody knows of what is read `once`, within `keeping`."""
    if (kept := _KEPT.get()) is not None:
        kept.noted[name] = value


def read_again(name: object) -> None:
    """Forget what was read `once`: it is being changed."""
    if (kept := _KEPT.get()) is not None:
        kept.noted.pop(name, None)


@cache
def _by_key(entity: Any) -> Select[Any] | None:
    """Give the statement that reads a row by its key, built once; None where several make it."""
    columns = inspect(entity).primary_key
    if len(columns) != 1:
        return None
    return sql_select(entity).where(columns[0] == bindparam("b_key"))


def has_asked(session: Session) -> bool:
    """Tell whether an open transaction may have asked the database: it sees what was then."""
    if not isinstance(session, ThriftySession) or _KEPT.get() is None:
        return session.in_transaction()
    return session._lent is not None


class ThriftySession(Session):
    """A session that asks neither the pool nor the database for what was at hand a moment ago.

    The rows that `get` gave last stay known to it: otherwise what nobody holds is selected again.
    """

    _kept: _Kept | None = None
    _lent: Connection | None = None
    _rows: deque[object] | None = None

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Give the connection that is lent to this session, if connections are kept."""
        if self._lent is not None:
            return self._lent
        bind = super().get_bind(*args, **options)
        kept = _KEPT.get()
        if kept is None or not isinstance(bind, Engine):
            return bind
        self._kept, self._lent = kept, kept.take(bind)
        return self._lent

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """Give a row by its key, and keep it known."""
        by_key = _by_key(entity) if isinstance(ident, str) and not options else None
        if by_key is None or identity_key(entity, ident) in self.identity_map:
            row = super().get(entity, ident, **options)
        else:
            row = self.scalar(by_key, {"b_key": ident})
        if row is not None:
            self._rows = self._rows or deque(maxlen=KEPT_ROWS)
            self._rows.append(row)
        return row

    def close(self) -> None:
        """End the transaction and leave the connection to the next session.

        What was not committed is rolled back, by the server too when it is the one who left.
        """
        try:
            super().close()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        finally:
            kept, lent = self._kept, self._lent
            self._kept = self._lent = self._rows = None
            if kept is not None and lent is not None:
                kept.give_back(lent)


def refuse_undeclared_write(session: Session, *_: object) -> None:
    """Stop a write in a transaction that was opened to read (SQLite would fail under load)."""
    if not session.connection().get_execution_options().get(WRITES):
        raise RuntimeError("a write outside `with writing(sessions)`")


class DeclaredSession(ThriftySession):
    """Refuses statements that write outside `writing`.

    It asks the statement itself: a listener of SQLAlchemy's costs each statement that reads more
    than the driver does.
    """

    def execute(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Execute what may be executed here."""
        self._refuse(statement)
        return super().execute(statement, *args, **options)

    def scalar(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Execute and give the first value."""
        self._refuse(statement)
        return super().scalar(statement, *args, **options)

    def scalars(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Execute and give the first values of the rows."""
        self._refuse(statement)
        return super().scalars(statement, *args, **options)

    def _refuse(self, statement: Any) -> None:
        if getattr(statement, "is_dml", False):
            refuse_undeclared_write(self)
