"""`zhuce twins` and `zhuce fault`: the twins at work for those who integrate, test and show."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters import world
from adapters.systems import ASKED, System
from tests.web.conftest import FONTS
from tests.web.test_settings import PRODUCTION
from web import cli

ROOT = Path(__file__).parents[3]
COMPANY = world.COMPANIES[0]
TOKEN = "bearer-of-the-twins"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a database."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate"]) == 0
    return tmp_path


@pytest.fixture
def twins(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `zhuce twins` as a process of its own; give its address."""
    environment = os.environ | {"ZHUCE_OUTSIDE_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "twins", "--port", "0"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    match = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert match is not None
    yield match[0], process
    process.kill()
    process.wait()
    process.stdout.close()


def _ask(address: str) -> httpx.Response:
    return httpx.post(
        f"{address}/enterprise-register/enterprises",
        json={"uscc": COMPANY.uscc},
        headers={"Authorization": f"Bearer {TOKEN}"},
        trust_env=False,
    )


def test_the_twins_answer_over_http_and_fail_when_told_on_the_command_line(
    twins: tuple[str, subprocess.Popen[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    address, process = twins
    assert _ask(address).json()[0]["name"] == COMPANY.name

    assert cli.main(["fault", "enterprise-register", "down"]) == 0
    assert "企业登记查询服务：停止服务（503）" in capsys.readouterr().out
    assert _ask(address).status_code == 503

    assert cli.main(["fault", "enterprise-register", "none"]) == 0
    assert _ask(address).status_code == 200

    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stdout is not None
    said = process.stdout.read()
    for system in ASKED:
        assert f"ZHUCE_{system.setting.upper()}={address}/{system.value}" in said


def test_the_present_faults_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fault", "sms", "slow", "--seconds", "2.5"]) == 0
    assert cli.main(["fault"]) == 0

    said = capsys.readouterr().out
    assert "短信平台：响应缓慢，2.5秒后返回" in said
    for system in System:
        assert system.value in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["weather", "down"], "没有“weather down”"),
        (["sms", "hungry"], "没有“sms hungry”"),
        (["sms"], "没有“sms ”"),
        (["sms", "slow", "--seconds", "3600"], "秒数应在0至60之间"),
    ],
)
def test_a_fault_that_there_is_not_is_told_with_those_there_are(
    folder: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fault", *words]) == 2

    said = capsys.readouterr().err
    assert told in said
    assert "certificate-store" in said
    assert "garbage" in said


def test_without_a_token_nobody_is_served(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["twins", "--port", "0"]) == 2

    assert "ZHUCE_OUTSIDE_TOKEN" in capsys.readouterr().err


def test_the_twin_of_an_authority_needs_a_password(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["twin-authority", "--port", "0"]) == 2

    assert "ZHUCE_AUTHORITY_SECRET" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHUCE_OUTSIDE_TOKEN", TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert cli.main(["twins", "--port", port]) == 2

    assert f"--port cannot be {port}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["twins", "fault", "twin-authority"])
def test_production_has_no_twins(
    command: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)

    assert cli.main([command]) == 2
    assert "there are no twins" in capsys.readouterr().err
