"""Changes that a careful analyst may rightly make: the check lets each pass.

A check that tells what is no slip costs as much as one that tells nothing: whoever is refused
without reason learns to look away. Words of people's own, another order, another way to write the
same, and figures that law leaves to the agency are no slips.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from professions import folders
from professions.checks import examination
from professions.checks.checker import Problem
from tests.offices import FONTS
from tests.professions.folders import BPMN

ENGINEER, BUILDER, SUPERVISOR = "structural-engineer-2", "builder-2", "supervising-engineer"
FORM, SHOWN, MANIFEST, PERIODS = (
    "initial.schema.json",
    "initial.ui.json",
    "type.toml",
    "deadline.dmn",
)
GUIDE, RENEWAL, CANCELLATION = "help/initial.md", "help/renewal.md", "help/cancellation.md"
INITIAL, ACCEPTANCE, DECISION = "initial.bpmn", "acceptance.bpmn", "decision.bpmn"
TICKED = (
    "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；"
    "如有不实，愿承担相应的法律责任。"
)
AGREED = "我单位同意聘用该申请人，所填聘用信息属实。"
ENDED = "我单位同意注销该人员的注册，确认已与其解除聘用关系。"
CALL = "证书问题请拨打 021-962600。"
#: profession, file, text before and after
HONEST = [
    # what is ticked says in other words that it is true
    (BUILDER, FORM, TICKED, "本人保证以上各项属实，自愿申请。"),
    (BUILDER, FORM, TICKED, "本人承诺如实填写；如有虚假，愿承担注销注册等一切后果。"),
    (BUILDER, FORM, TICKED, "本人承诺所填属实，不弄虚作假，不提供虚假材料，违者承担后果。"),
    (ENGINEER, FORM, TICKED, "所填内容真实有效；若材料无效，本人承担责任。"),
    (SUPERVISOR, FORM, TICKED, "本人声明：材料真实无误，对虚假申报承担法律责任。"),
    (BUILDER, MANIFEST, AGREED, "经核实，该同志系我单位在职职工，同意聘用，不存在挂证情形。"),
    (BUILDER, MANIFEST, ENDED, "同意注销。该人员已离职，劳动关系已终止。"),
    # labels, helps and messages of forms
    (BUILDER, FORM, '"注册企业全称"', '"聘用单位全称"'),
    (BUILDER, FORM, '"title": "个人照片"', '"title": "免冠证件照"'),
    (BUILDER, FORM, '"资格证书签发地"', '"资格证书由哪里签发"'),
    (BUILDER, FORM, '"资格证书签发日期"', '"何时取得资格"'),
    (BUILDER, FORM, '"资格证书签发机关"', '"发证单位"'),
    (BUILDER, FORM, '"title": "申请人员意见"', '"title": "本人承诺"'),
    (BUILDER, FORM, "请上传个人照片，照片将显示在电子注册证书上", "请选择照片文件"),
    (BUILDER, FORM, '"建筑工程", "公路', '"建筑工程", "铁路工程", "公路'),
    (BUILDER, FORM, "，最多两个", "，一个或者两个都可以"),
    (SUPERVISOR, FORM, '"水利工程"]', '"水利工程", "机电工程"]'),
    (BUILDER, SHOWN, "选择一个或两个", "至少选择一个，最多两个"),
    (BUILDER, FORM, "9]{9}|400", "9]{9}|800-?[0-9]{3}-?[0-9]{4}|400"),
    (BUILDER, FORM, "(-[0-9]{1,6})?", "([-转][0-9]{1,8})?"),
    (BUILDER, SHOWN, "021-00000001、手机号或400电话", "021-62345678 或 13800000000"),
    (BUILDER, SHOWN, "近期免冠正面照，", "近六个月的白底免冠照，"),
    (BUILDER, SHOWN, '"title": "资格信息"', '"title": "执业资格"'),
    (BUILDER, "initial.schema.json", '"title": "个人手机号"', '"title": "本人手机"'),
    (BUILDER, "initial.schema.json", '"title": "出生年月"', '"title": "出生日期"'),
    (BUILDER, "initial.schema.json", '"title": "证件号"', '"title": "证件号码"'),
    (BUILDER, "initial.schema.json", '"title": "继续教育必修课学时"', '"title": "必修课学时"'),
    (BUILDER, "initial.schema.json", '"title": "资格证书扫描件"', '"title": "资格证书彩色扫描件"'),
    (BUILDER, "renewal.schema.json", '"title": "注册有效期起"', '"title": "有效期自"'),
    (BUILDER, "renewal.schema.json", '"title": "注册有效期止"', '"title": "有效期至"'),
    (BUILDER, "renewal.schema.json", '"title": "证书编号"', '"title": "注册证书编号"'),
    (ENGINEER, "cancellation.schema.json", '"title": "注销原因"', '"title": "申请注销的理由"'),
    (ENGINEER, "cancellation.schema.json", '"title": "其他原因说明"', '"title": "请说明其他原因"'),
    (ENGINEER, "cancellation.schema.json", '"聘用单位破产"', '"聘用企业已破产"'),
    (ENGINEER, "cancellation.schema.json", '"本人申请注销注册"', '"本人自愿注销"'),
    (ENGINEER, "cancellation.schema.json", '"已与聘用单位解除聘用劳动关系"', '"已离职"'),
    (
        ENGINEER,
        "enterprise-cancellation.schema.json",
        '"本人离职后拒绝办理注销"',
        '"离职后不配合办理"',
    ),
    (
        ENGINEER,
        "enterprise-cancellation.schema.json",
        '"本人离职后无法联系，未办理注销"',
        '"离职后失去联系"',
    ),
    (ENGINEER, "enterprise-cancellation.schema.json", '"title": "情况说明"', '"title": "经过"'),
    (
        BUILDER,
        "initial.schema.json",
        "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；如有不实，愿承担相应的法律责任。",
        "本人承诺所填属实，如有虚假，自愿承担后果。",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；如有不实，愿承担相应的法律责任。",
        "本人保证填报的内容和上传的材料真实，未同时受聘于其他单位。",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；如有不实，愿承担相应的法律责任。",
        "本人所填信息真实，没有同时受聘于其他单位，并对此负法律责任。",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "本人所填信息和所传材料真实、有效，同意受聘于上述企业并申请注册；如有不实，愿承担相应的法律责任。",
        "以上内容属实；如经查实不符，本人接受不予注册的后果。",
    ),
    (BUILDER, "renewal.schema.json", "未同时受聘于其他单位", "不同时受聘于两个以上单位"),
    (BUILDER, "renewal.schema.json", "未同时受聘于其他单位", "未受聘于其他单位"),
    (ENGINEER, "cancellation.schema.json", "知悉注销后", "知晓注销后"),
    (
        ENGINEER,
        "enterprise-cancellation.schema.json",
        "本单位所填情况和所传材料真实、有效",
        "本单位承诺所填情况属实",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '请勾选“申请人员意见”后再保存", "const": "请勾选“申请人员意见”后再保存',
        '请先阅读并勾选“申请人员意见”", "const": "请先阅读并勾选“申请人员意见”',
    ),
    (BUILDER, "initial.schema.json", '请填写资格证书签发机关"', '请填写资格证书上盖章的机关"'),
    (
        BUILDER,
        "initial.schema.json",
        "签发日期不存在，请按年、月、日填写",
        "没有这一天，请核对证书",
    ),
    (BUILDER, "initial.ui.json", "按营业执照填写全称", "不要填写简称，按营业执照填写全称"),
    (BUILDER, "initial.ui.json", "近期免冠正面照", "近期正面免冠照，不戴帽，不用生活照"),
    (BUILDER, "initial.ui.json", "按证明文件所载的学时填写", "按证明文件填写，可以有半个学时"),
    (BUILDER, "initial.ui.json", "验证企业名称后自动获取", "由系统自动填写"),
    (BUILDER, "initial.ui.json", "来自个人用户实名制信息采集系统。", "取自实名系统，不用填写。"),
    (
        BUILDER,
        "initial.ui.json",
        'PDF，每个不超过2M，最多5个"},\n  "applicant',
        'PDF（图片请先转成 PDF），每个不超过2M，最多5个"},\n  "applicant',
    ),
    (
        BUILDER,
        "initial.ui.json",
        "按资格证书所载的专业选择一个或两个",
        "最多选两个专业，与资格证书一致",
    ),
    (BUILDER, "initial.ui.json", '"ui:inputmode": "tel"', '"ui:inputmode": "text"'),
    (
        BUILDER,
        "initial.ui.json",
        '{"title": "申请人员意见", "fields"',
        '{"title": "本人声明", "fields"',
    ),
    (
        BUILDER,
        "initial.ui.json",
        '{"title": "注册企业", "fields"',
        '{"title": "聘用单位", "fields"',
    ),
    (
        BUILDER,
        "renewal.ui.json",
        '"ce_proof": {"ui:help": "',
        '"ce_proof": {"ui:help": "可以不传；',
    ),
    (
        SUPERVISOR,
        "initial.ui.json",
        '将显示在注册证书上"},\n  "transport',
        '会印在注册证书上"},\n  "transport',
    ),
    (
        BUILDER,
        "initial.schema.json",
        '"required": "请填写资格证书编号"',
        '"required": "请填写资格证书的编号，可以在证书右下角找到"',
    ),
    (
        BUILDER,
        "initial.schema.json",
        "请点击【验证企业名称】，系统",
        "请先点击【验证企业名称】按钮，系统",
    ),
    (
        BUILDER,
        "initial.ui.json",
        "超过{qualification_years}年首次申请注册的，为逾期注册",
        "超过{qualification_years}年才首次申请的，按逾期注册办理；未超过的，为期限内注册",
    ),
    (
        ENGINEER,
        "enterprise-cancellation.ui.json",
        "市住建委受理后会告知本人",
        "受理以后，市住建委告知本人",
    ),
    (BUILDER, "initial.ui.json", "上海市签发的，从资格库直接读取", "上海市签发的不用传扫描件"),
    # sentences of guides
    (BUILDER, GUIDE, CALL, f"{CALL}本指南 2026 年 12 月 1 日更新，自2027年1月1日起施行。"),
    (BUILDER, GUIDE, CALL, f"{CALL}办理不收费，凡收取费用的都是冒充的。"),
    (BUILDER, GUIDE, "扫描件，PDF，", "扫描件，存成 PDF（Word 另存为 PDF），"),
    (BUILDER, GUIDE, "近期免冠", "近期（三个月内）免冠"),
    (BUILDER, GUIDE, "可延长一次{DECISION_EXTENSION}", "特殊情况再延{DECISION_EXTENSION}"),
    (BUILDER, GUIDE, "必修 60 学时、选", "每满一年必修 20 学时，合计必修 60 学时、选"),
    (BUILDER, GUIDE, "决定作出前可以撤回，撤回后可以", "作出决定以前都能撤回，以后还可以"),
    (BUILDER, GUIDE, "目前没有有效注册", "尚未注册，或者原注册已经注销、到期"),
    (BUILDER, RENEWAL, "审查和决定由两人办理。", "审查、决定不由同一人办理。"),
    (BUILDER, RENEWAL, "现有证书上的。", "现有证书，不需要重新上传照片。"),
    (BUILDER, RENEWAL, "准予延续前不得执业。", "准予延续前不得执业，不得同时受聘于两个单位。"),
    (
        BUILDER,
        GUIDE,
        CALL,
        f"{CALL}验证码只发到手机，没有邮箱验证码；每天参加继续教育不超过 8 学时。",
    ),
    (BUILDER, GUIDE, CALL, f"{CALL}节假日提交的，自节后第一个工作日起算。"),
    (BUILDER, GUIDE, CALL, f"{CALL}已经取得一级建造师注册的，不必再申请。"),
    (ENGINEER, "application.typ", "一年内不得", "1年内不得"),
    (ENGINEER, "extension-notice.typ", "只延长这一次", "不再延长"),
    (BUILDER, GUIDE, CALL, f"{CALL}办理期限以工作日计；草稿保留的天数以自然日计。"),
    (BUILDER, GUIDE, CALL, f"{CALL}提供虚假材料的，一年内不得再次申请。注销办结前，证书继续有效。"),
    (BUILDER, "paper-exchange.md", "不需要审批", "无须审批"),
    (ENGINEER, CANCELLATION, "企业可以在", "不能在线提出异议的，可以写信；企业可以在"),
    (ENGINEER, CANCELLATION, "5 至 200 个字", "5～200个字"),
    # names of what is drawn
    (ENGINEER, INITIAL, 'name="填写初始注册申请表"', 'name="录入申请信息"'),
    (ENGINEER, INITIAL, 'name="核验申请表"', 'name="后台校验"'),
    (ENGINEER, INITIAL, 'name="个人数字签名"', 'name="申请人签字"'),
    (ENGINEER, INITIAL, 'name="准予许可？"', 'name="是否批准？"'),
    (ENGINEER, INITIAL, 'name="已办结"', 'name="注册完成"'),
    (ENGINEER, INITIAL, 'name="作废已签文件"', 'name="已签文件失效"'),
    (ENGINEER, ACCEPTANCE, 'name="受理审查"', 'name="形式审核"'),
    (ENGINEER, ACCEPTANCE, 'name="出具受理通知书"', 'name="受理通知"'),
    (ENGINEER, ACCEPTANCE, 'name="逾期视为受理"', 'name="到期未告知，视同受理"'),
    (ENGINEER, DECISION, 'name="审查"', 'name="审核材料"'),
    (ENGINEER, DECISION, 'name="决定"', 'name="审批"'),
    (ENGINEER, "issuing.bpmn", 'name="通知领证"', 'name="短信通知申请人"'),
    # the same, written otherwise
    (ENGINEER, INITIAL, 'outcome == "approve"', 'outcome in ["approve"]'),
    (ENGINEER, INITIAL, "len(menu_availability) == 0", "menu_availability == []"),
    (ENGINEER, INITIAL, "<bpmn:startEvent ", "<!-- 从这里开始 -->\n<bpmn:startEvent "),
    (ENGINEER, INITIAL, "\n", "\r\n"),
    (ENGINEER, "continuing_education.dmn", "<text>&gt; 0</text>", "<text>[1..36500]</text>"),
    (ENGINEER, PERIODS, "DMN/20191111/MODEL", "DMN/20230324/MODEL"),
    # figures that law leaves to the agency, and where they come from
    (ENGINEER, PERIODS, "政策：补正答复", "本市2026年通知：补正答复"),
    (ENGINEER, PERIODS, "行政复议法第20条", "行政复议法第二十条：六十日内"),
    (BUILDER, MANIFEST, "[employer]", "[figures]\nrenewal_open_days = 120\n\n[employer]"),
    (BUILDER, MANIFEST, '市人民政府", "住房和城乡建设部"]', '市人民政府"]'),
    (BUILDER, MANIFEST, '"住房和城乡建设部"]', '"国务院"]'),
    (BUILDER, MANIFEST, "领取电子证书", "电子证书领取"),
    (BUILDER, MANIFEST, "更正身份信息", "更正个人身份信息"),
    # letters and certificates
    (ENGINEER, "acceptance-notice.typ", "办理本事项不收取费用。", "本事项免费办理。"),
    (ENGINEER, "acceptance-notice.typ", "决定予以受理。", "本机关受理该申请。"),
    (ENGINEER, "receipt.typ", "不代表受理", "不等于受理"),
    (ENGINEER, "letter.typ", "set text(size: 15pt)", "set text(size: 16pt)"),
    (BUILDER, "certificate.typ", "过期或用于其他用途无效", "仅在使用期内、就该用途有效"),
    (BUILDER, "certificate.typ", "33mm, 46mm", "30mm, 42mm"),
]


@cache
def shipped(key: str) -> dict[str, bytes]:
    return dict(folders.collect(BPMN / key))


def told(key: str, *edits: tuple[str, Callable[[str], str]]) -> list[Problem]:
    """Return what the check tells of a profession in which files are changed."""
    files = dict(shipped(key))
    for file, edit in edits:
        path = next(path for path in files if path == file or path.endswith(f"/{file}"))
        before = files[path].decode()
        files[path] = edit(before).encode()
        assert files[path] != shipped(key)[path]
    return examination.check(files, FONTS)


def says(old: str, new: str) -> Callable[[str], str]:
    """Write one text for another, wherever it stands."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


