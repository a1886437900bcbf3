"""Rules for single nodes and for the graph of a process (part of `lint`).

Each rule yields (element id, what is wrong, what to do).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from lxml import etree

from engine.actors import ROLES
from engine.language.nearest import hint
from engine.language.parsing import BPMN, Sources, bpmn, spiff
from engine.lint import attributes, events, tokens
from engine.operations import Vocabulary
from refusals.rules import insists

Finding = tuple[str, str, str]

_TASKS = tuple(
    bpmn(tag)
    for tag in ("userTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess")
)
_GATEWAYS = (bpmn("exclusiveGateway"), bpmn("parallelGateway"))
_NODES = (
    *_TASKS,
    *_GATEWAYS,
    *(bpmn(tag) for tag in ("startEvent", "endEvent", "boundaryEvent")),
    *(bpmn(tag) for tag in ("intermediateCatchEvent", "intermediateThrowEvent")),
)
MOST_NAMED = 40  #: names that a remedy lists
MAX_NODES = 200  #: of one process or subprocess: more nobody can read
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class Surroundings:
    """All that the rules for a diagram ask of the other files; equal when that is the same."""

    sources: Sources = field(compare=False, repr=False)
    asked: object  #: the names and calls that `sources` have

    @classmethod
    def of(cls, sources: Sources) -> Surroundings:
        """Take the surroundings out of a set of files."""
        tasks = {
            task.get("id") or ""
            for root in sources.diagrams.values()
            for task in root.iter(bpmn("userTask"))
        }
        asked = (
            frozenset(tasks),
            frozenset(sources.table_files.items()),
            frozenset(sources.lost),
            frozenset((key, frozenset(calls(key, sources))) for key in sources.processes),
        )
        return cls(sources, asked)


@insists("E_PROCESS")
def check(
    root: etree._Element, sources: Sources, operations: Vocabulary | None
) -> Iterator[Finding]:
    """Yield the findings in one diagram."""
    yield from _ids(root)
    for process in root.findall(bpmn("process")):
        if not _NAME.fullmatch(process.get("id") or ""):
            yield (
                process.get("id") or "",
                "流程标识须以字母开头，只含字母、数字和下划线",
                "请修改标识",
            )
        if process.get("isExecutable") == "false":
            yield process.get("id") or "", "流程没有标为可执行", "请勾选“可执行”"
        for element in process.iter(f"{{{BPMN}}}*"):
            if element.tag not in _NODES:
                yield from attributes.foreign(_id_around(element), element)
        for level in (process, *process.iter(bpmn("subProcess"))):
            yield from _level(level, root, sources, operations)


def _id_around(element: etree._Element) -> str:
    around = (element, *element.iterancestors())
    return next((str(node.get("id")) for node in around if node.get("id")), "")


@insists("E_LINE_LOOSE")
def dangling(root: etree._Element) -> Iterator[Finding]:
    """Yield each id that lines lead to or from and that no node has, once with the first line.

    Until it is mended nothing else can be said of the diagram: what is reached, drawn, in a lane.
    """
    for process in root.findall(bpmn("process")):
        ids = {node.get("id") or "" for node in process.iter(*_NODES)}
        told: set[str] = set()
        for flow in process.iter(bpmn("sequenceFlow")):
            for end in (flow.get("sourceRef") or "", flow.get("targetRef") or ""):
                if end not in ids and end not in told:
                    told.add(end)
                    close = get_close_matches(end, ids - _ends(process), n=1)
                    hint = f"是不是 {close[0]}？" if close else ""
                    yield flow.get("id") or "", f"连线没有接好，没有“{end}”", f"{hint}请重新连接"


def _ends(process: etree._Element) -> set[str]:
    flows = process.iter(bpmn("sequenceFlow"))
    return {flow.get(end) or "" for flow in flows for end in ("sourceRef", "targetRef")}


@insists("E_ID")
def _ids(root: etree._Element) -> Iterator[Finding]:
    seen: set[str] = set()
    for element in root.iter(*_NODES, bpmn("sequenceFlow"), bpmn("message"), bpmn("error")):
        key = element.get("id") or ""
        if not _NAME.fullmatch(key):
            yield key, "标识须以字母开头，只含字母、数字和下划线", "请修改标识"
        elif key in seen:
            yield key, "标识重复", "请给每个元素不同的标识"
        seen.add(key)


@insists("E_LEVEL_TOO_LARGE")
def _level(
    level: etree._Element, root: etree._Element, sources: Sources, operations: Vocabulary | None
) -> Iterator[Finding]:
    nodes = {node.get("id") or "": node for node in level.iterchildren(*_NODES)}
    if len(nodes) > MAX_NODES:
        yield level.get("id") or "", f"一层中超过 {MAX_NODES} 个节点", "请拆成子流程"
        return
    flows = level.findall(bpmn("sequenceFlow"))
    graph = _graph(level, nodes, flows)
    is_turned = bool(_turned(nodes, flows))
    yield from events.places(nodes, flows)
    told = [*graph]
    yield from told
    is_whole = not told and not is_turned and not _stuck(nodes, flows)
    if is_whole and all(flow.get("targetRef") in nodes for flow in flows):
        yield from tokens.check(nodes, flows)
    for key, node in nodes.items():
        out = [flow for flow in flows if flow.get("sourceRef") == key]
        yield from _flows(key, node, out, is_turned=is_turned)
        yield from _node(key, node, root, sources, operations)


@insists("E_UNREACHED")
def _graph(
    level: etree._Element, nodes: dict[str, etree._Element], flows: list[etree._Element]
) -> Iterator[Finding]:
    """One start, some end, and a way from the start to everything."""
    here = level.get("id") or ""
    starts = [key for key, node in nodes.items() if node.tag == bpmn("startEvent")]
    if level.get("triggeredByEvent") == "true":
        yield here, "不支持事件子流程", "请改用子流程边界上的事件"
    if len(starts) != 1:
        yield here, "须有且只有一个开始事件", "请增减开始事件"
        return
    if not any(node.tag == bpmn("endEvent") for node in nodes.values()):
        yield here, "没有结束事件", "请增加结束事件"
    reached, queue = set(starts), list(starts)
    edges = [(flow.get("sourceRef"), flow.get("targetRef")) for flow in flows]
    edges += [
        (node.get("attachedToRef"), key)
        for key, node in nodes.items()
        if node.tag == bpmn("boundaryEvent")
    ]
    for flow in flows:
        if flow.get("sourceRef") not in nodes or flow.get("targetRef") not in nodes:
            yield flow.get("id") or "", "连线没有接好", "请重新连接"
    while queue:
        at = queue.pop()
        for source, target in edges:
            if source == at and target in nodes and target not in reached:
                reached.add(target)
                queue.append(target)
    if _stuck(nodes, flows) or _turned(nodes, flows):  # what follows cannot be reached
        return
    for key in _first_of(nodes.keys() - reached, edges):
        attached = nodes[key].get("attachedToRef")
        if attached is not None and attached not in nodes:
            remedy = f"{hint(attached, nodes)}请把事件附在任务或者子流程的边界上"
            yield key, f"事件所附的“{attached}”不存在", remedy
        else:
            yield key, "从开始事件走不到此处", "请补画连线或者删除"


def _stuck(nodes: Mapping[str, etree._Element], flows: list[etree._Element]) -> list[str]:
    """Return the nodes that lead nowhere and should."""
    leading = {flow.get("sourceRef") for flow in flows}
    return [
        key for key, node in nodes.items() if node.tag != bpmn("endEvent") and key not in leading
    ]


def _turned(nodes: Mapping[str, etree._Element], flows: list[etree._Element]) -> list[str]:
    """Return the end events that something leads away from."""
    leading = {flow.get("sourceRef") for flow in flows}
    return [key for key, node in nodes.items() if node.tag == bpmn("endEvent") and key in leading]


def _first_of(
    unreached: Iterable[str], edges: Iterable[tuple[str | None, str | None]]
) -> Iterator[str]:
    """Yield those that nothing else unreached leads to: what follows is no mistake of its own."""
    left = set(unreached)
    led_to = {target for source, target in edges if source in left and source != target}
    first = left - led_to
    while left:
        yield from sorted(first or {min(left)})
        queue = [*(first or {min(left)})]
        while queue:
            at = queue.pop()
            left.discard(at)
            queue += [str(target) for source, target in edges if source == at and target in left]
        first = set()


@insists("E_WAYS_OUT")
def _flows(
    key: str, node: etree._Element, out: list[etree._Element], *, is_turned: bool
) -> Iterator[Finding]:
    conditions = [flow.find(bpmn("conditionExpression")) for flow in out]
    if node.tag == bpmn("endEvent"):
        if out:
            yield key, "结束事件不能有出口", "请删除连线"
        return
    if not out and not is_turned:  # that of the end event was meant for it
        yield key, "没有出口", "请连到下一步或者结束事件"
    if node.tag == bpmn("exclusiveGateway") and len(out) > 1:
        default = node.get("default")
        is_lost = default not in [flow.get("id") for flow in out]
        bare = [flow.get("id") or "" for flow in out if flow.find(_CONDITION) is None]
        if is_lost:
            close = f"没有条件的出口是 {bare[0]}，" if len(bare) == 1 else ""
            yield key, "网关没有默认出口", f"{close}请把一个出口设为默认"
        conditional = [flow.get("id") for flow in out if flow.find(_CONDITION) is not None]
        is_told = is_lost or default in conditional  # with the one that may be meant
        for flow, condition in zip(out, conditions, strict=True):
            if flow.get("id") == default and condition is not None:
                others = f"，没有条件的出口是 {'、'.join(bare)}" if bare else ""
                yield (
                    flow.get("id") or "",
                    f"默认出口不能带条件{others}",
                    "请删除条件，或者改设默认出口",
                )
            elif flow.get("id") != default and condition is None:
                if not (is_told and len(bare) == 1):
                    yield flow.get("id") or "", "出口没有条件", "请填写条件"
            elif condition is not None:
                yield from _condition(flow.get("id") or "", condition.text)
        return
    if node.tag not in _GATEWAYS and len(out) > 1:
        yield key, "任务和事件只能有一个出口", "请用网关画出分支"
    for flow, condition in zip(out, conditions, strict=True):
        if condition is not None:
            yield flow.get("id") or "", "此处的连线不能带条件", "请在排他网关之后写条件"


_CONDITION = bpmn("conditionExpression")


@insists("E_CONDITION")
def _condition(key: str, text: str | None) -> Iterator[Finding]:
    yield from events.expression(key, text)
    if re.fullmatch(r"""\s*(["'][^"']*["']|[0-9.]+|None|True|False)\s*""", text or ""):
        yield key, f"条件{text}不读任何变量，总是同一结果", '请写成比较，例如 outcome == "approve"'


@insists("E_NO_TABLE")
def _node(
    key: str,
    node: etree._Element,
    root: etree._Element,
    sources: Sources,
    operations: Vocabulary | None,
) -> Iterator[Finding]:
    kind = etree.QName(node).localname
    yield from attributes.check(key, node)
    if kind in events.KINDS:
        yield from events.check(key, node, kind, root)
    elif kind == "userTask":
        yield from _user_task(key, node, sources)
    elif kind == "serviceTask":
        yield from _service_task(key, node, operations)
    elif kind == "businessRuleTask":
        decision = node.findtext(f"{bpmn('extensionElements')}/{spiff('calledDecisionId')}") or ""
        other = sources.misnamed(decision.strip())
        if not sources.has_table(decision.strip()) and other is None:
            close = hint(decision.strip(), sources.tables)
            remedy = f"{close}{_one_of('决策表', sources.tables)}"
            yield key, f"没有决策表“{decision.strip()}”", remedy
    elif kind == "callActivity":
        yield from _call(key, node, sources)


@insists("E_TASK_ROLE")
def _user_task(key: str, node: etree._Element, sources: Sources) -> Iterator[Finding]:
    properties = {
        item.get("name"): item.get("value")
        for item in node.findall(f"{bpmn('extensionElements')}/{spiff('properties')}/*")
    }
    role = properties.get("actorRole") or ""
    if role not in ROLES and properties.get("actorRole", "") is not None:  # told by `attributes`
        text = f"没有办理角色“{role}”" if role else "用户任务没有办理角色"
        yield key, text, f"{hint(role, ROLES)}请填写属性 actorRole：{'、'.join(sorted(ROLES))}"
    other = properties.get("differentFrom")
    if other is not None:
        known = {
            task.get("id")
            for root in sources.diagrams.values()
            for task in root.iter(bpmn("userTask"))
        }
        if (other not in known and not sources.lost) or other == key:
            close = hint(other, {str(task) for task in known} - {key})
            remedy = f"{close}请填写另一个用户任务的标识"
            yield key, f"differentFrom 指向的任务“{other}”不存在", remedy


@insists("E_OPERATION")
def _service_task(
    key: str, node: etree._Element, operations: Vocabulary | None
) -> Iterator[Finding]:
    operators = node.findall(f"{bpmn('extensionElements')}/{spiff('serviceTaskOperator')}")
    if len(operators) != 1:
        yield key, "服务任务须有一个操作", "请选择登记的操作"
        return
    operator = operators[0]
    name = operator.get("id") or ""
    if not re.fullmatch(r"[a-z_]+/[a-z_]+", name):
        yield key, f"操作名称“{name}”不是 领域/动作 的形式", "请选择登记的操作，例如 notice/send"
        return
    result = operator.get("resultVariable")
    if result is not None and not _NAME.fullmatch(result):
        yield key, f"结果变量名“{result}”不能使用", "请以字母开头，只用字母、数字和下划线"
    parameters = operator.findall(f".//{spiff('parameter')}")
    names = [item.get("id") or "" for item in parameters]
    if len(set(names)) < len(names) or not all(_NAME.fullmatch(parameter) for parameter in names):
        yield key, "参数名称重复或者不能使用", "请修改参数名称"
    for item in parameters:
        if item.get("type") is None:
            yield key, f"参数 {item.get('id')} 没有类型", "请填写类型，例如 str"
        yield from events.expression(key, item.get("value"))
    fault = operations.fault(name, frozenset(names)) if operations is not None else None
    if fault:
        yield key, fault, "请按操作的说明修改"


def _one_of(what: str, known: Iterable[str]) -> str:
    """Say which may be meant; where there are none, that the file lacks."""
    named = "、".join(sorted(known)[:MOST_NAMED])
    return f"请填写本类型中{what}的标识：{named}" if named else f"请增加{what}的文件"


@insists("E_CALL")
def _call(key: str, node: etree._Element, sources: Sources) -> Iterator[Finding]:
    """Insist that the called process exists and that no chain of calls comes back."""
    called = node.get("calledElement") or ""
    if not sources.has_process(called):
        remedy = f"{hint(called, sources.processes)}{_one_of('流程', sources.processes)}"
        yield key, f"没有流程“{called}”", remedy
    if called not in sources.processes:
        return
    caller = next(node.iterancestors(bpmn("process"))).get("id")
    reached, queue = {called}, [called]
    while queue:
        for inner in calls(queue.pop(), sources) - reached:
            reached.add(inner)
            queue.append(inner)
    if caller in reached:
        yield key, f"流程“{caller}”通过调用又回到自己", "请去掉这一调用，用网关画出循环"


def calls(process_id: str, sources: Sources) -> set[str]:
    """Return the processes that a process calls, at any depth of its own subprocesses."""
    root = sources.diagrams[sources.processes[process_id]]
    (process,) = [
        element for element in root.findall(bpmn("process")) if element.get("id") == process_id
    ]
    called = {
        activity.get("calledElement") or "" for activity in process.iter(bpmn("callActivity"))
    }
    return called & sources.processes.keys()
