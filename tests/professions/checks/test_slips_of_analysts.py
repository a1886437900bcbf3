"""What a careful analyst gets wrong is told with place and remedy: `zhuce check` knows the trade.

A slip is a text that is replaced in the shipped type: file, old, new. It is told at an element, in
words of the problem and of the remedy.
"""

from __future__ import annotations

import pytest
from lxml import etree

from engine.language import parsing
from engine.language.parsing import bpmn
from professions import folders, manifests, operations
from professions.checks import checker, conditions, examination, invariants
from tests.professions.folders import BPMN, structural_engineer

FILES = structural_engineer().files
FORM, RENEWAL = "forms/initial.schema.json", "forms/renewal.schema.json"
INITIAL, CLAIMING = "initial.bpmn", "common-parts/claiming.bpmn"
SEALING, DECIDING = "common-parts/enterprise-sealing.bpmn", "common-parts/decision.bpmn"
PERIODS = "deadline.dmn"

Slip = tuple[str, str, str, str, str, str]  #: file, old, new, element, problem, remedy

FORMS: dict[str, Slip] = {
    "least above greatest": (
        *(FORM, '"minLength": 4', '"minLength": 400'),
        *("enterprise_name", "大于 maxLength 的 100", "改正 minLength"),
    ),
    "hours above 999": (
        *(FORM, '"exclusiveMinimum": 0', '"exclusiveMinimum": 999'),
        *("ce_compulsory_hours", "不小于 maximum 的 999", "改正"),
    ),
    "five of five files": (
        *(FORM, '"minItems": 1', '"minItems": 6'),
        *("ce_proof", "大于 maxItems 的 5项", "改正 minItems"),
    ),
    "number in quotes": (
        *(FORM, '"type": "number"', '"type": "string"'),
        *("ce_elective_hours", "maximum 只用于数", "改正 type"),
    ),
    "region in small letters": (
        *(FORM, '{"const": "OTHER"', '{"const": "other"'),
        *("qualification_region", "缺少 OTHER；没有 other", "规定的值"),
    ),
    "region left out": (
        *(FORM, '{"const": "SHANGHAI", "title": "上海市"}, ', ""),
        *("qualification_region", "缺少 SHANGHAI", "规定的值"),
    ),
    "identity document left out": (
        *(FORM, '        {"const": "HM_PERMIT", "title": "港澳居民来往内地通行证"},\n', ""),
        *("id_type", "缺少 HM_PERMIT", "规定的值"),
    ),
    "province twice": (
        *(FORM, '"天津市",', '"北京市",'),
        *("qualification_province", "“北京市”写了两次", "删除"),
    ),
    "opinion need not be ticked": (
        *(FORM, '"const": true,', '"const": false,'),
        *("applicant_opinion", "须有 const: true", "补上"),
    ),
    "flag that people fill": (
        *(FORM, '"title": "须传资格证书扫描件", "readOnly": true', '"title": "须传资格证书扫描件"'),
        *("scan_required", "须有 readOnly: true", "补上"),
    ),
    "photo that is a text": (
        *(FORM, '"format": "document",\n      "contentMediaType": "image/jpeg"', '"maxLength": 9'),
        *("photo", "format 应为 document", "document"),
    ),
    "date that is a text": (
        *(FORM, '"format": "date"', '"maxLength": 10'),
        *("qualification_issued_on", "format 应为 date", "date"),
    ),
    "read-only and asked for": (
        *(FORM, '"title": "企业联系电话",', '"title": "企业联系电话", "readOnly": true,'),
        *("enterprise_phone", "只读而必填", "删除 readOnly"),
    ),
    "pattern that never ends": (
        *(FORM, '"^((0[0-9]{2,3}-?)?[0-9]{7,8}', '"^([0-9]{1,4}-?)+$|^((0[0-9]{2,3}-?)?[0-9]{7,8}'),
        *("enterprise_phone", "太多种解释", "只有一种读法"),
    ),
    "pattern of a part": (
        *(
            RENEWAL,
            '"^((0[0-9]{2,3}-?)?[0-9]{7,8}(-[0-9]{1,6})?|1',
            '"((0[0-9]{2,3}-?)?[0-9]{7,8}|1',
        ),
        *("enterprise_phone", "没有以 ^ 开头", "^(……)$"),
    ),
    "pattern longer than the field": (
        *(FORM, '"title": "企业联系电话",', '"title": "企业联系电话", "maxLength": 6,'),
        *("enterprise_phone", "至少要 7 个字符，maxLength 是 6", "maxLength"),
    ),
    "message with the old bound": (
        *(FORM, '"minLength": 6', '"minLength": 8'),
        *("qualification_no", "写的是6个字符，规则是 40、8", "同一个数"),
    ),
    "number in the message only": (
        *(FORM, '"maximum": 999', '"maximum": 99'),
        *("ce_elective_hours", "规则是 99", "同一个数"),
    ),
    "hours that may be left out": (
        *(FORM, '"required": ["ce_compulsory_hours", "ce_elective_hours"]'),
        *('"required": ["ce_compulsory_hours"]', "ce_elective_hours", "可以不填", "required"),
    ),
    "photo that may be left out": (
        *(FORM, '    "photo",\n', ""),
        *("photo", "可以不填，制作证书要用到它", "required"),
    ),
    "upload of another kind": (
        *(FORM, "application/pdf", "application/word"),
        *("ce_proof", "“application/word”不能上传", "application/pdf"),
    ),
    "photo of another kind": (
        *(FORM, "image/jpeg", "image/jpg"),
        *("photo", "“image/jpg”不能上传", "image/jpeg"),
    ),
    "title copied with its field": (
        *(FORM, '"title": "资格证书签发机关"', '"title": "资格证书编号"'),
        *("qualification_issuer", "与字段 qualification_no 的标题", "区分"),
    ),
}
TIMERS: dict[str, Slip] = {
    "nothing to wait for": (
        *(CLAIMING, "days(10)", "days(0)"),
        *("claim_reminder_10", "不大于零", "P30D"),
    ),
    "backwards": (SEALING, "workdays(3)", "workdays(-3)", "remind_day_3", "不大于零", "时长"),
    "no length": (SEALING, "workdays(3)", '"P0D"', "remind_day_3", "不大于零", "时长"),
    "longer than ten years": (
        *(SEALING, "workdays(3)", "workdays(30000)"),
        *("remind_day_3", "超过十年", "时长"),
    ),
    "name and length differ": (
        *(CLAIMING, "days(30)", "days(35)"),
        *("claim_reminder_30", "“30日”，等的是 days(35)", "同一长度"),
    ),
    "name and unit differ": (
        *(SEALING, "workdays(7)", "days(7)"),
        *("remind_day_7", "“7工作日”，等的是 days(7)", "同一长度"),
    ),
    "reminder after the end": (
        *(PERIODS, "<text>83</text>", "<text>93</text>"),
        *("DRAFT_LAST_REMINDER", "说明写的是 83", "同一个数"),
    ),
    "reminder on the day of the end": (
        *(SEALING, ">workdays(7)<", ">workdays(15)<"),
        *("remind_day_7", "不早于“逾期未办”", "改得早于"),
    ),
    "two reminders at once": (
        *(INITIAL, 'deadline("DRAFT_REMINDER")', 'deadline("DRAFT_LAST_REMINDER")'),
        *("draft_83_days", "同一时刻提醒", "删除一个"),
    ),
    "reminder that interrupts": (
        *(INITIAL, 'name="到期前提醒" attachedToRef="fill_form" cancelActivity="false"'),
        *('name="到期前提醒" attachedToRef="fill_form"', "draft_60_days", "只是提醒", "不中断"),
    ),
    "reminder of the claim that interrupts": (
        *(CLAIMING, 'name="90日" attachedToRef="confirm_claim" cancelActivity="false"'),
        *('name="90日" attachedToRef="confirm_claim"', "claim_reminder_90", "同一条路", "不中断"),
    ),
    "end that leaves the task": (
        *(INITIAL, 'name="逾期未办" attachedToRef="sign_stage"'),
        *('name="逾期未办" attachedToRef="sign_stage" cancelActivity="false"', "idle_sign_stage"),
        *("application/close 结束申请，任务仍然开着", "改为中断"),
    ),
    "period of no days": (
        *(PERIODS, "<text>90</text>", "<text>0</text>"),
        *("DRAFT", "长度 0 不在1至3660之间", "改正长度"),
    ),
    "longer than the law": (
        *(PERIODS, "<text>20</text>", "<text>30</text>"),
        *("DECISION", "行政许可法第42条规定为 1至20 WORKDAY", "法定的长度"),
    ),
    "days that are workdays": (
        *(PERIODS, '<outputEntry id="deadline_row1_out2"><text>"WORKDAY"'),
        *('<outputEntry id="deadline_row1_out2"><text>"DAY"', "FORMAL_CHECK", "第32条", "单位"),
    ),
    "a source that is lost": (
        *(PERIODS, "政策：草稿保留", " "),
        *("DRAFT", "没有写期限的依据", "description"),
    ),
    "a legal source that is lost": (
        *(PERIODS, "行政许可法第44条：决定后十日内颁发", "办理时限"),
        *("DELIVERY", "没有写法律条文", "行政许可法第44条"),
    ),
    "extension changed alone": (
        *(PERIODS, "<text>10</text>", "<text>8</text>"),
        *("EXTENDED_DECISION", "应为 DECISION 与 DECISION_EXTENSION 之和，即 28", "改为 28"),
    ),
    "reminder that says another day": (
        *(PERIODS, "<text>19</text>", "<text>18</text>"),
        *("DECISION_DUE_IN_1", "应为 DECISION 减去 1，即 19", "改为 19"),
    ),
}
ACTING, CORRECTING = "common-parts/ex-officio.bpmn", "common-parts/correction.bpmn"
SIGNING = "common-parts/personal-signing.bpmn"
EYES = '          <spiffworkflow:property name="differentFrom" value="{}"/>\n'
LOST: dict[str, Slip] = {
    "four eyes lost with a copy": (
        *(DECIDING, "  " + EYES.format("review"), ""),
        *("decide", "没有要求由“review”以外的人办理", "differentFrom：review"),
    ),
    "four eyes of nobody": (
        *(ACTING, 'value="propose_act"', 'value="decide"'),
        *("decide_act", "没有要求由“propose_act”以外", "differentFrom：propose_act"),
    ),
    "four eyes of a correction": (
        *(CORRECTING, EYES.format("propose_correction"), ""),
        *("confirm_correction", "“propose_correction”以外的人办理", "differentFrom"),
    ),
    "no word before the decision": (
        *(ACTING, "intended-decision", "act-decision"),
        *("decide_act", "不经过“document/issue_notice:intended-decision”", "都先经过"),
    ),
}
SLIPS = FORMS | TIMERS | LOST


