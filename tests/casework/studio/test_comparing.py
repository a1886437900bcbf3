"""What differs between two packages is told in words, and nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from casework.studio.comparing.comparison import CHANGED, compare
from professions import examples, folders

SHIPPED = Path("bpmn/structural-engineer-2")


@cache
def package() -> Mapping[str, bytes]:
    return {**folders.collect(SHIPPED), **examples.collect(SHIPPED)}


def told(path: str, old: str, new: str) -> list[str]:
    """Change one text of a shipped file; return what is told."""
    content = package()[path].decode()
    assert old in content
    changed = {**package(), path: content.replace(old, new, 1).encode()}
    found = compare(package(), changed)
    assert {difference.file for difference in found} == {path}
    return [str(difference) for difference in found]


def test_equal_packages_do_not_differ() -> None:
    assert compare(package(), dict(package())) == []


@pytest.mark.parametrize("path", sorted(package()))
def test_no_change_of_any_file_is_left_out(path: str) -> None:
    """One byte at several places of each shipped file, and the file itself."""
    content = package()[path]
    wide = max(1, len(content) // 5)
    for place in range(0, len(content), wide):
        other = b"7" if content[place : place + 1] != b"7" else b"8"
        changed = {**package(), path: content[:place] + other + content[place + 1 :]}
        found = compare(package(), changed)
        assert {difference.file for difference in found} == {path}
        assert all(difference.text for difference in found)
    without = {name: data for name, data in package().items() if name != path}
    assert [difference.text for difference in compare(package(), without)] == ["已删除文件"]
    assert [difference.text for difference in compare(without, package())] == ["新增文件"]


def test_whatever_a_diagram_says_is_told_at_its_element() -> None:
    """Every attribute and text of a process, one after the other."""
    path = "common-parts/claiming.bpmn"
    before = package()[path]
    size = len(list(etree.fromstring(before).iter()))
    for number in range(size):
        names = list(list(etree.fromstring(before).iter())[number].attrib)
        for name in (*names, None):
            root = etree.fromstring(before)
            element = list(root.iter())[number]
            if name is None and not (element.text or "").strip():
                continue
            if name is None:
                element.text = f"{element.text}7"
            else:
                element.set(name, f"{element.get(name)}7")
            found = compare(package(), {**package(), path: etree.tostring(root)})
            local = etree.QName(element).localname
            if local in _SAID_BY_OTHERS or (name == "id" and local.startswith("BPMN")):
                assert found
            else:
                assert not any(item.text.startswith(CHANGED) for item in found), (local, name)


#: Flows say where they begin and end; names of drawings are nobody's.
_SAID_BY_OTHERS = {"incoming", "outgoing", "BPMNDiagram", "BPMNPlane"}


def test_a_diagram_is_told_by_its_elements() -> None:
    path = "renewal.bpmn"

    assert told(path, 'deadline("DRAFT")', '"P20D"') == [
        "附着事件“逾期未办”：期限：期限表DRAFT（90日） → 20日"
    ]
    assert told(path, 'name="填写延续注册申请表"', 'name="填表"') == [
        "人工任务“填表”：更名：填写延续注册申请表 → 填表"
    ]
    assert told(
        path, 'name="actorRole" value="applicant"', 'name="actorRole" value="acceptor"'
    ) == ["人工任务“填写延续注册申请表”：办理人：申请人 → 受理"]
    assert told(path, 'name="formKey" value="renewal"', 'name="formKey" value="initial"') == [
        "人工任务“填写延续注册申请表”：表单：renewal → initial"
    ]
    assert told(path, 'default="may_apply_to_close_not_available"', "") == [
        "判断“可以申请？”：删去默认分支（原为“可以申请？”到“关闭申请”的连线“不可以”）"
    ]
    assert told(path, "&quot;CLOSED&quot;", "&quot;WITHDRAWN&quot;") == [
        "系统任务“关闭申请”：申请状态：已关闭 → 已撤回"
    ]


def test_a_length_of_time_is_told_in_days() -> None:
    """P20D → P30D is what an official reads as 20日 → 30日."""
    path = "renewal.bpmn"
    content = package()[path].decode()
    old, new = (
        {**package(), path: content.replace('deadline("DRAFT")', f'"{length}"', 1).encode()}
        for length in ("P20D", "P30D")
    )

    assert [str(difference) for difference in compare(old, new)] == [
        "附着事件“逾期未办”：期限：20日 → 30日"
    ]


def test_elements_that_only_moved_are_told_as_such() -> None:
    path = "common-parts/claiming.bpmn"
    root = etree.fromstring(package()[path])
    bounds = next(root.iter("{*}Bounds"))
    moved = f'<dc:Bounds x="{bounds.get("x")}"'

    (said,) = told(path, moved, '<dc:Bounds x="7"')

    assert said.startswith("仅移动：")


def test_elements_that_came_and_went_are_told_with_what_they_say() -> None:
    path = "common-parts/claiming.bpmn"
    root = etree.fromstring(package()[path])
    task = next(root.iter("{*}userTask"))
    name, parent = task.get("name"), task.getparent()
    assert parent is not None
    parent.remove(task)
    without = {**package(), path: etree.tostring(root)}

    gone, come = compare(package(), without), compare(without, package())

    assert [difference.text for difference in gone if difference.element == task.get("id")] == [
        "已删除"
    ]
    (new,) = (difference for difference in come if difference.element == task.get("id"))
    assert new.place == f"人工任务“{name}”"
    assert new.text.startswith("新增（类型人工任务；")
    assert "办理人申请人" in new.text


def test_a_new_row_is_told_with_all_its_cells() -> None:
    """The last cell may be the one for which the row was written."""
    path = "continuing_education.dmn"
    root = etree.fromstring(package()[path])
    row = next(root.iter("{*}rule"))
    parent = row.getparent()
    assert parent is not None
    parent.remove(row)

    [said] = compare({**package(), path: etree.tostring(root)}, package())

    assert "“须填学时”是；“须传证明”是" in said.text


def test_a_table_is_told_by_its_cells() -> None:
    path = "deadline.dmn"
    row = "第2行“行政许可法第42条：二十日内决定”"

    assert told(path, 'row2_out1"><text>20<', 'row2_out1"><text>15<') == [
        f"{row}：“数量”：20个工作日 → 15个工作日"
    ]
    assert told(path, 'row2_out4"><text>"ESCALATE"<', 'row2_out4"><text>"REMIND"<') == [
        f"{row}：“到期”：“ESCALATE” → “REMIND”"
    ]
    (basis,) = told(path, "第42条：二十日内决定", "第42条：十五日内决定")
    assert basis.endswith(
        "依据和说明：行政许可法第42条：二十日内决定 → 行政许可法第42条：十五日内决定"
    )
    assert told(path, 'hitPolicy="UNIQUE"', 'hitPolicy="FIRST"') == [
        "决策表“期限”：命中策略：唯一 → 首条"
    ]
    assert told(path, 'label="数量"', 'label="长度"') == ["输出“长度”列：更名：数量 → 长度"]


def test_rows_of_a_table_come_go_and_change_places() -> None:
    path = "deadline.dmn"
    root = etree.fromstring(package()[path])
    table = next(root.iter("{*}decisionTable"))
    first, second = table.findall("{*}rule")[:2]
    second.addnext(first)
    swapped = {**package(), path: etree.tostring(root)}
    table.remove(second)
    shorter = {**package(), path: etree.tostring(root)}

    (order,) = compare(package(), swapped)
    (gone,) = (item for item in compare(package(), shorter) if item.element == second.get("id"))
    (come,) = (item for item in compare(shorter, package()) if item.element == second.get("id"))

    assert str(order).startswith("决策表“期限”：行的次序：")
    assert str(gone) == "第2行“行政许可法第42条：二十日内决定”：已删除"
    assert "“数量”20个工作日" in come.text


def test_a_column_is_told_once() -> None:
    path = "common-parts/change_path.dmn"
    root = etree.fromstring(package()[path])
    column = list(root.iter("{*}output"))[-1]
    for rule in root.iter("{*}rule"):
        rule.remove(rule.findall("{*}outputEntry")[-1])
    parent = column.getparent()
    assert parent is not None
    parent.remove(column)

    (gone,) = compare(package(), {**package(), path: etree.tostring(root)})

    assert (gone.element, gone.text) == (column.get("id"), "已删除")


def test_a_form_is_told_by_its_fields() -> None:
    path = "forms/renewal.schema.json"
    hours = "字段“继续教育必修课学时”"

    assert told(path, '"maximum": 999', '"maximum": 90') == [f"{hours}：最大值：999 → 90"]
    assert told(path, '["enterprise_phone", "ce_c', '["ce_c') == [
        "字段“企业联系电话”：必填：是 → 否"
    ]
    assert told(path, '{"const": "F", "title": "女"}', '{"const": "F", "title": "女性"}') == [
        "字段“性别”：选项“F”：女 → 女性"
    ]
    assert told(path, ', {"const": "F", "title": "女"}', "") == [
        "字段“性别”：删去选项“F”（原为女）"
    ]
    assert told(
        path, '{"photo_required": {"const": true}}', '{"photo_required": {"const": false}}'
    )[0].startswith("字段“个人照片”：出现条件")
    assert told(
        path, '"exclusiveMinimum": "继续教育必修课学时应大于0"', '"exclusiveMinimum": "太少"'
    ) == [f"{hours}：出错时的提示（应大于）：继续教育必修课学时应大于0 → 太少"]
    assert told("forms/renewal.ui.json", '"例如 60"', '"例如 90"') == [
        f"{hours}：填写说明：例如 60 → 例如 90"
    ]
    assert told("forms/renewal.ui.json", '"name", "sex"', '"sex", "name"')[0].startswith(
        "分组“个人信息”：字段：姓名、性别"
    )


def test_manifests_texts_and_scenarios_are_told_in_their_own_words() -> None:
    assert told("type.toml", "minimum_age = 18", "minimum_age = 20") == [
        "申请人：最低年龄：18 → 20"
    ]
    assert told("type.toml", 'form = "renewal"', 'form = "initial"') == [
        "事项“延续注册”：表单：renewal → initial"
    ]
    assert told("help/renewal.md", "谁可以办理", "什么人可以办理") == [
        "第3行：## 谁可以办理 → ## 什么人可以办理"
    ]
    assert told("examples/usual.json", '"李审查"', '"王审查"') == [
        "情景“平常情形：各故事只写与此不同之处”：删去人员“李审查”（原为reviewer）",
        "情景“平常情形：各故事只写与此不同之处”：新增人员“王审查”：reviewer",
    ]


SMALL = {
    "a timer of a called diagram": (
        ("common-parts/decision.bpmn", 'deadline("DECISION_DUE_IN_5")', '"P9D"'),
        "附着事件“即将到期”：期限：期限表DECISION_DUE_IN_5（15个工作日） → 9日",
    ),
    "it interrupts now": (
        ("common-parts/decision.bpmn", ' cancelActivity="false"', ""),
        "附着事件“即将到期”：发生时中断任务：否 → 是",
    ),
    "an empty line of a letter": (("documents/decision.typ", "\n\n", "\n\n\n"), "第14行：新增空行"),
    "blanks of a letter": (
        ("documents/decision.typ", "  #facts", "    #facts"),
        "第25行：只有空白不同",
    ),
    "a line of a guide": (
        ("help/initial.md", "谁可以办理", "哪些人可以办理"),
        "第3行：## 谁可以办理 → ## 哪些人可以办理",
    ),
    "the note of a row": (
        ("continuing_education.dmn", "期限内初始注册", "按期初始注册"),
        "第3行“按期初始注册”：依据和说明：期限内初始注册 → 按期初始注册",
    ),
    "a hit policy": (
        ("continuing_education.dmn", 'hitPolicy="FIRST"', 'hitPolicy="ANY"'),
        "决策表“逾期与继续教育要求”：命中策略：首条 → 一致",
    ),
    "the type of a column": (
        ("continuing_education.dmn", 'typeRef="number"', 'typeRef="string"'),
        "输入“超过3年期限的天数”列：类型：数 → 文字",
    ),
    "the unit of a period": (
        ("deadline.dmn", '"WORKDAY"', '"DAY"'),
        "第1行“行政许可法第32条第一款第四项：五日内一次告知，逾期视为受理”：“单位”：工作日 → 日",
    ),
    "a line that is drawn elsewhere": (
        ("initial.bpmn", '<di:waypoint x="', '<di:waypoint x="7'),
        "仅移动：“提出初始注册申请”到“核对能否申请”的连线",
    ),
    "a number that is written otherwise": (
        ("deadline.dmn", 'row17_out1"><text>6<', 'row17_out1"><text>6.5<'),
        "第20行“行政诉讼法第46条”：“数量”：6个月 → 6.5个月",
    ),
    "the variable of a column": (
        ("continuing_education.dmn", 'name="overdue" typeRef', 'name="late" typeRef'),
        "输出“逾期”列：变量名：overdue → late",
    ),
    "how a row is called in the file": (
        ("continuing_education.dmn", '<rule id="continuing_education_row2">', '<rule id="two">'),
        (
            "第2行“注销后重新注册，政策要求时（管理规定第17条）”：标识："
            "continuing_education_row2 → two"
        ),
    ),
    "what may stand in a column": (
        (
            "continuing_education.dmn",
            'label="事项">',
            'label="事项"><inputValues id="v"><text>"INITIAL"</text></inputValues>',
        ),
        '输入“事项”列：新增允许的值："INITIAL"',
    ),
    "a column of notes": (
        (
            "continuing_education.dmn",
            "</decisionTable>",
            '<annotation name="备注"/></decisionTable>',
        ),
        "决策表“逾期与继续教育要求”：新增附注列：备注",
    ),
    "a process that may not run": (
        ("renewal.bpmn", 'isExecutable="true"', 'isExecutable="false"'),
        "流程“延续注册”：可执行：是 → 否",
    ),
    "the title of a section": (
        ("forms/renewal.ui.json", '"title": "现有注册"', '"title": "原注册"'),
        "分组“原注册”：更名：现有注册 → 原注册",
    ),
    "the end of a scenario": (
        ("examples/renewal/renewed.json", '"COMPLETED"', '"WITHDRAWN"'),
        ("情景“到期30日前提出，准予延续，领取换发的证书”：结束时的状态：办结 → 已撤回"),
    ),
    "what a table must answer": (
        ("examples/tables/deadline.json", '"days": 5, "unit"', '"days": 6, "unit"'),
        "情景“期限：每一行，每一个词，每一个数的两边”：例子第1项的结论“days”：5 → 6",
    ),
    "who a lane belongs to": (
        ("initial.bpmn", "<bpmn:flowNodeRef>started</bpmn:flowNodeRef>", ""),
        "开始“提出初始注册申请”：删去泳道（原为申请人）",
    ),
}


def test_a_renamed_lane_is_told_once() -> None:
    """Whoever works in it does not come to another lane."""
    lane = '<bpmn:lane id="lane_renewal_applicant" name="申请人">'

    assert told("renewal.bpmn", lane, lane.replace("申请人", "本人")) == [
        "泳道“本人”：更名：申请人 → 本人"
    ]


@pytest.mark.parametrize("change", SMALL)
def test_small_changes_are_told_in_words_that_an_official_reads(change: str) -> None:
    """No code where the trade has a word, and no change that says nothing."""
    (path, before, after), said = SMALL[change]

    assert said in told(path, before, after)


def test_what_nobody_has_words_for_is_told_as_changed() -> None:
    """Another way to write the same, a file that cannot be read, one that bears another name."""
    diagram = package()["renewal.bpmn"]
    respaced = {**package(), "renewal.bpmn": diagram + b"\n<!-- -->\n"}
    broken = {**package(), "renewal.bpmn": diagram[:200]}
    blob = {**package(), "help/renewal.md": b"\xff\xfe\x00"}
    named = {("help/other.md" if k == "help/renewal.md" else k): v for k, v in package().items()}

    assert [item.text for item in compare(package(), respaced)] == [
        "文件已变更：只有写法、次序、空白或者注释不同"
    ]
    assert compare(package(), broken)
    assert [item.text for item in compare(package(), blob)] == [CHANGED]
    assert [item.text for item in compare(package(), named)] == [
        "文件改名：help/renewal.md → help/other.md"
    ]


def test_how_a_file_types_an_expression_is_no_word_of_law() -> None:
    """A time or condition is told alone; another type is still a change of the file."""
    typed = b"tFormalExpression"
    path = next(name for name, data in sorted(package().items()) if typed in data)
    before = package()[path]
    found = compare(package(), {**package(), path: before.replace(typed, b"tExpression", 1)})
    assert {difference.file for difference in found} == {path}
    gone = re.sub(rb' xsi:type="[a-z:]*tFormalExpression"', b"", before)
    assert gone != before

    told = compare({**package(), path: gone}, package())

    (difference,) = told
    assert (difference.file, difference.text.partition("：")[0]) == (path, CHANGED)
