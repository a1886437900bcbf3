"""The process that watches those of the web server: whoever ends unasked is followed by another.

The address is bound once, here, and lent to every process, so that a connection which a dead one
had not taken yet is taken by its successor. A process lives no longer than its watcher: it reads a
pipe that only the watcher holds open. Why this is ours: decision 13.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

import structlog

LOOK_S = 10.0  #: how often the watcher looks after its processes if none tells that it ends
STEADY_S = 10.0  #: who lived that long is followed at once
LONGEST_PAUSE_S = 5.0  #: before a process is started whose predecessors ended soon
STOP_S = 15.0  #: how long a process may take to end when told to

_LOG = structlog.get_logger(__name__)


@dataclass
class _Place:
    """One of the processes that there shall be: the present one, or when the next one starts."""

    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause_s: float = 0.0
    not_before: float = 0.0


class Watcher:
    """Keeps `count` processes of `command` running until told to stop.

    `command` gets the numbers of two open files: the bound socket, and the pipe that ends with us.
    """

    def __init__(self, listener: socket.socket, command: Sequence[str], count: int) -> None:
        self._listener, self._command = listener, command
        self._places = [_Place() for _ in range(count)]
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
            if place.process.poll() is None:
                return
            _LOG.error("process_ended", pid=place.process.pid, status=place.process.returncode)
            lasted = now - place.began
            place.pause_s = (
                0.0 if lasted >= STEADY_S else min(max(0.25, 2 * place.pause_s), LONGEST_PAUSE_S)
            )
            place.process, place.not_before = None, now + place.pause_s
        if now >= place.not_before:
            place.process, place.began = self._start(), now

    def _start(self) -> subprocess.Popen[bytes]:
        lent = (self._listener.fileno(), self._life)
        return subprocess.Popen(  # noqa: S603  (our own module)
            [sys.executable, *self._command, *map(str, lent)], pass_fds=lent
        )

    def _end(self) -> None:
        """Tell every process to finish what it is doing; kill who does not."""
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + STOP_S
        for process in running:
            try:
                process.wait(timeout=max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for end in (self._stirs, self._stir):
            os.close(end)
        os.close(self._held)
        os.close(self._life)
        self._listener.close()
