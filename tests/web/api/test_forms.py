"""A program fills in a form: same checks, same refusals as on the page, each at its place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from registry.enterprises.enterprises import Enterprise
from storage.database import writing
from tests.web.api import program
from tests.web.api.program import Program, office_of
from tests.web.desk import COMPANY, OTHER_COMPANY, Desk, pdf
from tests.web.furnished import app, clock, prepared

__all__ = ["app", "clock", "prepared"]
NO = "S2269900777"
FILLED = {
    "cancel_reason": "UNREACHABLE",
    "explanation": "本人三月离职，多次联系未果",
    "applicant_opinion": True,
}


@pytest.fixture
def caller(app: Flask) -> Program:
    """Give the program of an enterprise with one registered person."""
    program.registered(app, "person-01", NO)
    return program.of_enterprise(app)


def _begins(caller: Program) -> str:
    """Ask to cancel the registration; give the address of the task with the form."""
    task = caller.ask("POST", "/cancellations", json={"registration_no": NO})
    assert (task.status_code, task.json["node"]) == (201, "fill_form")
    return f"/tasks/{task.json['id']}"


def _seen(caller: Program, address: str) -> dict[str, str]:
    return {"If-Match": caller.ask("GET", f"{address}/form").headers["ETag"]}


def _attaches(
    caller: Program, address: str, content: bytes, name: str = "通知.pdf", **headers: str
) -> TestResponse:
    data = {"file": (io.BytesIO(content), name)}
    return caller.ask("POST", f"{address}/form/files/cancel_proof", data=data, headers=headers)


def _told(answer: TestResponse) -> dict[str, str]:
    """Give which code is told at which place."""
    return {fault["field"]: fault["code"] for fault in answer.json["errors"]}


def test_a_program_fills_attaches_files_and_seals(app: Flask, caller: Program) -> None:
    """From the registration to the agency, without a page; the seal needs its PIN."""
    address = _begins(caller)
    assert _begins(caller) == address  # the request that is open
    form = caller.gets(f"{address}/form")
    assert (form["takes"], form["is_personal"]) == ("FilledForm", False)
    assert form["form"]["schema"]["properties"]["cancel_reason"]["title"] == "注销原因"
    assert form["form"]["values"]["registration_no"] == NO

    proof = pdf()
    first = _attaches(caller, address, proof, **{"Idempotency-Key": "once"})
    again = _attaches(caller, address, proof, **{"Idempotency-Key": "once"})
    assert first.status_code == 201, first.text
    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
    assert _attaches(caller, address, pdf(2), **{"Idempotency-Key": "once"}).status_code == 422
    [file] = caller.gets(f"{address}/form")["form"]["files"]
    assert file["id"] == first.json["id"]
    seen = {"If-Match": first.headers["ETag"]}
    values = {**FILLED, "cancel_proof": [file["id"]]}

    done = caller.ask("POST", f"{address}/complete", json={"values": values}, headers=seen)
    assert done.json["status"] == "READY_TO_SIGN", done.text
    case = done.json["application_id"]
    [task] = caller.gets("/tasks")["items"]
    assert caller.gets(f"/tasks/{task['id']}/form")["takes"] == "Seal"
    address = f"/tasks/{task['id']}"
    seen = _seen(caller, address)
    wrong = caller.ask("POST", f"{address}/complete", json={"pin": "000000"}, headers=seen)
    assert wrong.json["code"] == "E_PIN_WRONG"
    pin = {"pin": str(COMPANY.pin)}
    assert caller.ask("POST", f"{address}/complete", json=pin, headers=seen).status_code == 200

    assert caller.gets(f"/applications/{case}/status")["status"] not in ("DRAFT", "READY_TO_SIGN")
    acceptor = Desk(app).comes_as("shouli")
    acceptor.open(acceptor.task())
    assert "本人三月离职，多次联系未果" in acceptor.text


def test_each_fault_is_told_at_its_place_and_nothing_typed_is_lost(
    app: Flask, caller: Program
) -> None:
    """R34, R35: every rule at once, by the codes of the page."""
    address = _begins(caller)

    def send(values: dict[str, Any], **headers: str) -> TestResponse:
        return caller.ask(
            "POST",
            f"{address}/complete",
            json={"values": values},
            headers=_seen(caller, address) | headers,
        )

    short = send({"explanation": "短"})
    assert (short.status_code, short.json["code"]) == (409, "E_FORM")
    assert _told(short) == {
        "values/cancel_reason": "E_REQUIRED",
        "values/explanation": "E_TOO_SHORT",
        "values/cancel_proof": "E_REQUIRED",
        "values/applicant_opinion": "E_NOT_CONFIRMED",
    }
    assert caller.gets(f"{address}/form")["form"]["values"]["explanation"] == "短"
    odd = send({"nothing": "x", "explanation": ["x"], "applicant_opinion": "true"})
    assert (odd.status_code, odd.json["code"]) == (409, "E_API_FIELDS")
    assert set(_told(odd)) == {
        "values/nothing",
        "values/explanation",
        "values/applicant_opinion",
    }
    forged = send({**FILLED, "registration_no": "S2269900778"})
    assert forged.json["code"] == "E_FIELD_READ_ONLY"
    strange = send({**FILLED, "cancel_proof": ["0" * 32]})
    assert strange.status_code == 409
    assert "values/cancel_proof" in _told(strange)
    proof = {"cancel_proof": [_attaches(caller, address, pdf()).json["id"]]}
    stale = send({**FILLED, **proof}, **{"If-Match": f'"{"0" * 32}"'})
    assert (stale.status_code, stale.json["code"]) == (412, "E_CHANGED_MEANWHILE")
    assert send({"cancel_reason": "x" * 20_000}).status_code == 409


def test_a_file_is_judged_by_its_content(caller: Program) -> None:
    """R33: as on the page; one file, for a field that takes files."""
    address = _begins(caller)

    assert _attaches(caller, address, b"MZ" * 200, "通知.pdf").json["code"] == "E_FILE_TYPE"
    assert _attaches(caller, address, b"").status_code >= 400
    for field in ("explanation", "nothing"):
        answer = caller.ask(
            "POST", f"{address}/form/files/{field}", data={"file": (io.BytesIO(pdf()), "a.pdf")}
        )
        assert answer.status_code == 404
    none = caller.ask("POST", f"{address}/form/files/cancel_proof", data={"file": "text"})
    assert (none.status_code, none.json["code"]) == (422, "E_API_FILE")
    assert caller.gets(f"{address}/form")["form"]["files"] == []


def test_two_windows_on_one_draft(app: Flask, caller: Program) -> None:
    """What a clerk has kept on his page is not overwritten by a program that did not read it."""
    address = _begins(caller)
    read = caller.gets(f"{address}/form")
    case, draft = read["task"]["application"]["id"], read["form"]["draft"]
    clerk = Desk(app).comes_as("enterprise")
    clerk.open(f"/enterprise/requests/{case}/form")
    clerk.post(
        f"/enterprise/requests/{case}/form",
        {"action": "draft", "revision": "0", "explanation": "经办人在页面上填写的内容"},
    )

    def keep(seen: str) -> TestResponse:
        sent = {"values": {"explanation": "程序填写的内容"}, "draft": seen}
        return caller.ask("POST", f"{address}/form/draft", json=sent)

    assert (keep(draft).status_code, keep(draft).json["code"]) == (409, "E_STALE_DRAFT")
    read = caller.gets(f"{address}/form")["form"]
    assert read["values"]["explanation"] == "经办人在页面上填写的内容"
    kept = keep(read["draft"])
    assert kept.status_code == 200

    assert keep(kept.json["draft"]).status_code == 200
    clerk.open(f"/enterprise/requests/{case}/form")
    assert "程序填写的内容" in clerk.page.text


def test_a_form_is_nobody_elses(app: Flask, caller: Program) -> None:
    """A person's form is no program's, nor another enterprise's; a viewer fills in none."""
    address = _begins(caller)
    others = program.of_enterprise(app, uscc=OTHER_COMPANY.uscc)
    me = Desk(app).comes_as("person-02").starts()
    with office_of(app).sessions() as session:
        own = program.task_of(session, me.application)

    for path in (f"{address}/form", f"/tasks/{own}/form"):
        assert others.ask("GET", path).status_code == 404
    assert caller.ask("GET", f"/tasks/{own}/form").status_code == 404
    assert others.ask("POST", f"{address}/form/draft", json={"values": {}}).status_code == 404
    assert others.ask("POST", "/cancellations", json={"registration_no": NO}).status_code == 404
    reader = program.of_enterprise(app, "tasks:read")
    assert reader.ask("POST", f"{address}/form/draft", json={"values": {}}).status_code == 403
    program.limits(app, COMPANY.uscc, "VIEWER")
    answer = caller.ask("POST", f"{address}/form/draft", json={"values": {}})
    assert (answer.status_code, answer.json["code"]) == (403, "E_NOT_YOUR_DUTY")