@pytest.mark.parametrize(("key", "file", "old", "new"), HONEST)
def test_an_honest_change_passes(key: str, file: str, old: str, new: str) -> None:
    assert told(key, (file, says(old, new))) == []


def lasts(period: str, days: int) -> Callable[[str], str]:
    """Write another length into the row of a period."""
    cells = re.compile(rf'(<text>"{period}"</text>.*?<text>)[0-9]+(</text>)', re.DOTALL)
    return lambda text: cells.sub(rf"\g<1>{days}\g<2>", text, count=1)


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("CORRECTION_REPLY", 20),
        ("ENTERPRISE_SEAL", 10),
        ("DRAFT", 120),
        ("RETURNED", 60),
        ("OBJECTION", 15),
        ("HEARING", 10),  # at least five
        ("FORMAL_CHECK", 3),  # at most five
        ("DELIVERY", 7),  # at most ten
    ],
)
def test_a_period_is_as_long_as_law_allows(period: str, days: int) -> None:
    assert told(ENGINEER, (PERIODS, lasts(period, days))) == []


def test_the_agency_promises_to_decide_sooner() -> None:
    """行政许可法第42、43条: twenty working days are the most; what counts from them goes along."""
    sooner = {
        "DECISION": 15,
        "DECISION_DUE_IN_5": 10,
        "DECISION_DUE_IN_1": 14,
        "EXTENDED_DECISION": 25,
        "EXTENDED_DUE_IN_5": 20,
        "EXTENDED_DUE_IN_1": 24,
    }
    edits = [(PERIODS, lasts(period, days)) for period, days in sooner.items()]
    source = says("行政许可法第42条：二十日内决定", "行政许可法第42条：不超过二十日，承诺十五日")

    assert told(ENGINEER, *edits, (PERIODS, source)) == []


