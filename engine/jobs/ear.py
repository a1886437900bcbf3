"""Hearing that another process left work, as soon as it did.

On SQLite the number of commits is watched (`storage.watch`). On PostgreSQL the table of jobs tells
it itself, by a trigger at the commit (`engine.tables.TELLS`), to whoever listens. A connection to a
pooler hears nothing; what was not heard is found by its row, a moment later.
"""

from __future__ import annotations

import select
import socket
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from engine.tables import CHANNEL
from storage.watch import Watch

TURN_S = 1.5  #: between two turns on SQLite, most of which ask nothing
ASKING_S = 2.4  #: on PostgreSQL, where each asks; what the dead leave is found within three seconds


class Ear:
    """Hears for one thread; any other may wake it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watch = Watch(engine)
        self._turn_s, self._listens = TURN_S, False
        if engine.dialect.name == "postgresql":
            self._turn_s, self._listens = ASKING_S, True
        self._errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        self._connection: Any = None
        self._bed, self._door = socket.socketpair()

    def may_have_changed(self) -> bool:
        """Tell whether work or a lease may be there since this was asked last."""
        return self._watch.has_changed()

    def wait(self) -> None:
        """Wait for the next turn, on PostgreSQL until work was left, or until somebody wakes us."""
        try:
            if self._listens and self._connection is None:
                self._listen()
                return  # of what came before nothing was heard
            self._hear()
            if self._listens:
                list(self._connection.notifies(timeout=0))
        except self._errors:  # the database is away: its rows are asked when it is back
            self._leave()
            self._hear()

    def _hear(self) -> None:
        poll = select.poll()
        poll.register(self._bed, select.POLLIN)
        if self._connection is not None:
            poll.register(self._connection, select.POLLIN)
        poll.poll(self._turn_s * 1000)

    def wake(self) -> None:
        """Let `wait` return, now and for ever: who listens is to end."""
        self._door.send(b"!")

    def close(self) -> None:
        """Leave the database."""
        self._watch.close()
        self._leave()
        self._bed.close()
        self._door.close()

    def _listen(self) -> None:
        """Take a connection of our own, as the others are made, and listen."""
        taken = self._engine.raw_connection()
        self._connection = taken.driver_connection
        taken.detach()  # the pool makes another
        self._connection.rollback()
        self._connection.autocommit = True
        ((schema,),) = self._connection.execute("SELECT current_schema()").fetchall()
        self._connection.execute(f'LISTEN "{CHANNEL}{schema}"')

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
