"""Leases of jobs that are at work: one thread of a process renews them all, while there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from engine.jobs import queue
from storage.database import writing


class Leases:
    """Keeps leases alive; safe to share between threads.

    Nearly every job is done long before its lease is renewed: what each costs is to be put down.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._change = threading.Lock()
        self._held: dict[tuple[str, str], queue.Claim] = {}  #: by token and job
        self._is_watched = False

    @contextmanager
    def kept(self, *claims: queue.Claim) -> Iterator[None]:
        """Renew leases three times in their length, as long as somebody is in here."""
        held = {(claim.token, claim.job.id): claim for claim in claims}
        with self._change:
            self._held |= held
            starts, self._is_watched = not self._is_watched, True
        if starts:
            threading.Thread(target=self._renew, name="leases", daemon=True).start()
        try:
            yield
        finally:
            with self._change:
                for key in held:
                    del self._held[key]

    def _renew(self) -> None:
        """Renew what is held, again and again; end when nothing is, until the next job comes."""
        while True:
            time.sleep(queue.LEASE_S / 3)
            with self._change:
                claims = list(self._held.values())
                self._is_watched = bool(claims)
            if not claims:
                return
            for held in claims:
                with suppress(SQLAlchemyError), writing(self._sessions) as session:  # or next time
                    queue.renew(session, held)
