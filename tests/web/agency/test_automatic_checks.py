"""What the machine has checked is shown with its source, and overridden with a reason."""

from __future__ import annotations

from collections.abc import Callable

from casework.office import Office
from registry.enterprises.enterprises import Enterprise
from storage.database import writing
from tests.web.agency.test_tasks import typed_in as typed_in
from tests.web.desk import COMPANY, Desk

Sits = Callable[[str], Desk]


def test_a_check_that_needs_a_look_is_overridden_with_a_reason(
    typed_in: Desk, desk: Sits, office: Office
) -> None:
    """The register says otherwise: accepted only by who writes down what he found."""
    officer = desk("shouli")
    officer.open(officer.task())
    for words in ("自动核对", "来源：企业登记系统", "来源：数字证书吊销名单", "通过"):
        assert words in officer.text
    assert officer.soup().select_one("#override") is None
    with writing(office.sessions) as session:
        session.get_one(Enterprise, COMPANY.uscc).name = "上海示例结构设计集团"
    task = officer.task()
    officer.open(task)
    assert "企业登记的名称为“上海示例结构设计集团”" in officer.text
    accept = {"action": "formal_check", "outcome": "accept"}

    assert officer.send(task, accept).status_code == 422
    assert "请写明核实情况" in officer.text
    assert officer.send(task, {**accept, "override": "无"}).status_code == 422
    officer.send(task, {**accept, "override": "已电话核实，企业正在办理变更登记"})

    assert officer.page.status_code == 303
    reviewer = desk("shencha")
    reviewer.open(reviewer.task())
    assert "对自动核对事项的核实：已电话核实，企业正在办理变更登记" in reviewer.text


def test_what_comes_after_the_acceptance_is_examined_at_the_review(
    typed_in: Desk, desk: Sits, office: Office
) -> None:
    """What was examined is not asked for twice; what came since is, and stands on record."""
    desk("shouli").does("formal_check", outcome="accept")
    reviewer = desk("shencha")
    task = reviewer.task()
    reviewer.open(task)
    assert reviewer.soup().select_one("#override") is None
    with writing(office.sessions) as session:
        session.get_one(Enterprise, COMPANY.uscc).name = "上海示例结构设计集团"
    reviewer.open(task)
    assert reviewer.soup().select_one("#override") is not None
    approve = {"action": "review", "outcome": "approve", "opinion": "材料齐全，同意"}

    assert reviewer.send(task, approve).status_code == 422
    assert "E_OVERRIDE_REQUIRED" in reviewer.text
    assert "材料齐全，同意" in reviewer.page.text
    reviewer.send(task, {**approve, "override": "已电话核实，企业正在办理变更登记"})

    assert reviewer.page.status_code == 303
    approver = desk("jueding")
    approver.open(approver.task())
    assert "材料齐全，同意" in approver.text
    assert "已电话核实，企业正在办理变更登记（聘用企业）" in approver.text
