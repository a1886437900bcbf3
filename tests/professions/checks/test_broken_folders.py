"""A broken folder is refused with file, element and remedy, and stops no other profession (R8)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from casework import deployment
from casework.case import offered_professions
from casework.deployment import DeploymentState
from casework.office import Office
from engine.errors import NoSuchDefinition
from professions.checks import examination
from professions.checks.checker import Problem
from refusals.rules import RULES
from tests.offices import FONTS, TYPE
from tests.professions.folders import BPMN, SHIPPED

BUILDER = "builder-2"
TOML, SCHEMA, UI = "type.toml", "forms/initial.schema.json", "forms/initial.ui.json"
DIAGRAM, HOURS = "initial.bpmn", "continuing_education.dmn"

Break = Callable[[Path], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a copy of the shipped folders to break; the diagrams lie in the broken one."""
    copied = tmp_path / "bpmn"
    skip = shutil.ignore_patterns("__pycache__", "examples")
    shutil.copytree(BPMN, copied, ignore=skip)
    for path in (copied / TYPE).glob("*.*mn"):
        if not (copied / BUILDER / path.name).exists():
            shutil.copy(path, copied / BUILDER / path.name)
    return copied


def edit(path: str, old: str, new: str, *, times: int = -1) -> Break:
    """Make a slip of the pen."""

    def make(folder: Path) -> None:
        text = (folder / path).read_text("utf-8")
        assert old in text, f"{path} has no {old}"
        (folder / path).write_text(text.replace(old, new, times), "utf-8")

    return make


def write(path: str, text: str) -> Break:
    """Put a file of one's own there."""
    return lambda folder: (folder / path).write_text(text, "utf-8")


def drop(path: str) -> Break:
    """Lose a file and what it was based on."""

    def make(folder: Path) -> None:
        for place in (folder, folder.parent / TYPE):
            (place / path).unlink(missing_ok=True)

    return make


