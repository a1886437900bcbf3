"""What falls: processes by kill -9, the database by an immediate restart, workers that freeze for
longer than their lease, outside systems that are away, slow or answer nonsense.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.faults import OutsideFault
from adapters.systems import System
from engine.jobs import leaseholders
from engine.jobs.queue import LEASE_S
from tests.crossed.ledger import Ledger
from tests.postgresql import Cluster
from web.demo.walk.server import Server

FROZEN_S = LEASE_S + 3.0  #: long enough that another takes the job, and the frozen one comes late
TROUBLED_S = 5.0  #: how long an outside system is in trouble
TROUBLES = (OutsideFault.DOWN, OutsideFault.SLOW, OutsideFault.GARBAGE)
KINDS = ("web", "web", "worker", "worker", "both", "database", "frozen", "outside")
PICKED_UP_S = 6.0  #: how long a dead process's job may wait on a busy machine (3 s on a quiet one)


class Workers:
    """`zhuce worker` processes, each followed by another as a supervisor of the machine does."""

    def __init__(self, server: Server, count: int) -> None:
        self._server = server
        self._running = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        log = (self._server.folder / "worker.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "web.cli", "worker"],
                env={**self._server.environment, "ZHUCE_WORKER_THREADS": "2"},
                stdout=log,
                stderr=log,
            )

    def look_after(self) -> None:
        """Follow who has ended, by whatever."""
        for place, process in enumerate(self._running):
            if process.poll() is not None:
                self._running[place] = self._start()

    def kill_one(self, chance: random.Random) -> None:
        chance.choice(self._running).kill()

    def freeze_one(self, chance: random.Random, seconds: float) -> None:
        """Stop a worker as a machine that swaps does, and let it go on where it was."""
        frozen = chance.choice(self._running)
        frozen.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            frozen.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Falls:
    """Lets something fall every few seconds until told to stop, and sees what becomes of jobs."""

    def __init__(
        self,
        server: Server,
        workers: Workers,
        cluster: Cluster,
        ledger: Ledger,
        chance: random.Random,
        pause_s: float,
    ) -> None:
        self._server, self._workers, self._cluster = server, workers, cluster
        self._ledger, self._chance, self._pause_s = ledger, chance, pause_s
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._fall, name="falls"),
            threading.Thread(target=self._watch, name="watch"),
        ]

    def __enter__(self) -> Falls:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _fall(self) -> None:
        while not self._over.wait(self._chance.uniform(0.5, 1.5) * self._pause_s):
            what = self._chance.choice(KINDS)
            fault = self._chance.choice(TROUBLES)
            self._ledger.fall(f"{what} {fault.value}" if what == "outside" else what)
            try:
                if what in ("web", "both") and (children := self._server.pids()[1:]):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self._chance.choice(children), signal.SIGKILL)
                if what in ("worker", "both"):
                    self._workers.kill_one(self._chance)
                if what == "database":
                    self._cluster.restart_at_once()
                if what == "frozen":
                    self._workers.freeze_one(self._chance, FROZEN_S)
                if what == "outside":
                    self._trouble(self._chance.choice(list(System)), fault)
                self._wait_until_it_answers()
            finally:
                self._ledger.stands()

    def _trouble(self, system: System, fault: OutsideFault) -> None:
        """Let an outside system be in trouble for a while."""
        self._server.command("fault", system.value, fault.value, "--seconds", "3")
        time.sleep(TROUBLED_S)
        self._server.command("fault", system.value, OutsideFault.NONE.value)

    def _wait_until_it_answers(self) -> None:
        """Wait for every process: on a busy machine a start takes longer than two falls."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                ready = [
                    httpx.get(f"{self._server.base}/readyz", timeout=10).is_success
                    for _ in range(4)
                ]
                if all(ready) and len(self._server.pids()) == 3:
                    return
            time.sleep(0.3)
        self._ledger.wrong("the service does not come back")

    def _watch(self) -> None:
        """Follow dead workers, and see that no job waits long for the lease of a dead process."""
        url = self._server.environment["ZHUCE_DATABASE_URL"]
        engine = create_engine(url, pool_pre_ping=True)
        since: dict[tuple[str, str], float] = {}
        while not self._over.wait(0.5):
            self._workers.look_after()
            try:
                with engine.connect() as connection:
                    held = connection.execute(
                        text("select id, leased_by, operation from job where state = 'RUNNING'")
                    ).all()
            except SQLAlchemyError:
                since.clear()
                continue
            now = time.monotonic()
            dead = {
                (job, str(holder)): operation
                for job, holder, operation in held
                if holder is not None and leaseholders.is_gone(holder)
            }
            for key, operation in dead.items():
                began = since.setdefault(key, now)
                self._ledger.waited = max(self._ledger.waited, now - began)
                if now - began > PICKED_UP_S and self._ledger.is_calm(began + PICKED_UP_S):
                    self._ledger.wrong(f"{operation} waits {now - began:.0f} s for a dead process")
            since = {key: began for key, began in since.items() if key in dead}
        engine.dispose()


def tail(path: Path, lines: int = 40) -> str:
    """Give the end of a log."""
    return (
        "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
    )
