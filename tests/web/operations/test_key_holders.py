"""数字证书持有人: two operators unlock and revoke the keys of others (§keys 2)."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.office import Office
from engine.actors import role_inbox
from registry.people import officers
from registry.people.officers import OfficerRole
from registry.trail.audit import AuditEvent
from registry.trail.notices import Notice
from signing import Role
from signing.errors import PinLocked, PinWrong
from signing.keys.custody import CertificateFacts
from storage.database import writing
from tests.web.browser import Tab
from web import cli
from web.process import wiring

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.proves("F:keys-2"),
]

PAGE = "/operations/key-holders"
COMPANY = world.COMPANIES[0]
HOLDER = f"{PAGE}/enterprise/{COMPANY.uscc}"
SAID = {"reason": "持有人来电，输错密码", "proof": "回拨登记的联系电话并核对营业执照"}


@pytest.fixture
def operator(tab: Tab) -> Tab:
    tab.sign_in("officer", "yunwei")
    return tab


@pytest.fixture
def colleague(app: Flask) -> Tab:
    tab = Tab(app)
    tab.sign_in("officer", "yunwei2")
    return tab


def held(office: Office) -> CertificateFacts:
    facts = office.signatures.custody.credential(Role.ENTERPRISE, COMPANY.uscc)
    assert facts is not None
    return facts


def lock(office: Office) -> None:
    for _ in range(5):
        with pytest.raises((PinWrong, PinLocked)):
            office.signatures.challenges.confirm_pin(COMPANY.uscc, "1")


def audited(office: Office) -> list[AuditEvent]:
    with office.sessions() as session:
        keys = AuditEvent.action.like("keys.%")
        return list(session.scalars(select(AuditEvent).where(keys).order_by(AuditEvent.id)))


def told(office: Office, inbox: str) -> list[str]:
    with office.sessions() as session:
        notices = select(Notice.text).where(Notice.kind == "key", Notice.inbox == inbox)
        return list(session.scalars(notices))


def settling(tab: Tab) -> str:
    """Give the address of the one request that waits."""
    tab.open(PAGE)
    [form] = tab.soup().select(f'form[action^="{PAGE}/requests/"]')
    return str(form["action"])


@pytest.mark.proves("J2")
def test_a_locked_pin_is_unlocked_by_two(operator: Tab, colleague: Tab, office: Office) -> None:
    """One finds the holder and says how identity was proven, another confirms; the holder hears."""
    lock(office)
    operator.open(PAGE)
    operator.send(PAGE, {"q": COMPANY.uscc})
    assert COMPANY.name in operator.text
    assert "前不能输入" in operator.open(HOLDER).text
    fields = {"action": "unlock", "serial": held(office).serial, **SAID}

    assert operator.send(HOLDER, {**fields, "proof": "无"}).status_code == 422
    assert "E_KEY_PROOF" in operator.text
    assert SAID["reason"] in operator.page.text
    for _ in range(2):
        operator.send(HOLDER, fields, follow=True)
    assert operator.send(settling(operator), {"action": "confirm"}).status_code == 409
    assert "E_KEY_NEEDS_ANOTHER" in operator.text
    assert office.signatures.challenges.locked_until(Role.ENTERPRISE, COMPANY.uscc)

    address = settling(colleague)
    assert SAID["proof"] in colleague.text
    assert "路运维" in colleague.text
    colleague.send(address, {"action": "confirm"}, follow=True)

    office.signatures.challenges.confirm_pin(COMPANY.uscc, str(COMPANY.pin))
    looked, asked, done = audited(office)
    assert [looked.action, asked.action, done.action] == [
        "keys.holder_view",
        "keys.unlock_asked",
        "keys.unlock",
    ]
    assert done.facts["asked_by"] == asked.actor != done.actor
    assert done.subject == f"enterprise:{COMPANY.uscc}"
    assert "锁定已由工作人员核实身份后解除" in told(office, f"enterprise:{COMPANY.uscc}")[0]
    assert colleague.send(address, {"action": "confirm"}).status_code == 303  # a second press
    assert len(audited(office)) == 3
    assert colleague.send(address, {"action": "decline"}).status_code == 409
    assert "E_KEY_NOT_ASKED" in colleague.text


@pytest.mark.parametrize("roles", [(), ("reviewer",)])
def test_what_was_asked_by_somebody_who_left_is_not_confirmed(
    operator: Tab, colleague: Tab, office: Office, roles: tuple[str, ...]
) -> None:
    """Two in post agree: dismissed, or in another post meanwhile, he is no second one any more."""
    lock(office)
    operator.open(HOLDER)
    fields = {"action": "unlock", "serial": held(office).serial, **SAID}
    operator.send(HOLDER, fields, follow=True)
    address = settling(colleague)
    with writing(office.sessions) as session:
        asker = officers.by_login(session, "yunwei")
        assert asker is not None
        if roles:
            asker.roles = list(roles)
        else:
            officers.dismiss(session, asker.id)

    assert colleague.send(address, {"action": "confirm"}).status_code == 409

    assert "E_ASKER_GONE" in colleague.text
    assert "由在任人员重新提出" in colleague.text
    assert office.signatures.challenges.locked_until(Role.ENTERPRISE, COMPANY.uscc)
    colleague.send(address, {"action": "decline"}, follow=True)
    assert "没有等待确认的申请" in colleague.text


def test_a_key_is_revoked_by_two_with_its_reason(
    operator: Tab, colleague: Tab, office: Office
) -> None:
    """RFC 5280: the reason stands in the list; the holder is told and may apply anew."""
    fields = {"action": "revoke", "serial": held(office).serial, **SAID}
    assert operator.send(HOLDER, fields).status_code == 422
    assert "E_REVOCATION_REASON" in operator.text
    operator.send(HOLDER, {**fields, "cause": "privilegeWithdrawn"}, follow=True)
    assert held(office).revoked_at is None

    address = settling(colleague)
    assert "依法被取消使用资格" in colleague.text
    colleague.send(address, {"action": "confirm"}, follow=True)

    assert held(office).reason == "privilegeWithdrawn"
    assert [event.action for event in audited(office)] == ["keys.revoke_asked", "keys.revoke"]
    assert "依法被取消使用资格" in told(office, f"enterprise:{COMPANY.uscc}")[0]


def test_a_declined_request_changes_nothing(operator: Tab, colleague: Tab, office: Office) -> None:
    """It may be asked for again; what the holder renewed meanwhile is not revoked."""
    old = held(office).serial
    fields = {"action": "revoke", "serial": old, "cause": "keyCompromise", **SAID}
    operator.send(HOLDER, fields, follow=True)
    colleague.send(settling(colleague), {"action": "decline"}, follow=True)
    assert "没有等待确认的申请" in colleague.text

    operator.send(HOLDER, fields, follow=True)
    office.signatures.lifecycle.renew(Role.ENTERPRISE, COMPANY.uscc, pin=str(COMPANY.pin))
    address = settling(colleague)
    assert colleague.send(address, {"action": "confirm"}).status_code == 409
    assert "E_CERT_REPLACED" in colleague.text
    assert held(office).revoked_at is None
    actions = [event.action for event in audited(office)]
    assert actions == ["keys.revoke_asked", "keys.request_declined", "keys.revoke_asked"]
    assert settling(colleague) == address


def test_the_command_only_asks(
    colleague: Tab,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`zhuce keys revoke` and `unlock` need another operator too; persons renew by themselves."""
    monkeypatch.setattr("web.commands.offices.settings", lambda: None)
    monkeypatch.setattr(wiring, "open_office_of", lambda _: office)
    monkeypatch.setattr(wiring, "close", lambda _: None)
    said = ["--reason", SAID["reason"], "--proof", SAID["proof"], "--json"]
    revoke = ["keys", "revoke", COMPANY.uscc, "--cause", "keyCompromise", *said]
    unlock = ["keys", "unlock", COMPANY.uscc, *said]

    assert cli.main([*revoke, "--as", "shencha"]) == 1
    assert cli.main([*unlock, "--as", "yunwei"]) == 1
    refused = capsys.readouterr().err
    assert "没有登录名为“shencha”" in refused
    assert "没有锁定" in refused
    assert cli.main([*revoke, "--as", "yunwei"]) == 0
    assert json.loads(capsys.readouterr().out)["waiting"] is True
    assert held(office).revoked_at is None

    assert cli.main(["keys", "list", "--json"]) == 0
    told_now = json.loads(capsys.readouterr().out)
    assert [row["act"] for row in told_now["waiting"]] == ["REVOKE"]
    ours = [row for row in told_now["certificates"] if row["subject"] == COMPANY.uscc]
    assert [row["state"] for row in ours] == ["GOOD"]
    assert cli.main(["keys", "renew", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"renewed": 0}
    colleague.send(settling(colleague), {"action": "confirm"}, follow=True)
    assert held(office).reason == "keyCompromise"
    assert audited(office)[0].origin is not None


SEAL = {"reason": "印章更换，依沪建办〔2026〕7号", "proof": "沪建办〔2026〕7号批准文件"}


def settled(colleague: Tab) -> int:
    """Let the other operator confirm; give the status."""
    return int(colleague.send(settling(colleague), {"action": "confirm"}, follow=True).status_code)


def test_the_agencys_seal_is_enrolled_renewed_and_revoked_by_two(
    operator: Tab, colleague: Tab, office: Office
) -> None:
    """One asks on the seal's page, another confirms; operators are told, the trail has each act."""
    agency = office.policy.authority
    custody, page = office.signatures.custody, f"{PAGE}/agency/{agency}"

    def seal() -> CertificateFacts:
        facts = custody.credential(Role.AGENCY, agency)
        assert facts is not None
        return facts

    first = seal()
    assert agency in operator.open(PAGE).text
    operator.open(page)
    operator.send(page, {"action": "renew", "serial": first.serial, **SEAL}, follow=True)
    assert seal().serial == first.serial
    assert operator.send(settling(operator), {"action": "confirm"}).status_code == 409
    assert settled(colleague) == 200
    second = seal()
    assert second.serial != first.serial

    for action, code in (("enrol", "E_CERT_IN_USE"), ("unlock", "E_KEY_NOT_LOCKED")):
        assert operator.send(page, {"action": action, "serial": second.serial, **SEAL}).status_code
        assert code in operator.text
    revoke = {"action": "revoke", "serial": second.serial, "cause": "keyCompromise", **SEAL}
    operator.send(page, revoke, follow=True)
    assert settled(colleague) == 200
    assert seal().revoked_at is not None
    assert operator.send(page, {"action": "renew", "serial": second.serial, **SEAL})
    assert "E_CERT_REVOKED" in operator.text

    operator.open(page)
    operator.send(page, {"action": "enrol", "serial": second.serial, **SEAL}, follow=True)
    assert settled(colleague) == 200
    assert seal().revoked_at is None
    acts = ["keys.agency_renew", "keys.revoke", "keys.agency_enrol"]
    about = [event.action for event in audited(office) if event.subject == f"agency:{agency}"]
    assert [action for action in about if action in acts] == acts
    words = told(office, role_inbox(OfficerRole.OPERATOR))
    assert any("吊销" in text and agency in text for text in words)


def test_only_the_seal_is_enrolled_by_operators(
    operator: Tab, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holders apply and renew themselves; of another agency there is no page."""
    operator.open(HOLDER)
    operator.send(HOLDER, {"action": "renew", "serial": held(office).serial, **SEAL})
    assert "E_KEY_NOT_THE_SEAL" in operator.text
    assert operator.open(f"{PAGE}/agency/别的机关").status_code == 404
