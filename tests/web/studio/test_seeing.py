"""How cases went, seen in the studio: heat map, funnel, reasons, file, and the way of one case."""

from __future__ import annotations

import csv
import io
import json

from sqlalchemy import select

from engine import flow
from registry.applications.applications import Application
from registry.law.calendars import shanghai_day
from storage.database import writing
from tests.web.browser import Tab
from tests.web.place import TAO, Place


def _analyst(place: Place) -> tuple[Tab, str, str]:
    """Give an analyst, and the version and number of the one case there is."""
    tab = Tab(place.tab.client.application)
    tab.sign_in("officer", "fenxi")
    with place.office.sessions() as session:
        case = session.scalars(select(Application)).one()
        return tab, f"/studio/versions/{case.definition}", case.no


def test_the_heat_map_says_what_the_table_says(place: Place) -> None:
    """Each step with how many waited, passed and how long; the same before and after counting."""
    tab, version, _ = _analyst(place)
    tab.open(f"{version}/flow/initial_registration")
    before = tab.soup().select_one("#steps").parent.get_text()  # type: ignore[union-attr]  # shown
    with writing(place.office.sessions) as session:
        assert flow.roll(session, "f" * 32, shanghai_day) > 5

    tab.open(f"{version}/flow/initial_registration")

    assert tab.soup().select_one("#steps").parent.get_text() == before  # type: ignore[union-attr]
    drawn = tab.soup().select_one("[data-drawing]")
    assert drawn is not None
    assert '"heat": 1' in str(drawn["data-marks"])
    assert "没有退回或者补正" in tab.text
    assert "100%" in tab.text

    tab.open(f"{version}/flow/initial_registration.csv")
    rows = list(csv.DictReader(io.StringIO(tab.page.data.decode("utf-8-sig"))))
    assert {row["经过次数"] for row in rows if row["环节"] == "审查"} == {"1"}


def test_called_diagrams_show_counts_of_their_own(place: Place) -> None:
    """审查与决定 is drawn below the matter that calls it; parts to which no case came are not."""
    tab, version, number = _analyst(place)

    for address in (f"{version}/flow/initial_registration", f"/studio/way?number={number}"):
        tab.open(address)
        drawn = {str(each["data-drawing"]): each for each in tab.soup().select("[data-drawing]")}
        main, decision = (
            json.loads(str(drawn[f"{version}/diagrams/{process}.bpmn"]["data-marks"]))
            for process in ("initial_registration", "decision")
        )
        assert "经过1次" in decision["review"]["title"]
        assert "review" not in main
        assert "fill_form" in main
        assert f"{version}/diagrams/cancelling.bpmn" not in drawn


def test_a_period_without_cases_is_empty(place: Place) -> None:
    tab, version, _ = _analyst(place)

    tab.open(f"{version}/flow/initial_registration?since=2020-01-31&until=2020-01-01")

    assert "没有申请经过这一流程" in tab.text
    assert str(tab.soup().select_one("#since")["value"]) == "2020-01-01"  # type: ignore[index]
    for ends in ("since=0001-01-01", "until=0001-01-02", "since=9999-12-31", "until=9999-12-31"):
        for page in (f"{version}/flow/initial_registration{end}?{ends}" for end in ("", ".csv")):
            assert tab.open(page).status_code == 200, page  # as when no day was asked for
    assert tab.open(f"{version}/flow/nothing").status_code == 404


def test_the_way_of_one_case_names_nobody(place: Place) -> None:
    """By its number: moments, steps, how long each took; no person and no enterprise."""
    tab, _, number = _analyst(place)

    tab.open(f"/studio/way?number={number.lower()}")

    for words in ("开始", "审查", "二级注册结构工程师", "初始注册"):
        assert words in tab.text
    assert TAO.name not in tab.text
    assert tab.open("/studio/way?number=31S2C00000000000000").status_code == 404
    assert "没有这个申请编号" in tab.text
