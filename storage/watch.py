"""Noticing that somebody wrote, without asking the tables: how the idle stay idle."""

from __future__ import annotations

from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy import Engine


class Watch:
    """Tells whether the database was written to; one for each thread that looks.

    SQLite counts the commits of other connections, and says the number without touching a table.
    Elsewhere nobody can tell as cheaply: there the answer is always that it may have been.
    """

    def __init__(self, engine: Engine) -> None:
        self._path = engine.url.database if engine.dialect.name == "sqlite" else None
        self._connection: Any = None
        self._version: int | None = None

    def has_changed(self) -> bool:
        """Tell whether anybody may have committed since this was asked last."""
        if self._path is None:
            return True
        before = self._version
        try:
            if self._connection is None:
                self._connection = dbapi2.connect(self._path, check_same_thread=False)
            [(self._version,)] = self._connection.execute("PRAGMA data_version").fetchall()
        except dbapi2.Error:
            self.close()
            return True
        return before != self._version

    def close(self) -> None:
        """Leave the database; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._version = None
