"""The bell: wakes the workers of this process when there is work. The job row is the truth.

A bell that nobody hears costs a few seconds, never a job: workers look at the rows anyway.
"""

from __future__ import annotations

import threading


class Bell:
    """Rung after a commit that left work; waited for by idle workers."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Wake whoever waits."""
        self._rung.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait to be rung; tell whether it was."""
        rung = self._rung.wait(timeout_s)
        self._rung.clear()
        return rung
