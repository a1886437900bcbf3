"""What cannot be undone is asked once more; corrections mark the field and are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from registry.applications.decisions import Decision
from registry.applications.documents import Document
from tests.web.agency.test_tasks import in_review as in_review
from tests.web.agency.test_tasks import typed_in as typed_in
from tests.web.applicant.test_application_form import FROM_ELSEWHERE
from tests.web.desk import Desk, pdf
from web.demo.portrait import draw

Sits = Callable[[str], Desk]


def _decided(app: Flask, step: str) -> list[str]:
    with app.extensions["zhuce_office"].sessions() as session:
        return list(session.scalars(select(Decision.outcome).where(Decision.step == step)))


def test_a_decision_is_previewed_and_confirmed(in_review: Desk, desk: Sits, app: Flask) -> None:
    """Law 38: it warns against the reviewer, shows the letter, and does nothing before the yes."""
    desk("shencha").does("review", outcome="approve", opinion="材料齐全")
    approver = desk("jueding")
    task = approver.task()
    reject = {"action": "decide", "outcome": "reject", "reasons": "继续教育证明与系统记录不符"}

    # 1. What would be refused is refused at once, as before.
    assert approver.send(task, {**reject, "reasons": ""}).status_code == 422
    assert "请写明理由" in approver.text

    # 2. The page asks: the outcome, its reasons, and that the reviewer said otherwise.
    assert approver.send(task, reject, confirms=False).status_code == 200
    for words in ("请核对后确认：不予许可", "戚审查的意见为“建议准予许可”", "不能撤回"):
        assert words in approver.text
    assert "继续教育证明与系统记录不符" in approver.text
    assert _decided(app, "decide") == []

    # 3. The letter as it would go out: of nobody's number, kept nowhere.
    letter = approver.send(task, {**reject, "confirmed": "letter"})
    assert letter.mimetype == "application/pdf"
    assert letter.data.startswith(b"%PDF-")
    with app.extensions["zhuce_office"].sessions() as session:
        assert "decision" not in set(session.scalars(select(Document.kind)))

    # 4. Back: what was typed stands. Yes: it is decided, once however often it is pressed.
    approver.send(task, {**reject, "confirmed": "back"})
    assert "继续教育证明与系统记录不符" in approver.page.text
    assert _decided(app, "decide") == []
    for _ in range(2):
        approver.send(task, {**reject, "confirmed": "yes"})
        assert approver.page.status_code == 303
    assert _decided(app, "decide") == ["reject"]


def test_an_opinion_outlives_the_session_and_a_changed_case(
    in_review: Desk, desk: Sits, app: Flask
) -> None:
    """What an officer typed comes back after the sign-in, and beside a version that is refused."""
    reviewer, words = desk("shencha"), "继续教育证明与系统记录不符"
    task = reviewer.task()
    reviewer.open(task)
    fields = {"action": "review", "outcome": "reject", "opinion": words}
    old = {"csrf_token": reviewer.token(), **reviewer.seen(task), **fields}
    answer = reviewer.send(task, {**fields, "seen": "0" * 32})
    assert answer.status_code == 422
    assert words in reviewer.page.text

    app.extensions["zhuce_office"].clock.turn(hours=1)
    reviewer.page = reviewer.client.post(task, data=old)
    assert reviewer.page.status_code == 303
    asked = reviewer.open(reviewer.page.location).location
    reviewer.open(asked)
    reviewer.send(asked, {"subject": "shencha"}, follow=True)

    assert "您填写的内容已保留" in reviewer.text
    assert words in reviewer.page.text


def test_extending_is_asked_once_more(in_review: Desk, desk: Sits, app: Flask) -> None:
    """Law 42: an extension is told to the applicant and happens once."""
    desk("shencha").does("review", outcome="approve")
    approver = desk("jueding")
    extend = {"action": "extend", "extension_reason": "需向发证机关函询核实"}

    approver.send(approver.task(), extend, confirms=False)

    assert "请核对后确认：延长期限" in approver.text
    assert "需向发证机关函询核实" in approver.text
    assert _decided(app, "extension") == []


@pytest.mark.proves("R43")
def test_a_mark_at_a_field_is_seen_there_and_answered(
    typed_in: Desk, desk: Sits, app: Flask
) -> None:
    """I18: marked where it is wrong, read where it is mended, and each item has its answer."""
    officer, me = desk("shouli"), typed_in
    task = officer.task()
    officer.open(task)
    assert officer.soup().select_one('input[name="mark:qualification_scans"][form=act]')
    marks = {"mark:qualification_scans": "缺少盖章页", "mark:enterprise_phone": " "}
    correct = {"action": "formal_check", "outcome": "correct", **marks}

    # 1. A mark belongs to a correction, and to a field of this form; what was typed stays.
    assert officer.send(task, {**correct, "outcome": "accept"}).status_code == 422
    assert "请选择“一次性告知补正”" in officer.text
    assert 'value="缺少盖章页"' in officer.page.text
    assert officer.send(task, {**correct, "mark:burn": "没有这一项"}).status_code == 422
    assert "不在本申请表中" in officer.text

    # 2. The list has the mark first; the page that asks once more shows the whole of it.
    officer.send(task, {**correct, "reasons": "联系电话无人接听"}, confirms=False)
    items = [item.get_text() for item in officer.soup().select("main ol li")]
    assert items[0].endswith("：缺少盖章页")
    assert items[1] == "联系电话无人接听"
    officer.send(task, {**correct, "reasons": "联系电话无人接听"})
    assert officer.page.status_code == 303

    # 3. The applicant reads it at the field, and answers; answers are kept beside a draft too.
    me.open(f"{me.base}/form")
    assert me.soup().select_one(".asked") is not None
    assert me.soup().select_one('a[href="#qualification_scans"]') is not None
    me.saves(action="draft", **{"answer-0": "字" * 501})
    assert "文字过长" in me.text
    me.saves(action="draft", **{"answer-0": "已补上盖章页", "answer-1": ""})
    me.open(f"{me.base}/form")
    box = me.soup().select_one("#answer-0")
    assert box is not None
    assert box.get_text().strip() == "已补上盖章页"
    me.saves(
        **FROM_ELSEWHERE,
        photo=("我.jpg", draw(1)),
        qualification_scans=("盖章页.pdf", pdf()),
        **{"answer-0": "已补上盖章页", "answer-1": "电话已更正"},
    )
    me.signs()
    desk("enterprise").seals(me.application)

    # 4. The officer reads each answer and whether the marked field was changed; no second list.
    officer.open(officer.task())
    for words in ("补正要求和申请人的说明", "说明：已补上盖章页", "已修改", "说明：电话已更正"):
        assert words in officer.text
    assert officer.soup().select_one("input[name^='mark:']") is None


def test_an_item_that_nobody_corrected_is_refused(typed_in: Desk, desk: Sits) -> None:
    """I18: each item needs an answer, or another value or file where it was marked."""
    officer, me = desk("shouli"), typed_in
    marks = {"mark:qualification_scans": "缺少盖章页"}
    officer.does("formal_check", outcome="correct", reasons="联系电话无人接听", **marks)

    # 1. Filed as it was: both items are told at their answers, and what was typed stays.
    assert me.saves(**as_it_is(me)).status_code == 422
    told = [link["href"] for link in me.soup().select(".govuk-error-summary a")]
    assert told == ["#answer-0", "#answer-1"]
    for words in ("第1项还没有补正", "第2项还没有补正", "也可以在此写明如何补正"):
        assert words in me.text

    # 2. One is answered, the other is not, by a file that is the marked one no more than before.
    answers = {"answer-0": " ", "answer-1": "电话已经接通"}
    assert me.saves(**as_it_is(me) | answers).status_code == 422
    assert "第1项还没有补正" in me.text
    assert "第2项还没有补正" not in me.text
    kept = me.soup().select_one("#answer-1")
    assert kept is not None
    assert kept.get_text().strip() == "电话已经接通"

    # 3. Another file at the marked field is its answer; words need not be added.
    me.saves(**as_it_is(me) | answers | {"qualification_scans": ("盖章页.pdf", pdf(2))})
    assert "保存成功" in me.text


def test_an_item_about_no_field_is_answered_by_any_change(typed_in: Desk, desk: Sits) -> None:
    """Nobody can tell which field it is about; a form filed as it was answers nothing."""
    desk("shouli").does("formal_check", outcome="correct", reasons="联系电话无人接听")
    assert typed_in.saves(**as_it_is(typed_in)).status_code == 422

    typed_in.saves(**as_it_is(typed_in) | {"enterprise_phone": "021-00000009"})

    assert "保存成功" in typed_in.text


def as_it_is(me: Desk) -> dict[str, Any]:
    """Give what the page of the form would post if nothing were touched, files included."""
    me.open(f"{me.base}/form")
    files = {str(kept["name"]): kept["value"] for kept in me.soup().select('input[name$=".id"]')}
    return {**FROM_ELSEWHERE, **files}


def test_an_answer_that_no_letter_can_hold_stops_no_draft(typed_in: Desk, desk: Sits) -> None:
    """Beside an answer with an emoji the form is kept on; it is told, and stays as it was typed."""
    desk("shouli").does("formal_check", outcome="correct", reasons="联系电话无人接听")
    me, emoji = typed_in, "已经接通🎉"

    def keeps(answer: str, phone: str) -> TestResponse:
        sent = {"answer-0": answer, "enterprise_phone": phone, "draft": draft}
        address = f"{me.base}/form/draft"
        return me.client.post(address, data={"csrf_token": me.token(), **sent})

    me.open(f"{me.base}/form")
    draft = _value(me, "draft")
    refused = keeps(emoji, "021-00000021")
    told = refused.json or {}
    assert (refused.status_code, "无法打印" in told["text"]) == (422, True)
    draft = told["draft"]  # with which the script of the page goes on
    assert keeps("已经接通", "021-00000022").status_code == 200
    me.open(f"{me.base}/form")
    assert _value(me, "enterprise_phone") == "021-00000022"

    me.saves(**as_it_is(me) | {"action": "draft", "answer-0": emoji})

    assert me.page.status_code == 422
    assert me.soup().select_one('.govuk-error-summary a[href="#answer-0"]') is not None
    box = me.soup().select_one("#answer-0")
    assert box is not None
    assert box.get_text().strip() == emoji


def _value(me: Desk, name: str) -> str:
    field = me.soup().select_one(f"input[name={name}]")
    assert field is not None
    return str(field["value"])
