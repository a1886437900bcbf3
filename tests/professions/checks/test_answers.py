"""Tables that say the opposite of law or manual, guides that do, figures with a digit too many."""

from __future__ import annotations

import pytest
from lxml import etree

from engine.language.xml import read_xml
from professions import folders
from professions.checks import checker
from professions.checks.answers import ANSWERS
from professions.operations import DECLARED
from professions.vocabulary import SHAPES
from tests.professions.folders import BPMN

STRUCTURAL, BUILDER, SUPERVISING = "structural-engineer-2", "builder-2", "supervising-engineer"
HOURS, MENU, SEAL = "continuing_education", "menu_availability", "enterprise_check"
CODE, ACT = "common-parts/sms_challenge", "common-parts/ex_officio_effect"


def told(key: str, file: str, changed: bytes) -> list[str]:
    files = folders.collect(BPMN / key)
    return [f"{fault.code} {fault}" for fault in checker.check({**files, file: changed}, DECLARED)]


def typed(key: str, table: str, row: int, column: int, text: str, cells: str) -> list[str]:
    """Type something else into a cell; rows and columns as people count."""
    file = f"{table}.dmn"
    root = read_xml(folders.collect(BPMN / key)[file])
    rule = [*root.iter("{*}rule")][row - 1]
    [cell] = [*rule.iterfind(f"{{*}}{cells}")][column - 1].iterfind("{*}text")
    assert cell.text != text
    cell.text = text
    return told(key, file, etree.tostring(root, encoding="UTF-8", xml_declaration=True))


@pytest.mark.parametrize(
    ("table", "row", "column", "text", "cells", "said"),
    [
        (HOURS, 1, 1, "false", "outputEntry", "overdue 应当是 true"),
        (HOURS, 1, 2, ">= 0", "inputEntry", "overdue 应当是 false"),
        (HOURS, 4, 4, "false", "outputEntry", "手册第92行"),
        (HOURS, 4, 2, "0", "outputEntry", "compulsory_min 不应是 0"),
        (CODE, 3, 3, "> 3000", "inputEntry", "challenge.age_seconds 为 301"),
        (CODE, 3, 3, ">= 300", "inputEntry", "challenge.age_seconds 为 300"),
        (CODE, 4, 4, "> 5", "inputEntry", "错满5次"),
        (CODE, 2, 2, "false", "inputEntry", "next 应当是"),
        (MENU, 11, 7, "false", "inputEntry", "不应得出“E_BAN_ACTIVE”"),
        (MENU, 12, 1, '"INITIAL"', "inputEntry", "没有得出“E_BARRED”"),
        (MENU, 6, 4, '"LATE"', "inputEntry", "E_RENEWAL_NOT_OPEN"),
        (SEAL, 2, 8, 'not("INITIAL")', "inputEntry", "E_ENTERPRISE_INACTIVE"),
        (SEAL, 8, 9, "false", "inputEntry", "E_REGISTERED_ELSEWHERE"),
        ("edit_effect", 4, 1, "true", "outputEntry", "受理后不可修改"),
        ("edit_effect", 3, 4, "false", "outputEntry", "void_enterprise_seal 应当是 true"),
        ("acceptance_route", 3, 3, '"A"', "inputEntry", "自填的资格信息由人审查"),
        ("qualification_source", 3, 2, "false", "outputEntry", "scan_required 应当是 true"),
        (ACT, 6, 3, "1", "outputEntry", "三年内不得再次申请"),
        ("common-parts/rename_effect", 4, 1, '"UNCHANGED"', "outputEntry", "换发新证书"),
    ],
)
def test_a_table_answers_what_law_and_manual_say(
    table: str, row: int, column: int, text: str, cells: str, said: str
) -> None:
    """A turned flag, a bound that takes in its own figure: one line, at the table, with why."""
    problems = typed(STRUCTURAL, table, row, column, text, cells)

    assert len(problems) == 1, problems
    assert problems[0].startswith(f"E_ANSWER {table}.dmn#")
    assert said in problems[0]


def test_what_must_be_answered_names_tables_and_outputs_of_the_house() -> None:
    """A misspelt output in the list would ask nothing."""
    for name, asked in ANSWERS.items():
        for case in asked["must"]:
            named = {*case.get("is", {}), *case.get("not", {})}
            assert named <= SHAPES[name].outputs.keys() | {"result"}, (name, case)
            assert {*case} <= {"with", "is", "not", "has", "lacks", "only", "why"}, (name, case)


