"""What a careful analyst mistypes is refused where it stands, once, with the word that was meant.

The slips are made in the files in memory: nothing but the folder is judged.
"""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders
from professions.checks import checker
from professions.operations import DECLARED
from tests.offices import TYPE
from tests.professions.folders import BPMN

ACCEPT, CHECK = 'outcome == "accept"', 'check["ok"]'
MENU, HOURS, SOURCE = (
    "menu_availability.dmn",
    "continuing_education.dmn",
    "qualification_source.dmn",
)
DECIDED = "&quot;decided&quot;"
COMPLETE = 'sourceRef="complete" targetRef="end_completed"'
EDIT = 'action == "edit"'
OUTCOME = 'name="gives" value="outcome"'
SLIPS: list[tuple[str, str, str, str, str, str]] = [
    # file, what stands there, what a slip makes of it; element, what is told, word of the remedy
    # -- words of operations
    (
        "acceptance.bpmn",
        "&quot;receipt&quot;",
        "&quot;reciept&quot;",
        "issue_receipt",
        "reciept",
        "receipt？",
    ),
    ("decision.bpmn", DECIDED, "&quot;decission&quot;", "tell_decision", "decission", "decided"),
    ("decision.bpmn", DECIDED, "decided", "tell_decision", "“decided”没有来源", "加英文引号"),
    (
        "initial.bpmn",
        "&quot;COMPLETED&quot;",
        "&quot;COMPLETE&quot;",
        "complete",
        "COMPLETE",
        "COMPLETED？",
    ),
    (
        "initial.bpmn",
        "&quot;CLOSED&quot;",
        "&quot;DRAFT&quot;",
        "close_not_available",
        "DRAFT",
        "CLOSED",
    ),
    (
        "initial.bpmn",
        "&quot;DATA_CHANGED&quot;",
        "&quot;CHANGED&quot;",
        "void_changed",
        "CHANGED",
        "DATA_CHANGED？",
    ),
    (
        "acceptance.bpmn",
        'value="False"',
        'value="false"',
        "accept_application",
        "false",
        "请写 False",
    ),
    (
        "acceptance.bpmn",
        'value="False"',
        'value="&quot;False&quot;"',
        "accept_application",
        "不是真假",
        "True 或者 False",
    ),
    (
        "acceptance.bpmn",
        'value="False"',
        'value="0"',
        "accept_application",
        "不是真假",
        "True 或者 False",
    ),
    (
        "initial.bpmn",
        "application/check_form",
        "application/checkform",
        "check_form",
        "checkform，是不是 application/check_form",
        "操作",
    ),
    # -- errors
    (
        "personal-signing.bpmn",
        '"SMS_FAILED"',
        '"SMS_FAIL"',
        "code_not_sent",
        "不会出现错误“SMS_FAIL”",
        "SMS_FAILED？",
    ),
    (
        "acceptance.bpmn",
        '"NOT_ACCEPTED"',
        '"NOT_ACCEPT"',
        "acceptance_refused",
        "没有谁接住",
        "NOT_ACCEPTED？",
    ),
    (
        "initial.bpmn",
        'errorCode="RETURNED"',
        'errorCode="RETURN"',
        "returned_to_applicant",
        "“RETURN”",
        "RETURNED？",
    ),
    # -- attributes of tasks
    (
        "decision.bpmn",
        '"UNDER_REVIEW"',
        '"UNDER_REWIEW"',
        "review",
        "UNDER_REWIEW",
        "UNDER_REVIEW？",
    ),
    (
        "initial.bpmn",
        'name="status" value="DRAFT"',
        'name="status" value="Draft"',
        "fill_form",
        "Draft",
        "DRAFT？",
    ),
    ("decision.bpmn", 'value="approver"', 'value="aprover"', "decide", "aprover", "approver？"),
    (
        "decision.bpmn",
        'value="approver"',
        'value="reviewer"',
        "decide",
        "不由 reviewer",
        "approver",
    ),
    (
        "decision.bpmn",
        'name="differentFrom"',
        'name="diferentFrom"',
        "decide",
        "diferentFrom",
        "differentFrom？",
    ),
    (
        "decision.bpmn",
        '"differentFrom" value="review"',
        '"differentFrom" value="rewiew"',
        "decide",
        "rewiew",
        "review？",
    ),
    ("decision.bpmn", OUTCOME, 'name="gives" value="outcom"', "decide", "outcom", "outcome"),
    (
        "decision.bpmn",
        f"<spiffworkflow:property {OUTCOME}/>",
        "",
        "decide",
        "没有写在 gives 中",
        "outcome",
    ),
    ("decision.bpmn", 'name="actorRole"', 'name="role"', "review", "没有办理角色", "actorRole"),
    ("initial.bpmn", 'name="formKey"', 'name="form"', "fill_form", "没有属性“form”", "formKey"),
    (
        "decision.bpmn",
        'attachedToRef="examine_and_decide"',
        'attachedToRef="examine_and_decid"',
        "due_in_5_days",
        "不存在",
        "examine_and_decide？",
    ),
    (
        "decision.bpmn",
        'messageRef="message_',
        'messageRef="mesage_',
        "extension_approved",
        "消息名称",
        "message_decision_extended？",
    ),
    (
        "initial.bpmn",
        'calledElement="issuing"',
        'calledElement=""',
        "issuing_stage",
        "没有流程“”",
        "issuing",
    ),
    (
        "initial.bpmn",
        "calledDecisionId>menu_availability",
        "calledDecisionId>menu",
        "check_availability",
        "“menu”",
        "menu_availability",
    ),
    (
        "initial.bpmn",
        ' resultVariable="check"',
        "",
        "form_passes_to_render_application",
        "“check”没有来源",
        "resultVariable",
    ),
    # -- conditions
    (
        "acceptance.bpmn",
        ACCEPT,
        'outcome = "accept"',
        "check_result_to_accept",
        "语法错误",
        "比较请写 ==",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        "outcome == accept",
        "check_result_to_accept",
        "“accept”没有来源",
        "加英文引号",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        "outcome == “accept”",
        "check_result_to_accept",
        "语法错误",
        "英文引号",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        "outcome == 'accept '",
        "check_result_to_accept",
        "“accept ”",
        "accept？",
    ),
    ("acceptance.bpmn", ACCEPT, "not outcome", "check_result_to_accept", "不是真假", "写成比较"),
    (
        "acceptance.bpmn",
        ACCEPT,
        "outcome == true",
        "check_result_to_accept",
        "没有 true 这个词",
        "True",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        'outcome is "accept"',
        "check_result_to_accept",
        "is 只能",
        "请写 ==",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        'Outcome == "accept"',
        "check_result_to_accept",
        "“Outcome”没有来源",
        "outcome？",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        f"${{{ACCEPT}}}",
        "check_result_to_accept",
        "语法错误",
        "去掉 ${ }",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        f"{ACCEPT} &amp;&amp; True",
        "check_result_to_accept",
        "语法错误",
        "请写 and",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        f'{ACCEPT} and outcome == "correct"',
        "check_result_to_accept",
        "永远不会成立",
        "改写",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        'outcome != "correct"',
        "check_result_to_issue_refusal",
        "默认出口永远走不到",
        "改写",
    ),
    (
        "acceptance.bpmn",
        ACCEPT,
        'outcome == "correct"',
        "check_result_to_accept",
        "可以同时成立",
        "排斥",
    ),
    (
        "initial.bpmn",
        CHECK,
        "check.ok",
        "form_passes_to_render_application",
        "Attribute",
        'check["ok"]',
    ),
    (
        "initial.bpmn",
        CHECK,
        f"{CHECK} == 1",
        "form_passes_to_render_application",
        "不能与 1 比较",
        "比较",
    ),
    (
        "acceptance.bpmn",
        ' default="check_result_to_issue_refusal"',
        "",
        "check_result",
        "没有默认出口",
        "check_result_to_issue_refusal",
    ),
    (
        "acceptance.bpmn",
        'default="check_result_to_issue_refusal"',
        'default="check_result_to_accept"',
        "check_result_to_accept",
        "默认出口不能带条件",
        "改设默认出口",
    ),
    (
        "acceptance.bpmn",
        'deadline("FORMAL_CHECK")',
        "deadline(FORMAL_CHECK)",
        "check_overdue",
        "“FORMAL_CHECK”没有来源",
        "加英文引号",
    ),
    ("acceptance.bpmn", 'deadline("FORMAL_CHECK")', "P5D", "check_overdue", "没有加引号", '"P30D"'),
    # -- tables: what they read
    (MENU, '"INITIAL"', '"INITAL"', "menu_availability", "第 2 条规则“事项”列", "INITIAL？"),
    (MENU, '"EXPIRED"', '"EXPIRE"', "menu_availability", '"EXPIRE"', "EXPIRED？"),
    (MENU, 'not("VALID")', '"not VALID"', "menu_availability", '"not VALID"', "VALID？"),
    (MENU, 'not("VALID")', "not(VALID)", "menu_availability", "“VALID”不是", '"VALID"'),
    (
        MENU,
        "<text>true</text>",
        '<text>"true"</text>',
        "menu_availability",
        '"true"不是真假',
        "true",
    ),
    (MENU, "<text>true</text>", "<text>True</text>", "menu_availability", "“True”", "true（小写）"),
    (
        MENU,
        'typeRef="boolean"',
        'typeRef="string"',
        "menu_availability",
        "类型是 string",
        "boolean",
    ),
    (
        MENU,
        'typeRef="boolean"',
        'typeRef="bool"',
        "menu_availability",
        "不认识类型“bool”",
        "boolean",
    ),
    (
        MENU,
        ">ban_active<",
        ">ban_activ<",
        "menu_availability",
        "“ban_activ”没有来源",
        "ban_active？",
    ),
    (
        HOURS,
        'form["days_after_limit"]',
        'form["days_after"]',
        "continuing_education",
        "“days_after”",
        "days_after_limit？",
    ),
    (HOURS, 'form["days_after_limit"]', "form", "continuing_education", "form 是记录", "form.days"),
    (HOURS, "<text>60</text>", "<text></text>", "continuing_education", "输出是空的", "null"),
    (HOURS, "<text>60</text>", "<text>null</text>", "continuing_education", "不能没有值", "数"),
    (HOURS, "<text>60</text>", "<text>六十</text>", "continuing_education", "看不懂“六十”", "30"),
    (SOURCE, '"SHANGHAI"', '"Shanghai"', SOURCE[:-4], '"Shanghai"', "SHANGHAI？"),
    (
        "edit_effect.dmn",
        '"DRAFT","READY_TO_SIGN"',
        '"DRAFT,READY_TO_SIGN"',
        "edit_effect",
        "DRAFT,READY",
        "READY_TO_SIGN",
    ),
    (
        "edit_effect.dmn",
        '"DRAFT","READY_TO_SIGN"',
        '"DRAFT"，"READY_TO_SIGN"',
        "edit_effect",
        "英文标点",
        "输入",
    ),
    ("sms_challenge.dmn", "&gt; 300", '&gt; "300"', "sms_challenge", '"300"不是数', "30"),
    (
        "sms_challenge.dmn",
        'challenge["failures"]',
        'challenge["failure"]',
        "sms_challenge",
        "“failure”",
        "failures？",
    ),
    ("signer_certificate.dmn", '"GOOD"', '"VALID"', "signer_certificate", '"VALID"', "GOOD"),
    (
        "acceptance_route.dmn",
        '"RISK_BASED"',
        '"RISK"',
        "acceptance_route",
        '"RISK"',
        "RISK_BASED？",
    ),
    (
        "cancellation_evidence.dmn",
        '"PERSON"',
        '"PERSONS"',
        "cancellation_evidence",
        '"PERSONS"',
        "PERSON？",
    ),
    (
        "ex_officio_effect.dmn",
        '"CANCEL"',
        '"CANCELLED"',
        "ex_officio_effect",
        '"CANCELLED"',
        "CANCEL？",
    ),
    ("rename_effect.dmn", '"CLAIMED"', '"CLAIM"', "rename_effect", '"CLAIM"', "CLAIMED？"),
    ("change_path.dmn", '"PHOTO"', '"PHOTOS"', "change_path", '"PHOTOS"', "PHOTO？"),
    # -- tables: what they say
    (
        MENU,
        'hitPolicy="COLLECT"',
        'hitPolicy="FIRST"',
        "menu_availability",
        "只给出一个结果",
        "COLLECT",
    ),
    (MENU, 'hitPolicy="COLLECT"', "", "menu_availability", "命中策略 UNIQUE", "COLLECT"),
    (
        HOURS,
        'hitPolicy="FIRST"',
        'hitPolicy="COLLECT"',
        "continuing_education",
        "给出列表",
        "FIRST",
    ),
    (HOURS, 'hitPolicy="FIRST"', 'hitPolicy="FRIST"', "continuing_education", "FRIST", "FIRST？"),
    (
        HOURS,
        'hitPolicy="FIRST"',
        'hitPolicy="UNIQUE"',
        "continuing_education",
        "可能同时适用",
        "FIRST",
    ),
    (MENU, '"E_BAN_ACTIVE"', '"E_BANNED"', "menu_availability", '"E_BANNED"', "E_BAN_ACTIVE"),
    (
        MENU,
        '"E_BAN_ACTIVE"',
        '"E_BARRED"',
        "menu_availability",
        "没有规则给出“原因” E_BAN_ACTIVE",
        "补上",
    ),
    (SOURCE, '"MANUAL_WITH_SCAN"', '"MANUAL"', SOURCE[:-4], '"MANUAL"', "MANUAL_WITH_SCAN？"),
    (
        "edit_effect.dmn",
        '"READY_TO_SIGN"</text></o',
        '"READY"</text></o',
        "edit_effect",
        '"READY"',
        "READY_TO_SIGN？",
    ),
    ("sms_challenge.dmn", '"OK"', '"ok"', "sms_challenge", '"ok"', "OK？"),
    (
        "sms_challenge.dmn",
        '"E_SMS_LOCKED"',
        '"E_SMS_WRONG"',
        "sms_challenge",
        "E_SMS_LOCKED",
        "补上",
    ),
    (
        "deadline.dmn",
        '"CLOSE_DRAFT"',
        '"CLOSE_DRAFTS"',
        "deadline",
        '"CLOSE_DRAFTS"',
        "CLOSE_DRAFT？",
    ),
    (
        "deadline.dmn",
        '<text>"DECISION"</text>',
        '<text>"DRAFT"</text>',
        "deadline",
        "第 2 条和第 15 条",
        "修改",
    ),
    ("deadline.dmn", 'name="days"', 'name="day"', "deadline", "没有输出列 days", "写成了 day"),
    (
        HOURS,
        'name="overdue"',
        'name="over_due"',
        "continuing_education",
        "没有输出列 overdue",
        "over_due",
    ),
    (
        "acceptance_route.dmn",
        '"AUTO_ACCEPT"',
        '"AUTO"',
        "acceptance_route",
        '"AUTO"',
        "AUTO_ACCEPT？",
    ),
    ("rename_effect.dmn", '"UPDATE_NAME"', '"UPDATE"', "rename_effect", '"UPDATE"', "UPDATE_NAME"),
    (
        "change_path.dmn",
        '"REALNAME_SYSTEM"',
        '"REALNAME"',
        "change_path",
        '"REALNAME"',
        "REALNAME_SYSTEM？",
    ),
    (
        "sms_challenge.dmn",
        "<text>false</text>",
        "<text>-</text>",
        "sms_challenge",
        "永远不会用到",
        "移到前面",
    ),
    # -- files and elements
    ("initial.bpmn", 'name="可以申请？"', 'name="可以<申请？"', "", "第 99 行", "流程编辑器"),
    (
        "initial.bpmn",
        "</bpmn:exclusiveGateway>",
        "</bpmn:exclusiveGatway>",
        "",
        "exclusiveGateway 没有结束",
        "导出",
    ),
    (
        "initial.bpmn",
        "<bpmn:exclusiveGateway id",
        "<bpm:exclusiveGateway id",
        "",
        "前缀 bpm 没有声明",
        "导出",
    ),
    ("initial.bpmn", "<?xml", "\n<?xml", "", "“<?xml”之前不能有空行", "导出"),
    (
        "initial.bpmn",
        'isExecutable="true"',
        'isExecutable="yes"',
        "initial_registration",
        "不能是“yes”",
        "改正该属性的值",
    ),
    (
        "initial.bpmn",
        "<bpmn:sequenceFlow id",
        '<bpmn:sequenceFlow xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:x="y" id',
        "started_to_check_availability",
        "不支持的属性 x",
        "删除",
    ),
    (
        "initial.bpmn",
        '<bpmn:process id="initial',
        '<bpmn:process xmlns:c="http://camunda.org/schema/1.0/bpmn" c:x="y" id="initial',
        "initial_registration",
        "不支持的属性 x",
        "删除",
    ),
    (
        "initial.bpmn",
        "</bpmn:extensionElements>",
        '<zeebe:a xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><zeebe:b/><zeebe:c/></zeebe:a></bpmn:extensionElements>',
        "check_availability",
        "不支持的元素 a（命名空间",
        "删除",
    ),
    (
        "initial.bpmn",
        'isExecutable="true"',
        'isexecutable="true"',
        "initial_registration",
        "没有属性 isexecutable",
        "isExecutable？",
    ),
    (
        "initial.bpmn",
        f'<bpmn:sequenceFlow id="complete_to_end_completed" {COMPLETE}/>',
        "",
        "complete",
        "没有出口",
        "下一步",
    ),
    (
        "initial.bpmn",
        COMPLETE,
        'sourceRef="end_completed" targetRef="complete"',
        "end_completed",
        "结束事件不能有出口",
        "删除连线",
    ),
    (
        "initial.bpmn",
        'id="message_person_barred"',
        'id="message_barred"',
        "barred_fill_form",
        "没有消息“message_person_barred”",
        "message_barred？",
    ),
    (
        "initial.bpmn",
        '<spiffworkflow:parameter id="status"',
        '<spiffworkflow:parameter id="state"',
        "close_not_available",
        "缺少参数 status，多了参数 state",
        "操作",
    ),
    (
        "initial.bpmn",
        'Operator id="application/close"',
        'Operator id="close"',
        "close_not_available",
        "不是 领域/动作",
        "notice/send",
    ),
    # -- more conditions
    (
        "initial.bpmn",
        CHECK,
        "check[ok]",
        "form_passes_to_render_application",
        "方括号",
        'check["ok"]',
    ),
    ("initial.bpmn", CHECK, "check[0]", "form_passes_to_render_application", "check 是记录", "ok"),
    (
        "initial.bpmn",
        CHECK,
        'check["reasons"]',
        "form_passes_to_render_application",
        "不是真假",
        "比较",
    ),
    (
        "initial.bpmn",
        CHECK,
        f"{CHECK} or True",
        "form_passes_to_fill_form",
        "默认出口永远走不到",
        "改写",
    ),
    ("initial.bpmn", CHECK, "True", "form_passes_to_render_application", "不读任何变量", "比较"),
    ("initial.bpmn", CHECK, "", "form_passes_to_render_application", "为空", "填写"),
    (
        "initial.bpmn",
        EDIT,
        'action in "edit"',
        "how_to_go_on_to_void_changed",
        "只要含有其中几个字",
        "列表",
    ),
    (
        "initial.bpmn",
        EDIT,
        'action in ["edit" "resubmit"]',
        "how_to_go_on_to_void_changed",
        "“editresubmit”",
        "edit",
    ),
    (
        "initial.bpmn",
        EDIT,
        'action &gt;= "edit"',
        "how_to_go_on_to_void_changed",
        "不能比较大小",
        "==",
    ),
    (
        "initial.bpmn",
        EDIT,
        'matter == "INITAL"',
        "how_to_go_on_to_void_changed",
        "“INITAL”",
        "INITIAL？",
    ),
    (
        "initial.bpmn",
        EDIT,
        'registration_status == "VALIDE"',
        "how_to_go_on_to_void_changed",
        "“VALIDE”",
        "VALID？",
    ),
    (
        "initial.bpmn",
        EDIT,
        'action + "x" == "edit"',
        "how_to_go_on_to_void_changed",
        "永远不会成立",
        "改写",
    ),
    # -- more cells
    (
        MENU,
        "<text>has_open_application</text>",
        "<text>outcome</text>",
        "menu_availability",
        "“outcome”没有来源",
        "has_open_application",
    ),
    (
        MENU,
        "<text>has_open_application</text>",
        '<text>item = "INITAL"</text>',
        "menu_availability",
        "“INITAL”",
        "INITIAL？",
    ),
    (
        MENU,
        "<text>has_open_application</text>",
        "<text>has open application</text>",
        "menu_availability",
        "语法错误",
        "变量名",
    ),
    (
        MENU,
        'hitPolicy="COLLECT"',
        'hitPolicy="COLLECT" aggregation="COUNT"',
        "menu_availability",
        "只给出一个结果",
        "不要汇总",
    ),
    (
        MENU,
        'name="reason" typeRef="string"',
        'name="reason" typeRef="boolean"',
        "menu_availability",
        "不是真假（boolean），而是文字",
        "string",
    ),
    (MENU, 'typeRef="string"', 'typeRef="number"', "menu_availability", "类型是 number", "string"),
    (SOURCE, '"SHANGHAI"', "-", SOURCE[:-4], "可能同时适用", "修改条件"),
    ("sms_challenge.dmn", "&gt;= 5", "≥ 5", "sms_challenge", "看不懂“≥ 5”", "> 5"),
    ("sms_challenge.dmn", "&gt;= 5", "&gt;= 5次", "sms_challenge", "看不懂“次”", "> 5"),
    ("sms_challenge.dmn", "&gt;= 5", "[5,10]", "sms_challenge", "此处应为 ..", "成对"),
    ("sms_challenge.dmn", "&gt; 300", "&gt; 1,000", "sms_challenge", "以0开头", "千位不加逗号"),
    (
        "sms_challenge.dmn",
        "&gt; 300",
        "&gt; 1,234",
        "sms_challenge",
        "234 已经包括",
        "千位不加逗号",
    ),
    ("sms_challenge.dmn", "&gt; 300", "300 &lt;", "sms_challenge", "多余的内容", "> 5"),
    (
        "deadline.dmn",
        "<text>clock</text>",
        "<text>clocks</text>",
        "deadline",
        "“clocks”没有来源",
        "clock？",
    ),
    ("deadline.dmn", 'name="unit"', 'name="units"', "deadline", "没有输出列 unit", "units"),
]


