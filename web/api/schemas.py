"""The shapes of what the interface takes and gives, as JSON Schema (2020-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from professions.tasks import ACTS, Task
from registry.applications.documents import DocumentKind, DocumentState
from registry.applications.statuses import Matter, Status
from registry.certificates.certificates import Validity
from registry.clients.webhooks import DeliveryState, EventType
from registry.readings import INVISIBLE

Schema = Mapping[str, Any]
MOST_CHECKED = 500  #: certificates of one bulk check, as on its page


def text(about: str, **more: Any) -> Schema:
    """Describe a text."""
    return {"type": "string", "description": about, **more}


#: A text of which something is left when it is read; see `registry.readings.text`.
_SEEN = rf"^[^\u0000]*[^\u0000\s{INVISIBLE}][^\u0000]*$"


def typed(about: str, **more: Any) -> Schema:
    """Describe a text that somebody writes: any characters but NUL, which is none.

    Lengths count what is left when it is read: one that needs a character needs one that shows.
    """
    return text(about, pattern=_SEEN if "minLength" in more else r"^[^\u0000]*$", **more)


def maybe(schema: Schema) -> Schema:
    """Describe what may be null."""
    return {**schema, "type": [schema["type"], "null"]}


def one_of(about: str, words: Any) -> Schema:
    """Describe a word of a closed list."""
    return text(about, enum=[str(word) for word in words])


def listed(schema: str, about: str, **more: Any) -> Schema:
    """Describe a list of what another schema describes."""
    return {"type": "array", "description": about, "items": of(schema), **more}


def of(schema: str) -> Schema:
    """Point at another schema."""
    return {"$ref": f"#/components/schemas/{schema}"}


def thing(about: str, needed: Mapping[str, Schema], **optional: Schema) -> Schema:
    """Describe an object that has these parts and no others."""
    return {
        "type": "object",
        "description": about,
        "properties": {**needed, **optional},
        "required": list(needed),
        "additionalProperties": False,
    }


MOMENT = text("时刻（RFC 3339，UTC）", format="date-time")
DAY = text("日期（上海）", format="date")
ID = text("编号", pattern="^[0-9A-Za-z_-]{1,64}$")
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}


def _words(task: Task, name: str) -> list[str]:
    """Give the words that the act at a task may hand to its case."""
    return sorted(ACTS[task].gives[name].words)


_OVERRIDE = typed("对需要核实的自动核对事项的核实情况，至少5个字；见form的checks")


def _page(of_what: str, about: str) -> Schema:
    return thing(
        about,
        {
            "items": listed(of_what, "本页的内容"),
            "total": {**COUNT, "description": "共有多少条，最多计到1000"},
            "is_capped": {**FLAG, "description": "是否多于计到的数"},
            "next": maybe(text("下一页的after参数；没有下一页时为null")),
        },
    )


_APPLICATION = {
    "id": ID,
    "no": maybe(text("申请编号；个人尚未签名时企业看不到")),
    "matter": one_of("申请事项", Matter),
    "profession": text("注册类别"),
    "status": one_of("当前状态", Status),
    "status_text": text("当前状态的中文名称"),
    "applicant": text("申请人姓名"),
    "enterprise": maybe(text("聘用企业")),
    "uscc": maybe(text("聘用企业的统一社会信用代码")),
    "due_on": maybe(DAY),
}
_TASK = {
    "id": ID,
    "node": text("环节在流程图中的名称"),
    "name": text("环节"),
    "due_at": MOMENT,
    "claimed": one_of("由谁领取", ["free", "mine", "other"]),
    "application": {"oneOf": [of("Application"), {"type": "null"}]},
}

_FILE = {
    "id": ID,
    "filename": text("文件名"),
    "size_bytes": COUNT,
    "sha256": text("文件的SHA-256，小写十六进制", pattern="^[0-9a-f]{64}$"),
}

_COMPLETIONS = ("FormalCheck", "Review", "Agreement", "Seal", "Answer", "FilledForm")
_HTTP = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$"
_WEBHOOK = {
    "id": ID,
    "url": text("接收地址"),
    "events": {"type": "array", "items": one_of("消息", EventType)},
    "is_active": {**FLAG, "description": "是否推送"},
    "failures": {**COUNT, "description": "连续失败的次数"},
    "created_at": MOMENT,
}

SCHEMAS: dict[str, Schema] = {
    "Problem": thing(
        "被拒绝的原因（RFC 9457）",
        {
            "type": text("问题类型", format="uri"),
            "title": text("标题"),
            "status": {"type": "integer"},
            "detail": text("原因和处理办法"),
            "code": text("错误代码", pattern="^E_"),
            "remedy": text("处理办法"),
            "errors": listed("Fault", "有误的内容"),
        },
        number=text("问题编号，联系市住建委时告知"),
    ),
    "Fault": thing(
        "一处有误的内容",
        {
            "field": text("位置；为空时指整个请求"),
            "code": text("错误代码"),
            "detail": text("原因"),
        },
    ),
    "TokenRequest": thing(
        "以程序编号和密钥取得令牌（RFC 6749，4.4）",
        {"grant_type": one_of("只能是client_credentials", ["client_credentials"])},
        client_id=text("程序编号；也可用HTTP Basic方式给出"),
        client_secret=text("程序密钥"),
        scope=text("需要的权限，以空格分隔；不填时为全部"),
    ),
    "Token": thing(
        "访问令牌",
        {
            "access_token": text("令牌"),
            "token_type": one_of("总是Bearer", ["Bearer"]),
            "expires_in": {"type": "integer", "description": "有效的秒数"},
            "scope": text("令牌的权限，以空格分隔"),
        },
    ),
    "TokenError": thing(
        "没有发给令牌的原因（RFC 6749，5.2）",
        {"error": text("原因代码"), "error_description": text("原因和处理办法")},
    ),
    "Application": thing("一件申请", _APPLICATION),
    "Applications": _page("Application", "申请列表的一页"),
    "ApplicationStatus": thing(
        "申请的进度",
        {
            "status": one_of("当前状态", Status),
            "status_text": text("当前状态的中文名称"),
            "is_open": {**FLAG, "description": "是否仍在办理"},
            "turn": text("由谁办理、办理什么"),
            "reasons": {"type": "array", "items": text("退回、补正或者不予许可的一项原因")},
            "due_on": maybe(DAY),
            "version": text("内容的版本，办理时放在If-Match中"),
        },
    ),
    "TimelineEntry": thing(
        "办理记录的一条",
        {"at": MOMENT, "text": text("做了什么"), "actor": text("由谁做的")},
    ),
    "Timeline": thing("办理记录", {"items": listed("TimelineEntry", "新的在前")}),
    "Document": thing(
        "一份文书",
        {
            "id": ID,
            "kind": one_of("种类", DocumentKind),
            "title": text("名称"),
            "number": maybe(text("文号")),
            "state": one_of("是否有效", DocumentState),
            "sha256": text("文件的SHA-256，小写十六进制", pattern="^[0-9a-f]{64}$"),
            "created_at": MOMENT,
        },
    ),
    "Documents": thing("申请的文书", {"items": listed("Document", "新的在前")}),
    "Task": thing("一项待办事项", _TASK),
    "TaskForm": thing(
        "一项待办事项的内容",
        {
            "task": of("Task"),
            "version": text("内容的版本，办理时放在If-Match中"),
            "is_personal": {**FLAG, "description": "只能由本人在页面上办理"},
            "takes": maybe(text("办理时给出的内容，是本说明中的哪一种；不能由程序办理时为null")),
            "content": listed("FormGroup", "申请内容"),
            "checks": listed("Check", "系统自动核对的结果"),
            "form": {"oneOf": [of("Form"), {"type": "null"}]},
        },
    ),
    "Check": thing(
        "一项自动核对",
        {
            "title": text("核对什么"),
            "source": text("依据谁的数据"),
            "result": one_of("结果", ["PASSED", "ATTENTION", "FAILED"]),
            "detail": text("说明"),
            "needs_override": {**FLAG, "description": "办理时须在override中写明核实情况"},
        },
    ),
    "Form": thing(
        "需要填写的申请表",
        {
            "title": text("名称"),
            "schema": {"type": "object", "description": "各项的JSON Schema（2020-12）"},
            "values": {"type": "object", "description": "已知的和上次填写的内容"},
            "files": listed("FormUpload", "已上传的文件"),
            "draft": text("暂存内容的版本"),
            "corrections": listed("AskedCorrection", "需要补正的内容，按其次序"),
        },
    ),
    "AskedCorrection": thing(
        "需要补正的一项内容",
        {
            "text": text("需要补正什么"),
            "field": maybe(text("所在的项；不在某一项上时为null")),
            "answer": text("已经写明的如何补正"),
        },
    ),
    "FormUpload": thing("一个已上传的文件", _FILE),
    "FilledForm": thing(
        "填写的申请表",
        {
            "values": {
                "type": "object",
                "description": "各项的内容，以该项的name为名；上传的文件给出其id",
                "additionalProperties": {
                    "anyOf": [
                        {"type": ["string", "boolean", "number"]},
                        {"type": "array", "items": {"type": "string"}, "maxItems": 50},
                    ]
                },
                "maxProperties": 200,
            }
        },
        draft=typed("读取时form给出的draft；另处已有新的暂存内容时拒绝", maxLength=200),
        answers={
            "type": "array",
            "description": "如何补正，与corrections逐项对应；该项内容已经修改的可以为空",
            "items": typed("如何补正", maxLength=2000),
            "maxItems": 50,
        },
    ),
    "KeptForm": thing("已暂存的申请表", {"draft": maybe(text("暂存内容的版本"))}),
    "FormFile": thing(
        "一个文件：PDF或者照片",
        {"file": text("文件", contentMediaType="application/octet-stream", format="binary")},
    ),
    "KeptFile": thing(
        "已上传的文件", {**_FILE, "version": text("内容的版本，办理时放在If-Match中")}
    ),
    "CancellationRequest": thing(
        "企业申请注销一名人员在本企业的注册",
        {"registration_no": typed("注册号", minLength=1, maxLength=60)},
    ),
    "FormGroup": thing(
        "申请内容的一组", {"title": text("标题"), "fields": listed("FormField", "各项")}
    ),
    "FormField": thing(
        "申请内容的一项",
        {
            "name": text("名称"),
            "title": text("标题"),
            "value": text("内容"),
            "files": {"type": "array", "items": text("上传的文件名")},
        },
    ),
    "FormalCheck": thing(
        "受理意见",
        {"outcome": one_of("处理结果", _words(Task.FORMAL_CHECK, "outcome"))},
        reasons={
            "type": "array",
            "items": typed("需要补正的一项内容，或者一项理由"),
            "maxItems": 20,
        },
        marks={
            "type": "object",
            "description": "在申请内容某一项上标记的补正内容，以该项的name为名",
            "additionalProperties": typed("需要补正什么"),
        },
        override=_OVERRIDE,
    ),
    "Review": thing(
        "审查意见",
        {"outcome": one_of("建议", _words(Task.REVIEW, "recommendation"))},
        opinion=typed("审查意见"),
        override=_OVERRIDE,
    ),
    "Agreement": thing(
        "企业的聘用或者注销意见",
        {"is_agreed": {"const": True, "description": "同意所附意见"}},
        pin=typed("企业签章PIN码；给出时同时盖章（需要tasks:seal权限）"),
    ),
    "Seal": thing("盖章", {"pin": typed("企业签章PIN码；不保存")}),
    "Answer": thing(
        "企业对注销的意见",
        {"outcome": one_of("意见", _words(Task.ANSWER_AS_ENTERPRISE, "answer"))},
        text=typed("异议的理由"),
    ),
    "Completion": {
        "description": "办理时给出的内容；哪一种见该事项form的takes",
        "anyOf": [of(name) for name in _COMPLETIONS],
    },
    "Return": thing("退回申请人", {"reason": typed("退回的原因，至少5个字", minLength=1)}),
    "Done": thing(
        "办理以后",
        {
            "task_id": ID,
            "application_id": ID,
            "status": one_of("申请的当前状态", Status),
            "status_text": text("当前状态的中文名称"),
        },
    ),
    "Tasks": _page("Task", "待办列表的一页"),
    "Certificate": thing(
        "在本企业有效的注册和其证书",
        {
            "registration_no": text("注册号"),
            "certificate_no": maybe(text("证书编号；还没有电子证书时为null")),
            "name": text("姓名"),
            "profession": text("注册类别"),
            "valid_from": DAY,
            "valid_to": DAY,
        },
    ),
    "Certificates": _page("Certificate", "注册人员列表的一页"),
    "Question": thing(
        "需要查验的一份证书",
        {
            "number": typed("证书编号或者注册号", minLength=1, maxLength=100),
            "name": typed("持有人姓名", minLength=1, maxLength=100),
        },
    ),
    "Questions": thing(
        "需要查验的一批证书",
        {"items": listed("Question", "证书", minItems=1, maxItems=MOST_CHECKED)},
    ),
    "Verification": thing(
        "查验结果；没有相符的证书时只有is_found",
        {"is_found": {**FLAG, "description": "有没有相符的证书或者文书"}},
        kind=one_of("查到的是什么", ["certificate", "copy", "letter"]),
        is_valid={**FLAG, "description": "现在是否有效"},
        status=one_of("证书状态", Validity),
        words=text("结论"),
        title=text("名称"),
        name=text("姓名，部分隐去"),
        number=text("编号"),
        registration_no=text("注册号"),
        enterprise=text("聘用企业"),
        valid_from=DAY,
        valid_to=DAY,
    ),
    "Verifications": thing(
        "一批查验结果，次序与请求相同", {"items": listed("Verification", "结果")}
    ),
    "WebhookRequest": thing(
        "一个接收地址",
        {
            "url": text("接收地址，https://开头", pattern=_HTTP, maxLength=500),
            "events": {
                "type": "array",
                "description": "需要的消息",
                "items": one_of("消息", EventType),
                "minItems": 1,
                "maxItems": 10,
            },
        },
    ),
    "Webhook": thing("一个接收地址", _WEBHOOK),
    "NewWebhook": thing(
        "登记的接收地址",
        {**_WEBHOOK, "secret": text("签名用的密钥（whsec_开头），只给出这一次")},
    ),
    "Webhooks": thing("接收地址", {"items": listed("Webhook", "先登记的在前")}),
    "Delivery": thing(
        "一条消息",
        {
            "id": ID,
            "type": one_of("消息", EventType),
            "state": one_of("结果", DeliveryState),
            "attempts": {**COUNT, "description": "推送过几次"},
            "answer": text("最近一次的应答：HTTP状态，或者错误代码"),
            "created_at": MOMENT,
        },
    ),
    "Deliveries": thing("消息", {"items": listed("Delivery", "新的在前")}),
    "Replayed": thing("重新推送", {"count": {**COUNT, "description": "多少条"}}),
    "Profession": thing(
        "一种注册类别",
        {
            "key": text("代号"),
            "title": text("名称"),
            "authority": text("注册机关"),
            "matters": listed("MatterOffer", "可以办理的事项"),
        },
    ),
    "MatterOffer": thing(
        "一个可以办理的事项",
        {"code": one_of("代号", Matter), "title": text("名称")},
    ),
    "Professions": thing("注册类别", {"items": listed("Profession", "按办事指南的次序")}),
}
