"""What is wrong with a registration type is said with file, element and remedy, all at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework import opening
from casework.notice import notice_texts
from engine import operations
from engine.language import parsing
from engine.operations import Operations
from professions.checks import checker
from registry.applications.statuses import END
from tests.professions.folders import structural_engineer

FILES = structural_engineer().files
INITIAL, SIGNING = "initial.bpmn", "common-parts/personal-signing.bpmn"
SCHEMA, UI = "forms/initial.schema.json", "forms/initial.ui.json"


def said(files: dict[str, bytes]) -> list[str]:
    return [str(problem) for problem in checker.check(files)]


def edit(path: str, old: str, new: str) -> dict[str, bytes]:
    """Return the shipped type with one slip of the pen."""
    assert old.encode() in FILES[path], f"{path} has no {old}"
    return dict(FILES) | {path: FILES[path].replace(old.encode(), new.encode())}


def without(path: str) -> dict[str, bytes]:
    return {name: content for name, content in FILES.items() if name != path}


def test_the_shipped_type_has_no_problems() -> None:
    """What is deployed at the first start can be deployed."""
    assert said(dict(FILES)) == []


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            lambda: without("type.toml"),
            "type.toml：缺少 'type.toml'。请按 bpmn/README.md 填写 type.toml。",
        ),
        (
            lambda: edit("type.toml", '"initial_registration"', '"initial_registraton"'),
            "type.toml#INITIAL：没有流程“initial_registraton”。请填写流程图中流程的标识。",
        ),
        (
            lambda: edit("type.toml", 'diagram = "initial.bpmn"', 'diagram = "initail.bpmn"'),
            (
                "type.toml#INITIAL：流程“initial_registration”画在 initial.bpmn，"
                "不在 initail.bpmn。请改正 diagram。"
            ),
        ),
        (
            lambda: edit("type.toml", 'form = "initial"', 'form = "x"'),
            "type.toml#INITIAL：没有表单“x”。请增加 forms/x.schema.json。",
        ),
        (
            lambda: without("help/initial.md"),
            (
                "type.toml#INITIAL：没有说明文件 help/initial.md。"
                "请增加该文件，写明办理条件、材料和步骤。"
            ),
        ),
        (
            lambda: edit(INITIAL, 'name="formKey" value="initial"', 'name="formKey" value="x"'),
            "initial.bpmn#fill_form：没有表单“x”。请增加 forms/x.schema.json，或者改正 formKey",
        ),
        (
            lambda: edit(INITIAL, 'value="RETURNED"', 'value="RETURN"'),
            "initial.bpmn#fix_or_resubmit：申请状态“RETURN”不存在。",
        ),
        (
            lambda: edit(
                "common-parts/decision.bpmn", "&quot;decision&quot;", "&quot;letter-9&quot;"
            ),
            (
                "common-parts/decision.bpmn#issue_decision：参数 kind 不会是“letter-9”。"
                "请用：acceptance-notice、act-decision、correction-notice、decision、"
            ),
        ),
        (
            lambda: edit(INITIAL, 'deadline("CORRECTION_REPLY")', 'deadline("LUNCH")'),
            (
                "initial.bpmn#idle_correct_form：期限表中没有“LUNCH”。"
                "请在 deadline.dmn 中增加一行，或者改正名称。"
            ),
        ),
        (
            lambda: edit("deadline.dmn", "<text>5</text>", '<text>"five"</text>'),
            'deadline.dmn#deadline：第 1 条规则“数量”列："five"不是数',
        ),
        (
            lambda: edit(INITIAL, 'name="系统"', 'name="电脑"'),
            (
                "initial.bpmn#lane_system：泳道名称“电脑”不在规定之列。"
                "请用：申请人、聘用企业、市住建委、系统。"
            ),
        ),
        (
            lambda: edit(INITIAL, "<bpmn:flowNodeRef>fill_form</bpmn:flowNodeRef>", ""),
            "initial.bpmn#fill_form：不在任何泳道中。请把它放进办理人的泳道。",
        ),
        (
            lambda: edit("common-parts/decision.bpmn", 'value="reviewer"', 'value="applicant"'),
            (
                "common-parts/decision.bpmn#review：办理角色 applicant 不属于泳道“市住建委”。"
                "请改正 actorRole 或者换泳道。"
            ),
        ),
        (
            lambda: edit(INITIAL, 'bpmnElement="fill_form"', 'bpmnElement="fill_fom"'),
            "initial.bpmn#fill_form：没有画出来。请在编辑器中打开并补画。",
        ),
        (
            lambda: edit(SIGNING, 'name="输入验证码"', 'name=""'),
            "common-parts/personal-signing.bpmn#enter_code：没有名称。",
        ),
        (
            lambda: edit(INITIAL, 'name="核验通过？"', 'name="核验"'),
            "initial.bpmn#form_passes：网关应写成一个问题。请以问号结尾，例如“核验通过？”。",
        ),
        (
            lambda: edit(INITIAL, 'name="通过"', ""),
            (
                "initial.bpmn#form_passes_to_render_application：网关的出口没有写答案。"
                "请给连线命名，例如“通过”。"
            ),
        ),
        (
            lambda: edit(UI, '"enterprise_phone"]', '"enterprise_fax"]'),
            (
                "forms/initial.ui.json#enterprise_fax：分组中的字段 enterprise_fax 不在表单里。"
                "是不是 enterprise_phone？请修改 ui:sections。"
            ),
        ),
        (
            lambda: edit(UI, '"fields": ["photo"]', '"fields": []'),
            "forms/initial.ui.json#photo：每个字段应在一个分组中出现一次。请修改 ui:sections。",
        ),
        (
            lambda: edit(SCHEMA, '"title": "企业联系电话",', '"titel": "企业联系电话",'),
            "forms/initial.schema.json#enterprise_phone：不支持 titel。",
        ),
        (
            lambda: edit(
                SCHEMA, '"required": "请填写企业联系电话', '"requierd": "请填写企业联系电话'
            ),
            (
                "forms/initial.schema.json#enterprise_phone："
                "errorMessage 没有 requierd 这一项。请改正规则的名称。"
            ),
        ),
        (
            lambda: without(UI),
            "forms/initial.ui.json：没有文件 forms/initial.ui.json。请增加该文件。",
        ),
        (
            lambda: dict(FILES) | {"type.toml": FILES["type.toml"] * 2},
            "type.toml：第 164 行第 20 列不是 TOML（这一项写了两次）",
        ),
    ],
)
def test_a_slip_is_told_with_its_remedy(
    files: Callable[[], dict[str, bytes]], problem: str
) -> None:
    """An analyst reads where to look and what to do."""
    told = said(files())

    assert [line for line in told if line.startswith(problem)], told


@pytest.mark.parametrize(
    ("path", "old", "new", "place", "hint"),
    [
        (INITIAL, '>check["ok"]<', '>chek["ok"]<', "form_passes_to_render_application", "check"),
        (SIGNING, ">minutes(30)<", ">minutes(thirty)<", "session_expired", ""),
        (SIGNING, 'value="person_id"', 'value="persn_id"', "check_signer", "person_id"),
        (
            "acceptance_route.dmn",
            ">acceptance_mode<",
            ">acceptance_moode<",
            "acceptance_route",
            "acceptance_mode",
        ),
    ],
)
def test_a_variable_that_nothing_sets(path: str, old: str, new: str, place: str, hint: str) -> None:
    """A slip in a name would stop a case in the middle: it is told before, with a guess."""
    told = [slip for slip in checker.check(edit(path, old, new)) if "没有来源" in slip.text]

    assert [slip.element for slip in told] == [place]
    assert hint in told[0].remedy


@pytest.mark.parametrize("broken", [b"", b"\xff\xfe", None], ids=["empty", "not-text", "half"])
@pytest.mark.parametrize("path", ["type.toml", INITIAL, "deadline.dmn", SCHEMA, UI])
def test_a_file_that_cannot_be_read(path: str, broken: bytes | None) -> None:
    """A broken upload is told like any other slip; the check itself never fails."""
    content = FILES[path][: len(FILES[path]) // 2] if broken is None else broken

    assert checker.check(dict(FILES) | {path: content}) != []


def test_two_matters_with_one_code() -> None:
    """Codes are stored with applications: they name one matter each."""
    first = FILES["type.toml"].split(b"[[matter]]")[1]

    told = said(dict(FILES) | {"type.toml": FILES["type.toml"] + b"\n[[matter]]" + first})

    assert told == ["type.toml#INITIAL：申请事项的代码重复。请给每个事项不同的代码。"]


def test_the_engine_s_own_check_is_part_of_it() -> None:
    """A script task, an unknown table: what cannot run is not deployed either."""
    files = edit(INITIAL, ">continuing_education<", ">continuing_educaton<")

    assert any("judge_overdue：没有决策表“continuing_educaton”" in line for line in said(files))


def test_operations_nobody_offers() -> None:
    """With the registry of operations, calls are checked too."""
    problems = checker.check(FILES, Operations())

    assert any(
        problem.element == "check_form" and "application/check_form" in problem.text
        for problem in problems
    )


def test_every_operation_of_the_shipped_type_is_offered() -> None:
    """What the diagrams ask for is registered with just these parameters."""
    assert opening.OPERATIONS

    assert checker.check(FILES, operations.known) == []


def parameters(operation: str, name: str) -> set[str]:
    """Return the texts that the diagrams give to one parameter of an operation."""
    return {
        (item.get("value") or "").strip("\"'")
        for root in parsing.read_sources(FILES).diagrams.values()
        for operator in root.iter(parsing.spiff("serviceTaskOperator"))
        if operator.get("id") == operation
        for item in operator.iter(parsing.spiff("parameter"))
        if item.get("id") == name
    }


def test_what_diagrams_ask_to_tell_has_a_text() -> None:
    """I10, I12, I18: each notice has recipients and words, and none is written for nothing."""
    assert parameters("notice/send", "kind") == {kind.split("/")[0] for kind in notice_texts.KINDS}


def test_cases_are_closed_in_end_states_only() -> None:
    """R17: 办结 and the other ends of domain B.4."""
    assert parameters("application/close", "status") == {status.value for status in END}
