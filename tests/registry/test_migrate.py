from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from registry import migrate, tables
from storage.database import open_database


def run(url: str, statement: str) -> object:
    engine = open_database(url)
    try:
        with engine.begin() as connection:
            return connection.execute(text(statement)).scalar()
    finally:
        engine.dispose()


def test_upgrade_makes_every_table_and_twice_is_once(database_url: str) -> None:
    """A second start finds nothing to do, and the result is what the classes say."""
    assert not migrate.is_current(database_url, tables.metadata)

    migrate.upgrade(database_url, tables.metadata)
    migrate.upgrade(database_url, tables.metadata)

    assert migrate.is_current(database_url, tables.metadata)
    assert migrate.drift(database_url, tables.metadata) == []
    assert run(database_url, "SELECT version_num FROM alembic_version") == "0007"


def test_down_and_up_again(database_url: str) -> None:
    """Every version can be taken back."""
    migrate.upgrade(database_url, tables.metadata)

    migrate.downgrade(database_url, tables.metadata, "base")

    with pytest.raises((OperationalError, ProgrammingError)):
        run(database_url, "SELECT count(*) FROM person")
    migrate.upgrade(database_url, tables.metadata)
    assert run(database_url, "SELECT count(*) FROM person") == 0


def test_two_starts_at_once_migrate_once(database_url: str) -> None:
    """Two processes of one service start together: one migrates, the other waits."""
    program = (
        "import sys; from registry import migrate, tables;"
        "migrate.upgrade(sys.argv[1], tables.metadata)"
    )
    starts = [subprocess.Popen([sys.executable, "-c", program, database_url]) for _ in range(2)]

    assert [start.wait(60) for start in starts] == [0, 0]
    assert run(database_url, "SELECT version_num FROM alembic_version") == "0007"
    assert run(database_url, "SELECT count(*) FROM person") == 0


def test_a_missing_table_is_not_current(database_url: str) -> None:
    """The readiness of the service is red while a table is missing."""
    migrate.upgrade(database_url, tables.metadata)
    more = MetaData()
    Table("not_there_yet", more, Column("id", Integer, primary_key=True))

    assert not migrate.is_current(database_url, more)
    assert "add_table" in str(migrate.drift(database_url, more))


def test_the_next_version_is_drafted(database_url: str, tmp_path: Path) -> None:
    """A changed class becomes a version by comparison, not by hand."""
    versions = tmp_path / "versions"
    versions.mkdir()

    migrate.draft(database_url, tables.metadata, "first", versions)

    (written,) = versions.glob("*.py")
    source = written.read_text("utf-8")
    compile(source, written.name, "exec")
    assert "op.create_table('person'" in source
    assert "uq_application_open_person" in source
