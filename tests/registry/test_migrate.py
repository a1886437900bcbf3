from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from casework import tables as casework_tables
from registry import migrate, tables, verification_codes
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
    assert run(database_url, "SELECT version_num FROM alembic_version") == "0038"


def test_down_and_up_again(database_url: str) -> None:
    """Every version can be taken back."""
    migrate.upgrade(database_url, tables.metadata)

    migrate.downgrade(database_url, tables.metadata, "base")

    with pytest.raises((OperationalError, ProgrammingError)):
        run(database_url, "SELECT count(*) FROM person")
    migrate.upgrade(database_url, tables.metadata)
    assert run(database_url, "SELECT count(*) FROM person") == 0


@pytest.mark.proves("F:trust-4")
def test_letters_that_are_there_are_given_codes(database_url: str) -> None:
    """A letter of before is found by its number: it has a code, which it does not print."""
    known = casework_tables.LetterIntent.metadata
    migrate.upgrade(database_url, known)
    migrate.downgrade(database_url, known, "0007")
    row = "('a/1', 'a', 'decision', '沪建注准〔2026〕第00001号', 1, '{}', '2026-11-24 02:00:00')"
    names = "key, application_id, kind, number, revision, data, at"
    run(database_url, f"INSERT INTO letter_intent ({names}) VALUES {row} RETURNING key")

    migrate.upgrade(database_url, known)

    code = run(database_url, "SELECT token FROM letter_intent")
    assert verification_codes.is_code(str(code))
    assert "letter_intent" not in str(migrate.drift(database_url, known))


def test_two_starts_at_once_migrate_once(database_url: str) -> None:
    """Two processes of one service start together: one migrates, the other waits."""
    program = (
        "import sys; from registry import migrate, tables;"
        "migrate.upgrade(sys.argv[1], tables.metadata)"
    )
    starts = [subprocess.Popen([sys.executable, "-c", program, database_url]) for _ in range(2)]

    assert [start.wait(60) for start in starts] == [0, 0]
    assert run(database_url, "SELECT version_num FROM alembic_version") == "0038"
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