def test_a_photo_has_another_size_everywhere() -> None:
    def smaller(text: str) -> str:
        return text.replace("413×579", "295×413").replace("413x579", "295x413")

    forms = [(f"{form}.ui.json", smaller) for form in ("initial", "renewal", "cancellation")]

    problems = told(
        BUILDER,
        (MANIFEST, says("[413, 579] # 35毫米×49毫米", "[295, 413] # 25毫米×35毫米")),
        *forms,
        (GUIDE, smaller),
        ("paper-exchange.md", lambda text: smaller(text).replace("35×49", "25×35")),
        ("certificate.typ", says("33mm, 46mm", "25mm, 35mm")),
    )

    assert problems == []


_LATER = """<bpmn:boundaryEvent id="remind_later" name="第12个工作日"
      attachedToRef="confirm_employment" cancelActivity="false">
      <bpmn:outgoing>remind_later_to_remind_enterprise</bpmn:outgoing>
      <bpmn:timerEventDefinition id="remind_later_timer">
        <bpmn:timeDate xsi:type="bpmn:tFormalExpression">workdays(12)</bpmn:timeDate>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    """
_LATER_FLOW = (
    '<bpmn:sequenceFlow id="remind_later_to_remind_enterprise"'
    ' sourceRef="remind_later" targetRef="remind_enterprise"/>\n    '
)
_LATER_DRAWN = """<bpmndi:BPMNShape id="remind_later_di" bpmnElement="remind_later">
        <dc:Bounds x="900" y="527" width="36" height="36"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="remind_later_di_edge" bpmnElement="remind_later_to_remind_enterprise">
        <di:waypoint x="918" y="563"/><di:waypoint x="695" y="702"/>
      </bpmndi:BPMNEdge>
      """


