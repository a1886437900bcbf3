"""The database: one declarative base, our column types, engines and short write transactions.

SQLite goes through `pysqlite3`, because the WAL of older libraries can corrupt a database
(fixed in 3.51.3). A transaction that only reads starts with BEGIN, one that writes with
BEGIN IMMEDIATE: a reader that becomes a writer half-way fails at once with "database is locked".
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pysqlite3 import dbapi2
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    LargeBinary,
    MetaData,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlalchemy.types import TypeDecorator

from storage.connections import (
    PREPARED,
    WRITES,
    DeclaredSession,
    begin_sqlite,
    end_left,
    refuse_undeclared_write,
)
from storage.vault import current_vault

BUSY_MS = 15_000  #: how long a writer waits for another on SQLite


class Base(DeclarativeBase):
    """Base of every table, also of the engine's; constraint names are fixed for migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Row = TypeVar("Row", bound=Base)


def new_id() -> str:
    """Return 32 hexadecimal characters that sort by the time they were made.

    >>> first, second = new_id(), new_id()
    >>> len(first), first < second
    (32, True)
    """
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


def id_at(moment: datetime) -> str:
    """Return where ids made from a moment on begin, as long as our clock is that of the machine.

    >>> id_at(datetime(1970, 1, 1, tzinfo=UTC)) < new_id()
    True
    """
    return f"{int(moment.timestamp()) * 10**9:016x}"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; naive ones are refused, UTC comes back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store `value` in UTC (SQLite has no zones and stores it bare)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def to_json(value: object) -> str:
    """Return the one canonical text of `value`: keys sorted, no spaces, Chinese as it is."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


class _Document(TypeDecorator[Any]):
    """A JSON value. It has changed when its text has: to Python 1 and True are the same."""

    def compare_values(self, x: Any, y: Any) -> bool:
        """Tell whether there is nothing to write."""
        return bool(x == y) and to_json(x) == to_json(y)


class Json(_Document):
    """A value kept as canonical JSON text on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Write the canonical text."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read the text."""
        return None if value is None else json.loads(value)


class Encrypted(TypeDecorator[str]):
    """Text encrypted at rest.

    `place` ("table.column") is authenticated with it: a ciphertext that was moved to another
    column does not open.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt."""
        return None if value is None else current_vault().encrypt(value, place=self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt."""
        return None if value is None else current_vault().decrypt(bytes(value), place=self.place)


class EncryptedJson(_Document):
    """A JSON value encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: object, dialect: Dialect) -> bytes | None:
        """Encrypt the canonical text."""
        return current_vault().encrypt(to_json(value), place=self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Decrypt and read the text."""
        if value is None:
            return None
        return json.loads(current_vault().decrypt(bytes(value), place=self.place))


#: What a statement was given is personal: an error must not carry it into logs and job rows.
#: The connection used last is used next: its statements are prepared, and its pages are at hand.
_OPTIONS: dict[str, Any] = {
    "pool_size": 10,
    "max_overflow": 20,
    "pool_use_lifo": True,
    "hide_parameters": True,
}


def open_database(url: str) -> Engine:
    """Open SQLite (`sqlite:///file`) or PostgreSQL (`postgresql+psycopg://…`).

    The folder of a SQLite file is made when it is missing.
    """
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, **_OPTIONS)
        event.listen(engine, "handle_error", _leave_out_detail)
        return engine
    if path := make_url(url).database:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch(mode=0o600)  # nobody else's to read; SQLite's side files follow it
    engine = create_engine(
        url, module=dbapi2, connect_args={"cached_statements": PREPARED}, **_OPTIONS
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    event.listen(engine, "reset", end_left)
    return engine


def _leave_out_detail(context: ExceptionContext) -> None:
    """Keep of PostgreSQL's words the first line: its DETAIL repeats the values of the row."""
    error = context.original_exception
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    if primary:
        error.args = (primary,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(error).__name__}) {primary}",)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Switch off the driver's own transactions and set what keeps acknowledged commits safe."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def sessions_of(engine: Engine) -> sessionmaker[Session]:
    """Return the maker of sessions; what they loaded stays readable after the commit."""
    sessions: sessionmaker[Session] = sessionmaker(
        engine, class_=DeclaredSession, expire_on_commit=False
    )
    event.listen(sessions, "before_commit", _settle)
    event.listen(sessions, "before_flush", refuse_undeclared_write)
    return sessions


@contextmanager
def writing(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Run one short write transaction: commit at the end, roll back when anything raises."""
    with sessions() as session, session.begin():
        session.info[WRITES] = True
        session.connection(execution_options={WRITES: True})
        yield session


@contextmanager
def alone(sessions: sessionmaker[Session], work: str) -> Iterator[None]:
    """Let nobody else do the same `work` meanwhile: whoever comes later waits.

    For long work of several transactions that must not run twice at once, such as a deployment.
    On PostgreSQL it is a lock of a connection, so that it ends with a process that dies; on SQLite
    nothing is locked, because its writers exclude each other and `work` asks inside its writes.
    """
    engine: Engine = sessions.kw["bind"]
    if engine.dialect.name != "postgresql":
        yield
        return
    number = _number(work)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(select(func.pg_advisory_lock(number)))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(number)))


def in_turn(session: Session, work: str) -> None:
    """Let transactions that do the same `work` come one after the other, until this one ends.

    For what is looked at before it is written and no unique index can decide. What is read after
    it is as the one before has left it; on SQLite writers exclude each other anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_number(work))))


