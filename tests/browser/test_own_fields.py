"""A conditional field of a profession's own appears with and without a script, to everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from casework.office import Office
from tests.browser import tales
from tests.browser.hands import Hand
from tests.browser.tales import COMPANY
from tests.professions.folders import edited
from web.process import wiring

pytestmark = pytest.mark.browser

FORM, REQUEST = "initial", "enterprise-cancellation"
ASKS = '"applicant_opinion": {\n      "type"'
ALWAYS = """"works": {
      "type": "string", "title": "拟从事的工作",
      "oneOf": [{"const": "DESIGN", "title": "设计"}, {"const": "SURVEY", "title": "勘察鉴定"}]
    },
    """
RULE = """{
      "if": {"properties": {"works": {"const": "SURVEY"}}, "required": ["works"]},
      "then": {"properties": {"survey_years": {"type": "string", "title": "鉴定工作年限"}}}
    }"""
WIDTHS = pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 360)])


@pytest.fixture(scope="module")
def own(office: Office, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Deploy the shipped professions, two forms of the first with a question of their own."""
    folder, form = "structural-engineer-2/forms", '["applicant_opinion"]}'
    root = edited(
        tmp_path_factory.mktemp("own") / "bpmn",
        *((f"{folder}/{key}.schema.json", ASKS, ALWAYS + ASKS) for key in (FORM, REQUEST)),
        (f"{folder}/{FORM}.schema.json", '"allOf": [\n', f'"allOf": [\n    {RULE},\n'),
        (
            f"{folder}/{REQUEST}.schema.json",
            '"unevaluatedProperties"',
            f'"allOf": [{RULE}],\n  "unevaluatedProperties"',
        ),
        *(
            (f"{folder}/{key}.ui.json", form, '["works", "survey_years", "applicant_opinion"]}')
            for key in (FORM, REQUEST)
        ),
    )
    assert not any(deployed.problems for deployed in wiring.deploy_types(office, root))


def _asked_twice(somebody: Hand) -> None:
    """Answer the question so that the other one is asked, then so that it is not."""
    field = somebody.page.get_by_label("鉴定工作年限", exact=False)
    expect(field).to_have_count(0)
    for answer, count in (("勘察鉴定", 1), ("设计", 0), ("勘察鉴定", 1)):
        somebody.chooses(answer)
        if not somebody.script:
            somebody.presses("更新需要填写的内容")
        expect(field).to_have_count(count)
    somebody.types(survey_years="三年")


@WIDTHS
@pytest.mark.usefixtures("own")
def test_an_applicant_is_asked(somebody: Callable[..., Hand], script: bool, width: int) -> None:
    """A form's own condition, of which no program knows, opens its field on the page."""
    person = "person-06" if script else "person-09"
    me = somebody(script=script, width=width).comes_as("person", person)
    me.goes("/applications/new").presses("初始注册").sees("拟从事的工作")

    _asked_twice(me)
    me.picture(f"own-field-{width}").presses("暂存，稍后再填")

    me.presses("继续填写")
    expect(me.page.locator("[name=survey_years]")).to_have_value("三年")


@WIDTHS
@pytest.mark.usefixtures("own")
def test_an_enterprise_is_asked(
    somebody: Callable[..., Hand], office: Office, script: bool, width: int
) -> None:
    """The form that an enterprise fills in by itself asks alike, with and without a script."""
    tales.holds(office, "person-03" if script else "person-04", days=300)
    clerk = somebody(script=script, width=width)
    clerk.comes_as("enterprise", COMPANY.uscc)
    clerk.goes("/enterprise/people").presses("申请注销", exact=False).presses("填写申请")

    _asked_twice(clerk)
    clerk.picture(f"own-request-{width}").presses("暂存，稍后再填")

    clerk.sees("拟从事的工作")
    expect(clerk.page.locator("[name=survey_years]")).to_have_value("三年")
