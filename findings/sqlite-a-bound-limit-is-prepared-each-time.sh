#!/usr/bin/env bash
# One would guess  A statement that is kept prepared is prepared once; bound values change nothing but the answer. A page
#                  of a list is best asked for with LIMIT ?, so that all pages share one prepared statement.
# What happens     SQLite prepares it anew with each execution whose bound value may have decided its plan, also when the
#                  value is the same as before: LIKE ?, `state = ?` where an index is for one state only, and in new
#                  versions LIMIT ? as well (3.53; not yet in 3.40). The authorizer, which is asked while a
#                  statement is prepared, shows it. Written into the text, the same constants cost nothing.
# Versions         pysqlite3 0.6.1 (SQLite 3.53)
# Source           sqlite.org/c3ref/prepare.html ("the statement will be automatically recompiled ... on the first
#                  sqlite3_step() call following any change to the bindings of that parameter"); sqlite3_bind in vdbeapi.c
#                  (expmask marks the statement as expired whatever is bound)
# Why it matters   Nothing shows it: no error, no plan that differs, and the driver's cache says that it was hit. One of 4.4
#                  executions of a whole registration was prepared again, a statement of several joins for a third
#                  of a millisecond. Object mappers bind every constant unless they are told not to.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check pysqlite3==0.6.1
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from pysqlite3 import dbapi2

database = dbapi2.connect(":memory:", isolation_level=None)
database.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT, kind TEXT, due INTEGER)")
database.execute("CREATE INDEX open_jobs ON jobs (due) WHERE state = 'OPEN'")
database.execute("CREATE INDEX kinds ON jobs (kind COLLATE NOCASE)")
asked = 0


def authorizer(*_):
    """Allow everything, and count: SQLite asks while it prepares a statement, never while it runs one."""
    global asked
    asked += 1
    return dbapi2.SQLITE_OK


database.set_authorizer(authorizer)


def is_prepared_again(statement, *values):
    """Tell whether the second to hundredth execution, with the same values, are prepared again."""
    global asked
    database.execute(statement, values).fetchall()
    asked = 0
    for _ in range(99):
        database.execute(statement, values).fetchall()
    return asked >= 99


print("pysqlite3", version("pysqlite3"), "SQLite", dbapi2.sqlite_version)
for again, statement, *values in (
    (False, "SELECT id FROM jobs WHERE due < ?", 5),
    (False, "SELECT id FROM jobs WHERE due < ? LIMIT 20", 5),
    (True, "SELECT id FROM jobs WHERE due < ? LIMIT ?", 5, 20),
    (False, "SELECT id FROM jobs WHERE state = 'OPEN' AND due < ?", 5),
    (True, "SELECT id FROM jobs WHERE state = ? AND due < ?", "OPEN", 5),
    (False, "SELECT id FROM jobs WHERE kind = ?", "mail"),
    (True, "SELECT id FROM jobs WHERE kind LIKE ?", "mail%"),
):
    found = is_prepared_again(statement, *values)
    print("prepared 100 times" if found else "prepared once     ", statement)
    assert found == again, "otherwise now"
PYTHON