def test_an_enterprise_is_reminded_once_more() -> None:
    before = (
        ("<bpmn:flowNodeRef>seal_overdue<", "<bpmn:flowNodeRef>remind_later</bpmn:flowNodeRef>"),
        ('<bpmn:boundaryEvent id="seal_overdue"', _LATER),
        (
            "<bpmn:incoming>remind_day_7_to_remind_enterprise<",
            "<bpmn:incoming>remind_later_to_remind_enterprise</bpmn:incoming>",
        ),
        ('<bpmn:sequenceFlow id="seal_overdue_to_tell_timeout"', _LATER_FLOW),
        ('<bpmndi:BPMNShape id="seal_overdue_di"', _LATER_DRAWN),
    )
    drawn = [("enterprise-sealing.bpmn", says(at, added + at)) for at, added in before]
    thrice = [
        (guide, says("提醒企业两次", "提醒企业三次")) for guide in (GUIDE, RENEWAL, CANCELLATION)
    ]

    assert told(ENGINEER, *drawn, *thrice) == []


def _json(change: Callable[[Any], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        data = json.loads(text)
        change(data)
        return json.dumps(data, ensure_ascii=False, indent=2)

    return edit


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string", "title": "职称", "enum": ["初级", "中级", "高级"]}, {}),
        (
            {
                "type": "integer",
                "title": "从业年限",
                "minimum": 0,
                "maximum": 60,
                "errorMessage": {"minimum": "从业年限不小于0", "maximum": "从业年限不超过60"},
            },
            {"ui:inputmode": "numeric", "ui:width": 3, "ui:help": "满整年的年数，例如 5"},
        ),
        ({"type": "boolean", "title": "在上海缴纳社会保险"}, {"ui:widget": "checkbox"}),
        (
            {
                "type": "array",
                "title": "社会保险缴纳证明",
                "items": {
                    "type": "string",
                    "format": "document",
                    "contentMediaType": "application/pdf",
                },
                "maxItems": 3,
                "uniqueItems": True,
                "errorMessage": {
                    "maxItems": "最多3个文件，请合并后上传",
                    "uniqueItems": "有重复的文件，请删除重复的",
                },
            },
            {"ui:help": "近三个月的缴费记录，PDF，每个不超过2M，最多3个"},
        ),
    ],
)
def test_a_profession_asks_for_something_of_its_own(
    schema: dict[str, Any], shown: dict[str, Any]
) -> None:
    def asked(form: Any) -> None:
        form["properties"]["own"] = schema

    def placed(page: Any) -> None:
        page["ui:sections"][3]["fields"].append("own")
        page["own"] = shown

    assert told(BUILDER, (FORM, _json(asked)), (SHOWN, _json(placed))) == []


@pytest.mark.parametrize("order", [sorted, reversed])
def test_lines_stand_in_another_order(order: Callable[[list[str]], Any]) -> None:
    """An editor writes what it likes first; nothing depends upon it."""

    def turned(form: Any) -> None:
        names = order(list(form["properties"]))
        form["properties"] = {name: form["properties"][name] for name in names}
        form["required"] = list(order(form["required"]))
        form["allOf"].reverse()

    assert told(BUILDER, (FORM, _json(turned))) == []


def test_what_is_drawn_is_moved_and_indented_otherwise() -> None:
    def moved(text: str) -> str:
        text = text.replace("\n    ", "\n  ")
        return re.sub('(<dc:Bounds x=")([0-9]+)', lambda at: f"{at[1]}{int(at[2]) + 20}", text)

    assert told(ENGINEER, (INITIAL, moved)) == []
