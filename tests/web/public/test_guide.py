"""办事指南: what a registration type says about its matters, for everybody to read."""

from __future__ import annotations

import pytest

from casework.office import Office
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
    for words in ("谁可以办理", "个人数字证书", "15 个工作日未办退回给您", "021-962600"):
        assert words in tab.text
    assert answer.text.count("<ol") == 1
    assert "##" not in tab.text


def test_a_matter_without_guide_is_not_there(tab: Tab) -> None:
    """R19: what is not offered has no guide either."""
    assert tab.open("/guide/nothing").status_code == 404
    assert "E_NOT_FOUND" in tab.page.text
