"""程序: whoever it acts for alone is shown its secret; others see it, and end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from casework.office import Office
from registry.clients.clients import Client
from registry.clients.webhooks import WebhookDelivery
from registry.trail.audit import AuditEvent
from tests.web.api import program
from tests.web.api.program import Program, office_of
from tests.web.api.test_webhooks import Receiver
from tests.web.desk import Desk
from tests.web.furnished import app, clock, office, prepared
from web import display

__all__ = ["app", "clock", "office", "prepared"]

Sit = Callable[[str], Desk]
OF_OFFICER = {"party": "AGENCY", "officer": "shencha", "scope": ["tasks:read", "webhooks"]}
TURNED = ("client.secret", "client.rotate")
URL = "https://hooks.example.cn/in"


@pytest.fixture
def sit(app: Flask) -> Sit:
    return lambda who: Desk(app).comes_as(who)


def registers(desk: Desk, name: str, **more: Any) -> str:
    """Register a program on its page; give its address."""
    desk.open("/programs/new")
    fields = {"name": name, "request": _request(desk), **more}
    desk.send("/programs", fields)
    assert desk.page.status_code == 303, desk.text
    address = str(desk.page.location)
    desk.open(address)
    assert name in desk.text
    return address


def _request(desk: Desk) -> str:
    field = desk.soup().find("input", {"name": "request"})
    return str(field["value"])


def draws(app: Flask, desk: Desk, address: str, **more: str) -> Program:
    """Draw the secret of a program on its page."""
    desk.open(f"{address}/secret")
    desk.send(f"{address}/secret", more)
    assert desk.page.status_code == 200, desk.text
    assert desk.page.headers["Cache-Control"] == "no-store"
    values = [cell.text.strip() for cell in desk.soup().select(".govuk-summary-list__value")]
    client_id, secret = values
    assert secret not in desk.open(address).text
    return Program(app, client_id, secret)


def noted(office: Office, address: str) -> list[tuple[str, str]]:
    """Give what the trail says of a program: what was done, by which kind of visitor."""
    subject = f"client:{address.rpartition('/')[2]}"
    with office.sessions() as session:
        rows = session.execute(
            select(AuditEvent.action, AuditEvent.actor)
            .where(AuditEvent.subject == subject)
            .where(
                AuditEvent.action.startswith("client.") | AuditEvent.action.startswith("webhook.")
            )
            .order_by(AuditEvent.id)
        )
        return [(action, actor.partition(":")[0]) for action, actor in rows]


def test_an_operator_registers_and_the_officer_alone_draws_the_secret(
    app: Flask, sit: Sit, office: Office
) -> None:
    """An act is somebody's: nobody but he is given what lets a program act for him."""
    operator, reviewer, acceptor = sit("yunwei"), sit("shencha"), sit("shouli")
    name = f"审批辅助{uuid4().hex[:6]}"
    address = registers(operator, name, **OF_OFFICER)
    assert operator.open(f"{address}/secret").status_code == 404
    assert acceptor.open(address).status_code == 404
    assert acceptor.open("/programs").status_code == 200
    assert name not in acceptor.text

    reviewer.open("/notices")
    assert f"程序“{name}”" in reviewer.text
    caller = draws(app, reviewer, address)

    assert caller.gets("/tasks")["items"] == []
    operator.open(f"/programs?q={name}")
    assert "还没有使用" not in operator.open(address).text
    assert noted(office, address) == [("client.create", "officer"), ("client.secret", "officer")]


def test_a_secret_is_changed_once_and_the_one_before_counts_as_long_as_was_said(
    app: Flask, sit: Sit, office: Office, clock: Any
) -> None:
    """Pressed again, or on an old page, nothing is changed; too many days are refused."""
    reviewer = sit("shencha")
    address = registers(sit("yunwei"), "审批辅助", **OF_OFFICER)
    first = draws(app, reviewer, address)
    reviewer.open(f"{address}/secret")
    old = reviewer.seen(f"{address}/secret")
    for days in ("31", "-1", "三", ""):
        reviewer.send(f"{address}/secret", {"overlap_days": days})
        assert reviewer.page.status_code == 422
        assert "E_CLIENT_OVERLAP" in reviewer.text

    second = draws(app, reviewer, address, overlap_days="1")
    reviewer.send(f"{address}/secret", {"overlap_days": "0", **old})
    assert "E_CHANGED_MEANWHILE" in reviewer.text

    assert (first.signs_in().status_code, second.signs_in().status_code) == (200, 200)
    clock.turn(days=1, minutes=1)
    assert (first.signs_in().status_code, second.signs_in().status_code) == (401, 200)
    assert [act for act, _ in noted(office, address) if act in TURNED] == [*TURNED]


