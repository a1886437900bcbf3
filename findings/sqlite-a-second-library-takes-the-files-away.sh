#!/usr/bin/env bash
# One would guess  A program that uses a newer SQLite (pysqlite3) may read the same database for a moment with Python's
#                  own sqlite3, for a copy or a count: SQLite is made for many connections, and locks are the system's.
# What happens     Python's module is another copy of the library. POSIX locks belong to the process, so that it meets
#                  none of the first one's: when it closes, it takes itself for the last one, writes the log into the
#                  database and deletes -wal and -shm while the first connection is open. What others commit from
#                  then on goes into new files: the open connection gets an error or does not see it. With the
#                  same library twice nothing happens.
# Versions         pysqlite3 0.6.1 (SQLite 3.53) beside the sqlite3 of Python
# Source           sqlite.org/howtocorrupt.html 2.2.1 ("Multiple copies of SQLite linked into the same application");
#                  unixClose and walCleanUp in SQLite; fcntl(2), "Advisory record locking"
# Why it matters   A test that backed up by VACUUM INTO found its own service blind to what the command had written,
#                  without any error. Nothing in either line looks wrong; no module warns of the other.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check pysqlite3==0.6.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import os
import sqlite3
from importlib.metadata import version

from pysqlite3 import dbapi2


def after_a_look(library, name):
    """Open a register, have `library` count its cases, commit one more: what does the first see?"""
    first = dbapi2.connect(name, isolation_level=None)
    first.execute("PRAGMA journal_mode=WAL")
    first.execute("CREATE TABLE cases (number)")
    first.execute("INSERT INTO cases VALUES (1)")
    look = library.connect(name)
    assert look.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    look.close()
    files = sorted(file for file in os.listdir(".") if file.startswith(name))
    other = dbapi2.connect(name, isolation_level=None)
    other.execute("INSERT INTO cases VALUES (2)")
    assert other.execute("SELECT count(*) FROM cases").fetchone() == (2,)
    try:
        seen = first.execute("SELECT count(*) FROM cases").fetchone()[0]
    except dbapi2.DatabaseError as error:
        seen = str(error)
    return files, seen


print("pysqlite3", version("pysqlite3"), "SQLite", dbapi2.sqlite_version, "· sqlite3 of Python, SQLite", sqlite3.sqlite_version)
files, seen = after_a_look(dbapi2, "same")
print("the same library looked:", files, "- the open connection sees", seen)
assert (files, seen) == (["same", "same-shm", "same-wal"], 2), "otherwise now"
files, seen = after_a_look(sqlite3, "another")
print("another library looked: ", files, "- the open connection sees", seen)
assert files == ["another"] and seen != 2, "otherwise now"
PYTHON
