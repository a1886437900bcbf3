"""The officer's desk on screen: what he marks, is asked once more, writes, and who answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from adapters import world
from casework.office import Office
from tests.browser.hands import Hand
from web.demo.people.engineer import Engineer

pytestmark = pytest.mark.browser
MARK = '[name="mark:qualification_scans"]'


def test_a_correction_from_the_mark_to_the_answer(
    somebody: Callable[..., Hand], office: Office
) -> None:
    """I18: each page fits on telephone and desk, is accessible, and leads on to the next."""
    citizen = world.CITIZENS[5]
    engineer = Engineer(office, citizen, world.COMPANIES[0], 360)
    case = engineer.starts("INITIAL")
    engineer.fills_from_elsewhere(case)
    engineer.signs(case)
    engineer.seals(case)

    officer = somebody(width=360, also=1280).comes_as("officer", "shouli")
    officer.goes("/agency/inbox").presses(citizen.name, exact=False).sees("受理意见")
    field = officer.page.locator("details.mark").filter(has=officer.page.locator(MARK))
    field.locator("summary").click()
    officer.page.locator(MARK).fill("缺少盖章页")
    officer.chooses("一次性告知补正").picture("mark")
    with officer.otherwise():  # on a desk the decision stays beside whatever it is taken on
        opinion = officer.page.get_by_role("heading", name="申请人员意见")
        opinion.scroll_into_view_if_needed()
        expect(officer.page.get_by_role("button", name="提交受理意见")).to_be_in_viewport()
        tabs = officer.page.get_by_label("在此处显示")
        tab = tabs.get_by_role("link", name="资格证书.pdf")
        expect(officer.page.locator("iframe[name=paper]")).to_have_count(1)
        expect(tab).to_have_attribute("target", "paper")
        with officer.page.expect_response("**/files/attachments/*") as shown:
            tab.click()
        assert shown.value.ok
    officer.presses("提交受理意见").sees("请核对后确认：补正").picture("confirm")
    officer.presses("确认提交").sees("办理成功")
    officer.goes(f"/case-messages/{case}").types(text="盖章页请用彩色扫描件")
    officer.presses("发送留言").sees("对方未读").picture("thread")
    officer.goes(f"/agency/cases/{case}").sees("办理步骤").picture("case")

    me = somebody(width=360, also=1280).comes_as("person", citizen.subject)
    me.goes("/applications").sees("1条未读留言").picture("mine")
    me.goes(f"/applications/{case}").sees("留言（1 条未读）").sees("接下来")
    me.page.get_by_text("查看流程图").click()
    me.page.wait_for_selector("[data-diagram][data-ready]")
    me.looks()
    me.picture("outline")
    me.goes(f"/applications/{case}/form").sees("需要补正").picture("marked-form")

    approver = somebody(width=360, also=1280).comes_as("officer", "jueding")
    approver.goes("/agency/templates").sees("新增模板").picture("templates")
    approver.goes("/agency/workload").sees("工作人员").picture("workload")
