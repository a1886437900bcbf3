"""【我的数字证书】 and 【企业数字证书】: what holders do with their keys themselves (§keys 2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select

from adapters import world
from casework.office import Office
from registry.people.persons import Person
from registry.trail.audit import AuditEvent
from registry.trail.notices import Notice
from signing import Role
from signing.database import writing
from signing.keys.custody import CertificateFacts
from signing.tables import StoredCredential
from tests.web.conftest import Clock
from tests.web.desk import Desk

pytestmark = pytest.mark.proves("F:keys-2")

PAGE = "/digital-certificate"
NEW = "975310"
COMPANY = world.COMPANIES[0]
Sits = Callable[[str], Desk]


def held(office: Office, role: Role = Role.APPLICANT) -> CertificateFacts:
    """Give the certificate of the first person, or of the first enterprise."""
    with office.sessions() as session:
        name = world.CITIZENS[0].name
        person = session.scalars(select(Person).where(Person.name == name)).one()
    subject = person.id if role is Role.APPLICANT else COMPANY.uscc
    facts = office.signatures.custody.credential(role, subject)
    assert facts is not None
    return facts


def audited(office: Office) -> list[tuple[str, str, str | None]]:
    with office.sessions() as session:
        keys = AuditEvent.action.like("keys.%")
        rows = session.scalars(select(AuditEvent).where(keys).order_by(AuditEvent.id))
        return [(row.action, row.subject, row.origin) for row in rows]


def told(office: Office) -> list[str]:
    with office.sessions() as session:
        return list(session.scalars(select(Notice.text).where(Notice.kind == "key")))


@pytest.mark.proves("J1")
def test_a_person_renews_before_and_after_the_end(me: Desk, office: Office, clock: Clock) -> None:
    """A renewal is a new key; a second click, or an old page, makes no third one."""
    first = held(office)
    me.open(PAGE)
    assert first.serial.upper() in me.text

    for _ in range(2):
        me.send(f"{PAGE}/renew", {"serial": first.serial}, follow=True)
    second = held(office)
    assert second.serial != first.serial
    assert len(audited(office)) == len(told(office)) == 1
    assert audited(office)[0][:2] == ("keys.holder_renew", f"person:{first.subject}")
    assert "POST /digital-certificate/renew" in str(audited(office)[0][2])

    clock.turn(days=365 * 3 + 2)
    me.sign_in("person", "person-01")
    me.open(PAGE)
    assert "已过期" in me.text
    me.send(f"{PAGE}/renew", {"serial": second.serial}, follow=True)
    assert held(office).not_after > clock()


def test_a_person_revokes_and_applies_anew(me: Desk, office: Office) -> None:
    """What was signed stays valid, what is not signed yet asks for 【申领数字证书】 again."""
    me.fills()
    serial = held(office).serial
    me.open(f"{PAGE}/revoke")
    assert "吊销不能撤销" in me.text

    fields = {"serial": serial, "cause": "keyCompromise"}
    assert me.send(f"{PAGE}/revoke", fields).status_code == 422
    assert "E_REVOCATION_NOT_CONFIRMED" in me.text
    assert held(office).revoked_at is None
    for _ in range(2):
        me.send(f"{PAGE}/revoke", {**fields, "confirmed": "true"}, follow=True)

    assert held(office).reason == "keyCompromise"
    assert [action for action, *_ in audited(office)] == ["keys.holder_revoke"]
    assert "密钥或者密码泄露" in me.open(PAGE).text
    me.open("/readiness")
    assert me.soup().select_one('button[name="step"][value="certificate"]')
    me.send("/readiness", {"step": "certificate"}, follow=True)
    me.signs()


def test_an_old_page_revokes_no_new_certificate(me: Desk, office: Office) -> None:
    old = held(office).serial
    me.send(f"{PAGE}/renew", {"serial": old})

    fields = {"serial": old, "cause": "keyCompromise", "confirmed": "true"}
    answer = me.send(f"{PAGE}/revoke", fields)

    assert answer.status_code == 422
    assert "E_CERT_REPLACED" in me.text
    assert held(office).revoked_at is None


@pytest.mark.proves("J2")
def test_an_enterprise_changes_its_pin(desk: Sits, office: Office, clock: Clock) -> None:
    """The old PIN is needed; wrong tries lock as they do at a seal, and are in the trail."""
    clerk = desk("enterprise")
    pins = {"old_pin": str(COMPANY.pin), "new_pin": NEW, "again_pin": NEW}

    assert clerk.send(f"{PAGE}/pin", {**pins, "again_pin": "13"}).status_code == 422
    assert "E_PINS_DIFFER" in clerk.text
    assert clerk.send(f"{PAGE}/pin", {**pins, "new_pin": "1", "again_pin": "1"}).status_code == 422
    assert "E_PIN_MALFORMED" in clerk.text
    clerk.send(f"{PAGE}/pin", pins, follow=True)
    assert "证书密码已修改" in clerk.text
    assert [row[:2] for row in audited(office)] == [
        ("keys.pin_change", f"enterprise:{COMPANY.uscc}")
    ]

    clerk.send(f"{PAGE}/pin", pins, follow=True)  # a second press
    assert "证书密码已修改" in clerk.text
    assert len(audited(office)) == 1
    clock.turn(minutes=2)
    for _ in range(5):
        clerk.send(f"{PAGE}/pin", pins)
    assert "E_PIN_LOCKED" in clerk.text
    assert "已锁定至" in clerk.open(PAGE).text
    assert len(audited(office)) == 1
    with office.sessions() as session:
        refused = AuditEvent.action == "refused.E_PIN_LOCKED"
        assert session.scalars(select(AuditEvent).where(refused)).first() is not None


@pytest.mark.proves("J2")
def test_a_pin_that_stays_the_same_is_not_changed(desk: Sits, office: Office) -> None:
    """However it is typed: refused beside the new one, no try is counted, nothing is on record."""
    clerk, pin = desk("enterprise"), str(COMPANY.pin)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in pin)

    for new in (pin, wide, f" {pin}\u200b"):
        answer = clerk.send(f"{PAGE}/pin", {"old_pin": pin, "new_pin": new, "again_pin": new})
        assert answer.status_code == 422
        assert "E_PIN_UNCHANGED" in clerk.text
        assert "请设置与原密码不同的新密码" in clerk.text
    for _ in range(6):  # a wrong one, again as the new one: nothing is told of the right one
        clerk.send(f"{PAGE}/pin", {"old_pin": NEW, "new_pin": NEW, "again_pin": NEW})
        assert "E_PIN_UNCHANGED" in clerk.text

    assert audited(office) == []
    office.signatures.challenges.confirm_pin(COMPANY.uscc, pin)


@pytest.mark.proves("J2")
def test_a_change_is_followed_by_no_change_at_once(desk: Sits, office: Office) -> None:
    """A second press counts as done only if it asks for the same change."""
    clerk, pin = desk("enterprise"), str(COMPANY.pin)
    clerk.send(f"{PAGE}/pin", {"old_pin": pin, "new_pin": NEW, "again_pin": NEW})

    clerk.send(f"{PAGE}/pin", {"old_pin": NEW, "new_pin": NEW, "again_pin": NEW}, follow=True)

    assert "E_PIN_UNCHANGED" in clerk.text
    assert len(audited(office)) == 1


@pytest.mark.proves("J1")
def test_the_page_of_revoking_what_is_revoked_leads_back(desk: Sits) -> None:
    """Who goes back in the browser reads how the certificate stands, not that a page is missing."""
    clerk = desk("enterprise")
    clerk.open(f"{PAGE}/revoke")
    serial = clerk.soup().select_one("input[name=serial]")
    assert serial is not None
    fields = {"cause": "cessationOfOperation", "confirmed": "true", "pin": str(COMPANY.pin)}
    clerk.send(f"{PAGE}/revoke", {**fields, "serial": str(serial["value"])})

    clerk.open(f"{PAGE}/revoke", follow=True)

    assert clerk.page.status_code == 200
    assert "已吊销" in clerk.text


@pytest.mark.proves("J1")
def test_an_enterprise_renews_revokes_and_applies_anew(desk: Sits, office: Office) -> None:
    """Its PIN proves it; only after a revocation a new PIN is set without the old one."""
    clerk, pin = desk("enterprise"), str(COMPANY.pin)
    first = held(office, Role.ENTERPRISE).serial
    new = {"new_pin": NEW, "again_pin": NEW}

    assert clerk.send(f"{PAGE}/renew", {"serial": first, "pin": "1"}).status_code == 422
    assert clerk.send(f"{PAGE}/apply", new).status_code == 422
    assert "E_CERT_IN_USE" in clerk.text
    clerk.send(f"{PAGE}/renew", {"serial": first, "pin": pin}, follow=True)
    second = held(office, Role.ENTERPRISE).serial
    assert second != first
    fields = {"serial": second, "cause": "cessationOfOperation", "confirmed": "true"}
    assert clerk.send(f"{PAGE}/revoke", fields).status_code == 422
    assert "E_PIN_MISSING" in clerk.text
    clerk.send(f"{PAGE}/revoke", {**fields, "pin": pin}, follow=True)
    assert held(office, Role.ENTERPRISE).revoked_at is not None

    clerk.send(f"{PAGE}/apply", new, follow=True)

    third = held(office, Role.ENTERPRISE)
    assert third.revoked_at is None
    office.signatures.challenges.confirm_pin(COMPANY.uscc, NEW)
    assert [action for action, *_ in audited(office)] == [
        "keys.holder_renew",
        "keys.holder_revoke",
        "keys.holder_apply",
    ]


@pytest.mark.proves("R5")
def test_an_enterprise_that_has_none_applies_by_itself(desk: Sits, office: Office) -> None:
    """R5: let in by the portal, it sets a password and has the certificate to seal with."""
    clerk = desk("enterprise")
    with writing(office.signatures._sessions) as session:
        session.execute(delete(StoredCredential).where(StoredCredential.subject == COMPANY.uscc))
    clerk.open(PAGE)
    assert "还没有申领数字证书" in clerk.text

    assert clerk.send(f"{PAGE}/apply", {"new_pin": NEW, "again_pin": "864209"}).status_code == 422
    assert clerk.send(f"{PAGE}/apply", {"new_pin": "1", "again_pin": "1"}).status_code == 422
    assert "E_PIN_MALFORMED" in clerk.text
    clerk.send(f"{PAGE}/apply", {"new_pin": NEW, "again_pin": NEW}, follow=True)

    assert "已申领企业数字证书" in clerk.text
    given = held(office, Role.ENTERPRISE)
    assert (given.name, given.subject) == (COMPANY.name, COMPANY.uscc)
    office.signatures.challenges.confirm_pin(COMPANY.uscc, NEW)
    assert [action for action, *_ in audited(office)] == ["keys.holder_apply"]
