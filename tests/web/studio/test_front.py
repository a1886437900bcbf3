"""注册类型工作室: who may come in, and what is published."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.office import Office
from registry.people import officers
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared

__all__ = ["app", "clock", "desk", "office", "prepared"]

PAGE = "/studio"
Sit = Callable[[str], Desk]


def test_an_analyst_begins_in_the_studio(desk: Sit) -> None:
    """He signs in at the portal of officers, and his menu has no cases and no people."""
    analyst = desk("fenxi")

    analyst.open(PAGE)

    assert "二级注册结构工程师" in analyst.text
    assert "现行版本" in analyst.text
    assert "注册类型工作室" in analyst.frame
    assert "待办事项" not in analyst.frame
    assert "人员查询" not in analyst.frame


@pytest.mark.parametrize("login", ["shouli", "yunwei", "fenxi2"])
def test_every_officer_may_look(desk: Sit, login: str) -> None:
    assert desk(login).open(PAGE).status_code == 200


@pytest.mark.parametrize("who", ["person-01", "enterprise"])
def test_nobody_else_may(desk: Sit, who: str) -> None:
    assert desk(who).open(PAGE).status_code == 403


@pytest.mark.parametrize("address", ["/agency/inbox", "/agency/people", "/agency/cases"])
def test_cases_and_people_are_not_for_analysts(desk: Sit, address: str) -> None:
    """Who only changes types opens nobody's file; who also reviews does as before."""
    assert desk("fenxi2").open(address).status_code == 403
    assert desk("shencha").open(address).status_code == 200


def test_analysts_and_publishers_are_appointed_apart(desk: Sit, office: Office) -> None:
    """Both are posts of their own on the page of operators: one asks, the other confirms."""
    operator, colleague = desk("yunwei"), desk("yunwei2")
    operator.open("/operations/officers")
    assert "流程分析" in operator.text
    assert "流程发布" in operator.text
    wanted = {
        "login": "fabu",
        "name": "成发布",
        "roles": ["publisher"],
        "reason": "沪建〔2026〕8号",
    }

    operator.send("/operations/officers", wanted, follow=True)
    colleague.open("/operations/officers")
    form = colleague.soup().select_one("form[action*='/requests/']")
    assert form is not None
    colleague.send(str(form["action"]), {"action": "confirm"}, follow=True)

    with office.sessions() as session:
        assert officers.by_login(session, "fabu").roles == ["publisher"]  # type: ignore[union-attr]
