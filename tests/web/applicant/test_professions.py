"""Several professions on the pages, and one that goes: no page names one by itself (R8)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from casework.office import Office
from tests.web.desk import COMPANY, Desk
from web.demo.portrait import draw
from web.process import wiring

Sits = Callable[[str], Desk]
FIRST, SECOND = "structural-engineer-2", "builder-2"


def starts_as_builder(me: Desk) -> Desk:
    """Choose 初始注册 of the second profession."""
    me.send("/applications/new", {"type": SECOND, "matter": "INITIAL"}, follow=True)
    match = re.search(r"/applications/([0-9a-f]{32})/form", me.page.text)
    assert match, me.text
    me.application = match[1]
    return me


@pytest.fixture
def one_profession(office: Office, tmp_path: Path) -> None:
    """Deploy the folders without the second profession."""
    folder = tmp_path / "bpmn"
    shutil.copytree(wiring.TYPES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(folder / SECOND)
    list(wiring.deploy_types(office, folder))


def test_matters_stand_under_their_profession(me: Desk) -> None:
    """R18, R19: each profession has its own matters, reasons and guides."""
    me.open("/applications/new")

    soup = me.soup()
    titles = [element.get_text(strip=True) for element in soup.select("main h2")]
    assert titles[:2] == ["二级注册结构工程师", "二级建造师"]
    for key in (FIRST, SECOND):
        section = soup.select_one(f'section[aria-labelledby="profession-{key}"]')
        assert section is not None
        offered = section.select_one(f'input[name=type][value="{key}"]')
        assert offered is not None
    assert soup.select_one('a[href="/guide/builder-2/initial"]')
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))


@pytest.mark.proves("F:calendar-5")
def test_the_item_of_the_department_leads_to_its_profession(me: Desk) -> None:
    """R10: one item a profession, each with its own way in."""
    me.open("/portal/departments/zjw")
    assert "对二级建造师执业资格注册的许可" in me.text
    start = me.soup().find("a", href="/start/initial?type=builder-2")
    assert start is not None

    answer = me.open(start["href"])
    assert answer.location == "/applications/new?type=builder-2"
    me.open(answer.location)

    shown = {element["value"] for element in me.soup().select("input[name=type]")}
    assert shown == {SECOND}
    assert "查看其他注册类型的事项" in me.text


@pytest.mark.proves("G10")
def test_a_builder_fills_the_form_of_builders(me: Desk, desk: Sits) -> None:
    """R21, R35, R49: several choices of a list, the own photo; lists name the profession."""
    starts_as_builder(me)
    me.open(f"{me.base}/form")
    soup = me.soup()
    assert len(soup.select("input[type=checkbox][name=specialities]")) == 6
    assert soup.select_one('[data-photo-crop="413x579"]')
    assert "413×579" in me.text
    starts = desk("person-02").starts()
    starts.open(f"{starts.base}/form")
    assert starts.soup().select_one('[data-photo-crop="295x413"]')

    me.saves(photo=("我.jpg", draw(1)))
    assert "请选择注册专业，与资格证书一致，最多两个" in me.text
    me.saves(photo=("我.jpg", draw(1)), specialities=["建筑工程", "机电工程"])
    assert "数据校验已通过" in me.text
    assert "建筑工程、机电工程" in me.text
    me.open(f"{me.base}/form")
    ticked = me.soup().select("input[name=specialities][checked]")
    assert [box["value"] for box in ticked] == ["建筑工程", "机电工程"]
    me.signs()

    me.open("/applications")
    assert "二级建造师" in me.text
    me.open(me.base)
    assert "二级建造师初始注册" in me.soup().select_one("title").text  # type: ignore[union-attr]  # every page has one
    operator = desk("enterprise")
    operator.open("/enterprise/inbox")
    assert "二级建造师" in operator.text
    operator.open(f"/enterprise/applications/{me.application}")
    assert "建筑工程、机电工程" in operator.text
    assert COMPANY.name in operator.text


def test_a_profession_that_does_not_exist(me: Desk) -> None:
    """An invented profession starts nothing and says so."""
    me.send("/applications/new", {"type": "astronaut-1", "matter": "INITIAL"}, follow=True)

    assert "没有注册类型“astronaut-1”" in me.text
    assert me.open("/guide/astronaut-1/initial").status_code == 404
    assert me.open("/guide/builder-2/astronaut").status_code == 404


def test_without_its_folder_a_profession_is_gone_from_every_page(
    me: Desk, app: Flask, one_profession: None
) -> None:
    """R8: removing the folder removes the profession and nothing else."""
    for page in ("/", "/applications/new", "/portal/departments/zjw"):
        me.open(page)
        assert "建造师" not in me.text + me.frame, page
        assert "二级注册结构工程师" in me.text, page
    assert "建造师" not in me.open("/applications").text
    assert me.open("/guide/builder-2/initial").status_code == 404
    assert me.open("/guide/initial").status_code == 200

    me.send("/applications/new", {"type": SECOND, "matter": "INITIAL"}, follow=True)
    assert "已停止受理新的申请" in me.text
    me.fills()


def test_a_case_of_a_profession_that_is_gone_goes_on(
    me: Desk, office: Office, request: pytest.FixtureRequest
) -> None:
    """R8: what was started keeps its form, its names and its diagram."""
    starts_as_builder(me)
    request.getfixturevalue("one_profession")

    me.saves(photo=("我.jpg", draw(1)), specialities=["矿业工程"])

    assert "数据校验已通过" in me.text
    me.open(me.base)
    assert "二级建造师" in me.text
    assert me.open(f"{me.base}/diagram.bpmn").status_code == 200
