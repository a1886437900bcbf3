"""docs/operations.md, followed literally: a production on PostgreSQL, from nothing to its drill."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.postgresql import Cluster, _program
from tests.web.conftest import FONTS
from web.demo.walk.server import free_port

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
PATIENCE_S = 120.0


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a host: a cluster of its own, `zhuce` in the path, no settings."""
    cluster = Cluster()
    cluster.start()
    programs = (str(Path(sys.executable).parent), str(Path(_program("psql")).parent))
    try:
        yield {
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "PGHOST": str(cluster.folder),
            "PGUSER": "zhuce",
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "ZHUCE_FONTS": str(FONTS.absolute()),
        }
    finally:
        cluster.stop()


@pytest.mark.timeout(900)  # some thirty commands, each a process of its own
def test_the_page_is_followed_literally(machine: dict[str, str], tmp_path: Path) -> None:
    """Every command in its order; then pages and jobs start as the shipped units say."""
    script = "set -euo pipefail\n" + "".join(BLOCKS).replace("/srv/zhuce", str(ROOT))
    run = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=machine, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    for words in ("✗ 数据库和密钥库", "已任命或者变更 2 人", "✓ 审查和决定", "文件核对无误"):
        assert words in run.stdout

    port, figures, of_worker = free_port(), free_port(), free_port()
    given = dict(line.split("=", 1) for line in (tmp_path / "zhuce.env").read_text().splitlines())
    environment = (
        machine
        | given
        | {
            "ZHUCE_PORT": str(port),
            "ZHUCE_METRICS_PORT": str(figures),
            "ZHUCE_WORKER_THREADS": "1",
        }
    )
    started = [
        subprocess.Popen(command(unit, {"9465": str(of_worker)}), cwd=tmp_path, env=environment)
        for unit in ("zhuce.service", "zhuce-worker.service")
    ]
    try:
        base = f"http://127.0.0.1:{port}"
        through = {"X-Forwarded-Proto": "https", "Host": "zhuce.example"}
        wait_for(f"{base}/healthz", through)
        assert httpx.get(f"{base}/readyz", headers=through, timeout=30).json()["status"] == "ok"
        front = httpx.get(f"{base}/", headers=through, timeout=30)
        assert front.status_code == 200
        assert "021-23110000" in front.text
        assert httpx.get(f"{base}/metrics", headers=through, timeout=30).status_code == 404
        for monitored in (figures, of_worker):
            wait_for(f"http://127.0.0.1:{monitored}/metrics", {})
        assert [process.poll() for process in started] == [None, None]
    finally:
        for process in started:
            process.terminate()
        assert [process.wait(60) for process in started] == [0, 0]


def wait_for(address: str, headers: dict[str, str]) -> None:
    """Wait until somebody answers there."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            assert httpx.get(address, headers=headers, timeout=30).status_code == 200
        except httpx.TransportError:
            assert time.monotonic() < end
            time.sleep(0.2)
        else:
            return


def test_the_proxy_speaks_tls_alone_and_sends_no_program_on() -> None:
    """Versions and ciphers are named; what a program sends in the clear is refused, not moved."""
    said = (ROOT / "docs/operations/nginx.conf").read_text("utf-8")

    assert re.findall(r"ssl_protocols (.*);", said) == ["TLSv1.2 TLSv1.3"]
    assert re.findall(r"ssl_ciphers (.*);", said) == ["ECDHE+AESGCM:ECDHE+CHACHA20"]
    plain = said[said.index("listen 80;") :]
    assert "location /api/ { return 403; }" in plain
    assert "metrics" not in said


def command(unit: str, other: dict[str, str]) -> list[str]:
    """Give what a unit starts, with the `zhuce` of this environment and `other` words in it."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    read.read(ROOT / "docs/operations" / unit, "utf-8")
    program, *words = read["Service"]["ExecStart"].split()
    assert program == "/srv/zhuce/.venv/bin/zhuce"
    return [
        str(Path(sys.executable).with_name("zhuce")),
        *(other.get(word, word) for word in words),
    ]
