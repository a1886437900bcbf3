"""第二重验证 of who acts for an enterprise: by his own wish, or because the enterprise asks it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.enterprises.enterprises import Operator
from registry.people import second_factors
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.web.browser import Tab
from tests.web.conftest import Clock
from tests.web.sign_in.test_second_factor import FRONT, PROOF, enrol
from web import cli
from web.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

COMPANY = world.COMPANIES[0]
DEMAND, INBOX = "/enterprise/operators/second-factor", "/enterprise/inbox"


def comes(app: Flask) -> Tab:
    """Come with the enterprise's certificate in another browser."""
    tab = Tab(app)
    tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    return tab


def actions(office: Office) -> list[str]:
    with office.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.actor.like("operator:%"))
        rows = session.scalars(query.order_by(AuditEvent.id)).all()
    return [row.action for row in rows]


def test_it_is_asked_of_nobody_who_has_not_enrolled(tab: Tab) -> None:
    tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))

    assert tab.open(INBOX).status_code == 200
    assert "第二重验证" in tab.open("/sessions").text


def test_who_enrolled_is_asked_from_then_on(
    app: Flask, tab: Tab, clock: Clock, office: Office
) -> None:
    """The portal alone opens nothing more; a code does, once."""
    tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    phone, codes = enrol(tab, clock)
    again = comes(app)

    assert again.client.get(INBOX).location.startswith("/sign-in/enterprise")
    assert "E_SECOND_FACTOR" in again.send(PROOF, {"code": "000000"}).text
    assert "本企业另一名管理员重置" in again.text
    assert again.send(PROOF, {"code": phone.code()}).location == INBOX
    assert again.open(INBOX).status_code == 200

    other = comes(app)
    assert other.send(PROOF, {"code": codes[0]}).location == INBOX
    assert [action for action in actions(office) if "factor" in action] == [
        "second_factor.enrolled",
        "second_factor.refused",
        "second_factor.proven",
        "second_factor.proven",
    ]


def test_an_enterprise_demands_it(app: Flask, tab: Tab, clock: Clock, office: Office) -> None:
    """Whoever is signed in by the portal alone is asked at his next step, and may remove none."""
    tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    beside = comes(app)
    assert beside.open(INBOX).status_code == 200

    tab.open("/enterprise/operators")
    tab.send(DEMAND, {"required": "true"})

    assert beside.client.get(INBOX).location.startswith("/sign-in/enterprise")
    newcomer = comes(app)
    assert "请先登记一种方式" in newcomer.text
    enrol(newcomer, clock)
    assert newcomer.open(INBOX).status_code == 200
    newcomer.open(FRONT)
    [remove] = [str(form["action"]) for form in newcomer.soup().select('form[action$="/remove"]')]
    assert "E_SECOND_FACTOR_LAST" in newcomer.send(remove).text
    assert "operator.second_factor" in actions(office)

    newcomer.open("/enterprise/operators")
    newcomer.send(DEMAND, {})
    newcomer.open(FRONT)
    newcomer.send(remove, follow=True)
    assert "已删除" in newcomer.text
    assert comes(app).open(INBOX).status_code == 200


def test_another_administrator_resets_what_was_lost(
    app: Flask, tab: Tab, clock: Clock, office: Office
) -> None:
    """Nobody resets his own; what was not held needs no reset; the trail says who did it."""
    tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    tab.open("/enterprise/operators")
    with writing(office.sessions) as session:
        [own] = session.scalars(select(Operator).filter_by(uscc=COMPANY.uscc)).all()
        facts = {"uscc": own.uscc, "role": own.role, "created_at": own.created_at}
        session.add(Operator(id="other", subject="other", name="另一人", **facts))
        own_id = own.id

    own_page = f"/enterprise/operators/{own_id}"
    assert "E_FACTORS_OWN" in tab.send(f"{own_page}/second-factor", follow=True).text
    other = "/enterprise/operators/other/second-factor"
    assert "E_FACTORS_NONE" in tab.send(other, follow=True).text
    enrol(tab, clock)
    with writing(office.sessions) as session:
        [factor, *_] = second_factors.of(session, f"operator:{own_id}")
        second_factors.add(
            session,
            "operator:other",
            second_factors.FactorKind.TOTP,
            label=factor.label,
            secret=factor.secret,
            at=clock(),
        )
    tab.open("/enterprise/operators/other")
    assert "重置第二重验证" in tab.text
    assert "已重置" in tab.send(other, follow=True).text
    assert "已重置" in tab.send(other, follow=True).text  # pressed twice
    assert "operator.factor_reset" in actions(office)
    assert "核实是本人后重置" not in tab.text


def test_the_command_resets_for_the_only_administrator(
    app: Flask,
    tab: Tab,
    clock: Clock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """His sessions end, and he enrols anew."""
    tab.sign_in("enterprise", COMPANY.uscc, pin=str(COMPANY.pin))
    enrol(tab, clock)
    for name in ("database_url", "keys_url", "files", "fonts", "secret"):
        monkeypatch.setenv(f"ZHUCE_{name.upper()}", str(getattr(settings, name)))

    words = ["officer", "reset-factor", COMPANY.operator, "--enterprise", COMPANY.uscc]
    assert cli.main([*words, "--reason", "手机遗失，已核验"]) == 0

    assert tab.client.get(INBOX).status_code == 303
    assert comes(app).open(INBOX).status_code == 200
    assert cli.main([*words, "--reason", "手机遗失，已核验"]) == 1
    assert cli.main([*words[:2], "没有此人", *words[3:], "--reason", "手机遗失"]) == 1
