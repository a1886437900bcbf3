"""The agency's inboxes, and what its steps lead to, through the front door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.office import Office
from registry.identifiers import IdType
from registry.people import persons
from registry.trail.audit import AuditEvent
from tests import papers
from tests.web.applicant.test_application_form import FROM_ELSEWHERE
from tests.web.desk import Desk, pdf
from web.demo.portrait import draw

Sits = Callable[[str], Desk]


@pytest.fixture
def typed_in(me: Desk, desk: Sits) -> Desk:
    """Give an applicant whose sealed application was typed in, so that officers check it."""
    me.starts().saves(
        **FROM_ELSEWHERE, photo=("我.jpg", draw(1)), qualification_scans=("证书.pdf", pdf())
    )
    me.signs()
    desk("enterprise").seals(me.application)
    return me


@pytest.fixture
def in_review(me: Desk, desk: Sits) -> Desk:
    """Give an applicant whose application was accepted by itself."""
    me.fills().signs()
    desk("enterprise").seals(me.application)
    return me


@pytest.mark.proves("J7")
def test_the_inbox_of_each_role(typed_in: Desk, desk: Sits) -> None:
    """I12: each officer sees the tasks of the own role with their deadline, nobody else's."""
    acceptor, reviewer = desk("shouli"), desk("shencha")
    acceptor.open("/agency/inbox")
    reviewer.open("/agency/inbox")

    assert "受理（1）" in acceptor.text
    assert "陶示例" in acceptor.text
    assert "二级注册结构工程师初始注册" in acceptor.text
    assert "剩" in acceptor.text
    assert "没有待办事项" in reviewer.text
    assert reviewer.open(acceptor.task()).status_code == 404


def test_data_and_evidence_beside_each_other(typed_in: Desk, desk: Sits) -> None:
    """I12: the officer sees the signed PDF, the data and the scans that prove them."""
    officer = desk("shouli")
    officer.open(officer.task())

    assert officer.soup().select_one("iframe.paper__sheet")
    assert "JS-2026-0001" in officer.text
    scan = officer.soup().select_one('.card a[href^="/files/attachments/"]')
    assert scan is not None
    assert officer.client.get(str(scan["href"])).data.startswith(b"%PDF-")


def test_the_number_of_another_person_is_seen_and_not_accepted(
    typed_in: Desk, desk: Sits, office: Office
) -> None:
    """R32, I12: the officer is warned above the evidence, and accepting says why it cannot be."""
    with office.sessions() as session:
        other = persons.by_identity(session, IdType.RESIDENT_ID, world.CITIZENS[1].id_no)
    assert other is not None
    papers.paper(office, other.id, 资格证书编号="js-2026-0001")
    officer = desk("shouli")
    officer.open(officer.task())
    assert f"资格证书编号“JS-2026-0001”已登记在{other.name}名下" in officer.text

    answer = officer.send(officer.task(), {"action": "formal_check", "outcome": "accept"})

    assert answer.status_code == 422
    assert "不能准予许可，请核对双方的资格证书" in officer.text
    typed_in.open(typed_in.base)
    assert "待受理" in typed_in.text


@pytest.mark.proves("J7")
def test_claiming_is_seen_by_colleagues(typed_in: Desk, desk: Sits) -> None:
    """I12: a claimed task says by whom it is done."""
    officer = desk("shouli").does("claim")
    assert "由您办理" in officer.text

    officer.open("/agency/inbox")

    assert "我已领取" in officer.text


