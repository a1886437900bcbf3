"""The operators' page and command about the keys: what ends when, and what should be done."""

from __future__ import annotations

import json

import pytest

from casework.keys import duty
from casework.office import Office
from registry.trail import audit
from storage.database import writing
from tests.web.browser import Tab
from tests.web.conftest import Clock
from web import cli
from web.process import wiring

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.proves("F:keys-1")
def test_the_page_says_when_each_certificate_ends(tab: Tab, office: Office) -> None:
    """§keys 1: the operators see every end; nothing was rolled yet."""
    tab.sign_in("officer", "yunwei")

    tab.open("/operations/keys")

    assert "注册服务根证书" in tab.text
    assert "时间戳服务" in tab.text
    assert f"{office.policy.authority}电子印章" in tab.text
    assert "没有需要补盖时间戳的文件" in tab.text
    assert "还没有更换过密钥" in tab.text
    assert "应当更换而没有更换" not in tab.text


@pytest.mark.proves("F:keys-1")
def test_what_is_undone_is_told_until_it_is_done(tab: Tab, office: Office, clock: Clock) -> None:
    """§keys 1: a seal that was not renewed in time: page, monitor and inbox say so."""
    tab.sign_in("officer", "yunwei")
    clock.turn(days=365 * 3 - 40)
    tab.sign_in("officer", "yunwei")

    tab.open("/operations")
    assert "应当更换而没有更换" in tab.text
    assert "应当更换而没有更换" in tab.open("/readyz").json["warnings"][0]
    assert tab.open("/readyz").status_code == 200

    duty.look_after(office, office.now())
    tab.open("/operations")
    assert "应当更换而没有更换" not in tab.text
    assert tab.open("/readyz").json["warnings"] == []
    tab.open("/operations/keys")
    assert "更新印章证书" in tab.text


def test_only_operators_see_the_keys(tab: Tab) -> None:
    tab.sign_in("officer", "shencha")

    assert tab.open("/operations/keys").status_code == 403


@pytest.mark.proves("F:keys-1")
def test_the_command_tells_the_same(
    office: Office,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """§keys 1: `zhuce keys status` is 0 while all is well, 1 when something is late."""
    monkeypatch.setattr("web.commands.offices.settings", lambda: None)
    monkeypatch.setattr(wiring, "open_office_of", lambda _: office)
    monkeypatch.setattr(wiring, "close", lambda _: None)

    assert cli.main(["keys", "status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["to_stamp"], told["late"]) == (True, 0, [])
    assert cli.main(["keys", "restamp", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "stamped": 0, "left": 0}

    clock.turn(days=365 * 3 - 40)
    assert cli.main(["keys", "status"]) == 1
    assert "应当更换而没有更换" in capsys.readouterr().err
    with writing(office.sessions) as session:
        assert audit.verify(session) is None