def test_what_cannot_be_undone_is_asked_once_more(app: Flask, sit: Sit, office: Office) -> None:
    """An operator ends the secrets of others, or the program; twice is once."""
    operator, reviewer = sit("yunwei"), sit("shencha")
    address = registers(operator, "审批辅助", **OF_OFFICER)
    caller = draws(app, reviewer, address)
    caller.signs_in()

    assert "立即生效" in operator.open(f"{address}/void").text
    assert caller.ask("GET", "/tasks").status_code == 200
    for _ in range(2):
        operator.send(f"{address}/void", follow=True)
    assert "还没有密钥，由" in operator.text
    assert caller.ask("GET", "/tasks").status_code == 401

    again = draws(app, reviewer, address)
    assert again.gets("/tasks")
    assert "不能恢复" in operator.open(f"{address}/end").text
    for _ in range(2):
        operator.send(f"{address}/end", follow=True)
        assert "程序已停用" in operator.text
    assert again.ask("GET", "/tasks").status_code == 401
    for gone in ("secret", "void", "end"):
        assert reviewer.open(f"{address}/{gone}").status_code == 404
    actions = [action for action, _ in noted(office, address)]
    assert actions == [
        *("client.create", "client.secret", "client.void", "client.secret", "client.revoke")
    ]


def test_an_enterprise_keeps_its_own_programs(app: Flask, sit: Sit) -> None:
    """Its administrator registers for its own operators alone, whatever is sent."""
    clerk, others, operator = sit("enterprise"), sit("other-enterprise"), sit("yunwei")
    clerk.open("/programs/new")
    [who] = [option.text for option in clerk.soup().select("select[name=operator] option")]
    scopes = ["tasks:read", "certificates:read"]
    forged = {"party": "AGENCY", "officer": "shencha", "uscc": "91310000MA1FL2XX00"}

    address = registers(clerk, "人事系统", operator=who, scope=scopes, **forged)

    caller = draws(app, clerk, address)
    assert "items" in caller.gets("/certificates")
    assert others.open(address).status_code == 404
    assert "人事系统" not in others.open("/programs").text
    for act in ("void", "end"):
        assert others.send(f"{address}/{act}").status_code == 404
    assert "企业" in operator.open(address).text
    assert operator.open(f"{address}/secret").status_code == 404
    assert sit("person-01").open("/programs").status_code == 403


def test_what_was_typed_stays_when_it_is_refused(app: Flask, sit: Sit, office: Office) -> None:
    """Each mistake is told at its field; one page registers one program, however often pressed."""
    operator, name = sit("yunwei"), f"平台{uuid4().hex[:6]}"
    operator.open("/programs/new")
    whole = {
        "name": name,
        "party": "INTEGRATOR",
        "scope": ["verify"],
        "request": _request(operator),
    }
    for wrong, code in (
        ({"name": ""}, "E_CLIENT_NAME"),
        ({"party": ""}, "E_CLIENT_PARTY"),
        ({"party": "AGENCY", "officer": "nobody"}, "E_CLIENT_PERSON"),
        ({"party": "ENTERPRISE", "uscc": "1", "operator": "陶示例"}, "E_CLIENT_PERSON"),
        ({"scope": ["tasks:read"]}, "E_CLIENT_SCOPE"),
        ({"scope": []}, "E_CLIENT_SCOPE"),
    ):
        assert operator.send("/programs", {**whole, **wrong}).status_code == 422
        assert code in operator.text
        assert operator.soup().select_one("input#name")["value"] == {**whole, **wrong}["name"]
    for bad in ("", "../x", "0" * 31):
        assert operator.send("/programs", {**whole, "request": bad}).status_code == 404

    first, second = (operator.send("/programs", whole).location for _ in range(2))

    assert first == second
    with office.sessions() as session:
        assert len(session.scalars(select(Client.id).where(Client.name == name)).all()) == 1
    assert draws(app, operator, str(first)).signs_in().status_code == 200


