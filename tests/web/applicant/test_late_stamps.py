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
from tests.web.desk import Desk
from tests.web.furnished import Clock, opened


@pytest.fixture
def app(prepared: Path, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """Open an installation whose stamps come from an address where nobody is."""
    folder, chain = tmp_path / "var", tmp_path / "time.pem"
    shutil.copytree(prepared, folder)
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
