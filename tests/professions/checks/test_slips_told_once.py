"""Slips of tables, diagrams, forms and guides, and those of a fourth profession: one line each.

A slip is one change in a profession; what follows from it is not told beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from professions import folders, manifests
from professions.checks import examination
from professions.checks.checker import Problem
from tests.offices import FONTS
from tests.professions.folders import BPMN, SHIPPED, edited

pytestmark = pytest.mark.proves("F:diagrams-1", "F:diagrams-4", "F:diagrams-7")

ENGINEER, BUILDER, ARCHITECT = "structural-engineer-2", "builder-2", "architect-2"
Edit = Callable[[str], str]


def cell(row: int, place: int, new: str) -> Edit:
    """Write another text into a cell of a rule: the rule from 1, the cell from 0."""

    def edit(text: str) -> str:
        rule = [*re.finditer("<rule .*?</rule>", text, re.DOTALL)][row - 1]
        entry = [*re.finditer("<text>(.*?)</text>", rule[0], re.DOTALL)][place]
        at = rule.start()
        return text[: at + entry.start(1)] + new + text[at + entry.end(1) :]

    return edit


def twice(row: int) -> Edit:
    """Copy a rule, as one presses a key once too often."""

    def edit(text: str) -> str:
        rule = [*re.finditer("<rule .*?</rule>", text, re.DOTALL)][row - 1]
        copied = rule[0].replace('id="', 'id="copy_')
        return text[: rule.end()] + copied + text[rule.end() :]

    return edit


def gone(row: int) -> Edit:
    def edit(text: str) -> str:
        rule = [*re.finditer("<rule .*?</rule>", text, re.DOTALL)][row - 1]
        return text[: rule.start()] + text[rule.end() :]

    return edit


def says(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


MENU, CHECK, SOURCE = "menu_availability.dmn", "enterprise_check.dmn", "qualification_source.dmn"
RENAME, PERIODS, SMS = "rename_precondition.dmn", "deadline.dmn", "sms_challenge.dmn"
INITIAL, SHOWN, FORM = "initial.bpmn", "initial.ui.json", "initial.schema.json"
GUIDE, ENDING = "help/initial.md", "help/cancellation.md"
CHOSEN = '"minItems": 1,\n      "maxItems": 2'
LENGTHS = '"minLength": 6,\n      "maxLength": 40'
#: profession, file, slip, place that is told, part of what is told
SLIPS: list[tuple[str, str, Edit, str, str]] = [
    # a table answers otherwise than it must
    (ENGINEER, MENU, cell(3, 2, '"VALID"'), "menu_availability", "不应得出“E_NOT_REGISTERED”"),
    (ENGINEER, MENU, twice(2), "menu_availability", "完全相同"),
    (ENGINEER, CHECK, cell(3, 7, "-"), "enterprise_check", "E_ENTERPRISE_NOT_QUALIFIED"),
    (ENGINEER, SOURCE, cell(2, 4, '"B"'), SOURCE[:-4], "应当是 “C”"),
    (ENGINEER, SOURCE, cell(1, 2, '"MANUAL_WITH_SCAN"'), SOURCE[:-4], "DATABASE_READONLY"),
    (ENGINEER, "edit_effect.dmn", cell(3, 3, '"DRAFT"'), "edit_effect", "READY_TO_SIGN"),
    (
        ENGINEER,
        "acceptance_route.dmn",
        cell(6, 4, '"AUTO_ACCEPT"'),
        "acceptance_route",
        "由人审查",
    ),
    (ENGINEER, RENAME, cell(2, 1, "true"), RENAME[:-4], "不应得出“E_OTHER_LEGAL_PERSON”"),
    (ENGINEER, RENAME, cell(3, 2, '"ACTIVE"'), RENAME[:-4], "E_ENTERPRISE_INACTIVE"),
    (ENGINEER, RENAME, cell(1, 0, "true"), RENAME[:-4], "E_NOT_CHANGED_IN_REGISTRY"),
    (ENGINEER, RENAME, cell(5, 4, "&gt; 0"), RENAME[:-4], "I_NO_CERTIFICATES"),
    (ENGINEER, "rename_effect.dmn", cell(7, 2, '"UPDATE_NAME"'), "rename_effect", "UNCHANGED"),
    (ENGINEER, "ex_officio_effect.dmn", cell(6, 3, '""'), "ex_officio_effect", "FRAUD"),
    (ENGINEER, "change_path.dmn", cell(6, 0, '"MOBILE","SEX"'), "change_path", "REALNAME_SYSTEM"),
    (ENGINEER, "change_path.dmn", cell(2, 4, '""'), "change_path", "why 不应是"),
    (BUILDER, "continuing_education.dmn", cell(3, 5, "60"), "continuing_education", "compulsory"),
    # a period is wrong: what is computed from it follows
    (ENGINEER, PERIODS, cell(2, 1, "60"), "DECISION", "行政许可法第42条"),
    (ENGINEER, PERIODS, cell(3, 1, "20"), "DECISION_EXTENSION", "行政许可法第42条"),
    (ENGINEER, PERIODS, cell(4, 1, "20"), "DECISION_DUE_IN_5", "应为 DECISION 减去 5"),
    (ENGINEER, PERIODS, cell(8, 1, "20"), "EXTENDED_DECISION", "之和"),
    (ENGINEER, PERIODS, cell(15, 1, "50"), "DRAFT_REMINDER", "不早于“DRAFT”届满"),
    (ENGINEER, PERIODS, cell(16, 3, '"last_saved_at"'), "RETURNED", "应当自 arrived_at 起算"),
    (ENGINEER, PERIODS, cell(17, 3, '"arrived_at"'), "DRAFT_REMINDER", "应当自 last_saved_at"),
    # a word is lost: who asks for it follows
    (ENGINEER, SMS, cell(4, 7, '"REQUEST"'), "sms_challenge", "WAIT_15_MIN"),
    (ENGINEER, SMS, gone(6), "sms_challenge", "E_SMS_WRONG"),
    (ENGINEER, RENAME, cell(5, 5, '"E_NO_CERTIFICATES"'), RENAME[:-4], "I_NO_CERTIFICATES？"),
    # a drawing: each place that follows is counted
    (ENGINEER, INITIAL, says('action == "edit"', 'action != "edit"'), "how_to_go_on", "另有 1 处"),
    (ENGINEER, INITIAL, says("&quot;closed&quot;", "&quot;cancelled&quot;"), "idle_", "另有 3 处"),
    (ENGINEER, INITIAL, says('"acceptance"', '"decision"'), "correction_asked", "另有 1 处"),
    (
        ENGINEER,
        INITIAL,
        says(
            'sourceRef="sign_stage" targetRef="notify_enterprise"',
            'sourceRef="sign_stage" targetRef="acceptance_stage"',
        ),
        "",
        "走不到此处",
    ),
    (
        ENGINEER,
        INITIAL,
        says('name="撤回" attachedToRef="decision', 'name="撤回" attachedToRef="issuing'),
        "decide",
        "另有 1 处",
    ),
    (
        ENGINEER,
        INITIAL,
        says('calledElement="claiming"', 'calledElement="certificate_claim"'),
        "claiming_stage",
        "是事项“领取电子证书”自己的",
    ),
    (ENGINEER, INITIAL, says('"revision uscc form"', '"revision, uscc"'), "fill_form", "以空格"),
    (
        ENGINEER,
        INITIAL,
        says('attachedToRef="seal_stage">', 'attachedToRef="seal_stage" cancelActivity="false">'),
        "returned_to_applicant",
        "必须中断",
    ),
    # a form: its messages and the guide follow its bounds
    (BUILDER, FORM, says(LENGTHS, LENGTHS.replace("6", "60")), "qualification_no", "大于"),
    (BUILDER, FORM, says(CHOSEN, CHOSEN.replace("1", "3")), "specialities", "大于 maxItems"),
    (BUILDER, FORM, says(CHOSEN, CHOSEN.replace("2", "1")), "specialities", "另有 2 处"),
    (
        BUILDER,
        FORM,
        says('"uniqueItems": true', '"uniqueItems": false'),
        "specialities",
        "没有这条",
    ),
    (BUILDER, FORM, says('"二级建造师初始', '"初始'), "title", "没有写“二级建造师”"),
    (BUILDER, SHOWN, says("免冠正面照，", "免冠正面照，PDF，"), "photo", "“PDF”"),
    (BUILDER, SHOWN, says("413×579", "431×579"), "photo", "431×579"),
    # guides
    (ENGINEER, GUIDE, says("{FORMAL_CHECK}内", "{DECISION}内"), "", "受理前的审查"),
    (ENGINEER, GUIDE, says("受理后{DECISION}", "申请后{DECISION}"), "", "自受理之日"),
    (ENGINEER, GUIDE, says("盖章后即受理", "签名后即受理"), "", "企业盖章"),
    (ENGINEER, GUIDE, says("自填资格信息或者逾期注册的", "资格库中有的"), "", "自填的才由人"),
    (
        ENGINEER,
        GUIDE,
        says("重新签名并由企业重新盖章", "重新签名，企业不必重新盖章"),
        "",
        "企业也要重新盖章",
    ),
    (ENGINEER, GUIDE, says("# 初始注册", "# 变更注册"), "", "没有变更注册"),
    (ENGINEER, ENDING, says("受理后通知本人", "决定后通知本人"), "", "受理以后就通知"),
    (ENGINEER, ENDING, says("盖章后自动办结", "盖章后由市住建委办结"), "", "自动办结"),
    (ENGINEER, "renewal.md", says("届满前作出决定", "届满后作出决定"), "", "届满以前"),
    (ENGINEER, "renewal.md", says("资质的，不能延续", "资质的，也能延续"), "", "不能延续"),
    (ENGINEER, "paper-exchange.md", says("请不要换领", "请先换领"), "", "不要换领"),
    # the second of two articles
    (ENGINEER, "acceptance-notice.typ", says("第八十二条", "第八十三条"), "", "第83条"),
    (ENGINEER, "application.typ", says("、第七十九条", "、第八十条"), "", "第80条"),
    # the fourth profession
    (ARCHITECT, "type.toml", says('"二级注册建筑师"', '"二级建筑师"'), "title", "3 个表单"),
    (ARCHITECT, "type.toml", says("CLASS 2", "CLASS 1"), "certificate.english", "CLASS 1"),
    (ARCHITECT, "type.toml", says("设计资质", "设计资"), "employer.qualification", "不像资质"),
    (ARCHITECT, "type.toml", says("国二级", "国一级"), "certificate.title", "没有“二级注册建筑师”"),
    (ARCHITECT, "type.toml", says('"31A2', '"31S2'), "numbers.application", "相同的号码"),
    (ARCHITECT, "type.toml", says("000A02", "000S02"), "certificate.type_code", "相同"),
    (ARCHITECT, "type.toml", says("[295, 413]", "[413, 579]"), "applicant.photo", "写的是 295x413"),
    (ARCHITECT, GUIDE, says("二级注册建筑师", "二级注册结构工程师"), "", "二级注册建筑师"),
    (ARCHITECT, GUIDE, says("建筑工程设计资质", "工程勘察设计资质"), "", "工程勘察设计资质"),
    (ARCHITECT, "renewal.md", says("二级注册建筑师", "二级建造师"), "", "写的是“二级建造师”"),
    (ARCHITECT, "renewal.md", says("60 学时", "40 学时"), "", "40 学时"),
    (ARCHITECT, FORM, says("建筑师初始", "建筑师延续"), "INITIAL", "事项是“初始注册”"),
    (ARCHITECT, "certificate.typ", says("1.2mm, 30mm, 42mm", "1.2mm, 42mm, 30mm"), "", "照片印成"),
    (
        ARCHITECT,
        "certificate.typ",
        says("value[#data.certificate_no]", "value[#data.registration_no]"),
        "",
        "证书编号",
    ),
]
RULE = "《中华人民共和国注册建筑师条例实施细则》"
#: What makes an architect of an engineer, in this order.
BECOMES = [
    ("二级注册结构工程师", "二级注册建筑师"),
    (ENGINEER, ARCHITECT),
    ("Class 2 registered structural engineer", "Class 2 registered architect"),
    ("CLASS 2 STRUCTURAL ENGINEER", "CLASS 2 ARCHITECT"),
    ("DEMO00000000000000S02", "DEMO00000000000000A02"),
    ("31S2{", "31A2{"),
    ('"S2{', '"A2{'),
    ("order = 1 ", "order = 8 "),
    ("工程勘察设计资质", "建筑工程设计资质"),
    ("《勘察设计注册工程师管理规定》", RULE),
    ("勘察设计注册工程师管理规定", "注册建筑师条例实施细则"),
    ("（管理规定第17条）", "（实施细则第17条）"),
]


@cache
def package(key: str) -> dict[str, bytes]:
    if key != ARCHITECT:
        return dict(folders.collect(BPMN / key))
    made = dict[str, bytes]()
    for path, data in package(ENGINEER).items():
        text = data.decode()
        for old, new in BECOMES:
            text = text.replace(old, new)
        made[path] = text.encode()
    return made


@cache
def others(key: str) -> list[manifests.RegistrationType]:
    return [manifests.load(BPMN / other) for other in SHIPPED if other != key]


def told(key: str, changed: dict[str, bytes]) -> list[Problem]:
    """Judge a profession beside the others, as `zhuce check` does."""
    kind = manifests.read(changed)
    known = {other.key: "" for other in others(key)}
    against = examination.collisions([*others(key), kind], {}, known).get(key)
    return against or examination.check(changed, FONTS)


@pytest.mark.parametrize(
    ("key", "file", "slip", "element", "text"),
    SLIPS,
    ids=[f"{number}-{row[0]}-{row[1]}" for number, row in enumerate(SLIPS)],
)
def test_a_slip_is_one_line(key: str, file: str, slip: Edit, element: str, text: str) -> None:
    """Whoever reads ten lines for one slip mends nine places that were right."""
    whole = package(key)
    path = next(path for path in whole if path == file or path.endswith(f"/{file}"))

    (problem,) = told(key, {**whole, path: slip(whole[path].decode()).encode()})

    assert problem.element.startswith(element)
    assert text in str(problem)


def test_an_architect_without_a_slip_passes() -> None:
    assert told(ARCHITECT, package(ARCHITECT)) == []


def test_a_story_that_was_copied_and_not_changed_is_told(tmp_path: Path) -> None:
    """Under another name it proves nothing twice."""
    root = edited(tmp_path / "bpmn")
    stories = root / BUILDER / "examples" / "initial"
    story = json.loads((stories / "registered.json").read_text("utf-8"))
    (stories / "registered-2.json").write_text(json.dumps(story | {"title": "另一个标题"}), "utf-8")

    [(_, (problem,))] = examination.examine(root, FONTS, only=[BUILDER])

    assert problem.file == f"{BUILDER}/examples/initial/registered.json"
    assert "讲的是同一件事" in problem.text


def test_two_stories_have_two_titles(tmp_path: Path) -> None:
    root = edited(tmp_path / "bpmn")
    stories = root / BUILDER / "examples" / "initial"
    first, second = (
        json.loads((stories / name).read_text("utf-8"))
        for name in ("registered.json", "too-old.json")
    )
    told_so = json.dumps(second | {"title": first["title"]})
    (stories / "too-old.json").write_text(told_so, "utf-8")

    [(_, (problem,))] = examination.examine(root, FONTS, only=[BUILDER])

    assert problem.file == f"{BUILDER}/examples/initial/too-old.json"
    assert "相同" in problem.text
