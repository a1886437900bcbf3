"""Bring a database to the newest version of the tables.

The caller gives the metadata: the register knows its own tables, the engine's and the web's
share `storage.database.Base` and are there when the caller imported them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from storage.connections import WRITES
from storage.database import open_database

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x5A6875636500  #: "Zhuce": one migration at a time on PostgreSQL


def upgrade(url: str, metadata: MetaData, version: str = "head") -> None:
    """Bring the database to `version` in one transaction; others that try meanwhile wait."""
    with _writing(url) as connection:
        command.upgrade(_config(connection, metadata), version)


def downgrade(url: str, metadata: MetaData, version: str) -> None:
    """Take the database back to `version`, "base" for nothing at all."""
    with _writing(url) as connection:
        command.downgrade(_config(connection, metadata), version)


def is_current(url: str, metadata: MetaData) -> bool:
    """Tell whether the database is at the newest version and has every table of `metadata`."""
    engine = open_database(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            names = set(connection.dialect.get_table_names(connection))
            return set(context.get_current_heads()) == _heads() and set(metadata.tables) <= names
    finally:
        engine.dispose()


@cache
def _heads() -> frozenset[str]:
    """Read once which version is the newest: the scripts are part of this build."""
    return frozenset(ScriptDirectory(str(_SCRIPTS)).get_heads())


def drift(url: str, metadata: MetaData) -> list[object]:
    """Return how the database differs from `metadata`; empty when it does not."""
    engine = open_database(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()


def draft(url: str, metadata: MetaData, message: str, folder: Path) -> None:
    """Write the next version into `folder` from how the database differs from `metadata`."""
    with _writing(url) as connection:
        config = _config(connection, metadata)
        config.set_main_option("version_locations", str(folder))
        command.revision(config, message=message, autogenerate=True, version_path=str(folder))


@contextmanager
def _writing(url: str) -> Iterator[Connection]:
    engine = open_database(url)
    try:
        with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection, metadata: MetaData) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, metadata=metadata)
    return config
