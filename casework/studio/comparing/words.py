"""The words by which people know what diagrams, forms and manifests say in keys and codes."""

from __future__ import annotations

import re

from professions import vocabulary
from professions.messages import SENT
from registry.applications.statuses import Status

ROLES = {
    "applicant": "申请人",
    "enterprise": "企业",
    "acceptor": "受理",
    "reviewer": "审查",
    "approver": "决定",
    "officer": "案件开始时的角色",
}
ELEMENTS = {
    "definitions": "文件",
    "collaboration": "协作",
    "process": "流程",
    "participant": "泳池",
    "lane": "泳道",
    "startEvent": "开始",
    "endEvent": "结束",
    "boundaryEvent": "附着事件",
    "intermediateCatchEvent": "等待",
    "intermediateThrowEvent": "发出",
    "userTask": "人工任务",
    "serviceTask": "系统任务",
    "businessRuleTask": "查表任务",
    "callActivity": "调用流程",
    "subProcess": "子流程",
    "exclusiveGateway": "判断",
    "parallelGateway": "并行",
    "eventBasedGateway": "等待其一",
    "sequenceFlow": "连线",
    "message": "消息",
    "error": "错误",
    "textAnnotation": "批注",
}
PROPERTIES = {
    "actorRole": "办理人",
    "formKey": "表单",
    "status": "申请状态",
    "gives": "办理结果",
    "differentFrom": "不得与其同为一人的任务",
}
#: What an element of a diagram says, by the end of its path.
DRAWN = {
    "@name": "名称",
    "documentation": "说明",
    "@default": "默认分支",
    "@attachedToRef": "附着于",
    "@cancelActivity": "发生时中断任务",
    "@isExecutable": "可执行",
    "@targetNamespace": "命名空间",
    "@sourceRef": "起点",
    "@targetRef": "终点",
    "@calledElement": "调用的流程",
    "@errorCode": "错误代码",
    "conditionExpression": "条件",
    "timeDate": "期限",
    "timeDuration": "期限",
    "timeCycle": "重复",
    "@messageRef": "消息",
    "@errorRef": "错误",
    "calledDecisionId": "决策表",
    "serviceTaskOperator@id": "操作",
    "serviceTaskOperator@resultVariable": "结果变量",
    "type": "类型",
    "lane": "泳道",
    "parent": "所在",
}
TABLE = {
    "annotation@name": "附注列",
    "requiredDecision@href": "依据的决策",
    "requiredInput@href": "依据的输入",
    "@name": "名称",
    "@label": "名称",
    "description": "依据和说明",
    "decisionTable@hitPolicy": "命中策略",
    "decisionTable@aggregation": "汇总",
    "inputExpression/text": "取值",
    "inputExpression@typeRef": "类型",
    "@typeRef": "类型",
    "inputValues/text": "允许的值",
    "outputValues/text": "允许的值",
    "defaultOutputEntry/text": "缺省",
    "@width": "列宽",
}
POLICIES = {
    "UNIQUE": "唯一",
    "FIRST": "首条",
    "ANY": "一致",
    "PRIORITY": "优先",
    "COLLECT": "收集",
    "RULE ORDER": "依规则次序",
    "OUTPUT ORDER": "依结论次序",
}
TYPES = {"string": "文字", "number": "数", "integer": "整数", "boolean": "是否", "array": "多个"}
FIELD = {
    "title": "名称",
    "type": "类型",
    "readOnly": "只读",
    "format": "格式",
    "pattern": "格式规则",
    "minLength": "最少字数",
    "maxLength": "最多字数",
    "minimum": "最小值",
    "exclusiveMinimum": "应大于",
    "maximum": "最大值",
    "exclusiveMaximum": "应小于",
    "minItems": "最少个数",
    "maxItems": "最多个数",
    "uniqueItems": "不得重复",
    "description": "说明文字",
    "const": "必须为",
    "contentMediaType": "文件类型",
    "default": "默认值",
    "ui:help": "填写说明",
    "ui:widget": "控件",
    "ui:width": "宽度",
    "ui:mask": "遮盖",
    "ui:inputmode": "键盘",
    "ui:crop": "裁剪",
    "ui:accept": "可选的文件",
    "ui:lockedUnless": "何时可以填写",
}
MANIFEST = {
    "title": "名称",
    "authority": "主管部门",
    "order": "排列次序",
    "shared": "共用部分",
    "based_on": "依据的注册类型",
    "certificate": "证书",
    "english": "英文名称",
    "type_code": "证照类型代码",
    "copies": "加注使用",
    "days": "最长日数",
    "until_maximum_age": "不超过年龄届满",
    "employer": "聘用企业",
    "qualification": "应有资质",
    "law": "依据",
    "rule": "规定",
    "review_bodies": "行政复议机关",
    "numbers": "编号",
    "application": "申请编号",
    "registration": "注册号",
    "applicant": "申请人",
    "minimum_age": "最低年龄",
    "maximum_age": "最高年龄",
    "photo": "照片像素",
    "matter": "事项",
    "process": "流程",
    "diagram": "流程图",
    "form": "表单",
    "help": "说明",
    "document": "申请表模板",
    "given": "已知变量",
    "confirmation": "企业意见",
    "verb": "签章时的表述",
    "text": "文字",
    "figures": "与通常不同的数值",
}

_DURATION = re.compile(
    r"[\"']P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?[\"']"
)
_UNITS = ("周", "日", "小时", "分钟", "秒")
_CALLS = {"days": "日", "workdays": "个工作日", "minutes": "分钟"}
_CALL = re.compile(r"\b(days|workdays|minutes)\((\d+)\)")
_PERIOD = re.compile(r"""deadline\(["'](\w+)["']\)""")


def expression(text: str) -> str:
    """Write lengths of time inside an expression as people read them.

    >>> expression('"P20D"'), expression('"P1DT12H"'), expression('deadline("DRAFT") - days(3)')
    ('20日', '1日12小时', '期限表DRAFT - 3日')
    """
    text = _DURATION.sub(_length, text)
    text = _CALL.sub(lambda call: f"{call[2]}{_CALLS[call[1]]}", text)
    return _PERIOD.sub(lambda call: f"期限表{call[1]}", text)


def _length(found: re.Match[str]) -> str:
    parts = zip(found.groups(), _UNITS, strict=True)
    return "".join(f"{int(number)}{unit}" for number, unit in parts if number) or found[0]


def status(code: str) -> str:
    """Give the name of a status; what is none stays."""
    return Status(code).label if code in {status.value for status in Status} else code


def called(operation: str, kind: str) -> str:
    """Give what an operation was called for: a letter, a notice; what is none stays."""
    said = vocabulary.STEPS_CALLED.get(operation, {}).get(kind)
    return said[0] if said else kind


def message(name: str) -> str:
    """Give what a message says; one that the house does not send keeps its name."""
    return SENT.get(name, name)
