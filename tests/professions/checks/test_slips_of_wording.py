"""Slips in names, fields, guides, manifests and documents that once passed: each is told now.

A slip is one replacement in a shipped profession; what is told names its place. A name that means
the opposite, a pattern that is narrower than the world, an age that the rule fixes: no example
notices them.
"""

from __future__ import annotations

from functools import cache

import pytest

from professions import folders, manifests
from professions.checks import examination
from tests.offices import FONTS
from tests.professions.folders import BPMN, SHIPPED

pytestmark = pytest.mark.proves("F:diagrams-1", "F:diagrams-3", "F:diagrams-5")

ENGINEER, BUILDER, SUPERVISOR = "structural-engineer-2", "builder-2", "supervising-engineer"
FORM, SHOWN, CERTIFICATE = "initial.schema.json", "initial.ui.json", "certificate.typ"
MOBILE, LANDLINE = "1[3-9][0-9]{9}", "[0-9]{7,8}("
ENDS = "ends_at_maximum_age = true"
EXTENDS = ' cancelActivity="false">\n      <bpmn:outgoing>extension_approved'
FAILED = 'sourceRef="sealing_failed" targetRef="seal_'
FACE, AGENCY = '"中华人民共和国二级建造师注册证书"', '"上海市住房和城乡建设管理委员会"'
RULE, CLASS = "《勘察设计注册工程师管理规定》", '"CLASS 2 STRUCTURAL ENGINEER"'
CANCEL, REASON = "cancellation.schema.json", "cancel_reason"
BANKRUPT = '{"const": "EMPLOYER_BANKRUPT", "title": "聘用单位破产"},'
UNREACHABLE = '{"const": "UNREACHABLE", "title": "本人离职后无法联系，未办理注销"},'
HOURS = '"type": "{}",\n            "title": "继续教育必修课学时"'
#: profession, file, text before and after, element, part of what is told
SLIPS = [
    # what a rule fixes, and the frame of numbers
    (BUILDER, "type.toml", ENDS, "ends_at_maximum_age = false", "applicant.ends_at_", "第十六条"),
    (BUILDER, "type.toml", ENDS, "", "applicant.ends_at_", "定为 true"),
    (ENGINEER, "type.toml", "days = 180", "days = 365", "copies.days", "30 至 180 日"),
    (BUILDER, "type.toml", "8W001", "8W010", "certificate.type_code", "W001"),
    (BUILDER, "type.toml", "DZ31J2", "DZ13J2", "numbers.certificate", "各段不是"),
    (BUILDER, "type.toml", "DZ31J2", "DZ31JZ", "numbers.certificate", "“J2”"),
    (BUILDER, "type.toml", "{yyyy}{serial}{check}", "{yyyy}{serial}", "numbers.certificate", "段"),
    (BUILDER, "type.toml", "J2{yy}{province}", "J2{yy}", "numbers.registration", "各段不是"),
    (BUILDER, "type.toml", "J2{yy}{province}", "J2{yyyy}{province}", "numbers.registration", "段"),
    (BUILDER, "type.toml", "31J2{matter}", "13J2{matter}", "numbers.application", "各段不是"),
    (BUILDER, "type.toml", "CONSTRUCTOR", "CONSTRUCTER", "certificate.english", "CONSTRUCTER"),
    # what is drawn is called by what it does
    (
        ENGINEER,
        "decision.bpmn",
        'id="review" name="审查"',
        'id="review" name="决定"',
        "review",
        "决",
    ),
    (
        ENGINEER,
        "decision.bpmn",
        'id="decide" name="决定"',
        'id="decide" name="审查"',
        "decide",
        "审",
    ),
    (ENGINEER, "initial.bpmn", "填写初始注册申请表", "填写注销注册申请表", "fill_form", "注销"),
    (ENGINEER, "initial.bpmn", "补正申请表", "补办申请表", "correct_form", "补办"),
    (ENGINEER, "initial.bpmn", "修改或原样再次提交", "撤回申请", "fix_or_resubmit", "撤回"),
    (ENGINEER, "initial.bpmn", "通知企业确认", "通知申请人确认", "notify_enterprise", "申请人"),
    (ENGINEER, "initial.bpmn", '"准予许可？"', '"不予许可？"', "approved", "不予"),
    (ENGINEER, "initial.bpmn", '"核验通过？"', '"退回修改？"', "form_passes", "退回"),
    (ENGINEER, "initial.bpmn", '"企业签名确认" ', '"个人数字签名" ', "seal_stage", "企业"),
    (
        ENGINEER,
        "enterprise-sealing.bpmn",
        "输入证书密码盖章",
        "输入验证码签名",
        "seal_document",
        "验证",
    ),
    (
        ENGINEER,
        "enterprise-sealing.bpmn",
        'name="同意"',
        'name="不同意"',
        "employer_agrees_to",
        "不",
    ),
    (ENGINEER, "issuing.bpmn", "登记注册并占用证书编号", "注销注册", "reserve_number", "注销"),
    (ENGINEER, "claiming.bpmn", "核对信息并领证", "不领证", "confirm_claim", "不"),
    # what interrupts, and what does not
    (
        ENGINEER,
        "decision.bpmn",
        EXTENDS,
        EXTENDS.replace(' cancelActivity="false"', ""),
        "ext",
        "继续",
    ),
    (
        ENGINEER,
        "enterprise-sealing.bpmn",
        f"{FAILED}document",
        f"{FAILED}made",
        "sealing_",
        "没有办理",
    ),
    # tables say to their readers what they do
    (
        ENGINEER,
        "acceptance_route.dmn",
        'label="逾期"',
        'label="未逾期"',
        "acceptance_route",
        "反面",
    ),
    (ENGINEER, "acceptance_route.dmn", "：5个工作日内形式审查", "：自动受理", "accept", "自动受理"),
    (ENGINEER, "continuing_education.dmn", "期限内初始", "逾期初始", "continuing", "“逾期”"),
    (ENGINEER, "sms_challenge.dmn", "300秒有效", "3000秒有效", "sms_challenge", "3000 秒"),
    # what people enter is taken
    (BUILDER, FORM, MOBILE, "1[358][0-9]{9}", "enterprise_phone", "不收“14700000000”"),
    (BUILDER, FORM, LANDLINE, "[0-9]{8}(", "enterprise_phone", "不收"),
    (BUILDER, FORM, "|400-?[0-9]{3}-?[0-9]{4}", "", "enterprise_phone", "不收“400"),
    (
        BUILDER,
        FORM,
        '"identifier",',
        '"identifier", "pattern": "^[0-9]+$",',
        "qualification_no",
        "不收",
    ),
    (BUILDER, FORM, '"企业联系电话"', '"企业传真"', "enterprise_phone", "传真"),
    (BUILDER, FORM, "真实、有效，同意", "不真实、无效，同意", "applicant_opinion", "不真实"),
    (
        BUILDER,
        FORM,
        '{"const": "OTHER"}}',
        '{"const": "SHANGHAI"}}',
        "qualification_province",
        "OTHER",
    ),
    (BUILDER, FORM, "请上传个人照片，", "请填写照片，", "photo", "请填写"),
    (BUILDER, SHOWN, "例如 021-00000001", "例如 021-0001", "enterprise_phone", "不能填写"),
    (BUILDER, SHOWN, "2024年3月18日", "2024年13月18日", "qualification_issued_on", "不能填写"),
    (BUILDER, SHOWN, '"ui:width": 4', '"ui:width": 1', "ce_compulsory_hours", "至少有 3 个字"),
    (BUILDER, SHOWN, '"ui:inputmode": "decimal"', '"ui:inputmode": "tel"', "ce_compulsory", "数"),
    (BUILDER, SHOWN, '"title": "继续教育"', '"title": "个人照片"', "个人照片", "2 个分组"),
    (BUILDER, SHOWN, ', "ui:lockedUnless": "scan_required"', "", "qualification_no", "不能修改"),
    (
        BUILDER,
        SHOWN,
        "超过{qualification_years}年",
        "不足{qualification_years}年",
        "继续教育",
        "不足",
    ),
    # guides
    (BUILDER, "initial.md", "受聘于一家", "受聘于两家", "", "只能受聘于一家"),
    (BUILDER, "initial.md", "目前没有有效注册", "目前有有效注册", "", "不能再初始注册"),
    (BUILDER, "initial.md", "和证明文件", "，证明文件可以不传", "", "可以不传"),
    (BUILDER, "initial.md", "受理前可以修改", "受理后可以修改", "", "受理前可以修改"),
    (BUILDER, "renewal.md", "（可以不传）", "（必须上传）", "", "必须上传"),
    (BUILDER, "renewal.md", "不损失天数", "损失天数", "", "连续计算"),
    (BUILDER, "renewal.md", "企业盖章、申请送达市住建委之日", "申请人签名之日", "", "企业盖章"),
    (BUILDER, "paper-exchange.md", "不需要审批", "需要审批", "", "换领不需要审批"),
    (BUILDER, "paper-exchange.md", "已注销的，不能换领", "已注销的，可以换领", "", "不能再换领"),
    (SUPERVISOR, "initial.md", "用法人一证通盖章", "用个人数字证书盖章", "", "法人一证通"),
    (
        SUPERVISOR,
        "initial.md",
        "取得监理工程师职业资格证书",
        "取得监理工程师注册证书",
        "",
        "资格证书",
    ),
    (ENGINEER, "cancellation.md", "不需要领证", "需要领证", "", "可以下载"),
    (BUILDER, "initial.md", "年满 65 周岁的，不予", "年满 65 周岁的，可以", "", "年满的不予注册"),
    (BUILDER, "initial.md", "取得二级建造师", "取得一级建造师", "", "取得一级"),
    (BUILDER, "initial.md", "文件自动作废", "文件自动保留", "", "作废"),
    (BUILDER, "initial.md", "短信验证码", "邮件验证码", "", "短信"),
    (BUILDER, "renewal.md", "（可以不传）", "（必传）", "", "必须上传"),
    (BUILDER, "renewal.md", "原证书同时失效", "原证书继续有效", "", "同时失效"),
    (BUILDER, "renewal.md", "不少于 60", "不多于 60", "", "不少于"),
    (ENGINEER, "cancellation.md", "企业可以在", "企业不可以在", "", "第36条"),
    (ENGINEER, "cancellation.md", "立即可以", "一年后可以", "", "立即"),
    (BUILDER, "paper-exchange.md", "以电子证书为准", "以纸质证书为准", "", "电子证书"),
    # what the nation lists, and how many may be chosen
    (BUILDER, FORM, '"公路工程", ', "", "specialities", "213号"),
    (BUILDER, FORM, '"矿业工程"', '"矿山工程"', "specialities", "矿业工程"),
    (SUPERVISOR, FORM, '"水利工程"]', '""]', "supervision_speciality", "空白"),
    (BUILDER, FORM, "最多选择两个", "最多选择三个", "specialities", "写的是三个"),
    (BUILDER, FORM, "（大于0，不超过999）", "（大于0，不超过99）", "ce_compulsory", "不超过99"),
    (BUILDER, FORM, "统一社会信用代码校验未", "手机号校验未", "enterprise_uscc", "“手机”"),
    (BUILDER, FORM, "每个不超过2M", "每个不超过20M", "qualification_scans", "20M"),
    (BUILDER, SHOWN, "选择一个或两个", "选择一个", "specialities", "最多可以选择 2 个"),
    (BUILDER, SHOWN, "将显示在注册证书上", "不显示在注册证书上", "specialities", "印在证书上"),
    (BUILDER, FORM, "同意受聘于", "未受聘于", "applicant_opinion", "未受聘"),
    (BUILDER, "type.toml", "信息属实", "信息不实", "INITIAL", "不是“同意聘用”"),
    (BUILDER, "type.toml", "确认已与", "确认未与", "CANCELLATION", "解除"),
    # choices that somebody needs, and hours in halves
    (ENGINEER, CANCEL, '{"const": "VOLUNTARY", "title": "本人申请注销注册"},', "", REASON, "自愿"),
    (ENGINEER, CANCEL, BANKRUPT, "", REASON, "EMPLOYER_BANKRUPT"),
    (ENGINEER, f"enterprise-{CANCEL}", UNREACHABLE, "", REASON, "UNREACHABLE"),
    (BUILDER, FORM, HOURS.format("number"), HOURS.format("integer"), "ce_compulsory", "30.5"),
    # letters
    (ENGINEER, "decision.typ", "应先办理注销", "应先办理延续", "", "先注销"),
    (ENGINEER, "decision.typ", "不得再以注册", "可以再以注册", "", "不得再以"),
    (ENGINEER, "decision.typ", "只能受聘于一个", "可以受聘于两个", "", "一家"),
    (ENGINEER, "decision.typ", "[有效期至]", "[有效期自]", "", "“有效期自”"),
    (ENGINEER, "decision.typ", "data.enterprise_name", "data.person_name", "", "聘用企业"),
    (ENGINEER, "correction-notice.typ", "一次性告知", "分两次告知", "", "第32条"),
    (ENGINEER, "correction-notice.typ", "不计入", "计入", "", "不计入"),
    (ENGINEER, "acceptance-notice.typ", "不含法定", "含法定", "", "第82条"),
    (ENGINEER, "extension-notice.typ", "本机关负责人", "经办人", "", "负责人"),
    (ENGINEER, "extension-notice.typ", "periods.extension", "periods.decision", "", "延长的长度"),
    (ENGINEER, "application.typ", "三年内不得", "五年内不得", "", "第79条"),
    (ENGINEER, "application.typ", "（逾期初始注册）", "（期限内初始注册）", "", "期限内"),
    (ENGINEER, "letter.typ", "具有同等法律", "不具有同等法律", "", "第14条"),
    (ENGINEER, "intended-decision.typ", "你享有", "你不享有", "", "第7条"),
    (ENGINEER, "cancellation-certificate.typ", "cancelled_on", "valid_to", "", "“已于”"),
    (
        BUILDER,
        CERTIFICATE,
        "label[#answer.title], value[#answer.text]",
        "label[#answer.text], value[#answer.title]",
        "",
        "先印标题",
    ),
    # documents
    (BUILDER, CERTIFICATE, "33mm, 46mm", "46mm, 33mm", "", "照片印成"),
    (BUILDER, CERTIFICATE, "33mm, 46mm", "3.3mm, 4.6mm", "", "照片印成"),
    (BUILDER, CERTIFICATE, "33mm, 46mm", "66mm, 92mm", "", "照片印成"),
    (BUILDER, CERTIFICATE, "text(size: 18pt)", "text(size: 1.8pt)", "", "没有印出姓名"),
    (BUILDER, CERTIFICATE, "size: 18pt", "size: 18pt, fill: white", "", "没有印出姓名"),
    (BUILDER, CERTIFICATE, "code, offline-code", "offline-code", "", "没有印出查验二维码"),
    (BUILDER, CERTIFICATE, "用途无效", "用途有效", "", "用途有效"),
    # fields that say one thing and ask for another
    (
        BUILDER,
        "initial.schema.json",
        '"title": "资格证书签发机关"',
        '"title": "注册机关"',
        "qualification_issuer",
        "注册",
    ),
    (BUILDER, "initial.schema.json", '"title": "姓名"', '"title": "企业名称"', "name", "企业"),
    (
        BUILDER,
        "initial.schema.json",
        '"title": "出生年月"',
        '"title": "参加工作年月"',
        "birth",
        "出生",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '"title": "个人手机号"',
        '"title": "企业手机号"',
        "mobile",
        "企业",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '"title": "资格证书扫描件"',
        '"title": "身份证扫描件"',
        "qualification_scans",
        "身份",
    ),
    (
        BUILDER,
        "renewal.schema.json",
        '"title": "证书编号"',
        '"title": "注册号码"',
        "certificate_no",
        "证书",
    ),
    (
        ENGINEER,
        "cancellation.schema.json",
        '"title": "注销原因"',
        '"title": "延续原因"',
        "cancel_reason",
        "延续",
    ),
    (
        ENGINEER,
        "cancellation.schema.json",
        '"title": "其他原因说明"',
        '"title": "备注"',
        "cancel_reason_text",
        "备注",
    ),
    (ENGINEER, "cancellation.schema.json", "单位破产", "单位解散", "cancel_", "破产"),
    (
        ENGINEER,
        "enterprise-cancellation.schema.json",
        '"本人离职后拒绝办理注销"',
        '"企业拒绝办理注销"',
        "cancel_reason",
        "UNWILLING",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "签发日期不存在，请按年",
        "出生日期不存在，请按年",
        "qualification_issued_on",
        "出生",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "继续教育必修课学时应大于0",
        "继续教育选修课学时应大于0",
        "ce_compulsory_hours",
        "选修",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '"请点击【验证企业名称】',
        '"请点击【验证手机号】',
        "enterprise_uscc",
        "没有【验证手机号】",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '"E_PHONE_FORMAT"',
        '"E_OPINION_REQUIRED"',
        "enterprise_phone",
        "errorCode",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '请填写资格证书签发机关"',
        '可以不填写资格证书签发机关"',
        "qualification_issuer",
        "可以不填",
    ),
    (
        BUILDER,
        "initial.schema.json",
        '请勾选“申请人员意见”后再保存", "const"',
        '请勾选“聘用意见”后再保存", "const"',
        "applicant_opinion",
        "聘用意见",
    ),
    (
        BUILDER,
        "initial.ui.json",
        "按资格证书所载的专业选择一个或两个",
        "按资格证书所载的专业任选",
        "specialities",
        "任选",
    ),
    (BUILDER, "initial.ui.json", "近期免冠正面照", "近期戴帽侧面照", "photo", "戴帽"),
    (BUILDER, "initial.ui.json", "JPG或PNG，不超过5M", "JPG或PNG，不超过50K", "photo", "50K"),
    (
        BUILDER,
        "initial.ui.json",
        "验证企业名称后自动获取",
        "请自行填写",
        "enterprise_uscc",
        "自行填写",
    ),
    (
        BUILDER,
        "initial.ui.json",
        "按营业执照填写全称",
        "按营业执照填写简称",
        "enterprise_name",
        "简称",
    ),
    (
        BUILDER,
        "initial.ui.json",
        "按证明文件所载的学时填写",
        "按证明文件所载的天数填写",
        "ce_compulsory_hours",
        "天",
    ),
    (
        BUILDER,
        "initial.ui.json",
        "来自个人用户实名制信息采集系统",
        "由本人填写",
        "个人信息",
        "由本人填写",
    ),
    (BUILDER, "initial.ui.json", "为逾期注册。", "为期限内注册。", "继续教育", "期限内"),
    (
        BUILDER,
        "initial.ui.json",
        '{"title": "申请人员意见", "fields": ["applicant_opinion"]}',
        '{"title": "企业意见", "fields": ["applicant_opinion"]}',
        "企业意见",
        "企业意见",
    ),
    (
        BUILDER,
        "initial.ui.json",
        '"ui:inputmode": "tel"',
        '"ui:inputmode": "email"',
        "enterprise_phone",
        "email",
    ),
    (
        BUILDER,
        "initial.ui.json",
        '"ui:autocomplete": "organization"',
        '"ui:autocomplete": "name"',
        "enterprise_name",
        "autocomplete",
    ),
    (
        ENGINEER,
        "enterprise-cancellation.ui.json",
        "证明、仲裁裁决、送达回执等，PDF",
        "证明、仲裁裁决、送达回执等，图片",
        "cancel_proof",
        "图片",
    ),
    (
        ENGINEER,
        "enterprise-cancellation.ui.json",
        "市住建委受理后会告知本人",
        "市住建委受理前会告知本人",
        "",
        "受理",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "真实、有效，同意受聘于上述企业并申请注册；如有不实，愿承担相应的法律责任。",
        "真实、有效，同意受聘于上述企业并申请注册。",
        "applicant_opinion",
        "责任",
    ),
    (
        BUILDER,
        "initial.schema.json",
        "如有不实，愿承担相应的法律责任",
        "如有不实，概不负责",
        "applicant_opinion",
        "概不负责",
    ),
    (
        BUILDER,
        "renewal.schema.json",
        "未同时受聘于其他单位，",
        "同时受聘于其他单位，",
        "applicant_opinion",
        "同时受聘",
    ),
    (
        ENGINEER,
        "cancellation.schema.json",
        "本人申请注销上述注册",
        "本人不申请注销上述注册",
        "applicant_opinion",
        "不申请",
    ),
    (
        ENGINEER,
        "enterprise-cancellation.schema.json",
        "；如有不实，愿承担相应的法律责任。",
        "。",
        "applicant_opinion",
        "责任",
    ),
    # authorities and matters
    (BUILDER, "type.toml", '["上海市人', '["北京市人', "law.review_bodies", "本级人民政府"),
    (BUILDER, "type.toml", '["上海市人', '["浦东新区人', "law.review_bodies", "本级人民政府"),
    (BUILDER, "type.toml", '"住房和城乡建设部"', '"交通运输部"', "law.", "上一级主管部门"),
    (BUILDER, "type.toml", '"住房和城乡建设部"', '"上海市人民政府"', "law.", "写了两次"),
    (BUILDER, "type.toml", "住房和城乡建设部", "上海市高级人民法院", "law.", "行政诉讼"),
    (
        BUILDER,
        "type.toml",
        "住房和城乡建设管理委员会",
        "人力资源和社会保障局",
        "authority",
        "住建委",
    ),
    (BUILDER, "type.toml", "OF REGISTRATION", "OF QUALIFICATION", "certificate.english", "资格"),
    (BUILDER, "type.toml", "建筑业企业资质", "营业执照", "employer.qualification", "不是资质"),
    (BUILDER, "type.toml", "领取电子证书", "领取纸质证书", "CLAIM", "纸质"),
    (BUILDER, "type.toml", "纸质证书换领电子", "电子证书换领纸质", "PAPER_EXCHANGE", "换领"),
    (BUILDER, "type.toml", "更正身份信息", "更正企业信息", "CORRECTION", "企业"),
    # what a table answers and why
    (ENGINEER, "edit_effect.dmn", '"DRAFT","READY_TO_SIGN"</', '"DRAFT"</', "edit_", "签署以前"),
    (ENGINEER, "deadline.dmn", "二十日内", "三十日内", "DECISION", "说明写的是 30"),
    # what the manifest says stands in no template
    (BUILDER, CERTIFICATE, "title-of(data.title,", f"title-of({FACE},", "", "写死了"),
    (ENGINEER, "letter.typ", "data.authority))", f"{AGENCY}))", "", "写死了"),
    (ENGINEER, "letter.typ", "[#data.profession;", "[二级注册结构工程师", "", "写死了"),
    (ENGINEER, "decision.typ", "#data.rule;的规定，决定准", f"{RULE}的规定，决定准", "", "写死了"),
    (ENGINEER, "application.typ", "= #data.title", "= 二级注册结构工程师注册表", "", "写死了"),
    (ENGINEER, "cancellation-certificate.typ", "+ data.english", f"+ {CLASS}", "", "写死了"),
    (ENGINEER, "letter.typ", "width: 16mm", "width: 3mm", "", "手机不能识读"),
]


