"""A time-stamping service outside that is away: pages do not call done what is not."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from casework.office import Office
from registry.applications.statuses import Status
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock, opened


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """Give a copy of what was prepared."""
    shutil.copytree(prepared, tmp_path / "var")
    return tmp_path / "var"


@pytest.fixture
def signed(folder: Path, clock: Clock) -> str:
    """Let somebody sign while stamps still come; give the case."""
    before = opened(folder, clock)
    me = Desk(next(before)).comes_as("person-01").fills().signs()
    next(before, None)
    return me.application


@pytest.fixture
def app(folder: Path, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """Open an installation whose stamps come from an address where nobody is."""
    chain = tmp_path / "time.pem"
    before = opened(folder, clock)
    root = next(before).extensions["zhuce_office"].signatures.authority.certificate("root")
    next(before, None)
    chain.write_text(ssl.DER_cert_to_PEM_cert(root))
    away = {"time_stamps_url": "http://127.0.0.1:9/tsa", "time_stamps_chain": str(chain)}
    yield from opened(folder, clock, **away)


@pytest.mark.proves("R41")
def test_a_right_code_is_not_called_a_signature_before_it_is_one(me: Desk, office: Office) -> None:
    """R41: nothing is lost, the job goes on by itself, and nobody is told that it is done."""
    me.fills().begins()

    me.send(f"{me.base}/sign/confirm", {"code": me.code()}, follow=True)

    assert "正在签名" in me.text
    assert "个人数字签名完成" not in me.text
    assert Status.READY_TO_SIGN.label in me.text


@pytest.mark.proves("R60")
def test_a_right_pin_is_not_called_a_seal_before_it_is_one(signed: str, app: Flask) -> None:
    """R60: the enterprise reads that it is under way, also when it presses again or looks back."""
    clerk, address = Desk(app).comes_as("enterprise"), f"/enterprise/applications/{signed}"
    clerk.send(address, {"action": "agree", "opinion": "true"}, follow=True)

    for _ in range(2):
        clerk.send(f"{address}/seal", {"pin": str(COMPANY.pin)}, follow=True)
        assert "企业电子签章已经提交" in clerk.text
        assert "企业电子签章完成" not in clerk.text
    clerk.open(f"{address}/seal?sign=1", follow=True)
    assert not clerk.soup().select("input[name=pin]")
    assert Status.PERSONAL_SIGNED.label in clerk.text