@cache
def shipped() -> dict[str, bytes]:
    return dict(folders.collect(BPMN / TYPE))


def path_of(file: str) -> str:
    return next(path for path in shipped() if path.rpartition("/")[2] == file)


@pytest.mark.proves("F:diagrams-1", "F:diagrams-4", "F:diagrams-7")
@pytest.mark.parametrize(("file", "old", "new", "element", "text", "remedy"), SLIPS)
def test_a_slip_is_told_once_with_its_place_and_the_word_that_was_meant(
    file: str, old: str, new: str, element: str, text: str, remedy: str
) -> None:
    """A word outside what can come decides about people without a word of its own."""
    path = path_of(file)
    before = shipped()[path].decode()
    assert old in before

    problems = checker.check({**shipped(), path: before.replace(old, new, 1).encode()}, DECLARED)

    (problem,) = problems
    assert (problem.file, problem.element) == (path, element)
    assert text in problem.text
    assert remedy in problem.remedy


def row(path: str, number: int, *, blank: bool = False) -> tuple[str, str]:
    """Give a row of a table as it stands, and emptied as an editor adds one, or taken away."""
    rows = shipped()[path].decode().split("<rule ")
    text = "<rule " + rows[number].partition("</rule>")[0] + "</rule>"
    cells = text.split("<text>")
    emptied = "<text>".join(
        [cells[0], *(f"</text>{cell.partition('</text>')[2]}" for cell in cells[1:])]
    )
    return text, emptied if blank else ""


