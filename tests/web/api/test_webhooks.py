"""Programs are told that a case moved: signed, once it is committed, again when it was missed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from adapters.webhook_sender import TargetInner, TargetSilent
from casework.office import Office
from casework.programs import webhooks as sending
from registry.trail.notices import Notice
from tests.web.api import program
from tests.web.api.program import Program, office_of
from tests.web.desk import OTHER_COMPANY, Desk
from tests.web.furnished import app, clock, prepared
from web.demo.portrait import draw
from web.process import wiring

__all__ = ["app", "clock", "prepared"]
URL = "https://hooks.example.cn/in"
HOOK = {"url": URL, "events": ["application.status_changed"]}


class Receiver:
    """Takes messages, or fails as it is told; an address with "inner" is one of ours."""

    def __init__(self) -> None:
        self.taken: list[tuple[Mapping[str, str], bytes]] = []
        self.answer = 200
        self.is_silent = False

    def examine(self, url: str) -> None:
        """Refuse an address of our own network."""
        if "inner" in url:
            raise TargetInner

    def send(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        """Take a message."""
        if self.is_silent:
            raise TargetSilent(seconds=10, why="ReadTimeout")
        self.taken.append((headers, content))
        return self.answer


@pytest.fixture
def receiver(app: Flask) -> Receiver:
    receiver = office_of(app).webhooks = Receiver()
    return receiver


@pytest.fixture
def hook(app: Flask, receiver: Receiver) -> tuple[Program, dict[str, Any]]:
    """Give the program of the enterprise and its webhook."""
    caller = program.of_enterprise(app)
    answer = caller.ask("POST", "/webhooks", json=HOOK)
    assert answer.status_code == 201, answer.text
    return caller, answer.json


def _later(office: Office, **by: float) -> None:
    office.clock.turn(**by)  # type: ignore[attr-defined]  # the test's clock
    office.runner.run_due()


def test_a_message_is_signed_and_tells_ids_alone(
    app: Flask, hook: tuple[Program, dict[str, Any]], receiver: Receiver
) -> None:
    """Standard Webhooks: id, timestamp, HMAC-SHA256 over both and the body; nobody's data."""
    caller, webhook = hook
    other = program.of_enterprise(app, uscc=OTHER_COMPANY.uscc)
    other.ask("POST", "/webhooks", json=HOOK)
    me = Desk(app).comes_as("person-01").fills()
    office_of(app).runner.run_due()
    assert receiver.taken == []  # not signed: not the enterprise's to know (I9)

    me.signs()
    office_of(app).runner.run_due()

    [(headers, content)] = receiver.taken
    told = json.loads(content)
    assert told["type"] == "application.status_changed"
    assert told["data"] == {
        "application_id": me.application,
        "matter": "INITIAL",
        "status": "PERSONAL_SIGNED",
    }
    key = base64.b64decode(webhook["secret"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    [delivery] = caller.gets(f"/webhooks/{webhook['id']}/deliveries")["items"]
    assert (delivery["state"], delivery["answer"]) == ("DELIVERED", "200")
    assert delivery["id"] == headers["webhook-id"]
    assert "secret" not in caller.gets("/webhooks")["items"][0]


def test_an_officer_is_told_of_the_cases_of_his_roles(app: Flask, receiver: Receiver) -> None:
    reviewer, acceptor = program.of_officer(app, "shencha"), program.of_officer(app, "shouli")
    for caller in (reviewer, acceptor):
        caller.ask("POST", "/webhooks", json=HOOK)
    me = Desk(app).comes_as("person-01").fills().signs()
    Desk(app).comes_as("enterprise").seals(me.application)
    office_of(app).runner.run_due()

    told = [json.loads(content)["data"]["status"] for _, content in receiver.taken]
    assert "UNDER_REVIEW" in told
    assert "PERSONAL_SIGNED" not in told


def test_who_is_silent_is_asked_again_with_the_same_id(
    app: Flask, hook: tuple[Program, dict[str, Any]], receiver: Receiver
) -> None:
    """From job rows, ever later: five seconds, a minute, ten, an hour, six."""
    office = office_of(app)
    receiver.is_silent = True
    Desk(app).comes_as("person-01").fills().signs()
    office.runner.run_due()
    receiver.is_silent, receiver.answer = False, 302

    _later(office, seconds=4)
    assert receiver.taken == []
    _later(office, seconds=2)
    receiver.answer = 200
    _later(office, minutes=1)
    _later(office, hours=7)

    ids = [headers["webhook-id"] for headers, _ in receiver.taken]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    stamps = [int(headers["webhook-timestamp"]) for headers, _ in receiver.taken]
    assert stamps[0] < stamps[1]


def test_who_stays_silent_is_told_no_more_until_replayed(
    app: Flask, hook: tuple[Program, dict[str, Any]], receiver: Receiver
) -> None:
    """No attempt is without end, the enterprise is told, and what was missed is sent again."""
    caller, webhook = hook
    office = office_of(app)
    receiver.is_silent = True
    me = Desk(app).comes_as("person-01").fills().signs()
    for number in range(3):
        _later(office, hours=7)
        me.comes_as("person-01")
        me.saves(photo=("我.jpg", draw(1)), enterprise_phone=f"021-0000000{number}")
        me.signs()
    for _ in range(6):
        _later(office, hours=7)
    caller.token = ""

    [shown] = caller.gets("/webhooks")["items"]
    assert not shown["is_active"]
    with office.sessions() as session:
        told = [notice.text for notice in session.query(Notice).filter_by(kind="webhook")]
    assert len(told) == 1
    assert "人事系统" in told[0]

    receiver.is_silent = False
    answer = caller.ask("POST", f"/webhooks/{webhook['id']}/replay")
    office.runner.run_due()
    assert answer.json["count"] == len(receiver.taken) > 0
    assert caller.gets("/webhooks")["items"][0]["is_active"]


def test_whoever_wants_nothing_more_is_stopped_at_once(
    app: Flask, hook: tuple[Program, dict[str, Any]], receiver: Receiver
) -> None:
    """410 Gone ends it, as Standard Webhooks says."""
    receiver.answer = sending.GONE
    Desk(app).comes_as("person-01").fills().signs()
    office_of(app).runner.run_due()

    assert not hook[0].gets("/webhooks")["items"][0]["is_active"]


def test_an_address_within_is_refused_and_anothers_webhook_is_nobodys(
    app: Flask, hook: tuple[Program, dict[str, Any]]
) -> None:
    caller, webhook = hook
    inner = caller.ask("POST", "/webhooks", json={**HOOK, "url": "https://inner.example.cn/"})
    assert (inner.status_code, inner.json["code"]) == (422, "E_WEBHOOK_INNER")
    for _ in range(4):
        assert caller.ask("POST", "/webhooks", json=HOOK).status_code == 201
    full = caller.ask("POST", "/webhooks", json=HOOK)
    assert (full.status_code, full.json["code"]) == (409, "E_WEBHOOKS_TOO_MANY")

    other = program.of_enterprise(app, uscc=OTHER_COMPANY.uscc)
    for method, path in (("GET", "deliveries"), ("POST", "replay")):
        answer = other.ask(method, f"/webhooks/{webhook['id']}/{path}")
        assert answer.status_code == 404
    assert other.ask("DELETE", f"/webhooks/{webhook['id']}").status_code == 404
    assert len(caller.ask("DELETE", f"/webhooks/{webhook['id']}").json["items"]) == 4


def test_a_program_that_was_revoked_is_told_nothing(
    app: Flask, hook: tuple[Program, dict[str, Any]], receiver: Receiver
) -> None:
    """Also not of what was written while it still might know."""
    from casework.programs import clients
    from engine.actors import SYSTEM

    office = office_of(app)
    Desk(app).comes_as("person-01").fills().signs()
    clients.revoke(office, hook[0].id, SYSTEM)
    office.runner.run_due()

    assert receiver.taken == []
    office.clock.turn(days=31)  # type: ignore[attr-defined]  # the test's clock
    assert wiring.sweep(office)["messages_over"] == 1


def test_whoever_moves_a_case_tells_who_listens() -> None:
    """One place moves cases: nobody in the trade goes past it."""
    trade = Path(__file__).parents[3] / "casework"
    past = [
        str(path.relative_to(trade))
        for path in sorted(trade.rglob("*.py"))
        if path.name != "moves.py"
        for text in [path.read_text("utf-8")]
        if "applications.move(" in text or ("applications.reopen(" in text and "told(" not in text)
    ]

    assert past == []
