"""A revision that is measured: its folder, Python, fonts and assets, and its running service."""

from __future__ import annotations

import configparser
import json
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.measure import process_cpu_s, rss_mb
from tools.revisions import ROOT, lay_out

HERE = Path(__file__).parent
_START_S = 120
#: What is built from what: the same sources are not built twice.
_FONTS = ("tools/build_fonts.py",)
_ASSETS = ("tools/build_assets.py", "web/assets")


@dataclass(frozen=True, kw_only=True)
class House:
    """A revision, ready to run."""

    name: str
    root: Path
    python: Path
    fonts: Path

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment in which a process sees this revision's modules alone."""
        path = os.pathsep.join(map(str, (HERE / "hook", self.root)))
        return {**os.environ, "PYTHONPATH": path, "BENCH_ROOT": str(self.root)}

    @property
    def zhuce(self) -> list[str]:
        """Give the command `zhuce` of this revision, as its setup.cfg declares it."""
        settings = _settings(self.root)
        scripts = settings["options.entry_points"]["console_scripts"].split("\n")
        target = next(line.partition("=")[2].strip() for line in scripts if "zhuce" in line)
        module, function = target.split(":")
        start = f"import sys; from {module} import {function} as main; sys.exit(main())"
        return [str(self.python), "-c", start]

    @property
    def run(self) -> list[list[str]]:
        """Give the words of each `zhuce …` of `make run`, as its Makefile has it."""
        recipe = (self.root / "Makefile").read_text("utf-8").split("\nrun:")[1].split("\n\n")[0]
        lines = [line for line in recipe.split("\n") if "/zhuce " in line]
        return [line.partition("/zhuce ")[2].split() for line in lines]

    def hand(self, *words: str) -> Any:
        """Run hand.py with this revision's modules; give what it answers."""
        command = [str(self.python), str(HERE / "hand.py"), *words]
        environment = self.environment | {"ZHUCE_FONTS": str(self.fonts)}
        done = subprocess.run(
            command, env=environment, cwd=self.root, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {words[0]}: {done.stderr.decode()[-3000:]}")
        return json.loads(done.stdout)


def ours() -> House:
    """Give the working tree."""
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts")).absolute()
    return House(name="now", root=ROOT, python=Path(sys.executable), fonts=fonts)


def other(revision: str) -> House:
    """Lay out and build an earlier revision; what is the same as ours is taken over."""
    root, here = lay_out(revision), ours()
    python = here.python
    if _needs(root) != _needs(ROOT):
        python = _own_python(root)
    fonts = here.fonts
    if _text(root, _FONTS) != _text(ROOT, _FONTS):
        fonts = root / "var" / "fonts"
        if not (fonts / ".built").exists():
            subprocess.run([python, "tools/build_fonts.py", fonts], cwd=root, check=True)
            (fonts / ".built").touch()
    built = root / "web" / "static" / "dist"
    if not built.exists():
        if _text(root, _ASSETS) == _text(ROOT, _ASSETS):
            shutil.copytree(ROOT / "web" / "static" / "dist", built)
        else:
            subprocess.run([python, "tools/build_assets.py"], cwd=root, check=True)
    return House(name=revision, root=root, python=python, fonts=fonts)


def _settings(root: Path) -> configparser.ConfigParser:
    settings = configparser.ConfigParser()
    settings.read(root / "setup.cfg")
    return settings


def _needs(root: Path) -> list[str]:
    options = _settings(root)["options"]["install_requires"].split("\n")
    return sorted(line.strip() for line in options if line.strip() and "#" not in line)


def _own_python(root: Path) -> Path:
    """Make a virtual environment for requirements that are not ours."""
    python = root / ".venv" / "bin" / "python"
    if not (root / ".venv" / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", root / ".venv"], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--editable", ".[build,test]"], cwd=root, check=True)
        (root / ".venv" / ".installed").touch()
    return python


def _text(root: Path, places: tuple[str, ...]) -> dict[str, bytes]:
    """Give the files that something is built from."""
    paths = [
        path
        for place in places
        for path in [root / place, *(root / place).rglob("*")]
        if path.is_file() and "node_modules" not in path.parts
    ]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


class Service:
    """The service of a revision on data of its own; several may run at once."""

    def __init__(self, house: House, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.house, self.folder = house, folder
        port = _free_port()
        self.base = f"http://127.0.0.1:{port}"
        self._environment = house.environment | {
            "ZHUCE_DATABASE_URL": f"sqlite:///{folder / 'zhuce.db'}",
            "ZHUCE_KEYS_URL": f"sqlite:///{folder / 'keys.db'}",
            "ZHUCE_FILES": str(folder / "files"),
            "ZHUCE_FONTS": str(house.fonts),
            "ZHUCE_SECRET": secrets.token_urlsafe(32),
            "ZHUCE_BASE_URL": self.base,
            "ZHUCE_PORT": str(port),
            "ZHUCE_PROXIES": "1",  # so that a caller may have many addresses
        }
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> float:
        """Run `zhuce …` on this data; give its CPU seconds. Raises RuntimeError when it fails."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*self.house.zhuce, *words],
            env=self._environment,
            cwd=self.house.root,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = (done.stdout + done.stderr).decode(errors="replace")[-3000:]
            raise RuntimeError(f"{self.house.name}: zhuce {' '.join(words)}: {said}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def prepare(self, crowd: int) -> None:
        """Make the database with types and so many people who may tell a story."""
        for words in (("migrate",), ("deploy",), ("seed", "--crowd", str(crowd))):
            self.command(*words)

    def start(
        self, *, counts: Path | None = None, words: Sequence[str] = ("serve",)
    ) -> dict[str, float]:
        """Serve; give the seconds until it was ready, on the wall and of CPU."""
        extra = {"BENCH_COUNTS": str(counts)} if counts else {}
        log = (self.folder / "server.log").open("ab")
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*self.house.zhuce, *words],
            env=self._environment | extra,
            cwd=self.house.root,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        while time.perf_counter() < began + _START_S and self._process.poll() is None:
            try:
                if httpx.get(f"{self.base}/readyz", timeout=5).is_success:
                    return {"wall": time.perf_counter() - began, "cpu": self.cpu_s()}
            except httpx.TransportError:
                time.sleep(0.02)
        self.stop()
        text = (self.folder / "server.log").read_text(errors="replace")
        raise RuntimeError(f"{self.house.name} did not start: {text[-3000:]}")

    def stop(self) -> None:
        """Ask the service to end and wait for it."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def pids(self) -> list[int]:
        """Give the processes of the running service."""
        leader = self._process.pid if self._process else 0
        pids = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == leader:  # its session
                pids.append(int(folder.name))
        return pids

    def cpu_s(self) -> float:
        """Give the CPU seconds of all processes of the service so far."""
        return process_cpu_s(self.pids())

    def rss_mb(self) -> float:
        """Give the memory of the largest process of the service."""
        return max(rss_mb(pid) for pid in self.pids())


def _free_port() -> int:
    """Give a port below those that outgoing connections take."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
