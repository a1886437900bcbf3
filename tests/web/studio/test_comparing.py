"""比较 in the studio: a draft against its version, a version against another one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from casework.office import Office
from engine import definitions
from storage.database import writing
from tests.offices import TYPE
from tests.professions.folders import structural_engineer
from tests.web.desk import Desk
from tests.web.furnished import app, clock, desk, office, prepared
from tests.web.studio.test_drafting import begins, saves

__all__ = ["app", "clock", "desk", "office", "prepared"]

Sit = Callable[[str], Desk]


def rows(me: Desk) -> list[list[str]]:
    """Read the page: place and difference of each row."""
    return [
        [" ".join(cell.get_text().split()) for cell in row.select("td")]
        for row in me.soup().select("main tbody tr")
    ]


def test_a_draft_is_told_against_its_version(desk: Sit) -> None:
    """A period of the table and a line of a text; before anything is changed there is nothing."""
    me = begins(desk("fenxi"), TYPE)
    me.open(f"{me.application}/compare")
    assert "没有不同" in me.text
    table = me.client.get(f"{me.application}/raw/deadline.dmn").data.decode()
    help_text = me.client.get(f"{me.application}/raw/help/renewal.md").data.decode()
    saves(me, "deadline.dmn", table.replace('row2_out1"><text>20<', 'row2_out1"><text>15<'))
    saves(me, "help/renewal.md", help_text + "<b>请来电。</b>\n")

    me.open(me.application)
    links = [str(link["href"]) for link in me.soup().select("main a")]
    assert f"{me.application}/compare" in links
    me.open(f"{me.application}/compare")

    assert "共2处不同" in me.text
    assert [heading.get_text() for heading in me.soup().select("main h2")] == ["决策表", "说明"]
    (cell, line) = rows(me)
    assert cell == [
        "第2行“行政许可法第42条：二十日内决定”",
        "“数量”：20个工作日 → 15个工作日",
    ]
    assert line[1] == "新增“<b>请来电。</b>”"


def test_two_versions_are_told_the_earlier_one_first(desk: Sit, office: Office) -> None:
    """Whoever looks may compare, from the page of a version; what does not exist is not found."""
    me, address = desk("shouli"), "/studio/versions"
    with office.sessions() as session:
        keys = definitions.keys(session)
    first, builder = keys[TYPE], keys["builder-2"]
    files = dict(office.definitions.get(first).files)
    files["renewal.bpmn"] = files["renewal.bpmn"].replace(b'deadline("DRAFT")', b'"P30D"', 1)
    with writing(office.sessions) as session:
        second = definitions.deploy(session, TYPE, files, "system", office.now())

    me.open(f"{address}/{second}")
    (link,) = (str(link["href"]) for link in me.soup().select("main p a") if "与第" in link.text)
    assert link == f"{address}/{second}/compare/{first}"
    for page in (link, f"{address}/{first}/compare/{second}"):
        me.open(page)
        assert "第1版 → 第2版" in me.text
        assert rows(me) == [["附着事件“逾期未办”", "期限：期限表DRAFT（90日） → 30日"]]
    me.open(f"{address}/{first}/compare/{first}")
    assert "没有不同" in me.text
    me.open(f"{address}/{builder}/compare/{first}")
    assert "二级注册结构工程师第1版 → 第1版" in me.text
    assert any(row[0].startswith("第1行“逾期初始注册”") for row in rows(me))
    assert me.open(f"{address}/{first}/compare/nothing").status_code == 404


@pytest.mark.parametrize("login", ["shouli", "yunwei"])
def test_a_draft_is_compared_by_analysts_alone(desk: Sit, login: str) -> None:
    me = begins(desk("fenxi"), TYPE)

    assert desk(login).open(f"{me.application}/compare").status_code in (403, 404)


def test_both_diagrams_are_drawn_with_what_changed_painted(desk: Sit, office: Office) -> None:
    """New, gone, changed and moved: each where it stands, in both pictures or in one."""
    kind = structural_engineer()
    text = kind.files["initial.bpmn"].decode()
    moved = re.search(r'bpmnElement="fix_or_resubmit"[^>]*>\s*<dc:Bounds x="(\d+)"', text)
    assert moved is not None
    other = text[: moved.start(1)] + "9" + text[moved.start(1) :]
    other = other.replace('name="填写初始注册申请表"', 'name="填写申请表"', 1)
    other = other.replace("draft_60_days", "draft_two_months")
    with writing(office.sessions) as session:
        old = definitions.keys(session)[kind.key]
        files = {**kind.files, "initial.bpmn": other.encode()}
        new = definitions.deploy(session, kind.key, files, "system", office.now())
    office.definitions.forget()
    me = desk("shouli")

    me.open(f"/studio/versions/{new}/compare/{old}")

    painted = [
        {word.get_text() for word in picture.select("text[font-weight='700']")}
        for picture in me.soup().select(".picture svg")
    ]
    assert painted == [{"修改", "删除", "移动"}, {"修改", "新增", "移动"}]
    pictures = me.soup().select(".picture svg")
    assert all(picture.select_one("[data-painted]") for picture in pictures)  # pages open there


def test_a_document_is_shown_as_pages_side_by_side(desk: Sit) -> None:
    """A new paragraph is marked on a page of its own; what no document differs in has no pages."""
    me = begins(desk("fenxi"), TYPE)
    path = "documents/receipt.typ"
    text = me.client.get(f"{me.application}/raw/{path}").data.decode()
    saves(me, path, text + "\n\n#pagebreak()\n另起一页的一段。\n")

    me.open(f"{me.application}/compare")
    link = me.soup().find("a", string=re.compile("逐页对照"))
    assert link is not None
    me.open(str(link["href"]))

    pictures = me.soup().select(".beside img")
    assert "原来1页，现在2页" in me.text
    assert [str(picture["alt"]) for picture in pictures] == [
        "receipt，原来，第1页",
        "receipt，现在，第1页",
        "receipt，现在，第2页",
    ]
    assert "没有这一页" in me.text
    assert all(str(picture["src"]).startswith("data:image/png;base64,") for picture in pictures)
    for document in ("decision", "nothing"):
        assert me.open(f"{me.application}/compare/{document}").status_code == 404
