"""Who looks at the job rows when nobody rings: as seldom as can be, as soon as there is cause.

A look costs a statement. It is taken when somebody may have written, while somebody works, when
the clock was set, and once a minute whatever was noticed. Where nobody can tell whether somebody
wrote (PostgreSQL), every turn takes one; it comes at once when work was left, and every few seconds
for what the dead left.
"""

from __future__ import annotations

import time

from engine.jobs.ear import Ear
from engine.jobs.queue import Outlook
from engine.running.runner import Runner

LONG_S = 60.0  #: after which the rows are asked whatever was noticed
JUMP_S = 2.0  #: by which a clock differs that was set meanwhile


class Lookout:
    """Looks around for the workers of one process."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._ear = Ear(runner.sessions.kw["bind"])
        self._outlook: Outlook | None = None
        self._asked_at = self._offset = 0.0

    def wait(self) -> None:
        """Wait for the next turn, which comes sooner when work was left."""
        self._ear.wait()

    def turn(self) -> None:
        """Look if there is cause; ring when something is due."""
        # 1. Whether work was left is asked before the rows: what comes later is seen next time.
        if self._has_cause():
            self._outlook = None
            self._outlook = self._runner.look()
            self._asked_at = time.monotonic()
            self._offset = self._runner.machine.wall() - self._asked_at
        # 2. The moment that was read then may have come by itself meanwhile.
        due_at = None if self._outlook is None else self._outlook.due_at
        if due_at is not None and due_at <= self._runner.scenes.clock():
            self._runner.bell.ring()

    def wake(self) -> None:
        """End the waiting, for who is to end."""
        self._ear.wake()

    def close(self) -> None:
        """Leave the database."""
        self._ear.close()

    def _has_cause(self) -> bool:
        has_changed, now = self._ear.may_have_changed(), time.monotonic()
        return (
            has_changed
            or self._outlook is None
            or self._outlook.is_busy
            or now - self._asked_at >= LONG_S
            or abs(self._runner.machine.wall() - now - self._offset) > JUMP_S
        )
