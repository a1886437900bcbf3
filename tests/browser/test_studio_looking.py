"""The studio looked at on screen: a version, its diagram with counts, a table that is tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from casework.office import Office
from engine import definitions
from storage.database import writing
from tests.browser.hands import Hand
from tests.professions.folders import structural_engineer

pytestmark = pytest.mark.browser


def _once_more(office: Office) -> None:
    """Publish the first type again with another period, so that there is an older version."""
    kind = structural_engineer()
    text = kind.files["deadline.dmn"].decode().replace("<text>90</text>", "<text>100</text>", 1)
    files = {**kind.files, "deadline.dmn": text.encode()}
    with writing(office.sessions) as session:
        definitions.deploy(session, kind.key, files, "system", office.now())
    office.definitions.forget()


def test_an_analyst_looks_around(somebody: Callable[..., Hand], office: Office) -> None:
    """From the list to the version, the picture beside an older one, a table, a form, a text."""
    _once_more(office)
    analyst = somebody(looks=False).comes_as("officer", "fenxi")
    analyst.goes("/studio").sees("现行版本").picture("studio")

    analyst.page.locator('a:has-text("第2版")').click()
    analyst.sees("本类型自有").picture("studio-version")
    version = analyst.page.url

    analyst.presses("与第1版").sees("第1版 → 第2版").picture("studio-compare")
    analyst.goes(version)

    analyst.presses("延续注册", exact=True)
    expect(analyst.page.locator("[data-drawing][data-ready]")).to_have_count(1)
    analyst.page.get_by_label("与另一版本对照").select_option("第1版")
    analyst.presses("对照")
    expect(analyst.page.locator("[data-drawing][data-ready]")).to_have_count(2)
    analyst.picture("studio-diagram")

    analyst.goes(version).presses("逾期与继续教育要求")
    analyst.types(**{"value-0": "INITIAL", "value-1": "5"}).presses("试算").sees("适用第1条规则")
    analyst.picture("studio-table")

    analyst.goes(f"{version}/forms/INITIAL").picture("studio-form")
    analyst.goes(f"{version}/help/INITIAL").picture("studio-help")
    analyst.goes(f"{version}/flow/initial_registration")
    expect(analyst.page.locator("[data-drawing][data-ready]")).to_have_count(1)
    analyst.picture("studio-flow")
    analyst.goes("/studio/way").picture("studio-way")