def slipped(path: str, old: str, new: str) -> dict[str, bytes]:
    """Return the shipped type with every `old` of a file replaced."""
    assert old.encode() in FILES[path], f"{path} has no {old}"
    return dict(FILES) | {path: FILES[path].replace(old.encode(), new.encode())}


@pytest.mark.proves("F:diagrams-5", "F:diagrams-6")
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_an_analyst_is_told(slip: str) -> None:
    """I12: each passes the syntax and would harm people: nobody can fill it, or nobody notices."""
    path, old, new, element, problem, remedy = SLIPS[slip]

    told = checker.check(slipped(path, old, new), operations.DECLARED)

    assert [
        fault
        for fault in told
        if fault.element == element and problem in fault.text and remedy in fault.remedy
    ], "\n".join(map(str, told))


def removed(path: str, event: str) -> dict[str, bytes]:
    """Return the shipped type without a boundary event and what only it leads to."""
    root = etree.fromstring(FILES[path])
    gone = {event}
    while True:
        lines = [flow for flow in root.iter(bpmn("sequenceFlow")) if flow.get("sourceRef") in gone]
        kept = [flow for flow in root.iter(bpmn("sequenceFlow")) if flow not in lines]
        targets = {flow.get("targetRef") for flow in kept}
        more = {flow.get("targetRef") for flow in lines} - targets - gone
        if not more:
            break
        gone |= more
    lines_gone = {flow.get("id") for flow in lines}
    for element in [*root.iter("{*}*")]:
        drawn = element.get("bpmnElement") or element.get("id") or (element.text or "").strip()
        if drawn in gone | lines_gone and element.getparent() is not None:
            element.getparent().remove(element)
    return dict(FILES) | {path: etree.tostring(root)}