def test_what_needs_a_look_is_overridden_with_a_reason(app: Flask) -> None:
    """The program reads what the machine has checked, and writes down what its officer found."""
    case = Desk(app).comes_as("person-01").fills().signs().application
    Desk(app).comes_as("enterprise").seals(case)
    with writing(office_of(app).sessions) as session:
        session.get_one(Enterprise, COMPANY.uscc).name = "上海示例结构设计集团"
    reviewer = program.of_officer(app, "shencha")
    [task] = reviewer.gets("/tasks")["items"]
    address = f"/tasks/{task['id']}"
    checks = reviewer.gets(f"{address}/form")["checks"]
    assert [check["title"] for check in checks if check["needs_override"]] == ["聘用企业"]

    def send(**more: str) -> TestResponse:
        sent = {"outcome": "approve", "opinion": "材料齐全，同意", **more}
        headers = _seen(reviewer, address)
        return reviewer.ask("POST", f"{address}/complete", json=sent, headers=headers)

    for refused in (send(), send(override="无")):
        assert refused.json["code"] == "E_OVERRIDE_REQUIRED"
        assert _told(refused) == {"override": "E_OVERRIDE_REQUIRED"}
    assert send(override="已电话核实，企业正在办理变更登记").status_code == 200

    approver = Desk(app).comes_as("jueding")
    approver.open(approver.task())
    assert "对自动核对事项的核实：已电话核实，企业正在办理变更登记" in approver.text


