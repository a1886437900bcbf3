"""The bell: wakes the workers of this process when there is work. The job row is the truth.

A bell that nobody hears costs a few seconds, never a job: workers look at the rows anyway.
"""

from __future__ import annotations

import threading


class Bell:
    """Rung after a commit that left work; waited for by idle workers.

    It wakes one of them: who takes work and sees more rings for the next.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_rung = self._is_over = False

    def ring(self) -> None:
        """Wake one who waits; with nobody there, the next who is going to."""
        with self._changed:
            self._is_rung = True
            self._changed.notify()

    def end(self) -> None:
        """Wake all who wait; from now on nobody waits."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait to be rung; tell whether it was."""
        with self._changed:
            was_rung = self._changed.wait_for(lambda: self._is_rung or self._is_over, timeout_s)
            self._is_rung = False
        return was_rung