@cache
def shipped(key: str) -> dict[str, bytes]:
    return dict(folders.collect(BPMN / key))


@pytest.mark.parametrize(("key", "file", "old", "new", "element", "text"), SLIPS)
def test_a_slip_that_once_passed_is_told(
    key: str, file: str, old: str, new: str, element: str, text: str
) -> None:
    """Each reads well, runs well, and would mislead or refuse somebody."""
    path = next(path for path in shipped(key) if path.rpartition("/")[2] == file)
    before = shipped(key)[path].decode()
    assert old in before

    told = examination.check({**shipped(key), path: before.replace(old, new, 1).encode()}, FONTS)

    assert [
        fault
        for fault in told
        if path.endswith(fault.file) and fault.element.startswith(element) and text in fault.text
    ], "\n".join(map(str, told))


def test_an_authority_that_is_misspelt_is_told() -> None:
    whole = shipped(BUILDER)["type.toml"].decode()

    told = between(whole.replace("建设管理委员会", "建设委员会", 1))

    assert {(fault.element, "写法不同" in fault.text) for fault in told} == {("authority", True)}


def between(manifest: str) -> list[examination.Problem]:
    """Judge a manifest of the builders beside the other professions."""
    kind = manifests.read({**shipped(BUILDER), "type.toml": manifest.encode()})
    others = [manifests.load(BPMN / key) for key in SHIPPED if key != BUILDER]
    known = {other.key: "" for other in others}
    return examination.collisions([*others, kind], {}, known).get(BUILDER, [])


def test_a_matter_is_left_away_only_in_words() -> None:
    """行政许可法第50条: a profession that forgets renewals lets everybody's registration expire."""
    whole = shipped(BUILDER)["type.toml"].decode()
    start = whole.index('[[matter]]\ncode = "RENEWAL"')
    without = whole[:start] + whole[whole.index("[[matter]]", start + 1) :]

    told = between(without)
    said = between(without.replace("\norder", '\nwithout = ["RENEWAL"]\norder', 1))

    assert [fault.text for fault in told] == ["没有“延续注册”这一事项，其他注册类型有"]
    assert said == []
