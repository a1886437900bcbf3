"""Pages where an authority outside issues: what was pressed while it thinks is kept, and said."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask

from adapters.keys.authority_twin import AuthorityServer
from casework.office import Office
from registry.applications import documents
from registry.applications.documents import DocumentKind
from signing import Role
from tests.web.applicant.test_digital_certificate import PAGE, held
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import Clock, opened

pytestmark = pytest.mark.proves("F:keys-2")

SECRET = "zhuce:as-the-authority-gave-it"
KEPT = "正在等待电子认证服务机构签发"
Fails = Callable[..., None]


@pytest.fixture
def authority(tmp_path: Path, clock: Clock) -> Iterator[AuthorityServer]:
    server = AuthorityServer(tmp_path / "authority", SECRET, clock)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def app(
    prepared: Path, authority: AuthorityServer, tmp_path: Path, clock: Clock
) -> Iterator[Flask]:
    """Let the house, which issued itself until now, go over to an authority outside."""
    folder = tmp_path / "var"
    shutil.copytree(prepared, folder)
    yield from opened(
        folder,
        clock,
        authority=authority.address,
        authority_chains=str(tmp_path / "authority"),
        authority_secret=SECRET,
    )


@pytest.fixture
def fails(authority: AuthorityServer) -> Fails:
    def tell(fault: str, of: str = "enrolment") -> None:
        who = httpx.BasicAuth(*SECRET.split(":"))
        told = {"fault": fault, "of": of}
        assert httpx.post(f"{authority.address}/fault", json=told, auth=who).is_success

    return tell


def work(office: Office, clock: Clock) -> None:
    clock.turn(minutes=5)
    while office.runner.run_due():
        pass


@pytest.mark.parametrize("who", ["person-01", "enterprise"])
def test_a_renewal_is_kept_and_said_to_be(
    me: Desk, office: Office, clock: Clock, fails: Fails, who: str
) -> None:
    me.comes_as(who)
    role = Role.ENTERPRISE if who == "enterprise" else Role.APPLICANT
    first = held(office, role)
    fails("pending")

    me.open(PAGE)
    assert KEPT not in me.text
    pressed = {"serial": first.serial, "pin": str(COMPANY.pin)}
    me.send(f"{PAGE}/renew", pressed, follow=True)
    assert "申请已经提交并保存" in me.text
    assert KEPT in me.text
    assert held(office, role).serial == first.serial

    fails("none")
    work(office, clock)
    me.open(PAGE)
    assert KEPT not in me.text
    assert held(office, role).serial.upper() in me.text
    assert held(office, role).serial != first.serial


def test_a_person_applies_while_the_authority_thinks(
    me: Desk, office: Office, clock: Clock, fails: Fails
) -> None:
    """R2: 【申领数字证书】 is pressed once; the checklist is complete when it comes."""
    me.open(f"{PAGE}/revoke")
    serial = held(office).serial
    pressed = {"serial": serial, "cause": "keyCompromise", "confirmed": "true"}
    me.send(f"{PAGE}/revoke", pressed, follow=True)
    fails("pending")

    me.send("/readiness", {"step": "certificate"}, follow=True)
    assert "申请已经提交并保存" in me.text
    fails("none")
    work(office, clock)

    assert held(office).serial != serial
    me.open(PAGE)
    assert "有效" in me.text
    assert KEPT not in me.text


def test_what_the_authority_refuses_is_shown_with_its_reason(
    me: Desk, office: Office, fails: Fails
) -> None:
    first = held(office)
    fails("refused")

    me.open(PAGE)
    answer = me.send(f"{PAGE}/renew", {"serial": first.serial})

    assert answer.status_code == 422
    assert "登记的名称与证件不一致" in me.text
    assert held(office).serial == first.serial


def test_a_file_whose_authority_is_silent_is_not_called_bad(
    me: Desk, desk: Callable[[str], Desk], office: Office, clock: Clock, fails: Fails
) -> None:
    """查验 says that it cannot tell now, and that the content is unchanged."""
    enterprise = desk("enterprise")
    for who, role in ((me, Role.APPLICANT), (enterprise, Role.ENTERPRISE)):
        pressed = {"serial": held(office, role).serial, "pin": str(COMPANY.pin)}
        who.open(PAGE)
        who.send(f"{PAGE}/renew", pressed, follow=True)
    clock.turn(minutes=5)
    me.fills().signs()
    enterprise.seals(me.application)
    with office.sessions() as session:
        form = documents.current(session, me.application, DocumentKind.APPLICATION)
        assert form is not None
        pdf = office.files.get(form.sha256)
    me.post("/verify", {}, {"file": ("form.pdf", pdf)})
    assert "文件真实有效" in me.text

    fails("down", "lists")
    clock.turn(days=2)

    me.post("/verify", {}, {"file": ("form.pdf", pdf)})
    assert "不能下结论" in me.text
    assert "无法判断" in me.text
    assert "请勿采信" not in me.text


def test_nobody_signs_on_a_guess_and_the_code_is_not_lost(
    me: Desk, office: Office, clock: Clock, fails: Fails
) -> None:
    """R41: the lists end between code and signature; the same code signs when one is back."""
    me.open(PAGE)
    me.send(f"{PAGE}/renew", {"serial": held(office).serial}, follow=True)
    me.fills()
    fails("down", "lists")
    clock.turn(hours=23, minutes=59)
    me.comes_as("person-01").begins()
    code = me.code()
    clock.turn(minutes=2)

    me.send(f"{me.base}/sign/confirm", {"code": code})
    assert "暂时无法核实数字证书的状态" in me.text

    fails("none", "lists")
    clock.turn(minutes=1, seconds=30)
    me.send(f"{me.base}/sign/confirm", {"code": code}, follow=True)
    assert "个人数字签名完成" in me.text