def test_a_claimed_task_is_given_back(in_review: Desk, desk: Sits) -> None:
    """I12: colleagues read who holds a task and wait; given back, it is anybody's again."""
    holder, colleague = desk("shencha").does("claim"), desk("shenjue")
    task = holder.task()
    colleague.open("/agency/inbox?role=reviewer")
    assert "戚审查已领取" in colleague.text
    colleague.open(task)
    assert "该事项已由戚审查领取" in colleague.text
    assert colleague.soup().select_one('button[value="release"]') is None
    assert colleague.send(task, {"action": "release"}).status_code == 422
    assert "正由其他工作人员办理" in colleague.text

    holder.open(task)
    button = holder.soup().select_one('button[value="release"]')
    assert button is not None
    assert "退回（释放）" in button.text
    holder.send(task, {"action": "release"}, follow=True)
    assert "已退回待办事项" in holder.text

    colleague.open("/agency/inbox?role=reviewer")
    assert "未领取" in colleague.text
    colleague.send(task, {"action": "claim"}, follow=True)
    assert "由您办理" in colleague.text
    assert holder.send(task, {"action": "release"}).status_code == 422


def test_nothing_chosen_and_unknown_actions(typed_in: Desk, desk: Sits) -> None:
    """An outcome must be chosen; an invented action does nothing."""
    officer = desk("shouli")
    task = officer.task()

    assert officer.send(task, {"action": "formal_check"}).status_code == 422
    assert "请选择处理结果" in officer.text
    assert officer.send(task, {"action": "burn", "outcome": "accept"}).status_code == 422
    assert officer.send(task, {"action": "formal_check", "outcome": "burn"}).status_code == 422
    assert officer.send(task, {"action": "decide", "outcome": "approve"}).status_code == 422


def test_a_correction_lists_everything(typed_in: Desk, desk: Sits) -> None:
    """I18: the list is required and kept; the applicant reads every item above the form."""
    officer = desk("shouli")
    answer = officer.send(
        officer.task(), {"action": "formal_check", "outcome": "correct", "reasons": "缺页"}
    )
    assert answer.status_code == 422
    assert "缺页" in officer.page.text

    officer.does(
        "formal_check", outcome="correct", reasons="资格证书扫描件缺盖章页\n联系电话无人接听"
    )
    assert "受理意见已提交" in officer.text

    typed_in.open(typed_in.base)
    assert "请按要求补正申请表" in typed_in.text
    told = steps_of(typed_in)
    assert (
        "第 2 轮办理。上一轮“受理审查”（市住建委（受理））的结果是“补正”。现在又由申请人办理。"
        in told
    )
    assert "现在： 补正申请表 （申请人，" in told
    assert "接下来： 预览申请表并获取验证码 （申请人）" in told
    typed_in.open(f"{typed_in.base}/form")
    for item in ("资格证书扫描件缺盖章页", "联系电话无人接听"):
        assert item in typed_in.text

    typed_in.saves(
        **FROM_ELSEWHERE,
        enterprise_phone="021-00000002",
        photo=("我.jpg", draw(1)),
        qualification_scans=("盖章页.pdf", pdf()),
    )
    typed_in.open(typed_in.base)
    for words in ("待个人签名", "需要补正的内容", "联系电话无人接听"):
        assert words in typed_in.text
    told = steps_of(typed_in)
    assert "现在又由申请人办理" not in told
    assert "补正申请表 申请人 已完成 预览申请表并获取验证码 申请人 正在办理" in told


def steps_of(applicant: Desk) -> str:
    """Read the steps in words of the page that is open."""
    outline = applicant.soup().select_one(".outline")
    assert outline is not None
    return " ".join(outline.get_text(" ").split())


def test_refusing_to_accept_tells_why(typed_in: Desk, desk: Sits) -> None:
    """I12: a refusal has reasons, which the applicant reads with the written decision."""
    desk("shouli").does("formal_check", outcome="refuse", reasons="申请事项不属于本机关职权")

    typed_in.open(typed_in.base)

    assert "不予受理" in typed_in.text
    assert "申请事项不属于本机关职权" in typed_in.text
    assert (
        "自收到本决定书之日起六十日内向上海市人民政府或者住房和城乡建设部申请行政复议"
        in typed_in.text
    )
    assert "六个月内依法向人民法院提起行政诉讼" in typed_in.text
    assert "不予受理决定书" in typed_in.text


