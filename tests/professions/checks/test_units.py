"""A figure counts in one unit: who writes another beside it would tell people a wrong limit."""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders, vocabulary
from professions.checks import checker
from professions.operations import DECLARED
from registry.law import figures
from tests.offices import TYPE
from tests.professions.folders import BPMN


@cache
def shipped() -> dict[str, bytes]:
    return dict(folders.collect(BPMN / TYPE))


SLIPS = [
    ("renewal.md", "{renewal_open_days}天", "{renewal_open_days}个月", "", "以“天”计"),
    ("decision.typ", "delivery;内", "delivery;日内", "", "后面又写了“日”"),
    ("continuing_education.dmn", "必修学时下限", "必修天数下限", "continuing_education", "学时"),
    ("sms_challenge.dmn", "已过秒数", "已过分钟", "sms_challenge", "以“秒”计"),
    ("ex_officio_effect.dmn", "禁申年数", "禁申月数（个月）", "ex_officio_effect", "以“年”计"),
    (
        "initial.schema.json",
        '"继续教育必修课学时"',
        '"继续教育必修课（小时）"',
        "ce_compulsory_hours",
        "以“学时”计",
    ),
    (
        "sms_challenge.dmn",
        'challenge["failures"]',
        'challenge["failures"] + challenge["age_seconds"]',
        "sms_challenge",
        "“challenge['failures']”以次计，“challenge['age_seconds']”以秒计",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "element", "text"), SLIPS)
def test_a_figure_beside_another_unit_is_refused(
    file: str, old: str, new: str, element: str, text: str
) -> None:
    """In a text, a heading, a form or an expression, once and at its place."""
    path = next(path for path in shipped() if path.endswith(f"/{file}") or path == file)
    before = shipped()[path].decode()
    assert old in before

    changed = {**shipped(), path: before.replace(old, new, 1).encode()}
    (problem,) = checker.check(changed, DECLARED)
    assert (problem.file, problem.element) == (path, element)
    assert text in problem.text


def test_every_figure_of_the_agency_has_a_unit_and_says_it() -> None:
    """What operators read beside the figure is what texts and tables count in."""
    numbers = {name: spec for name, spec in figures.SPECS.items() if type(spec.default) is int}

    for name, spec in numbers.items():
        words = vocabulary.UNITS[vocabulary.FIGURES[name]]
        assert any(f"（{word}）" in spec.label for word in words), name


def test_every_period_that_the_law_bounds_names_its_article() -> None:
    """The source stands with the bound, and the shipped types keep it."""
    for name, period in vocabulary.LEGAL_PERIODS.items():
        assert period.article.partition("法第")[2], name
        assert 1 <= period.least <= period.most
