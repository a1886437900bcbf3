"""Fresh databases: a test that asks for `database_url` or `sessions` runs on both.

In the folder of ONE the words of an act are proven, not the database: there a test runs on SQLite
alone unless it is marked `both_databases`. Marked are the modules in which the database decides
(races, crashes, batches, sweeps) and, of each other module, what sends its statements.

`database_url` alone is an empty database. With `engine` or `sessions` it has every table that the
run imported so far and no rows; such databases are made once and wiped, and their engines stay, so
that no statement is compiled twice: that is much faster.
On PostgreSQL a database is a schema of its own in the cluster of the run.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from psycopg import Connection, Cursor, OperationalError, connect
from psycopg.rows import TupleRow
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from registry import tables
from storage import vault
from storage.database import new_id, open_database, sessions_of
from web.settings import Settings

#: One secret for all: what a test writes, every service in the same process can read.
TEST_SECRET = "tests of zhuce " * 3
TEST_KEY = Settings(secret=TEST_SECRET).key("vault")

Tables = frozenset[str]
_schemas: dict[Tables, str] = {}  #: the PostgreSQL schema that has these tables
_files: dict[Tables, bytes] = {}  #: a SQLite file that has these tables
_engines: dict[str, Engine] = {}  #: by URL
_kept: dict[int, Connection[TupleRow]] = {}  #: to the cluster, by process: a copy has its own


ONE = "tests.casework."


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Say on which databases a test runs, unless it says so itself."""
    marks = metafunc.definition.iter_markers
    if "database_url" not in metafunc.fixturenames or any(
        "database_url" in mark.args[0] for mark in marks("parametrize")
    ):
        return
    is_one = metafunc.module.__name__.startswith(ONE) and not list(marks("both_databases"))
    names = ["sqlite"] if is_one else ["sqlite", "postgresql"]
    metafunc.parametrize("database_url", names, indirect=True)


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Give the URL of a database of our own."""
    with_tables = "engine" in request.fixturenames
    if request.param == "sqlite":
        folder = tmp_path_factory.getbasetemp() if with_tables else tmp_path
        yield f"sqlite:///{folder}/zhuce.db"
        return
    schema = _schemas.get(_tables()) if with_tables else None
    if schema is None:
        schema = f"t{new_id()}"
        _ask(f"CREATE SCHEMA {schema}")
    url = make_url(os.environ["ZHUCE_TEST_POSTGRESQL"])
    url = url.update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    if not with_tables:
        _ask(f"DROP SCHEMA {schema} CASCADE")


def _ask(statement: str) -> Cursor[TupleRow]:
    """Ask the cluster of the run over a connection that is kept: it knows the tables by now."""
    kept = _kept.get(os.getpid())
    if kept is not None:
        with suppress(OperationalError):  # it was ended: the next one is asked
            return kept.execute(statement)  # type: ignore[call-overload]  # of our own words
        kept.close()
    url = make_url(os.environ["ZHUCE_TEST_POSTGRESQL"]).set(drivername="postgresql")
    kept = connect(
        url.render_as_string(hide_password=False), autocommit=True, options="-c lock_timeout=10s"
    )
    atexit.register(kept.close)
    _kept[os.getpid()] = kept
    return kept.execute(statement)


@contextmanager
def postgresql(template: str = "template0") -> Iterator[str]:
    """Give the URL of a PostgreSQL database of our own, empty or a copy of one; it goes with us.

    `template` is the name of a database to which nobody is connected.
    """
    name = f"d{new_id()}"
    url = make_url(os.environ["ZHUCE_TEST_POSTGRESQL"])
    _ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # a third of the work
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _ask(f"DROP DATABASE {name} WITH (FORCE)")


def _tables() -> Tables:
    return frozenset(tables.metadata.tables)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Open a database with every table known so far, and a vault with a test key."""
    vault.configure(vault.Vault(TEST_KEY))
    engine = _engines.get(database_url) or open_database(database_url)
    _engines[database_url] = engine
    prepare = _prepare_file if engine.dialect.name == "sqlite" else _prepare_schema
    ears = _ears(engine)
    try:
        prepare(engine)
        yield engine
    finally:
        engine.dispose()
        if _ears(engine) != ears:  # a test listened to it: the next one gets another
            del _engines[database_url]


def _ears(engine: Engine) -> int:
    return sum(
        len(getattr(engine.dispatch, event)) for event in ("before_cursor_execute", "commit")
    )


def _prepare_file(engine: Engine) -> None:
    path = Path(str(engine.url.database))
    for name in (path, f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)
    if (made := _files.get(_tables())) is not None:
        path.write_bytes(made)
        return
    _create(engine)
    engine.dispose()
    _files[_tables()] = path.read_bytes()


def _prepare_schema(engine: Engine) -> None:
    schema = str(engine.url.query["options"]).partition("=")[2]
    if _schemas.get(_tables()) != schema:
        _create(engine)
        _schemas[_tables()] = schema
        return
    children_first = [table.name for table in reversed(tables.metadata.sorted_tables)]
    looks = (f"(SELECT '{name}' FROM {schema}.{name} LIMIT 1)" for name in children_first)
    written = {row[0] for row in _ask(" UNION ALL ".join(looks))}
    for name in children_first:
        if name in written:
            _ask(f"DELETE FROM {schema}.{name}")


def _create(engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        tables.metadata.create_all(connection, checkfirst=False)


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Give the maker of sessions on a fresh database."""
    return sessions_of(engine)
