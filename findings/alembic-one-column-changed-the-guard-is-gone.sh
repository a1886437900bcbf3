#!/usr/bin/env bash
# One would guess  A migration that makes one column NOT NULL changes that column. On SQLite Alembic makes the table anew for it and copies
#                  the rows, by what it reads from the database itself; a CHECK that it cannot keep is told in a warning.
# What happens     What SQLAlchemy does not read is left away without one: the collation of a name beside it, AUTOINCREMENT, and the
#                  triggers of the table. After the change of `note` 'zhang' may stand beside 'Zhang' in the unique column, the
#                  number of a deleted row is given again, and rows that a trigger held unchangeable are overwritten. All three had
#                  been made with SQLAlchemy. Foreign keys with their ON DELETE, unique and partial indexes do come along.
# Versions         alembic 1.20.1, SQLAlchemy 2.1.9, SQLite of Python's own sqlite3
# Source           alembic/operations/batch.py, ApplyBatchImpl (create, INSERT from SELECT, DROP, RENAME); SQLite, lang_altertable.html, 7
#                  (steps 3 and 8: remember the triggers and make them again); Alembic's chapter on batch names CHECK alone
# Why it matters   A trail that nobody may change is held by a trigger, and numbers of cases must never come back. The next unrelated
#                  migration takes both away, all tests with a fresh database pass. On SQLite the table has to be compared before
#                  and after (`SELECT sql FROM sqlite_master`), or given whole by `copy_from`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check alembic==1.20.1 SQLAlchemy==2.1.9
"$work/venv/bin/python" -W error - <<'PYTHON'
from importlib.metadata import version

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import DDL, Column, Engine, ForeignKey, Integer, MetaData, String, Table, create_engine, event, text
from sqlalchemy.exc import IntegrityError

tables = MetaData()
person = Table("person", tables, Column("id", Integer, primary_key=True))
trail = Table(
    "trail",
    tables,
    Column("id", Integer, primary_key=True),
    Column("name", String(collation="NOCASE"), unique=True, nullable=False),
    Column("note", String),
    Column("person", ForeignKey("person.id", ondelete="CASCADE")),
    sqlite_autoincrement=True,
)
event.listen(trail, "after_create", DDL("CREATE TRIGGER never BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, 'never changed'); END"))


def is_taken(engine: Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except IntegrityError:
        return False
    return True


def found(*, migrated: bool) -> dict[str, object]:
    """Make the table, with two rows of which the second is deleted, perhaps change `note`, and try its three guards."""
    engine = create_engine("sqlite://")
    tables.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO trail (name, note) VALUES ('Zhang', ''), ('Wang', '')"))
        connection.execute(text("DELETE FROM trail WHERE id = 2"))
    if migrated:
        with engine.begin() as connection, Operations(MigrationContext.configure(connection)).batch_alter_table("trail") as batch:
            batch.alter_column("note", nullable=False)
    seen: dict[str, object] = {"the same name in small letters": is_taken(engine, "INSERT INTO trail (name, note) VALUES ('zhang', '')")}
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM trail WHERE name = 'zhang' COLLATE BINARY"))
        seen["number of the next row"] = connection.scalar(text("INSERT INTO trail (name, note) VALUES ('Li', '') RETURNING id"))
        seen["cascades"] = "ON DELETE CASCADE" in connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'trail'"))
    seen["a change"] = is_taken(engine, "UPDATE trail SET note = 'changed'")
    return seen


print("alembic", version("alembic"), "· SQLAlchemy", version("SQLAlchemy"))
before, after = found(migrated=False), found(migrated=True)
for what in before:
    print(f"{what:31} {before[what]!s:6} after the migration {after[what]}")
assert before == {"the same name in small letters": False, "number of the next row": 3, "cascades": True, "a change": False}
assert after == {"the same name in small letters": True, "number of the next row": 2, "cascades": True, "a change": True}
PYTHON
