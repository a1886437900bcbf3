"""`zhuce doctor`: what is in force and what is missing, for who puts a service to work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from signing.database import open_sessions
from signing.keeping.vault import KeyVault
from signing.keys.authority import Authority
from tests.web.conftest import FONTS
from tests.web.test_settings import PRODUCTION
from web import cli
from web.process import wiring

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, as a fresh machine does."""
    monkeypatch.setenv("ZHUCE_FONTS", str(FONTS.absolute()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the settings in force, and what is missing with its remedy."""
    answer = json.loads(capsys.readouterr().out)
    missing = {row["name"]: row["remedy"] for row in answer["findings"] if not row["ok"]}
    assert answer["ok"] is not bool(missing)
    return answer["settings"], missing


def test_a_service_is_put_to_work_by_what_the_doctor_says(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each remedy followed, from nothing to a service that may open its doors."""
    monkeypatch.setenv("ZHUCE_CHECKPOINT", "checkpoints")  # a slip: nobody reads it
    assert cli.main(["doctor", "--json"]) == 1
    _, missing = told(capsys)
    assert "zhuce migrate" in missing["database"]
    assert "是否应为 ZHUCE_CHECKPOINTS" in missing["ZHUCE_CHECKPOINT"]
    monkeypatch.delenv("ZHUCE_CHECKPOINT")

    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 1
    _, missing = told(capsys)
    assert set(missing) == {
        *("types", "keys", "officers/four-eyes"),
        *(f"officers/{role}" for role in ("acceptor", "reviewer", "approver", "operator")),
    }
    assert cli.main(["deploy"]) == 0
    assert cli.main(["keys", "enrol"]) == 0
    assert cli.main(["keys", "enrol"]) == 0
    assert "没有变更" in capsys.readouterr().out
    for login, roles in (
        ("wang", ("acceptor", "reviewer", "approver", "operator")),
        ("li", ("operator",)),
    ):
        words = [word for role in roles for word in ("--role", role)]
        assert cli.main(["officer", "appoint", login, "--name", f"{login}某", *words]) == 0
    capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 1
    assert set(told(capsys)[1]) == {"officers/four-eyes"}
    assert cli.main(["officer", "roles", "li", "--role", "operator", "--role", "approver"]) == 0
    capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 0


def test_a_service_outside_that_is_away_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first paper waits for it: who stamps, and who holds the agency's seal."""
    assert cli.main(["migrate"]) == 0
    assert cli.main(["keys", "enrol"]) == 0
    root = Authority(
        open_sessions("sqlite:///other.db"),
        KeyVault(b"k" * 32),
        base_url="https://time.example",
        clock=wiring.utc_now,
    ).certificate("root")
    (folder / "time.pem").write_text(ssl.DER_cert_to_PEM_cert(root))
    monkeypatch.setenv("ZHUCE_TIME_STAMPS_URL", "http://127.0.0.1:9/tsa")
    monkeypatch.setenv("ZHUCE_TIME_STAMPS_CHAIN", "time.pem")
    monkeypatch.setenv("ZHUCE_TOKEN_SOCKET", "nobody.sock")
    capsys.readouterr()

    assert cli.main(["doctor", "--json"]) == 1

    missing = told(capsys)[1]
    assert "ZHUCE_TIME_STAMPS_URL" in missing["time-stamps"]
    assert "seal" not in missing  # the key was made before there was a token


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run `zhuce twin-authority` as a process of its own; give the settings that it tells."""
    folder = tmp_path_factory.mktemp("authority")
    secret = {"ZHUCE_AUTHORITY_SECRET": "zhuce:as-it-was-given"}
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "twin-authority", "--port", "0"],
        cwd=folder,
        env=os.environ | secret | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "没有法律效力" in process.stdout.readline()
        said = [process.stdout.readline().strip().partition("=") for _ in range(2)]
        yield secret | {name: value for name, _, value in said}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()
    finally:
        process.kill()
        process.wait()


def test_an_authority_outside_is_compared_with_the_settings(
    authority: dict[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It answers, lets us in, and issues under a chain that is believed; each with its remedy."""
    for name, value in authority.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["migrate"]) == 0
    assert cli.main(["keys", "enrol"]) == 0
    capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 1
    settings, missing = told(capsys)
    assert "authority" not in missing
    assert settings["ZHUCE_AUTHORITY_SECRET"] == "已设置（21个字符）"  # masked
    chains = Path(authority["ZHUCE_AUTHORITY_CHAINS"])

    others = folder / "others"
    shutil.copytree(chains, others)
    (others / "agency.pem").write_bytes((chains / "personal.pem").read_bytes())
    monkeypatch.setenv("ZHUCE_AUTHORITY_CHAINS", str(others))
    assert cli.main(["doctor", "--json"]) == 1
    missing = told(capsys)[1]
    assert "agency.pem" in missing["authority"]
    assert "ZHUCE_AUTHORITY_CHAINS" in missing["seal"]  # it was issued by who is believed no more

    monkeypatch.setenv("ZHUCE_AUTHORITY_SECRET", "zhuce:another")
    assert cli.main(["doctor", "--json"]) == 1
    assert "ZHUCE_AUTHORITY_SECRET" in told(capsys)[1]["authority"]

    (others / "agency.pem").unlink()
    assert cli.main(["doctor", "--json"]) == 1
    assert "agency.pem cannot be read" in told(capsys)[1]["ZHUCE_AUTHORITY_CHAINS"]


def test_settings_are_shown_and_secrets_are_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of a service that may not start: every fault is listed, no secret is printed."""
    given = PRODUCTION | {
        "ZHUCE_DATABASE_URL": "postgresql+psycopg://us:hidden@db/zhuce?sslmode=verify-full",
        "ZHUCE_DEMO": "1",
        "ZHUCE_PROXIES": "0",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    for secret in (given["ZHUCE_SECRET"], given["ZHUCE_PORTAL_SECRET"], "hidden"):
        assert secret not in said
    assert "us:***@db/zhuce?sslmode=verify-full" in said
    assert "✗ ZHUCE_DEMO：" in said
    assert "✗ ZHUCE_PROXIES：" in said
    assert cli.main(["doctor", "--json"]) == 1
    assert set(told(capsys)[1]) == {"ZHUCE_DEMO", "ZHUCE_PROXIES"}
