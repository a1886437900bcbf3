"""Diagrams that people can read: each step in the lane of who does it, all drawn, all named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.actors import ROLES
from engine.errors import XmlRefused
from engine.language.parsing import bpmn, spiff
from engine.language.xml import root_of
from refusals.rules import insists

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

#: the lanes people know, and the roles that work in each
LANES: Mapping[str, frozenset[str]] = {
    "申请人": frozenset({"applicant"}),
    "聘用企业": frozenset({"enterprise"}),
    "市住建委": frozenset({"acceptor", "reviewer", "approver", "officer"}),
    "系统": frozenset(),
}
_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_NODES = tuple(
    bpmn(tag)
    for tag in (
        *("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent"),
        *("intermediateThrowEvent", "userTask", "serviceTask", "businessRuleTask"),
        *("callActivity", "subProcess", "exclusiveGateway", "parallelGateway"),
    )
)


def faults(root: etree._Element) -> Iterator[Finding]:
    """Yield what is wrong with the lanes and the drawing of a diagram."""
    yield from _lanes(root)
    yield from _reading(root)


@insists("E_ID")
def named_twice(data: bytes) -> Iterator[Finding]:
    """Insist that an id names one thing: an editor that saves the file drops the second one."""
    try:
        elements = root_of(data).iter("*")
    except XmlRefused:  # told by `lint`
        return
    ids = Counter(
        element.get("id") for element in elements if not str(element.tag).startswith(_OPERATORS)
    )
    for name, count in ids.items():
        if name and count > 1:
            yield name, f"标识“{name}”在文件中写了{count}次", "请给每个元素不同的 id"


_OPERATORS = spiff("")  #: their ids name operations and parameters


@insists("E_LANE")
def _lanes(root: etree._Element) -> Iterator[Finding]:
    """Insist that each step is in the lane of who does it."""
    for process in root.findall(bpmn("process")):
        lane_of = {}
        for lane in process.iter(bpmn("lane")):
            if lane.get("name") not in LANES:
                text = f"泳道名称“{lane.get('name')}”不在规定之列"
                yield lane.get("id") or "", text, f"请用：{'、'.join(LANES)}"
            for reference in lane.findall(bpmn("flowNodeRef")):
                lane_of[(reference.text or "").strip()] = lane.get("name") or ""
        for node in process.iterchildren(*_NODES):
            if node.get("id") not in lane_of:
                yield node.get("id") or "", "不在任何泳道中", "请把它放进办理人的泳道"
        for task in process.iter(bpmn("userTask")):
            role = properties(task).get("actorRole", "")
            lane_name = _lane_of(task, lane_of)
            if role in ROLES and lane_name in LANES and role not in LANES[lane_name]:
                text = f"办理角色 {role} 不属于泳道“{lane_name}”"
                yield task.get("id") or "", text, "请改正 actorRole 或者换泳道"


def _lane_of(node: etree._Element, lane_of: Mapping[str, str]) -> str:
    """Return the lane of a node; inside a subprocess, that of the subprocess."""
    for ancestor in (node, *node.iterancestors(bpmn("subProcess"))):
        if (ancestor.get("id") or "") in lane_of:
            return lane_of[ancestor.get("id") or ""]
    return ""


@insists("E_DRAWING")
def _reading(root: etree._Element) -> Iterator[Finding]:
    """Insist that all is drawn, and that words say what happens and what is asked."""
    drawn = {shape.get("bpmnElement") for shape in root.iter(f"{_DI}BPMNShape", f"{_DI}BPMNEdge")}
    for element in root.iter(*_NODES, bpmn("sequenceFlow"), bpmn("participant"), bpmn("lane")):
        if element.get("id") not in drawn:
            yield element.get("id") or "", "没有画出来", "请在编辑器中打开并补画"
    for node in root.iter(*_NODES):
        if not (node.get("name") or "").strip() and not _is_plain_end(node):
            yield node.get("id") or "", "没有名称", "请用“动词+对象”命名任务，用状态命名事件"
    for gateway in root.iter(bpmn("exclusiveGateway")):
        key = gateway.get("id") or ""
        flows = [edge for edge in root.iter(bpmn("sequenceFlow")) if edge.get("sourceRef") == key]
        if len(flows) < 2:
            continue
        if not (gateway.get("name") or "").rstrip().endswith(("？", "?")):
            yield key, "网关应写成一个问题", "请以问号结尾，例如“核验通过？”"
        for flow in flows:
            if not (flow.get("name") or "").strip():
                yield flow.get("id") or "", "网关的出口没有写答案", "请给连线命名，例如“通过”"


def _is_plain_end(node: etree._Element) -> bool:
    """Tell whether `node` opens or closes a subprocess, where a name says nothing new."""
    parent = node.getparent()
    return (
        node.tag in (bpmn("startEvent"), bpmn("endEvent"))
        and parent is not None
        and parent.tag == bpmn("subProcess")
    )


def properties(task: etree._Element) -> dict[str, str]:
    """Return the settings of a task by name."""
    return {
        item.get("name") or "": item.get("value") or "" for item in task.iter(spiff("property"))
    }