def test_an_address_is_told_paused_and_told_again(
    app: Flask, sit: Sit, office: Office, clock: Any
) -> None:
    """Every message stands with its result and next try; what was missed is sent again."""
    receiver = office_of(app).webhooks = Receiver()
    clerk, operator = sit("enterprise"), sit("yunwei")
    caller = program.of_enterprise(app)
    address = f"/programs/{caller.id}"
    new = f"{address}/webhooks/new"
    clerk.open(new)
    whole = {"url": URL, "events": ["application.status_changed"], "request": _request(clerk)}
    for wrong, code in (
        ({"url": "https://inner.example.cn"}, "E_WEBHOOK_INNER"),
        ({"events": []}, "E_WEBHOOK_EVENTS"),
        ({"events": ["everything"]}, "E_WEBHOOK_EVENTS"),
    ):
        assert clerk.send(new, {**whole, **wrong}).status_code == 422
        assert code in clerk.text
    clerk.send(new, whole)
    assert "whsec_" in clerk.text
    assert clerk.page.headers["Cache-Control"] == "no-store"
    page = str(clerk.send(new, whole).location)  # pressed again
    assert "whsec_" not in clerk.open(page).text
    assert operator.open(new).status_code == 404
    assert sit("other-enterprise").open(page).status_code == 404

    # 1. Nobody answers: the page says with what result, and when it is tried again.
    receiver.is_silent = True
    Desk(app).comes_as("person-01").fills().signs()
    office.runner.run_due()
    operator.open(page)
    assert "等待推送" in operator.text
    assert "E_WEBHOOK_SILENT" in operator.text
    [row] = operator.soup().select("tbody tr")
    shown = row.select_one("td[data-label=下次推送]")
    assert shown is not None
    with office.sessions() as session:
        [due] = session.scalars(_deliveries(page, WebhookDelivery.next_at))
    assert shown.text.strip() == display.clock_time(due)

    # 2. Paused: nothing goes out, and nothing can be sent again.
    operator.send(f"{page}/pause", follow=True)
    assert "恢复推送以后" in operator.text
    receiver.is_silent = False
    clock.turn(minutes=5)
    office.runner.run_due()
    assert receiver.taken == []
    with office.sessions() as session:
        [message] = session.scalars(_deliveries(page))
    operator.send(f"{page}/again", {"delivery": [message]}, follow=True)
    assert "没有在推送" in operator.text

    # 3. Opened again: what nobody took is sent; a message that was taken is sent once more.
    operator.send(f"{page}/resume", follow=True)
    assert "重新推送未送达的消息1条" in operator.text
    office.runner.run_due()
    assert "已送达" in operator.open(page).text
    for _ in range(2):
        clerk.send(f"{page}/again", {"delivery": [message, "0" * 32]}, follow=True)
    office.runner.run_due()
    assert [headers["webhook-id"] for headers, _ in receiver.taken] == [message, message]

    # 4. Removing asks first.
    assert "不能恢复" in clerk.open(f"{page}/remove").text
    clerk.send(f"{page}/remove", follow=True)
    assert "还没有接收地址" in clerk.text
    assert clerk.open(page).status_code == 404
    actions = [action for action, _ in noted(office, address) if action.startswith("webhook.")]
    assert actions == [f"webhook.{act}" for act in ("add", "pause", "replay", "again", "remove")]


def _deliveries(page: str, column: Any = WebhookDelivery.id) -> Any:
    return select(column).where(WebhookDelivery.webhook_id == page.rpartition("/")[2])


def test_no_secret_opens_the_pages(app: Flask) -> None:
    """A token is for the interface alone; whoever is not signed in is asked to."""
    caller = program.of_integrator(app)
    caller.signs_in()
    headers = {"Authorization": f"Bearer {caller.token}"}

    assert caller.client.get("/programs", headers=headers).status_code == 303