MISTAKES: dict[str, tuple[Break, str, str]] = {
    # name: what is done, where it is told, what is told
    "bad-toml": (edit(TOML, 'key = "', "key = "), "builder-2/type.toml", "不是 TOML（值不能这样写"),
    "no-key": (edit(TOML, "key =", "kee ="), "builder-2/type.toml", "缺少 'key'"),
    "other-key": (edit(TOML, '"builder-2"', '"builder-3"'), "builder-2/type.toml#key", "builder-3"),
    "key-of-another": (edit(TOML, '"builder-2"', f'"{TYPE}"'), "builder-2/type.toml#key", TYPE),
    "same-title": (
        edit(TOML, 'title = "二级建造师"', 'title = "二级注册结构工程师"'),
        "builder-2/type.toml#title",
        "名称与注册类型 structural-engineer-2 相同",
    ),
    "no-shared-folder": (edit(TOML, "common-parts", "comon-parts"), "type.toml", "comon-parts"),
    "no-base": (edit(TOML, TYPE, "structural-engineer-1"), "type.toml", "structural-engineer-1"),
    "outside": (edit(TOML, f'based_on = "{TYPE}"', 'based_on = ".."'), "type.toml", "没有共用"),
    "unknown-matter": (edit(TOML, '"INITIAL"', '"FIRST"'), "type.toml#FIRST", "没有事项“FIRST”"),
    "number-without-serial": (
        edit(TOML, "J2{yy}{province}{serial}", "J2{yy}{province}"),
        "builder-2/type.toml",
        "numbers.registration：须有且只有一个{serial}",
    ),
    "number-of-another": (
        edit(TOML, "J2{yy}{province}{serial}", "S2{yy}{province}{serial}"),
        "builder-2/type.toml#numbers.registration",
        "可能产生与注册类型 structural-engineer-2 相同的号码",
    ),
    "number-placeholder": (edit(TOML, "{yyyy}", "{year}"), "type.toml", "不认识占位符{year}"),
    "age": (edit(TOML, "maximum_age = 65", "maximum_age = 16"), "type.toml", "maximum_age 应为"),
    "photo": (edit(TOML, "[413, 579]", "[413]"), "type.toml", "photo 应为"),
    "photo-of-the-form": (
        edit(UI, "413x579", "295x413"),
        "builder-2/forms/initial.ui.json#photo",
        "ui:help 写的是 413×579 像素",
    ),
    "figure": (
        edit(TOML, "[numbers]", "[figures]\nvalidity = 2\n\n[numbers]"),
        "type.toml",
        "figures.validity 不是参数",
    ),
    "unknown-process": (
        edit(TOML, '"initial_registration"', '"first_registration"'),
        "type.toml#INITIAL",
        "没有流程“first_registration”",
    ),
    "no-form": (drop(SCHEMA), "initial.bpmn#fill_form", "没有表单“initial”"),
    "no-ui": (drop(UI), "forms/initial.ui.json", "没有文件 forms/initial.ui.json"),
    "no-help": (drop("help/initial.md"), "type.toml#INITIAL", "没有说明文件 help/initial.md"),
    "schema-not-json": (edit(SCHEMA, '"type": "object",', '"type": "object"'), SCHEMA, "不是 JSON"),
    "schema-type": (
        edit(SCHEMA, '"maxItems": 2', '"maxItems": "two"', times=1),
        SCHEMA,
        "two",
    ),
    "field-lost": (edit(SCHEMA, '"photo": {', '"foto": {'), SCHEMA, "不在表单里"),
    "unknown-field-in-ui": (
        edit(UI, '"specialities": {"ui:help"', '"speciality": {"ui:help"'),
        "forms/initial.ui.json#speciality",
        "speciality 不是表单的字段",
    ),
    "table-overlap": (
        edit("qualification_source.dmn", '<text>"OTHER"</text>', "<text>-</text>"),
        "qualification_source.dmn#qualification_source",
        "可能同时适用",
    ),
    "table-policy": (
        edit(HOURS, 'hitPolicy="FIRST"', 'hitPolicy="BEST"'),
        "continuing_education.dmn",
        "BEST",
    ),
    "table-input": (
        edit(HOURS, ">policy_rereg_ce<", ">policy_rereg<"),
        "builder-2/continuing_education.dmn#continuing_education",
        "变量“policy_rereg”没有来源",
    ),
    "table-cell": (
        edit(HOURS, "<text>60</text>", "<text>sixty</text>", times=1),
        "continuing_education.dmn",
        "sixty",
    ),
    "table-output": (
        edit(HOURS, 'name="elective_min"', 'name="elective"'),
        "continuing_education.dmn#continuing_education",
        "没有输出列 elective_min",
    ),
    "no-table": (drop("edit_effect.dmn"), "edit_effect.dmn", "没有决策表“edit_effect”"),
    "unknown-clock": (
        edit(DIAGRAM, 'deadline("CORRECTION_REPLY")', 'deadline("LUNCH")'),
        "initial.bpmn#idle_correct_form",
        "期限表中没有“LUNCH”",
    ),
    "clock-lost": (
        edit("deadline.dmn", '"FORMAL_CHECK"', '"FORMAL_CHEK"'),
        "deadline.dmn#FORMAL_CHECK",
        "期限表中没有“FORMAL_CHECK”",
    ),
    "no-template": (
        drop("documents/application.typ"),
        "type.toml#INITIAL",
        "没有申请表模板“application”",
    ),
    "template-error": (
        edit("documents/certificate.typ", "..for answer in data.answers {", "..for answer {"),
        "builder-2/documents/certificate.typ#第 46 行",
        "expected keyword `in`",
    ),
    "template-typst": (
        edit("documents/certificate.typ", "#v(8mm)", "#v(8mn)"),
        "builder-2/documents/certificate.typ#第 31 行",
        "没有单位“mn”",
    ),
    "template-glyph": (
        edit("documents/certificate.typ", "label[出生日期]", "label[出生日期☃]"),
        "builder-2/documents/certificate.typ#第 37 行",
        "字体中没有“☃”",
    ),
    "template-face": (
        edit("documents/certificate.typ", "text(size: 18pt)", 'text(font: "Gov Sung", size: 18pt)'),
        "builder-2/documents/certificate.typ#第 35 行",
        "没有字体“gov sung”",
    ),
    "template-name": (
        edit("documents/certificate.typ", "#data.qualification_no", "#data.qualification_nr"),
        "builder-2/documents/certificate.typ#第 49 行",
        "data 没有“qualification_nr”，是不是“qualification_no”？",
    ),
    "template-name-in-a-branch": (
        edit("documents/certificate.typ", "#data.copy.purpose", "#data.copy.purpos"),
        "builder-2/documents/certificate.typ#第 23 行",
        "data.copy 没有“purpos”，是不是“purpose”？",
    ),
    "template-of-nobody": (
        write("documents/certificat.typ", "= 证书"),
        "builder-2/documents/certificat.typ",
        "没有事项或者操作使用这个文书",
    ),
    "template-of-before": (
        write("documents/certificate.typ.j2", "= {{ title }}"),
        "builder-2/documents/certificate.typ.j2",
        "不是文书模板",
    ),
    "unknown-operation": (
        edit(DIAGRAM, "application/check_form", "application/check_from"),
        "initial.bpmn#check_form",
        "没有登记的操作 application/check_from",
    ),
    "wrong-parameter": (
        edit(DIAGRAM, '<spiffworkflow:parameter id="kind"', '<spiffworkflow:parameter id="sort"'),
        "initial.bpmn",
        "缺少参数 kind",
    ),
    "unknown-variable": (
        edit(DIAGRAM, '>check["ok"]<', '>chek["ok"]<'),
        "initial.bpmn#form_passes_to_render_application",
        "变量“chek”没有来源",
    ),
    "script": (
        edit(DIAGRAM, "bpmn:businessRuleTask", "bpmn:scriptTask"),
        "initial.bpmn#check_availability",
        "不支持的元素 scriptTask",
    ),
    "dangerous-expression": (
        edit(DIAGRAM, '>check["ok"]<', ">check.__class__<"),
        "initial.bpmn#form_passes_to_render_application",
        "不能使用",
    ),
    "lane-and-role": (
        edit(DIAGRAM, 'name="actorRole" value="applicant"', 'name="actorRole" value="approver"'),
        "initial.bpmn#fill_form",
        "不属于泳道“申请人”",
    ),
    "undrawn": (
        edit(DIAGRAM, 'bpmnElement="fill_form"', 'bpmnElement="fill_fom"'),
        "initial.bpmn#fill_form",
        "没有画出来",
    ),
    "answer-without-words": (
        edit(DIAGRAM, 'name="通过"', ""),
        "initial.bpmn#form_passes_to_render_application",
        "网关的出口没有写答案",
    ),
    "no-default": (
        edit(DIAGRAM, ' default="form_passes_to_fill_form"', ""),
        "initial.bpmn#form_passes",
        "网关没有默认出口",
    ),
    "unknown-call": (
        edit(DIAGRAM, 'calledElement="personal_signing"', 'calledElement="personal_sealing"'),
        "initial.bpmn#sign_stage",
        "没有流程“personal_sealing”",
    ),
    "call-in-a-circle": (
        edit(DIAGRAM, 'calledElement="personal_signing"', 'calledElement="initial_registration"'),
        "initial.bpmn#sign_stage",
        "又回到自己",
    ),
    "message-nobody-sends": (
        edit(DIAGRAM, 'name="person.barred"', 'name="person.bared"'),
        "initial.bpmn#message_person_barred",
        "没有谁发送消息“person.bared”",
    ),
    "not-xml": (edit(DIAGRAM, "</bpmn:definitions>", ""), "builder-2/initial.bpmn", ""),
    "document-type": (
        edit(DIAGRAM, "<bpmn:definitions", "<!DOCTYPE x [<!ENTITY a 'b'>]><bpmn:definitions"),
        "builder-2/initial.bpmn",
        "",
    ),
    "process-twice": (
        lambda folder: shutil.copy(folder / DIAGRAM, folder / "again.bpmn"),
        ".bpmn#initial_registration",
        "在两处定义",
    ),
    "status": (
        edit(DIAGRAM, 'name="status" value="RETURNED"', 'name="status" value="BACK"'),
        "initial.bpmn#fix_or_resubmit",
        "申请状态“BACK”不存在",
    ),
}


def chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_its_remedy(root: Path, mistake: str) -> None:
    """R8: each kind of mistake is found before anything runs."""
    break_it, place, text = MISTAKES[mistake]
    break_it(root / BUILDER)

    told = dict(examination.examine(root, FONTS, only=[BUILDER]))

    assert [
        problem for problem in told[BUILDER] if place in str(problem) and text in problem.text
    ], told[BUILDER]
    assert all(problem.file and chinese(problem.text + problem.remedy) for problem in told[BUILDER])
    assert all(problem.code in RULES for problem in told[BUILDER])
    assert all(chinese(problem.remedy) for problem in told[BUILDER])


def test_what_is_shipped_has_no_mistake() -> None:
    """R8: no finding in any profession."""
    assert dict(examination.examine(BPMN, FONTS)) == {key: [] for key in SHIPPED}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_broken_profession_stops_no_other(office: Office, root: Path) -> None:
    """R8: the good one is deployed, the broken one is told with all its problems, not one."""
    for mistake in ("age", "unknown-operation"):
        MISTAKES[mistake][0](root / BUILDER)
    MISTAKES["unknown-field-in-ui"][0](root / BUILDER)
    edit("type.toml", "maximum_age = 16", "maximum_age = 65")(root / BUILDER)
    edit("help/initial.md", "谁可以办理", "谁能办理")(root / TYPE)

    told = {deployed.key: deployed for deployed in deployment.deploy(office, root)}

    assert told[TYPE].state is DeploymentState.NEW
    assert told[BUILDER].state is DeploymentState.REFUSED
    assert len(told[BUILDER].problems) >= 2
    assert [profession.key for profession in offered_professions.offered(office)] == [
        key for key in SHIPPED if key != BUILDER
    ]
    with pytest.raises(NoSuchDefinition):
        office.definitions.latest(BUILDER)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_folder_that_breaks_keeps_the_version_it_had(office: Office, root: Path) -> None:
    """Nobody loses a profession by a slip of the pen, not even by losing type.toml."""
    before = {deployed.key: deployed.version for deployed in deployment.deploy(office, root)}

    for break_it in (edit(TOML, "order = 2", "order ="), drop(TOML)):
        shutil.copy(BPMN / TYPE / TOML, root / TYPE / TOML)
        break_it(root / BUILDER)
        shutil.copy(BPMN / TYPE / TOML, root / TYPE / TOML)
        told = {deployed.key: deployed for deployed in deployment.deploy(office, root)}

        assert told[BUILDER].state is DeploymentState.REFUSED
        assert told[BUILDER].version == before[BUILDER]
        offered = [profession.key for profession in offered_professions.offered(office)]
        assert offered == [*SHIPPED]


def test_a_problem_reads_as_one_line() -> None:
    """An analyst reads where, what, and what to do."""
    problem = Problem(file="builder-2/type.toml", element="key", text="甲", remedy="请乙")

    assert str(problem) == "builder-2/type.toml#key：甲。请乙。"
