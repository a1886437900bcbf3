"""What the days bring, as enterprises see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

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


#: The same days as notices and people write them.
WRITTEN = (
    "2027-01-01至2027-01-03\n2027-02-05至2027-02-12\n2027-04-05\n2027-06-09\n2027-09-15",
    "1月1日至3日\n2月5日至12日\n4月5日\n6月9日\n9月15日",
    (
        "元旦：1月1日（周五）至3日（周日）放假，共3天。2月5日（周五）至12日放假调休，共8天。\n清明节："
        "4月5日（星期一）放假，与周末连休。\n端午节：6月9日放假；中秋节：9月15日放假"
    ),
    "2027/1/1-2027/1/3、2027/2/5—2027/2/12、2027/4/5、2027/6/9、2027/9/15",
    "2027.1.1–1.3，2.5到2.12，4.5，6.9，9.15",
    "２０２７年１月１日～３日\n2月5日~2月12日\n4/5\n6/9\n9/15",
)


@pytest.mark.proves("F:calendar-1")
@pytest.mark.parametrize("written", WRITTEN)
def test_a_notice_is_read_as_it_is_written(desk: Callable[[str], Desk], written: str) -> None:
    """§calendar: typed afresh or pasted from the notice, the same days come of it."""
    approver = desk("jueding")
    national = "\n国庆节：10月1日至7日放假"
    fields = {
        "year": "2027",
        "holidays": written + national,
        "workdays": "2月14日（周日）上班、2月20日（周六）上班",
        "source": "国务院办公厅通知（虚构）",
    }

    assert approver.send("/agency/holidays", fields).status_code == 200, approver.text

    for told in ("2027年2月8日（周一） 上班 休息", "2027年9月15日（周三） 上班 休息"):
        assert told in approver.text
    assert "2027年2月14日（周日） 休息 上班" in approver.text
    assert "2027年2月13日" not in approver.text


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
