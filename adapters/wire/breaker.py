"""A circuit breaker: a system that failed again and again is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 5  #: in a row, after which nobody waits for it any more
PAUSE_S = 15.0  #: until one is let through again to see


class Breaker:
    """Counts failures of one system in this process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._shut_until = 0.0

    def lets_through(self) -> bool:
        """Tell whether the system may be asked; after each pause one caller finds out for all."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            now = self._clock()
            if now < self._shut_until:
                return False
            self._shut_until = now + PAUSE_S
            return True

    def succeeded(self) -> None:
        """Note an answer: everybody may ask again."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note a failure."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._shut_until = self._clock() + PAUSE_S