def _number(work: str) -> int:
    return zlib.crc32(f"zhuce {work}".encode())


_LATER = "later"  #: what a transaction does right before its commit


def at_commit(session: Session, name: str, do: Callable[[Session, list[Any]], None]) -> list[Any]:
    """Give the list of what `do` writes right before the commit, all of it at once."""
    _, values = session.info.setdefault(_LATER, {}).setdefault(name, (do, []))
    written: list[Any] = values
    return written


def add_later(session: Session, table: type[Base], values: dict[str, Any]) -> None:
    """Add a row of a record that nobody looks at before the commit; see `settle`.

    A row that is added is inserted by the next statement that reads; these wait for each other, go
    all in one statement, and are not the session's: whoever wants one reads it. All of a table
    give values for the same columns.
    """
    if session.in_nested_transaction():
        session.add(table(**values))  # a savepoint takes back what was written in it
    else:
        at_commit(session, f"rows of {table.__tablename__}", _into(table)).append(values)


@cache
def _into(table: type[Base]) -> Callable[[Session, list[Any]], None]:
    """Insert rows of a table whose columns have the names of their attributes."""
    inserting = insert(table.__table__)  # type: ignore[arg-type]  # a table that is mapped is one

    def write(session: Session, rows: list[Any]) -> None:
        refuse_undeclared_write(session)
        session.flush()  # first what they may refer to
        session.connection().execute(inserting, rows)

    return write


def change_all(
    session: Session, table: type[Row], rows: Collection[Row], values: Mapping[str, Any]
) -> None:
    """Give many rows of a table the same values in one statement; they know it at once."""
    if not rows:
        return
    key = inspect(table).primary_key[0]
    keys = [getattr(row, key.name) for row in rows]
    changing = update(table).where(key.in_(keys)).values(**values)
    session.execute(changing, execution_options={"synchronize_session": False})
    for row in rows:
        for name, value in values.items():
            set_committed_value(row, name, value)


def settle(session: Session) -> None:
    """Write now what waits for the commit, for who reads it in the same transaction."""
    for do, values in session.info.pop(_LATER, {}).values():
        do(session, values)


def _settle(session: Session) -> None:
    if not session.in_nested_transaction():  # what a savepoint takes back does not wait here
        settle(session)


_HELD = "held"  #: rows of a session that stay known as long as it does, and after it is closed


def hold(session: Session, row: Row) -> Row:
    """Keep a row known to its session: what nobody holds is selected again at the next `get`."""
    session.info.setdefault(_HELD, {})[id(row)] = row
    return row


def read_already(session: Session, kind: type[Row], key: str) -> Row | None:
    """Return a row that its session has read already, without asking; None: it has not."""
    row = session.identity_map.get(identity_key(kind, key))
    return row if isinstance(row, kind) and not inspect(row).expired else None


def held(session: Session, kind: type[Row]) -> list[Row]:
    """Return the rows of a kind that a session holds, also after it was closed."""
    return [row for row in session.info.get(_HELD, {}).values() if isinstance(row, kind)]


def insert_of(session: Session) -> Callable[[type[DeclarativeBase]], Any]:
    """Return the database's own `insert`, which knows ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def insert_once(
    session: Session, table: type[Base], values: dict[str, Any], *, unique: str
) -> bool:
    """Insert a row unless one with the same `unique` column exists; tell whether it was new.

    It waits for another transaction that inserts the same, and never aborts ours.
    """
    statement = _once(
        insert_of(session), table, unique
    )  # it needs nothing that waits to be written
    return session.connection().scalar(statement, values) is not None


@cache
def _once(insert: Callable[[type[DeclarativeBase]], Any], table: type[Base], unique: str) -> Any:
    statement = insert(table).on_conflict_do_nothing(index_elements=[unique])
    return statement.returning(getattr(table, unique))


def get_or_insert(
    session: Session, table: type[Row], key: Mapping[str, Any], values: Mapping[str, Any]
) -> Row:
    """Return the row with this unique key, locked; insert it with `values` when there is none.

    The database decides who inserts. Under READ COMMITTED another transaction's row may appear
    between a look and the statement after it: what was not there a moment ago is somebody else's,
    so compare the owner of what this returns. It waits for another that inserts the same.
    """
    given = {**key, **values}
    adding = _adding(insert_of(session), table, tuple(key), tuple(given))
    told = {f"b_{name}": value for name, value in given.items()}
    as_one = {"dml_strategy": "orm"}  # else what is told along is taken for rows
    while True:  # until it is there: between both statements another may have deleted it
        row: Row | None = session.scalar(adding, told, execution_options=as_one)
        if row is None:
            query = select(table).filter_by(**key).with_for_update()
            row = session.scalar(query, execution_options={"populate_existing": True})
        if row is not None:
            return row


@cache
def _adding(
    insert: Callable[[type[DeclarativeBase]], Any],
    table: type[Base],
    unique: tuple[str, ...],
    names: tuple[str, ...],
) -> Any:
    """Build the statement that inserts a row of these columns unless there is one, once."""
    columns = {name: getattr(table, name) for name in names}
    values = {name: bindparam(f"b_{name}", type_=column.type) for name, column in columns.items()}
    statement = insert(table).values(**values).on_conflict_do_nothing(index_elements=unique)
    return statement.returning(table)
