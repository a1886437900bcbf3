"""What programs do at tasks: as on the pages, upon the version that was read, once for each key."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from registry.applications import decisions, documents
from registry.applications.documents import DocumentKind
from registry.clients import requests
from registry.clients.requests import ClientRequest, Sent
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.web.api import program
from tests.web.api.program import API, Program, office_of
from tests.web.desk import COMPANY, Desk
from tests.web.furnished import app, clock, prepared
from web.api import description
from web.process import wiring

__all__ = ["app", "clock", "prepared"]
PIN = str(COMPANY.pin)


@pytest.fixture
def case(app: Flask) -> str:
    """Give an application that waits for its enterprise."""
    return Desk(app).comes_as("person-01").fills().signs().application


def _task(caller: Program) -> tuple[str, dict[str, str], Any]:
    """Give the address of the first task, the header of its version, and its form."""
    [task] = caller.gets("/tasks")["items"]
    form = caller.ask("GET", f"/tasks/{task['id']}/form")
    return f"/tasks/{task['id']}", {"If-Match": form.headers["ETag"]}, form.json


def _code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_an_enterprise_agrees_and_seals_with_its_pin(app: Flask, case: str) -> None:
    """R52–R60: the form says what is taken; no PIN, no seal; a key that comes twice acts once."""
    caller = program.of_enterprise(app)
    address, seen, form = _task(caller)
    assert (form["takes"], form["is_personal"]) == ("Agreement", False)
    assert "陶示例" in str(form["content"])
    body = {"is_agreed": True, "pin": PIN}

    def send(json: Any = body, **headers: str) -> TestResponse:
        return caller.ask("POST", f"{address}/complete", json=json, headers=headers)

    assert _code(send()) == (428, "E_API_IF_MATCH")
    stale = {"If-Match": f'"{"0" * 32}"'}
    assert _code(send(**stale)) == (412, "E_CHANGED_MEANWHILE")
    assert _code(send({"pin": PIN}, **seen)) == (409, "E_API_COMPLETION")
    assert send({"is_agreed": True, "pin": "000000"}, **seen).json["code"] == "E_PIN_WRONG"
    done = send(**seen, **{"Idempotency-Key": "one"})
    assert done.json["status"] in ("UNDER_REVIEW", "ENTERPRISE_SEALED")
    again = send(**seen, **{"Idempotency-Key": "one"})

    assert (again.data, again.headers["Idempotency-Replayed"]) == (done.data, "true")
    other = send({"is_agreed": True}, **seen, **{"Idempotency-Key": "one"})
    assert _code(other) == (422, "E_API_KEY_USED")
    assert _code(send(**seen)) == (404, "E_NOT_FOUND")
    with office_of(app).sessions() as session:
        kept = documents.current(session, case, DocumentKind.APPLICATION)
        assert kept is not None
        signed = [signature.role for signature in documents.signatures(session, kept.id)]
        [row] = session.scalars(select(AuditEvent).where(AuditEvent.action == "seal.pin"))
    assert signed == ["applicant", "enterprise"]
    assert row.actor.startswith("operator:")
    assert f"client:{caller.id}" in row.origin


def test_a_program_seals_only_within_its_scope(app: Flask, case: str) -> None:
    """A scope that was not given is missing, also beside that of the route."""
    caller = program.of_enterprise(app, "tasks:read", "tasks:write")
    address, seen, _ = _task(caller)

    answer = caller.ask(
        "POST", f"{address}/complete", json={"is_agreed": True, "pin": PIN}, headers=seen
    )
    assert _code(answer) == (403, "E_API_SCOPE")

    agreed = caller.ask("POST", f"{address}/complete", json={"is_agreed": True}, headers=seen)
    assert agreed.status_code == 200
    address, seen, form = _task(caller)
    assert form["takes"] == "Seal"
    answer = caller.ask("POST", f"{address}/complete", json={"pin": PIN}, headers=seen)
    assert _code(answer) == (403, "E_API_SCOPE")


def test_an_enterprise_returns_with_a_reason(app: Flask, case: str) -> None:
    caller = program.of_enterprise(app)
    address, seen, _ = _task(caller)

    short = caller.ask("POST", f"{address}/return", json={"reason": "错"}, headers=seen)
    assert _code(short) == (409, "E_REASON_REQUIRED")
    reason = {"reason": "聘用单位的电话写错了"}
    done = caller.ask("POST", f"{address}/return", json=reason, headers=seen)

    assert done.json["status"] == "RETURNED"
    assert caller.gets("/tasks")["items"] == []


def test_an_officer_claims_releases_and_reviews_but_decides_himself(app: Flask, case: str) -> None:
    """Law 34: four eyes hold for programs too, and a decision is made on its page."""
    Desk(app).comes_as("enterprise").seals(case)
    reviewer, approver = program.of_officer(app, "shencha"), program.of_officer(app, "jueding")
    address, _, form = _task(reviewer)
    assert form["takes"] == "Review"

    assert reviewer.ask("POST", f"{address}/claim").json["claimed"] == "mine"
    assert _code(reviewer.ask("POST", f"{address}/return", json={"reason": "退回企业修改"})) == (
        403,
        "E_API_PARTY",
    )
    assert reviewer.ask("POST", f"{address}/release").json["claimed"] == "free"
    _, seen, _ = _task(reviewer)
    done = reviewer.ask(
        "POST",
        f"{address}/complete",
        json={"outcome": "approve", "opinion": "材料齐全，同意"},
        headers=seen,
    )
    assert done.status_code == 200
    with office_of(app).sessions() as session:
        [review] = decisions.of(session, case)
    assert (review.outcome, review.opinion) == ("approve", "材料齐全，同意")

    address, seen, form = _task(approver)
    assert (form["takes"], form["is_personal"]) == (None, True)
    answer = approver.ask("POST", f"{address}/complete", json={"outcome": "approve"}, headers=seen)
    assert _code(answer) == (403, "E_API_PERSONAL_ACT")


def test_a_key_is_busy_while_its_request_is_done_and_swept_in_time(app: Flask, case: str) -> None:
    """A second one at the same time waits; one whose process died may be tried again."""
    office = office_of(app)
    caller = program.of_enterprise(app)
    address, seen, _ = _task(caller)
    body = {"reason": "聘用单位的电话写错了"}
    path = f"{API}{address}/return"
    content = f"POST\n{path}\n{seen['If-Match']}\n".encode() + app.json.dumps(body).encode()
    with writing(office.sessions) as session:
        requests.begin(session, Sent.of(caller.id, "two", content), at=office.now())

    def send(key: str = "two") -> TestResponse:
        return caller.ask(
            "POST", f"{address}/return", json=body, headers={**seen, "Idempotency-Key": key}
        )

    assert _code(send()) == (409, "E_API_KEY_BUSY")
    assert _code(send("有中文".encode().decode("latin-1"))) == (400, "E_API_KEY")
    office.clock.turn(minutes=3)  # type: ignore[attr-defined]  # the test's clock
    assert send().status_code == 200
    office.clock.turn(days=2)  # type: ignore[attr-defined]  # the test's clock
    wiring.sweep(office)
    with office.sessions() as session:
        assert session.query(ClientRequest).count() == 0


def test_every_act_upon_a_case_names_its_version(app: Flask) -> None:
    """F:trust-2: what moves a case is refused without If-Match; taking a task moves none, and
    neither does what is kept of a form: another one's draft is guarded by `draft`.
    """
    acts = {
        known.name: known.is_upon_version
        for known in description.ROUTES
        if known.acts and "task" in known.path
    }

    taken = {"claim": False, "release": False}
    kept = {"keep_draft": False, "add_file": False}  # what is not filed yet
    assert acts == {**taken, **kept, "complete": True, "send_back": True}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"reason": 1}', b'{"reason": "x", "more": 1}', b"[" * 100_000],
)
def test_a_body_that_is_none_is_told(content: bytes, app: Flask, case: str) -> None:
    caller = program.of_enterprise(app)
    address, seen, _ = _task(caller)

    answer = caller.ask(
        "POST",
        f"{address}/return",
        data=content,
        headers=seen,
        content_type="application/json",
    )

    assert _code(answer) == (422, "E_API_BODY")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_kind_is_told(media: str | None, app: Flask, case: str) -> None:
    """RFC 9110, 15.5.16: what is sent as JSON says so; nothing is read of what does not."""
    caller = program.of_enterprise(app)
    address, seen, _ = _task(caller)
    body = {"data": b'{"reason": "\xe5\x90\x88\xe5\x90\x8c"}', "headers": seen}

    answer = caller.ask("POST", f"{address}/return", content_type=media, **body)

    assert _code(answer) == (415, "E_API_MEDIA")
    assert "application/json" in answer.json["detail"]
