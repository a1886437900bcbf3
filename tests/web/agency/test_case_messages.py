"""Messages between applicant and agency, and the opinions that the authority keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from registry.applications.case_messages import CaseMessage
from registry.authority.opinion_templates import OpinionTemplate
from tests.web.agency.test_tasks import in_review as in_review
from tests.web.desk import Desk

Sits = Callable[[str], Desk]


def test_both_sides_write_and_read_with_counts_and_notices(
    in_review: Desk, desk: Sits, app: Flask
) -> None:
    """The officer begins; each side is told, sees what is unread, and a second press is one."""
    me, officer = in_review, desk("shencha")
    address = f"/case-messages/{me.application}"

    # 1. Nothing is sent empty, and what is typed in vain stays.
    assert officer.send(address, {"text": "请"}).status_code == 422
    assert "2至500个字" in officer.text
    assert officer.send(address, {"text": "字" * 501}).status_code == 422
    assert "字" * 501 in officer.text

    # 2. The officer asks; the applicant reads a notice that leads to it.
    for _ in range(2):
        officer.send(address, {"text": "请说明继续教育的起止时间", "after": ""}, follow=True)
    assert "对方未读" in officer.text
    me.open(me.base)
    assert "留言（1 条未读）" in me.text
    me.open("/notices")
    assert "给您留言" in me.text
    assert "继续教育的起止时间" not in me.text
    link = me.soup().select_one('main table a[href^="/notices/"]')
    assert link is not None
    me.open(str(link["href"]), follow=True)
    assert "请说明继续教育的起止时间" in me.text
    assert "戚审查" not in me.text  # the authority speaks, not its officer

    # 3. He answers; the officer sees so in the list, with the case, and that his was read.
    me.send(address, {"text": "2025年3月至6月"}, follow=True)
    officer.open("/agency/inbox")
    assert "1条未读留言" in officer.text
    officer.open(officer.task())
    assert "留言（1 条未读）" in officer.text
    officer.open("/notices")
    assert "有申请人的新留言" in officer.text
    officer.open(address)
    assert "对方已读" in officer.text
    assert "2025年3月至6月" in officer.text
    me.open(me.base)
    assert "未读" not in me.text
    with app.extensions["zhuce_office"].sessions() as session:
        assert session.scalar(select(func.count()).select_from(CaseMessage)) == 2

    # 4. A message makes no page of an act out of date; after the end nobody writes, all may read.
    officer.does("review", outcome="approve")
    desk("jueding").does("decide", outcome="reject", reasons="继续教育证明与系统记录不符")
    assert me.send(address, {"text": "我有异议"}).status_code == 422
    assert "已经办结" in me.text
    assert "我有异议" in me.text


def test_messages_are_of_those_whose_case_it_is(in_review: Desk, desk: Sits) -> None:
    """R16: others do not find them, nor who only runs the service or has not been asked yet."""
    address = f"/case-messages/{in_review.application}"
    for who in ("person-02", "enterprise", "yunwei"):
        somebody = desk(who)
        assert somebody.open(address).status_code == 404
        assert somebody.send(address, {"text": "看看"}).status_code == 404
    early = desk("person-02").starts()
    early.send(f"/case-messages/{early.application}", {"text": "请问"})
    assert early.page.status_code == 422
    assert "提交市住建委以后" in early.text


def test_opinions_of_the_authority_are_kept_taken_and_dropped(
    in_review: Desk, desk: Sits, app: Flask
) -> None:
    """Approvers keep them; at the step they come below what is typed, no further."""
    approver, reviewer = desk("jueding"), desk("shencha")
    kept = {"step": "review", "title": "学时不足", "text": "继续教育学时不足，建议不予许可"}
    for field, wrong in (("step", "burn"), ("title", ""), ("title", "字" * 21), ("text", "短")):
        assert approver.send("/agency/templates", {**kept, field: wrong}).status_code == 422
    assert "学时不足" in approver.page.text
    approver.send("/agency/templates", kept, follow=True)
    assert "模板已保存" in approver.text

    task = reviewer.task()
    reviewer.open(task)
    chosen = reviewer.soup().select_one("#template option:not([value=''])")
    assert chosen is not None
    typed = {"action": "insert", "opinion": "经核对：", "outcome": "reject"}
    reviewer.send(task, {**typed, "template": str(chosen["value"])})
    box = reviewer.soup().select_one("#opinion")
    assert box is not None
    assert box.get_text().strip() == f"经核对：\n{kept['text']}"
    assert reviewer.soup().select_one("input[value=reject][checked]")
    assert reviewer.send(task, {**typed, "template": "0a1b"}).status_code == 200
    assert "请从列表中选择一个模板" in reviewer.text

    drop = f"/agency/templates/{chosen['value']}/drop"
    assert reviewer.send(drop).status_code == 403 or "无权" in reviewer.text
    approver.send(drop, follow=True)
    assert "模板已停用" in approver.text
    reviewer.open(task)
    assert reviewer.soup().select_one("#template") is None
    with app.extensions["zhuce_office"].sessions() as session:
        assert session.scalars(select(OpinionTemplate)).one().dropped_by is not None


@pytest.mark.parametrize("who", ["shencha", "person-01"])
def test_only_approvers_keep_opinions(desk: Sits, who: str) -> None:
    """R8: the list of templates is not for others."""
    assert desk(who).open("/agency/templates").status_code == 403
