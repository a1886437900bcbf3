#!/usr/bin/env bash
# One would guess  A session whose commit is refused (a deferred foreign key, checked at COMMIT) is over when it is
#                  closed: the pool rolls every connection back that it gets, so nothing of it can be seen again.
# What happens     SQLite leaves the transaction open when COMMIT is refused. SQLAlchemy marks its own transaction
#                  as ended by then, so closing the session sends no ROLLBACK, and tells the pool that it need
#                  not either. The next session gets the connection with the refused row still in it. If it
#                  happens to write what was missing and commits, the refused row is committed with it. Where
#                  BEGIN is sent by an event (the documented recipe), the next session fails instead: "cannot
#                  start a transaction within a transaction". Engine.begin() does roll back.
# Versions         SQLAlchemy 2.1.9, SQLite of Python's own sqlite3
# Source           sqlalchemy/engine/base.py: RootTransaction._do_commit deactivates in a finally; sqlalchemy/pool/base.py:
#                  _ConnectionFairy._reset skips when the transaction "was reset"; SQLite, lang_transaction.html
#                  (a COMMIT that fails leaves the transaction active)
# Why it matters   A refused act must leave nothing. Here it came true minutes later through somebody else's, and
#                  no line of either looks wrong. The pool's event "reset" can send the ROLLBACK.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check sqlalchemy==2.1.9
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import sqlite3

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

print("SQLAlchemy", sa.__version__, "SQLite", sqlite3.sqlite_version)
engine = sa.create_engine("sqlite:///register.db")
sa.event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys = ON"))
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE TABLE person (id INTEGER PRIMARY KEY)")
    connection.exec_driver_sql(
        "CREATE TABLE licence (id INTEGER PRIMARY KEY, person INTEGER"
        " REFERENCES person DEFERRABLE INITIALLY DEFERRED)"
    )


def grant() -> None:
    """Somebody grants a licence to a person who is not on record: refused at COMMIT."""
    with Session(engine) as session:
        session.execute(sa.text("INSERT INTO licence VALUES (1, 7)"))
        session.commit()


def licences() -> int:
    """Count on a connection of its own."""
    other = sqlite3.connect("register.db")
    count = other.execute("SELECT count(*) FROM licence").fetchone()[0]
    other.close()
    return count


try:
    grant()
except IntegrityError as error:
    print("the licence is refused:", error.orig)
print("licences on record:", licences())
assert licences() == 0

with Session(engine) as session:
    session.execute(sa.text("INSERT INTO person VALUES (7)"))
    session.commit()
print("somebody else puts person 7 on record; licences on record:", licences())
assert licences() == 1, "the refused licence is gone now"

with engine.begin() as connection:
    connection.exec_driver_sql("DELETE FROM licence")
    connection.exec_driver_sql("DELETE FROM person")
sa.event.listen(engine, "reset", lambda driver, _record, _state: driver.rollback())
try:
    grant()
except IntegrityError:
    print("again, with a ROLLBACK in the pool's event: refused")
with Session(engine) as session:
    session.execute(sa.text("INSERT INTO person VALUES (7)"))
    session.commit()
print("licences on record:", licences())
assert licences() == 0
PYTHON