@pytest.mark.proves("F:sessions-6")
def test_four_eyes_on_screen(in_review: Desk, desk: Sits, app: Flask) -> None:
    """I12: whoever reviewed cannot decide, even with both roles, and reads so before he types."""
    from registry.people import officers
    from storage.database import writing

    with writing(app.extensions["zhuce_office"].sessions) as session:
        officer = officers.by_login(session, "shencha")
        assert officer is not None
        officer.roles = [officers.OfficerRole.REVIEWER, officers.OfficerRole.APPROVER]
    both = desk("shencha").does("review", outcome="approve")
    both.open("/agency/inbox?role=approver")
    link = both.soup().select_one('a[href^="/agency/tasks/"]')
    assert link is not None
    both.open(str(link["href"]))
    assert "须由另一人办理" in both.text
    assert not both.soup().select("main form[action^='/agency/tasks/'] button[value=decide]")
    assert not both.soup().select("button[value=claim]")
    assert refused(app) == []  # looking is no attempt

    answer = both.send(str(link["href"]), {"action": "decide", "outcome": "approve"})

    assert answer.status_code == 422
    assert "须由另一人办理" in both.text
    assert refused(app) == ["refused.E_FOUR_EYES"]


def refused(app: Flask) -> list[str]:
    with app.extensions["zhuce_office"].sessions() as session:
        rows = select(AuditEvent.action).where(AuditEvent.action == "refused.E_FOUR_EYES")
        return list(session.scalars(rows))


def test_rejecting_needs_reasons_and_tells_remedies(in_review: Desk, desk: Sits) -> None:
    """I12: reasons on the decision; the applicant reads them and how to contest."""
    desk("shencha").does("review", outcome="reject", opinion="继续教育证明与系统记录不符")
    approver = desk("jueding")
    answer = approver.send(approver.task(), {"action": "decide", "outcome": "reject"})
    assert answer.status_code == 422
    assert "继续教育证明与系统记录不符" in approver.text
    assert "审查：建议不予许可" in approver.text

    approver.does("decide", outcome="reject", reasons="继续教育证明与系统记录不符")

    in_review.open(in_review.base)
    assert "不予许可" in in_review.text
    assert "继续教育证明与系统记录不符" in in_review.text
    assert "查看行政许可决定书" in in_review.text


def test_extending_once(in_review: Desk, desk: Sits) -> None:
    """I12: the time may be extended once, with a reason that the applicant is told."""
    desk("shencha").does("review", outcome="approve")
    approver = desk("jueding")
    task = approver.task()
    answer = approver.send(task, {"action": "extend", "extension_reason": ""})
    assert answer.status_code == 422

    approver.send(
        task, {"action": "extend", "extension_reason": "需向发证机关函询核实"}, follow=True
    )

    assert "办理期限已延长" in approver.text
    assert "批准延长" not in approver.text
    in_review.open(in_review.base)
    assert "延长" in in_review.text


def test_others_have_no_business_here(me: Desk, desk: Sits) -> None:
    """R8: applicants and enterprises do not see the agency's pages."""
    assert me.open("/agency/inbox").status_code == 403
    assert desk("enterprise").open("/agency/inbox").status_code == 403


@pytest.mark.proves("F:crossed-2")
def test_an_approver_sees_who_holds_what_and_takes_it_back(in_review: Desk, desk: Sits) -> None:
    """With the reason told, asked for once more before it happens; others see no such page."""
    reviewer, approver = desk("shencha").does("claim"), desk("jueding")
    held = reviewer.task().replace("/tasks/", "/held/")
    approver.open("/agency/held")
    assert "陶示例" in approver.text
    approver.open(held)
    assert "确认收回" in approver.text

    empty = approver.send(held, {"reason": ""})
    approver.send(held, {"reason": "领取人请假，期限将届满"}, follow=True)

    assert empty.status_code == 422
    assert "已收回" in approver.text
    assert approver.open(held).status_code == 404
    reviewer.open("/notices")
    assert "领取人请假，期限将届满" in reviewer.text
    assert reviewer.open("/agency/held").status_code == 403
