"""A service of one's own: a fresh folder, a free port, real processes.

The demonstration, the browser tests, the crash test and the bench stand on it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import httpx

_START_SECONDS = 60


class ServerDidNotStart(Exception):
    """The service ended or stayed silent; the text is the end of what it wrote."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody has, nor gets while the service is down.

    It lies below the range from which outgoing connections take theirs (Linux: from 32768).
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """The service in `folder`, as `make run` would start it there.

    `extra` are further `ZHUCE_…` variables (for example the URL of a PostgreSQL database).
    As a context manager it prepares, starts and stops.
    """

    def __init__(
        self, folder: Path, *, fonts: Path, extra: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.log = folder, folder / "server.log"
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "ZHUCE_DATABASE_URL": f"sqlite:///{folder / 'zhuce.db'}",
            "ZHUCE_KEYS_URL": f"sqlite:///{folder / 'keys.db'}",
            "ZHUCE_FILES": str(folder / "files"),
            "ZHUCE_FONTS": str(fonts.absolute()),
            "ZHUCE_SECRET": secrets.token_urlsafe(32),
            "ZHUCE_BASE_URL": self.base,
            "ZHUCE_PORT": str(self.port),
            **(extra or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *words: str, accept: tuple[int, ...] = (0,)) -> str:
        """Run `zhuce …` against this service's data and return what it printed.

        Raises ServerDidNotStart with the output when the exit status is none of `accept`.
        """
        done = subprocess.run(  # noqa: S603  (our own command line)
            [sys.executable, "-m", "web.cli", *words],
            env=self.environment,
            capture_output=True,
            check=False,
        )
        if done.returncode not in accept:
            text = (done.stdout + done.stderr).decode(errors="replace")
            raise ServerDidNotStart(f"zhuce {' '.join(words)}: {text[-3000:]}")
        return done.stdout.decode()

    def prepare(self) -> None:
        """Make the database, deploy the registration types, add the demonstration people."""
        for word in ("migrate", "deploy", "seed"):
            self.command(word)

    def start(self) -> None:
        """Start serving and wait until the service says that it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "web.cli", "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.base}/healthz", timeout=2).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.kill()
        raise ServerDidNotStart(self.log.read_text(errors="replace")[-3000:])

    def kill(self) -> None:
        """End every process of the service at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the service to end and wait for it."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def pids(self) -> list[int]:
        """Return the process ids of the running service, the leader first."""
        if self._process is None:
            return []
        members = [self._process.pid]
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(status[3]) == self._process.pid and int(folder.name) != self._process.pid:
                members.append(int(folder.name))
        return members

    def __enter__(self) -> Server:
        self.prepare()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
