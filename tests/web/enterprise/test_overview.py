"""【概览】 of an enterprise: the figures, in pictures and in the tables behind them."""

from __future__ import annotations

from collections.abc import Callable

from adapters import world
from casework.office import Office
from tests.web.desk import Desk
from tests.web.furnished import Clock
from web.demo.people import plays
from web.demo.people.engineer import Engineer

Sits = Callable[[str], Desk]
HOURS = {"ce_compulsory_hours": "60", "ce_elective_hours": "60"}


def tables(clerk: Desk) -> dict[str, list[list[str]]]:
    """Give the tables of the page by caption, row by row."""
    return {
        str(table.caption and table.caption.get_text()): [
            [cell.get_text(strip=True) for cell in row.select("th, td")]
            for row in table.select("tbody tr")
        ]
        for table in clerk.soup().select("main table")
    }


def test_the_figures_of_an_enterprise(desk: Sits, office: Office, clock: Clock) -> None:
    """One waits, one was sealed, two registrations end soon; each picture has its words."""
    company = world.COMPANIES[0]
    first, second = (Engineer(office, world.CITIZENS[number], company, number) for number in (0, 6))
    plays.registered("RENEWAL", "signs", "seals", ends_in=60, **HOURS)(first)
    plays.registered("RENEWAL", "signs", ends_in=80, **HOURS)(second)
    clerk = desk("enterprise")

    clerk.open("/enterprise/overview")

    seen = tables(clerk)
    assert seen["待企业确认"] == [["已逾期", "0"], ["3日内到期", "0"], ["其他", "1"]]
    assert seen["注册即将到期"] == [["30日内", "0"], ["60日内", "1"], ["90日内", "1"]]
    assert seen["2026年11月办理情况"][-1] == ["合计", "2", "1"]
    pictures = [picture.get_text(strip=True) for picture in clerk.soup().select("svg title")]
    assert pictures[1:] == [
        "注册即将到期：30日内0人，60日内1人，90日内1人",
        "2026年11月办理情况：个人签名2件，企业盖章1件",
    ]
    clock.turn(days=20)
    clerk = desk("enterprise")
    clerk.open("/enterprise/overview")
    assert tables(clerk)["待企业确认"][1:] == [["3日内到期", "1"], ["其他", "0"]]
    stranger = desk("other-enterprise")
    stranger.open("/enterprise/overview")
    assert tables(stranger)["注册即将到期"] == [["30日内", "0"], ["60日内", "0"], ["90日内", "0"]]
    assert desk("person-01").open("/enterprise/overview").status_code == 403