@pytest.mark.proves("F:diagrams-4")
@pytest.mark.parametrize(
    ("file", "number", "text"),
    [
        (MENU, 3, "第 3 条规则是空行"),
        (HOURS, 5, "第 5 条规则是空行"),
        ("rename_precondition.dmn", 1, "第 1 条规则是空行"),
    ],
)
def test_a_row_that_nobody_filled_in_is_told(file: str, number: int, text: str) -> None:
    """One click on “add rule” answered [None] for everybody."""
    path = path_of(file)
    old, new = row(path, number, blank=True)

    problems = checker.check(
        {**shipped(), path: shipped()[path].decode().replace(old, new).encode()}, DECLARED
    )

    assert [problem.text for problem in problems if problem.file == path][:1] == [text]


@pytest.mark.parametrize(
    ("file", "number", "text"),
    [
        (SOURCE, 3, "有的输入没有规则适用（UNIQUE），例如 签发地"),
        (HOURS, 5, "有的输入没有规则适用（FIRST），例如 事项"),
        ("cancellation_evidence.dmn", 1, "提出人 = "),
        ("signer_certificate.dmn", 2, "E_CERT"),
        (MENU, 1, "没有规则给出“原因” "),
    ],
)
def test_a_row_that_was_lost_is_told(file: str, number: int, text: str) -> None:
    """Inputs that no rule answers stop a case; a reason that none gives lets it through."""
    path = path_of(file)
    old, new = row(path, number)

    problems = checker.check(
        {**shipped(), path: shipped()[path].decode().replace(old, new).encode()}, DECLARED
    )

    assert [problem for problem in problems if text in problem.text], problems