EVENTS = [
    (path, event.get("id"))
    for path in (INITIAL, "renewal.bpmn", CLAIMING, SEALING, ACTING, "common-parts/acceptance.bpmn")
    for event in etree.fromstring(FILES[path]).iter(bpmn("boundaryEvent"))
    if (path != "renewal.bpmn" or "expir" in (event.get("id") or ""))
    and event.get("cancelActivity") != "false"
    and event.find(bpmn("errorEventDefinition")) is None
]


@pytest.mark.parametrize(("path", "event"), EVENTS)
def test_a_way_out_that_is_deleted_is_told(path: str, event: str) -> None:
    """Who deletes an event by a slip of the hand takes a right or a limit from everybody after."""
    told = checker.check(removed(path, event), operations.DECLARED)

    assert [fault for fault in told if fault.element and fault.remedy], event


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        (INITIAL, 'id="application/close"', 'id="application/void_files"', "没有记下申请的结果"),
        (DECIDING, 'targetRef="review"', 'targetRef="decide"', "不经过“review”就到了“decide”"),
        (SIGNING, 'id="signing/send_code"', 'id="notice/send"', "不经过“signing/send_code”"),
    ],
)
def test_what_must_come_before_is_asked_of_every_way(
    path: str, old: str, new: str, problem: str
) -> None:
    """Beside what else the slip breaks: an end without result, a decision nobody prepared."""
    kind, sources = structural_engineer(), parsing.read_sources(slipped(path, old, new))

    kinds = conditions.everything(sources)
    told = [*invariants.faults(kind.matter("INITIAL"), sources, kinds)]

    assert [text for _, _, text, _ in told if problem in text], told


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("help/initial.md", "#", "# 二级注册结构工程师"),
        ("forms/initial.schema.json", '"title": "', '"title": "二级注册结构工程师'),
        ("documents/certificate.typ", "[", "[二级注册结构工程师"),
        ("type.toml", 'verb = "', 'verb = "二级注册结构工程师'),
    ],
)
def test_what_names_the_other_profession_is_told(path: str, old: str, new: str) -> None:
    """A folder that began as a copy still speaks of the profession that it was copied from."""
    engineer, builder = structural_engineer(), folders.collect(BPMN / "builder-2")
    copied = {**builder, path: builder[path].replace(old.encode(), new.encode(), 1)}

    told = examination.collisions([engineer, manifests.read(copied)], {}, {})

    (fault,) = told["builder-2"]
    assert fault.file == path
    assert fault.text == "写的是“二级注册结构工程师”，不是“二级建造师”"
    assert "改成本注册类型的内容" in fault.remedy
