"""What the days bring, as enterprises see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from casework.office import Office
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from storage.database import writing
from tests.web.agency.test_proposals import registration
from tests.web.desk import COMPANY, Desk

__all__ = ["registration"]


def test_an_enterprise_whose_name_changed_sees_what_to_do(
    desk: Callable[[str], Desk], office: Office, registration: Registration
) -> None:
    """R111, C.7: while certificates bear another name, its pages lead to 企业名称变更."""
    clerk = desk("enterprise")
    for page in ("/enterprise/inbox", "/enterprise/confirmed"):
        clerk.open(page)
        assert "企业登记名称已变更" not in clerk.frame

    with writing(office.sessions) as session:
        current = registrations.get(session, registration.id)
        current.enterprise_name = "上海旧示例（虚构01）有限公司"

    for page in ("/enterprise/inbox", "/enterprise/confirmed"):
        clerk.open(page)
        assert f"企业登记名称已变更为“{COMPANY.name}”" in clerk.frame
        assert clerk.soup().select_one('aside a[href="/enterprise/rename"]')


def test_an_approver_enters_the_holidays_of_a_year(
    desk: Callable[[str], Desk], office: Office
) -> None:
    """B.10, C.7: stretches of days, the source; slips are told beside their field, input kept."""
    approver = desk("jueding")
    good = {
        "year": "2027",
        "holidays": "2027-01-01 至 2027-01-03\n2027年2月5日~2027-02-12\n2027-04-05\n2027-06-09\n"
        "2027-09-15\n2027-10-01",
        "workdays": "2027-02-14",
        "source": "国务院办公厅通知（虚构）",
    }
    wrong = {"year": "27", "holidays": "元旦三天", "workdays": "2026-02-14", "source": ""}
    assert approver.send("/agency/holidays", wrong).status_code == 422
    assert "四位年份" in approver.text
    assert "“元旦三天”不是日期" in approver.text
    assert "写明依据" in approver.text
    assert "元旦三天" in approver.page.text
    for line, cause in {
        "2027-10-07 至 2027-10-01": "结束日期早于开始日期",
        "2027-10-01 至 2028-10-07": "超过40天",
        "2027-10-01 至 2027-10-03 至 2027-10-07": "不是一段日期",
    }.items():
        approver.send("/agency/holidays", {**good, "holidays": line})
        assert f"“{line}”{'的' if '早于' in cause else ''}{cause}" in approver.text
    assert approver.send("/agency/holidays", {**good, "workdays": "2028-02-14"}).status_code == 422
    assert "前后各一个月" in approver.text
    assert approver.send("/agency/holidays", {**good, "holidays": ""}).status_code == 422

    approver.send("/agency/holidays", good)
    assert "2027年2月8日（周一） 上班 休息" in approver.text
    assert 2027 not in office.calendar.years

    approver.send("/agency/holidays", {**good, "action": "confirm"}, follow=True)

    assert "已录入" in approver.text
    assert "15 天" in approver.text
    assert 2027 in office.calendar.years
    assert not office.calendar.is_workday(date(2027, 2, 8))
    assert office.calendar.is_workday(date(2027, 2, 14))
    assert desk("shencha").open("/agency/holidays").status_code == 403
