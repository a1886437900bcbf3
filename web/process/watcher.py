"""The process that watches those of the web server: whoever ends unasked is followed by another.

The address is bound once, here, and lent to every process, so that a connection which a dead one
had not taken yet is taken by its successor. A process lives no longer than its watcher: it reads a
pipe that only the watcher holds open. Why this is ours: decision 13.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import structlog

LOOK_S = 10.0  #: how often the watcher looks after its processes if none tells that it ends
STEADY_S = 10.0  #: who lived that long is followed at once
LONGEST_PAUSE_S = 5.0  #: before a process is started whose predecessors ended soon
STOP_S = 15.0  #: how long a process may take to end when told to

_LOG = structlog.get_logger(__name__)


class Forked:
    """A process that began as a copy of this one: it need not import again what we have."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None  #: with which it has ended; negative: by this signal

    def has_ended(self) -> bool:
        """Tell whether it is no more; `status` then says how it ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it is there."""
        if not self.has_ended():
            os.kill(self.pid, number)


def _flush() -> None:
    """Say what was not said yet: what is left in a stream would be said by each copy of it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def apart(work: Callable[[], int]) -> int:
    """Do `work` in a copy of this process and give what it gives: what it opens ends with it."""
    _flush()
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        status = work()
    finally:
        atexit._run_exitfuncs()
        _flush()
        os._exit(status)


@dataclass
class _Place:
    """One of the processes that there shall be: the present one, or when the next one starts."""

    work: Callable[[int, int], None]
    process: Forked | None = None
    began: float = 0.0
    pause_s: float = 0.0
    not_before: float = 0.0


class Watcher:
    """Keeps `count` processes that do `work` running until told to stop, and one for `beside`.

    Each gets the numbers of two open files: the bound socket, and the pipe that ends with us. We
    start no thread and open nothing before we fork, so that each begins with what was imported.
    """

    def __init__(
        self,
        listener: socket.socket,
        work: Callable[[int, int], None],
        count: int,
        beside: Callable[[int, int], None] | None = None,
    ) -> None:
        self._listener = listener
        others = [] if beside is None else [beside]
        self._places = [_Place(doing) for doing in (*[work] * count, *others)]
        self._is_told = False
        self._stirs, self._stir = os.pipe()
        for end in (self._stirs, self._stir):
            os.set_blocking(end, False)
        self._life, self._held = os.pipe()

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT, then end the processes."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)
        signal.signal(signal.SIGCHLD, self._stirred)
        gc.freeze()  # what was imported stays shared
        try:
            while not self._is_told:
                for place in self._places:
                    self._look_after(place)
                self._sleep()
        finally:
            self._end()

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._is_told = True
        self._stirred(_number, _frame)

    def _stirred(self, _number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):  # full: we are stirred already
            os.write(self._stir, b".")

    def _sleep(self) -> None:
        """Sleep until a process ends, or until one that ended is to be followed."""
        now = time.monotonic()
        starts = [place.not_before - now for place in self._places if place.process is None]
        select.select([self._stirs], [], [], max(0.0, min([LOOK_S, *starts])))
        with contextlib.suppress(BlockingIOError):
            os.read(self._stirs, 4096)

    def _look_after(self, place: _Place) -> None:
        """Follow a process that has ended: at once, or after a pause that grows while all fail.

        There is no failure that ends the watcher: the database may be away for an hour.
        """
        now = time.monotonic()
        if place.process is not None:
            if not place.process.has_ended():
                return
            _LOG.error("process_ended", pid=place.process.pid, status=place.process.status)
            lasted = now - place.began
            place.pause_s = (
                0.0 if lasted >= STEADY_S else min(max(0.25, 2 * place.pause_s), LONGEST_PAUSE_S)
            )
            place.process, place.not_before = None, now + place.pause_s
        if now >= place.not_before:
            place.process, place.began = self._start(place.work), now

    def _start(self, work: Callable[[int, int], None]) -> Forked:
        _flush()
        if pid := os.fork():
            return Forked(pid)
        os._exit(self._done(work))

    def _done(self, work: Callable[[int, int], None]) -> int:
        """Work in the new process; give the status with which it ends, whatever is raised."""
        try:
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            for end in (self._stirs, self._stir, self._held):  # ours: its end tells of our death
                os.close(end)
            work(self._listener.fileno(), self._life)
        except SystemExit as told:
            return told.code if isinstance(told.code, int) else int(told.code is not None)
        except BaseException as error:  # the border: nothing may come back into the watcher
            _LOG.error("process_failed", error=type(error).__name__, exc_info=True)
            return 1
        finally:
            atexit._run_exitfuncs()
            _flush()
        return 0

    def _end(self) -> None:
        """Tell every process to finish what it is doing; kill who does not."""
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            process.tell(signal.SIGTERM)
        end = time.monotonic() + STOP_S
        while time.monotonic() < end:
            if sum(process.has_ended() for process in running) == len(running):
                break
            select.select([self._stirs], [], [], min(0.2, max(0.0, end - time.monotonic())))
            with contextlib.suppress(BlockingIOError):
                os.read(self._stirs, 4096)
        for process in running:
            process.tell(signal.SIGKILL)
            if process.status is None:
                os.waitpid(process.pid, 0)
        for end in (self._stirs, self._stir):
            os.close(end)
        os.close(self._held)
        os.close(self._life)
        self._listener.close()
