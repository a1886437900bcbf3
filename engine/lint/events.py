"""Rules for events: what kinds there are, what they wait for, and where they may stand.

Part of `lint`; each rule yields (element id, what is wrong, what to do).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from engine.errors import ExpressionRefused
from engine.language.expressions import compile_expression
from engine.language.nearest import hint
from engine.language.parsing import bpmn
from engine.language.timers import check_text
from refusals.rules import insists

Finding = tuple[str, str, str]

#: Where an event may be attached: to what takes its time.
_ACTIVITIES = tuple(
    bpmn(tag)
    for tag in ("userTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess")
)
#: The kinds of event, and the definitions that each may have.
KINDS: Mapping[str, frozenset[str]] = {
    "startEvent": frozenset(),
    "endEvent": frozenset({"errorEventDefinition", "terminateEventDefinition"}),
    "intermediateThrowEvent": frozenset(),
    "intermediateCatchEvent": frozenset({"timerEventDefinition", "messageEventDefinition"}),
    "boundaryEvent": frozenset(
        {"timerEventDefinition", "messageEventDefinition", "errorEventDefinition"}
    ),
}


@insists("E_EVENT_PLACE")
def places(
    nodes: Mapping[str, etree._Element], flows: Sequence[etree._Element]
) -> Iterator[Finding]:
    """Insist that events stand where a token can meet them, each of them once."""
    led_to = {flow.get("targetRef") for flow in flows}
    seen: set[tuple[object, ...]] = set()
    for key, node in nodes.items():
        if node.tag == bpmn("startEvent") and key in led_to:
            yield key, "开始事件不能有入口", "请连到开始事件之后的一步"
        if node.tag != bpmn("boundaryEvent"):
            continue
        if key in led_to:
            yield key, "边界事件不能有入口", "请连到边界事件之后的一步"
        attached = node.get("attachedToRef") or ""
        if attached in nodes and nodes[attached].tag not in _ACTIVITIES:
            yield key, "事件不能附在此处", "请附在任务、调用活动或者子流程的边界上"
        for definition in node:
            waits_for = definition.get("messageRef") or definition.get("errorRef")
            awaited = (attached, definition.tag, waits_for)
            if definition.tag in _NAMED and awaited in seen:
                yield key, "同一活动上已有等待同一消息或者错误的边界事件", "请只留一个"
            seen.add(awaited)


_NAMED = (bpmn("messageEventDefinition"), bpmn("errorEventDefinition"))


@insists("E_EXPRESSION")
def expression(key: str, text: str | None) -> Iterator[Finding]:
    """Insist that a text is of the closed language."""
    try:
        compile_expression(text or "")
    except ExpressionRefused as error:
        remedy = str(error.facts.get("remedy") or "请修改表达式")
        yield key, f"表达式“{text or ''}”不能使用：{error.facts['reason']}", remedy


@insists("E_EVENT")
def check(key: str, node: etree._Element, kind: str, root: etree._Element) -> Iterator[Finding]:
    """Yield what is wrong with the definition of one event."""
    definitions = [child for child in node if str(child.tag).endswith("EventDefinition")]
    names = [str(etree.QName(child).localname) for child in definitions]
    wanted = 1 if kind in ("boundaryEvent", "intermediateCatchEvent") else len(names)
    if len(names) > 1 or len(names) != wanted or not set(names) <= KINDS[kind]:
        yield key, "此处不支持这种事件", "可用：定时、消息、错误（边界和结束）、终止（结束）"
        return
    for name, definition in zip(names, definitions, strict=True):
        if name == "timerEventDefinition":
            yield from _timer(key, definition)
        elif name == "messageEventDefinition":
            reference = definition.get("messageRef")
            if not _names(root, "message", reference, "name"):
                known = [str(message.get("id")) for message in root.findall(bpmn("message"))]
                remedy = f"{hint(reference or '', known)}请选择消息并填写名称"
                lost = f"，没有消息“{reference}”" if reference else ""
                yield key, f"消息事件没有消息名称{lost}", remedy
            if len(definition):
                yield key, "消息事件不能带关联或内容", "请删除其中的元素"
        elif name == "errorEventDefinition":
            reference = definition.get("errorRef")
            named = _names(root, "error", reference, "errorCode")
            if not named and (reference or kind == "endEvent"):
                yield key, "错误事件没有错误代码", "请选择错误并填写代码"
    if names == ["errorEventDefinition"] and node.get("cancelActivity") == "false":
        yield key, "错误边界事件必须中断活动", "请改为中断"


def _names(root: etree._Element, tag: str, reference: str | None, attribute: str) -> bool:
    return any(
        element.get("id") == reference and element.get(attribute)
        for element in root.findall(bpmn(tag))
    )


@insists("E_TIMER")
def _timer(key: str, definition: etree._Element) -> Iterator[Finding]:
    if len(definition) != 1:
        yield key, "定时事件须有一个时间", "请填写时间"
        return
    text = (definition[0].text or "").strip()
    findings = list(expression(key, text))
    yield from findings
    if not findings and (fault := check_text(text)):
        yield key, fault, '请写成 "P30D" 这样带引号的时长，或者 deadline("…")、days(…) 等函数'
