"""办事指南: what a registration type says about its matters, for everybody to read."""

from __future__ import annotations

import pytest

from casework.office import Office
from engine import definitions
from storage.database import writing
from tests.web.browser import Tab
from web.process import wiring


@pytest.fixture(autouse=True)
def _deployed(office: Office) -> None:
    assert list(wiring.deploy_types(office, wiring.TYPES))


def test_everybody_can_read_how_to_register(tab: Tab) -> None:
    """R1, R5, R8: who, with what, how — before signing in, from the front page."""
    tab.open("/")
    assert 'href="/guide/initial"' in tab.page.text

    answer = tab.open("/guide/initial")

    assert answer.status_code == 200
    for words in ("谁可以办理", "个人数字证书", "15个工作日未办的退回给您", "021-962600"):
        assert words in tab.text
    assert answer.text.count("<ol") == 1
    assert "##" not in tab.text


def test_a_matter_without_guide_is_not_there(tab: Tab) -> None:
    """R19: what is not offered has no guide either."""
    assert tab.open("/guide/nothing").status_code == 404
    assert "E_NOT_FOUND" in tab.page.text


def test_the_first_page_leads_through_one_application(tab: Tab) -> None:
    """R8, J8: seven steps, the first one told; the photo that it needs comes with it."""
    tab.open("/")

    assert _next_step(tab).startswith("1. 填写申请表：申请人陶示例")
    assert len(tab.soup().select(".govuk-task-list__item")) == 7
    assert tab.open("/tour/photo.jpg").data.startswith(b"\xff\xd8")


def test_whoever_is_named_walks_and_nobody_else_can(tab: Tab) -> None:
    """An address names the walker; a name that nobody has, or who cannot, gives the first one."""
    tab.open("/?walker=person-06")
    assert "𠮷测试" in _next_step(tab)

    for nobody in ("person-08", "person-99", "' or 1=1"):
        tab.open(f"/?walker={nobody}")
        assert "陶示例" in _next_step(tab)


def test_without_a_profession_there_is_no_walk(tab: Tab, office: Office) -> None:
    """Before anything is deployed the first page still opens."""
    with writing(office.sessions) as session:
        for key in office.definitions.offered():
            definitions.withdraw(session, key, office.now())
    office.definitions.forget()

    assert tab.open("/").status_code == 200
    assert "五分钟走完" not in tab.text


def _next_step(tab: Tab) -> str:
    """Give the words of the step that is marked as next."""
    [step] = tab.soup().select("[aria-current=step]")
    return " ".join(step.get_text(" ").split())
