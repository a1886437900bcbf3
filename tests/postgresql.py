"""A PostgreSQL cluster of our own for one test run: made in a temporary folder, gone with it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from storage.scratch import Scratch


def _program(name: str) -> str:
    """Return the newest `name` of the machine's PostgreSQL."""
    programs = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(programs[-1]) if programs else shutil.which(name) or name


def _place() -> Path | None:
    """Give where temporary folders of this run lie: in memory where there is room."""
    root = os.environ.get("PYTEST_DEBUG_TEMPROOT")
    return Path(root) if root else None


class Cluster:
    """A throw-away server on a unix socket; never root, and on a network only over TLS.

    `address` is where it listens then, `tls` its certificate and key.
    """

    def __init__(self, address: str = "", tls: tuple[Path, Path] | None = None) -> None:
        # Of a run that was killed the server ends without its folder.
        self._scratch = Scratch("pg", _place())
        self._scratch.folder.chmod(0o755)
        self.folder = self._scratch.folder / "cluster"
        self.folder.mkdir(mode=0o700)
        self._address, self._tls = address, tls
        self._as: list[str] = []
        if os.geteuid() == 0:
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, _program(program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self) -> str:
        """Start the server and return the URL of its first database."""
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "zhuce", "--auth=trust", "-E", "UTF8", "--no-sync")
        if self._tls is not None:
            self._guard(Path(data), *self._tls)
        self._serve()
        return f"postgresql+psycopg://zhuce@/postgres?host={self.folder}"

    def _guard(self, data: Path, *files: Path) -> None:
        """Let hosts of the network in, over TLS alone."""
        for name, file in zip(("server.crt", "server.key"), files, strict=True):
            shutil.copy(file, data / name)
            shutil.chown(data / name, *(["postgres"] * 2 if self._as else [os.getuid()]))
            (data / name).chmod(0o600)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("hostssl all all samenet trust\n")

    def _serve(self) -> None:
        data, log = str(self.folder / "data"), str(self.folder / "log")
        options = f"-c listen_addresses={self._address} -c ssl={'on' if self._tls else 'off'}"
        options += f" -c unix_socket_directories={self.folder}"
        options += " -c max_connections=200 -c fsync=off -c full_page_writes=off"
        self._run("pg_ctl", "-D", data, "-w", "-o", options, "-l", log, "start")

    def go_away(self) -> None:
        """Stop the server as a restart does: connections end, what is committed stays."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "fast", "stop")

    def restart_at_once(self) -> None:
        """Kill every server process as a crash does, and recover from the log."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")
        self._serve()

    def come_back(self) -> None:
        """Start the server again on the same data."""
        self._serve()

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        self._scratch.remove()
