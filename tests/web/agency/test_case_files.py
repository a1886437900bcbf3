"""What an officer keeps of a case after it left the inbox, and what he is shown of a correction."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from flask import Flask

from adapters import world
from casework.office import Office
from registry.people import officers
from storage.database import writing
from tests.web.applicant.test_application_form import FROM_ELSEWHERE
from tests.web.desk import Desk, pdf
from web.demo.people.engineer import Engineer
from web.demo.portrait import draw

Sits = Callable[[str], Desk]
TYPED = {**FROM_ELSEWHERE, "photo": ("我.jpg", draw(1))}


@pytest.fixture
def typed_in(me: Desk, desk: Sits) -> Desk:
    """Give an applicant whose sealed application was typed in, so that officers check it."""
    me.starts().saves(**TYPED, qualification_scans=("证书.pdf", pdf()))
    me.signs()
    desk("enterprise").seals(me.application)
    return me


def test_what_is_decided_has_no_day_by_which_it_is_due(desk: Sits, office: Office) -> None:
    """The holder who has only to claim, and the officer who looks back, are shown none."""
    engineer = Engineer(office, world.CITIZENS[0], world.COMPANIES[0], 0)
    case = engineer.starts("INITIAL")
    for step in ("fills", "signs", "seals"):
        getattr(engineer, step)(case)
    holder, officer = desk("person-01"), desk("shencha")
    pages = {holder: f"/applications/{case}", officer: f"/agency/cases/{case}"}
    for reader, page in pages.items():
        assert "办理期限：" in reader.open(page).text, page

    engineer.reviewed(case)
    engineer.decided(case)

    for reader, page in pages.items():
        assert "办理期限：" not in reader.open(page).text, page
    listed = officer.client.get("/agency/cases?download=csv").data.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(listed))
    assert (row["当前状态"], row["办理期限"]) == ("准予许可", "—")


def test_a_case_stays_within_reach_after_it_was_done(typed_in: Desk, desk: Sits) -> None:
    """已办, search and the whole file, read only; a role without a part in it sees none of it."""
    officer, stranger = desk("shouli"), desk("jueding")
    case = f"/agency/cases/{typed_in.application}"
    assert "没有办结" in officer.open("/agency/done").text
    officer.does("formal_check", outcome="refuse", reasons="申请事项不属于本机关职权")

    officer.open("/agency/done")
    assert "不予受理" in officer.text
    link = officer.soup().select_one(f'a[href="{case}"]')
    assert link is not None
    officer.open("/agency/cases?q=陶示例")
    assert officer.soup().select_one(f'a[href="{case}"]') is not None

    officer.open(case)
    for said in ("申请事项不属于本机关职权", "不予受理决定书", "资格证书编号", "办理记录"):
        assert said in officer.text
    assert not officer.soup().select("main form")
    diagram = officer.soup().select_one("[data-diagram]")
    assert diagram is not None
    drawn = officer.open(str(diagram["data-diagram"]))
    assert (drawn.status_code, drawn.mimetype) == (200, "application/xml")
    assert stranger.open(case).status_code == 404
    assert stranger.open(f"{case}/diagram.bpmn").status_code == 404
    found = stranger.open("/agency/cases?q=陶示例") and stranger.soup()
    assert not found.select(f'a[href="{case}"], main tbody tr')
    assert desk("yunwei").open(case).status_code == 404


def test_what_was_changed_for_a_correction_is_marked(typed_in: Desk, desk: Sits) -> None:
    """Field by field and file by file, with what stood there before; the rest is not marked."""
    officer = desk("shouli")
    officer.open(officer.task())
    assert "相比" not in officer.text
    officer.does("formal_check", outcome="correct", reasons="资格证书扫描件缺盖章页")
    typed_in.saves(
        **TYPED,
        enterprise_phone="021-00000002",
        qualification_scans=("盖章页.pdf", pdf(2)),
    )
    typed_in.signs()
    desk("enterprise").seals(typed_in.application)

    officer.open(officer.task())

    summary = officer.text.partition("相比： 修改了")[2].partition("。")[0]
    assert set(summary.split("、")) == {"企业联系电话", "资格证书扫描件"}
    marks = [mark.get_text(" ", strip=True) for mark in officer.soup().select(".changed")]
    assert len(marks) == 2
    assert any("021-00000001" in mark for mark in marks)
    assert any("证书.pdf" in mark and "盖章页" not in mark for mark in marks)


def test_a_task_is_taken_from_the_list_and_the_next_one_follows(typed_in: Desk, desk: Sits) -> None:
    """领取 beside the line; 办理下一件 leads to one's own first, and says when there is none."""
    officer = desk("shouli")
    officer.open("/agency/inbox")
    [button] = officer.soup().select('form[action$="/claim"]')
    officer.send(str(button["action"]), follow=True)
    assert "我已领取" in officer.text
    assert not officer.soup().select('form[action$="/claim"]')

    officer.open("/agency/next?role=acceptor", follow=True)
    assert "受理" in str(officer.soup().title)
    officer.does("formal_check", outcome="refuse", reasons="申请事项不属于本机关职权")
    assert officer.soup().select_one('a[href^="/agency/next"]') is None
    officer.open("/agency/next", follow=True)
    assert "没有可以由您办理的事项了" in officer.text


def test_what_four_eyes_forbid_is_marked_and_not_counted(me: Desk, desk: Sits, app: Flask) -> None:
    """Who reviewed a case sees that its decision is another's, and has no such work to do."""
    me.fills().signs()
    desk("enterprise").seals(me.application)
    with writing(app.extensions["zhuce_office"].sessions) as session:
        officer = officers.by_login(session, "shencha")
        assert officer is not None
        officer.roles = [officers.OfficerRole.REVIEWER, officers.OfficerRole.APPROVER]
    both = desk("shencha").does("review", outcome="approve")

    both.open("/agency/inbox?role=approver")

    assert "决定（0）" in both.text
    assert "须由他人办理" in both.text
    assert not both.soup().select('form[action$="/claim"], a[href^="/agency/next"]')
    desk_of_other = desk("jueding")
    assert "决定（1）" in desk_of_other.open("/agency/inbox").text
    narrowed = both.open("/agency/inbox?role=approver&holder=doable").text
    assert "没有符合条件的记录" in narrowed
