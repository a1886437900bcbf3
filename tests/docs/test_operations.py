"""docs/operations.md, followed literally: a production of two hosts, from nothing to upgrade."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserType

from signing.outside.anchors import FAMILIES
from tests.browser.conftest import FLAGS, _chromium
from tests.postgresql import Cluster, _program
from tests.province import certificates, outside, visitors
from tests.province.hosts import BELIEVED, NAMES, Hosts, NoNamespaces
from tests.web.conftest import FONTS
from web.demo.walk.server import free_port

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")
UNITS = ("zhuce.service", "zhuce-worker.service")
PATIENCE_S = 120.0
OURS = "ZHUCE_AUTHORITY=embedded"  #: of the page; the test goes the other way that it shows


def blocks(first: int, last: int) -> str:
    """Give the commands of some chapters of the page."""
    chapters = re.split(r"^## \d+\. ", PAGE, flags=re.M)[first : last + 1]
    found = re.findall(r"^```sh\n(.*?)^```", "".join(chapters), re.M | re.S)
    return "".join(found).replace("/srv/zhuce", str(ROOT)).replace(OURS, outside_lines())


def outside_lines() -> str:
    """Give the lines that the page puts in the place of our own authority."""
    [lines] = re.findall(r"^```\n(ZHUCE_AUTHORITY=.*?)\n```", PAGE, re.M | re.S)
    return str(lines)


@dataclass(frozen=True, kw_only=True)
class Province:
    """Two hosts, and everything that they reach."""

    hosts: Hosts
    folder: Path
    environment: dict[str, str]
    ending: ExitStack  #: what is done when they are no longer needed

    def follows(self, first: int, last: int) -> str:
        """Run what the page says in some chapters, as one shell of the first host; what it said."""
        known = "set -a; [ ! -e zhuce.env ] || . ./zhuce.env; set +a\n"
        script = "set -euo pipefail\n" + known + blocks(first, last)
        run = subprocess.run(
            self.hosts.inside("a", "bash", "-c", script),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
        return run.stdout

    def holds_the_token(self) -> subprocess.Popen[bytes]:
        """Initialize a token as its maker says, and start the process that holds it."""
        (self.folder / "tokens").mkdir()
        (self.folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\n"
        )
        pin = self.settings("zhuce.env")["ZHUCE_TOKEN_PIN"]
        words = f"--init-token --free --label agency --so-pin 12345678 --pin {pin}"
        subprocess.run(
            ["softhsm2-util", *words.split()], env=self.environment, check=True, capture_output=True
        )
        holding = subprocess.Popen(
            self.hosts.inside("a", *command("zhuce-token.service")),
            cwd=self.folder,
            env=self.environment | self.settings("zhuce.env"),
        )
        self.ending.callback(holding.wait)
        self.ending.callback(holding.kill)
        return holding

    def settings(self, file: str) -> dict[str, str]:
        """Read a file of settings as systemd does."""
        lines = (self.folder / file).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def starts(self, *units: str) -> list[subprocess.Popen[bytes]]:
        """Start what the shipped units say, on both hosts."""
        started = []
        for host, file in zip(NAMES, ("zhuce.env", "second.env"), strict=True):
            own = {"ZHUCE_HOST": self.hosts.address(host), "ZHUCE_WORKER_THREADS": "0"}
            environment = self.environment | self.settings(file) | own
            for unit in units:
                started.append(
                    subprocess.Popen(
                        self.hosts.inside(host, *command(unit)),
                        cwd=self.folder,
                        env=environment,
                    )
                )
        for host in NAMES:
            through = {"X-Forwarded-Proto": "https", "Host": outside.US}
            ready = f"http://{self.hosts.address(host)}:8000/readyz"
            wait_for(ready, through)
            assert httpx.get(ready, headers=through, timeout=30).json()["status"] == "ok"
        assert {process.poll() for process in started} == {None}
        return started

    def reads(self, host: str, address: str) -> str:
        """Ask an address on a host itself, as its monitor does."""
        words = ["curl", "--silent", "--fail", "--noproxy", "*", "--retry-connrefused"]
        words += ["--retry", "60", "--retry-delay", "1", address]
        run = subprocess.run(
            self.hosts.inside(host, *words), capture_output=True, text=True, check=True
        )
        return run.stdout


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    """Make two hosts, PostgreSQL for both, and everything outside behind TLS."""
    tls = certificates.make(tmp_path, outside.NAMES)
    with ExitStack() as ending:
        hosts = Hosts(tmp_path, outside.NAMES, tls.authority)
        try:
            ending.enter_context(hosts)
        except NoNamespaces as error:
            pytest.skip(f"the kernel refuses network namespaces: {error}")
        cluster = Cluster(hosts.outside, (tls.certificate, tls.key))
        cluster.start()
        ending.callback(cluster.stop)
        upstream = [f"{hosts.address(host)}:8000" for host in NAMES]
        issuer = _issuer(tmp_path, ending)
        words = ["-m", "tests.province.outside", str(tmp_path), hosts.outside, issuer, *upstream]
        beside = subprocess.Popen(
            [sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a line for each request of the bucket
            text=True,
            cwd=ROOT,
        )
        assert beside.stdout is not None
        ending.callback(beside.stdout.close)
        ending.callback(beside.wait)
        ending.callback(beside.kill)
        assert any(line.startswith("serving") for line in beside.stdout)
        (tmp_path / "authority").mkdir()
        for role in FAMILIES:  # it hands over whom to believe in person
            shutil.copy(tmp_path / f"ca/{role}.pem", tmp_path / "authority")
        programs = (str(Path(sys.executable).parent), str(Path(_program("psql")).parent))
        environment = {
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "PGHOST": str(cluster.folder),
            "PGUSER": "zhuce",
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "ZHUCE_FONTS": str(FONTS.absolute()),
            "SSL_CERT_FILE": BELIEVED,
            "SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf"),
        }
        yield Province(hosts=hosts, folder=tmp_path, environment=environment, ending=ending)


def _issuer(folder: Path, ending: ExitStack) -> str:
    """Start the authority that issues, a process with a folder of its own; give where it is."""
    port = str(free_port())
    words = ["twin-authority", "--folder", str(folder / "ca"), "--port", port]
    twin = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("zhuce")),
            *words,
            "--url",
            f"https://{outside.ISSUER}",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"ZHUCE_AUTHORITY_SECRET": outside.SECRET},
    )
    assert twin.stdout is not None
    ending.callback(twin.stdout.close)
    ending.callback(twin.wait)
    ending.callback(twin.kill)
    assert outside.ISSUER in twin.stdout.readline()
    return f"127.0.0.1:{port}"


@pytest.mark.browser
@pytest.mark.timeout(900)  # some thirty commands, each a process of its own
def test_the_page_is_followed_literally(province: Province, browser_type: BrowserType) -> None:
    """Every command in its order on two hosts, and a person registers in between."""
    said = province.follows(1, 3)
    token = province.holds_the_token()
    said += province.follows(4, 5)
    issued = "✓ 电子认证服务机构 https://ca.example可以使用"
    for words in ("✗ 数据库和密钥库", "已任命或者变更 4 人", "✓ 审查和决定", issued):
        assert words in said

    started = province.starts(*UNITS)
    try:
        verified = _visited(province, browser_type)
        for host in NAMES:
            for port in (9464, 9465):
                assert "zhuce_database_up 1.0" in province.reads(
                    host, f"http://127.0.0.1:{port}/metrics"
                )
        said = province.follows(6, 7)  # while the service works
        assert "文件核对无误" in said
    finally:
        _end(started)

    province.follows(8, 8)
    (province.folder / "second.env").unlink()
    province.follows(5, 5)  # a secret was changed: the second host gets the file anew
    started = province.starts(UNITS[0])
    try:
        front = _asked(province, "/")
        assert "021-23110000" in front
        assert visitors.PERSON.name[0] in _asked(province, verified)
    finally:
        _end([*started, token])


def _visited(province: Province, browser_type: BrowserType) -> str:
    """Let people come with Chromium; give where a certificate is verified."""
    names = ",".join(f"MAP {name} {province.hosts.outside}" for name in outside.NAMES)
    browser = browser_type.launch(
        executable_path=os.environ.get("CHROMIUM") or _chromium(),
        args=[*FLAGS.split(), f"--host-resolver-rules={names}"],
    )
    try:
        return visitors.registers(browser, province.folder)
    finally:
        browser.close()


def _asked(province: Province, path: str) -> str:
    """Ask through the proxy, as a stranger does."""
    trust = ssl.create_default_context(cafile=province.folder / "province.pem")
    with httpx.Client(verify=trust, timeout=30) as client:
        answer = client.get(
            f"https://{province.hosts.outside}{path}",
            headers={"Host": outside.US},
            extensions={"sni_hostname": outside.US},
        )
    assert answer.status_code == 200
    return answer.text


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    for process in started:
        process.terminate()
    assert {process.wait(60) for process in started} == {0}


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


def command(unit: str) -> list[str]:
    """Give what a unit starts, with the `zhuce` of this environment."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    read.read(ROOT / "docs/operations" / unit, "utf-8")
    program, *words = read["Service"]["ExecStart"].split()
    assert program == "/srv/zhuce/.venv/bin/zhuce"
    return [str(Path(sys.executable).with_name("zhuce")), *words]
