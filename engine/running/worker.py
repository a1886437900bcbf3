"""Worker threads: they run what is due, sleep when nothing is, and look again when rung.

One more thread looks around however busy the others are (`Lookout`), and rings when another
process left work or a moment has come: what a dead process of this machine left behind waits for
nobody's lease, and whose clock is wrong takes nothing that waits for its moment. Whatever a bell
lost is found by its row, at the latest after `PAUSE_S`.
"""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from engine.running.lookout import Lookout
from engine.running.runner import Runner

PAUSE_S = 60.0  #: longest sleep of who is not rung for
TROUBLE_S = 5.0  #: sleep after the database could not be reached

log = structlog.get_logger(__name__)


class Workers:
    """Threads of one process that share a runner and its bell."""

    def __init__(self, runner: Runner, threads: int = 2, pause_s: float = PAUSE_S) -> None:
        self.runner = runner
        self.pause_s = pause_s
        self._stop = threading.Event()
        self._lookout: Lookout | None = None
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Look around, then start the threads. Call it after forking, never before."""
        self.runner.look_around()
        self._lookout = lookout = Lookout(self.runner)
        looks = threading.Thread(
            target=self._look_around, args=[lookout], name="looks", daemon=True
        )
        self._threads.append(looks)
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Let each thread finish its job and end; one that does not is found by its lease."""
        self._stop.set()
        self.runner.bell.end()
        if self._lookout is not None:
            self._lookout.wake()
        for thread in self._threads:
            thread.join(timeout_s)

    def _look_around(self, lookout: Lookout) -> None:
        while not self._stop.is_set():
            try:
                lookout.turn()
            except SQLAlchemyError as error:
                log.warning("worker_trouble", error=type(error).__name__)
                self._stop.wait(TROUBLE_S)
            lookout.wait()
        lookout.close()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                count = self.runner.run_due(limit=20)
            except SQLAlchemyError as error:
                log.warning("worker_trouble", error=type(error).__name__)
                self._stop.wait(TROUBLE_S)
                continue
            if count == 0:
                self.runner.bell.wait(self.pause_s)