@pytest.mark.parametrize(
    ("name", "days", "unit"),
    [
        *[("CORRECTION_REPLY", "150", None), ("OBJECTION", "100", None), ("RETURNED", "9", None)],
        *[("CORRECTION_REPLY", "15", '"DAY"'), ("RENEWAL_DECISION_BEFORE_EXPIRY", "3", None)],
    ],
)
def test_a_period_has_no_digit_too_many(name: str, days: str, unit: str | None) -> None:
    """Periods of policy have bounds and a unit too."""
    root = read_xml(folders.collect(BPMN / STRUCTURAL)["deadline.dmn"])
    [rule] = [rule for rule in root.iter("{*}rule") if f'"{name}"' in "".join(rule.itertext())]
    cells = [next(cell.iterfind("{*}text")) for cell in rule.iterfind("{*}outputEntry")]
    cells[0].text, cells[1].text = days, unit or cells[1].text

    problems = told(STRUCTURAL, "deadline.dmn", etree.tostring(root, encoding="UTF-8"))

    assert [fault for fault in problems if "PERIOD" in fault and name in fault], problems


OPEN, IN_TIME = "{renewal_open_days}", "{renewal_statutory_days}"


@pytest.mark.parametrize(
    ("key", "file", "old", "new", "said"),
    [
        (STRUCTURAL, "renewal", f"届满多于{OPEN}", f"届满不足{OPEN}", "E_GUIDE_WRONG"),
        (STRUCTURAL, "renewal", f"届满不足{IN_TIME}", f"届满多于{IN_TIME}", "视为准予延续"),
        (STRUCTURAL, "renewal", f"{OPEN}天至{IN_TIME}", f"{IN_TIME}天至{OPEN}", "先写多的"),
        (STRUCTURAL, "renewal", "届满：不能延续", "届满：可以延续", "按初始注册办理"),
        (STRUCTURAL, "initial", "由两人办理", "由一人办理", "由两人办理"),
        (STRUCTURAL, "initial", "作出前可以撤回", "作出后可以撤回", "决定作出以前"),
        (STRUCTURAL, "initial", "文件自动作废", "文件继续有效", "已签署的文件作废"),
        (STRUCTURAL, "initial", "只能有一项", "可以有两项", "只能有一项申请"),
        (STRUCTURAL, "initial", "JPG 或 PNG", "JPG 或 GIF", "只收JPG和PNG"),
        (STRUCTURAL, "paper-exchange", "不收取费用", "收取工本费", "第58条"),
        (BUILDER, "initial", "年满 65 周岁的，不予", "年满六十周岁的，不予", "60 周岁"),
        (BUILDER, "initial", "必修 60 学时、选修 30", "必修 30 学时、选修 60", "必修 30 学时"),
        (BUILDER, "renewal", "不少于 60 学时", "不少于八十学时", "80 学时"),
        (BUILDER, "initial", "选择一个或两个", "只能选择一个", "只能选择一个"),
    ],
)
def test_a_guide_does_not_say_the_opposite(
    key: str, file: str, old: str, new: str, said: str
) -> None:
    """One word turns a sentence round; figures count in characters and by what they are of."""
    path = f"help/{file}.md"
    text = folders.collect(BPMN / key)[path].decode()
    assert old in text

    problems = told(key, path, text.replace(old, new, 1).encode())

    assert [fault for fault in problems if path in fault and said in fault], problems


@pytest.mark.parametrize(
    "figure",
    [
        *["validity_years = 30", "qualification_years = 50", "renewal_open_days = 20"],
        "renewal_statutory_days = 90",
    ],
)
def test_a_figure_of_a_profession_is_no_slip_of_a_digit(figure: str) -> None:
    """Renewal opens before it must be filed, and a registration lasts no thirty years."""
    manifest = folders.collect(BPMN / SUPERVISING)["type.toml"].decode()
    changed = manifest.replace("[[matter]]", f"[figures]\n{figure}\n\n[[matter]]", 1)

    problems = told(SUPERVISING, "type.toml", changed.encode())

    assert [fault for fault in problems if "type.toml" in fault and "figures." in fault], problems