def test_items_to_correct_are_told_and_answered(app: Flask, caller: Program) -> None:
    """I18: a program reads what the agency marked, and answers each item as on the page."""
    address = _begins(caller)
    proof = [_attaches(caller, address, pdf()).json["id"]]
    values = {**FILLED, "cancel_proof": proof}
    assert _does(caller, address, {"values": values}).status_code == 200
    sealing = f"/tasks/{caller.gets('/tasks')['items'][0]['id']}"
    assert _does(caller, sealing, {"pin": str(COMPANY.pin)}).status_code == 200
    marks = {"mark:cancel_proof": "通知书缺少盖章页"}
    Desk(app).comes_as("shouli").does("formal_check", outcome="correct", reasons="", **marks)
    [task] = caller.gets("/tasks")["items"]
    address = f"/tasks/{task['id']}"
    [item] = caller.gets(f"{address}/form")["form"]["corrections"]
    assert (item["field"], item["answer"]) == ("cancel_proof", "")
    assert item["text"].endswith("：通知书缺少盖章页")

    same = _does(caller, address, {"values": values})
    assert (same.status_code, _told(same)) == (409, {"answers/0": "E_CORRECTION_UNANSWERED"})

    done = _does(caller, address, {"values": values, "answers": ["盖章页在第二页"]})
    assert done.status_code == 200, done.text


def _does(caller: Program, address: str, sent: dict[str, Any]) -> TestResponse:
    return caller.ask("POST", f"{address}/complete", json=sent, headers=_seen(caller, address))
