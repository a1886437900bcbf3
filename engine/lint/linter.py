"""The check of a definition before it is deployed: every problem with its place and its remedy.

What SpiffWorkflow accepts silently but runs wrongly is refused here (`engine.md` §1): elements
that are not on the list, gateways without default, unreachable nodes, scripts, loops, texts that
are not of the closed language, timers and messages without value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree
from SpiffWorkflow.bpmn.exceptions import WorkflowException
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from engine.errors import DefinitionRefused, XmlRefused
from engine.instances.script import Engine
from engine.instances.workflow import MAX_TASKS, TooManyTasks, Workflow
from engine.language import parsing
from engine.language.parsing import BPMN, SPIFF, Process, Sources
from engine.language.timers import EPOCH
from engine.lint import columns, nodes
from engine.lint.overlaps import overlaps
from engine.operations import Operations
from refusals.refusal import Refusal

_DRAWING = (
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
)
_OUTSIDE = frozenset({"collaboration", "process", "message", "error", "documentation", "category"})
_COLLABORATION = frozenset(
    {"participant", "messageFlow", "documentation", "textAnnotation", "association", "text"}
)
_INSIDE = frozenset(
    {
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent"),
        *("boundaryEvent", "timerEventDefinition", "timeDate", "timeDuration"),
        *("messageEventDefinition", "errorEventDefinition", "terminateEventDefinition"),
        *("userTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess"),
        *("exclusiveGateway", "parallelGateway", "sequenceFlow", "conditionExpression"),
        *("incoming", "outgoing", "documentation", "extensionElements"),
        *("laneSet", "lane", "flowNodeRef", "childLaneSet"),
        *("textAnnotation", "association", "text", "group"),
    }
)
_EXTENSIONS = frozenset(
    ["properties", "property", "serviceTaskOperator", "parameters", "parameter", "calledDecisionId"]
)
_SCHEMA = BpmnValidator()
_INSTEAD = {
    "scriptTask": "请改用业务规则任务（决策表）或者服务任务（登记的操作）",
    "timeCycle": "请改用若干个一次性的定时事件",
    "multiInstanceLoopCharacteristics": "请去掉多实例标记",
    "standardLoopCharacteristics": "请去掉循环标记，用网关画出循环",
    "preScript": "请删除脚本",
    "postScript": "请删除脚本",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something to mend before a definition can run."""

    file: str
    element: str  #: id of the element, or empty for the file
    text: str  #: what is wrong
    remedy: str  #: what to do

    def __str__(self) -> str:
        """Return one line for people."""
        place = f"{self.file}#{self.element}" if self.element else self.file
        return f"{place}：{self.text}。{self.remedy}。"


def check(files: Mapping[str, bytes], operations: Operations | None = None) -> list[Problem]:
    """Return the problems of the diagrams and tables in `files`; none means it may run.

    With `operations`, calls of service tasks are checked against the registry too.
    """
    sources = parsing.read_sources(files)
    problems = [
        Problem(file=file, element=element, text=text, remedy="请修改该文件")
        for file, element, text in sources.faults
    ]
    problems += _tables(sources)
    for file, root in sources.diagrams.items():
        problems += _elements(file, root)
    if not problems:
        for file, root in sources.diagrams.items():
            problems += [
                Problem(file=file, element=element, text=text, remedy=remedy)
                for element, text, remedy in nodes.check(root, sources, operations)
            ]
    return problems or _trials(sources)


def insist(files: Mapping[str, bytes], operations: Operations | None = None) -> None:
    """Raise DefinitionRefused with the `problems` in its facts, if there are any."""
    problems = check(files, operations)
    if problems:
        lines = "；".join(str(problem) for problem in problems[:3])
        summary = f"共 {len(problems)} 处：{lines}"
        raise DefinitionRefused(summary=summary, problems=problems)


def _tables(sources: Sources) -> list[Problem]:
    """Refuse tables that would fail with a case, or whose rules break their hit policy."""
    problems = []
    for table in sources.tables.values():
        found = list(columns.check(table)) or [
            (
                f"第 {one} 条和第 {other} 条规则可能同时适用（{table.policy}）",
                "请修改条件，或者改用 FIRST 等命中策略",
            )
            for one, other in overlaps(table)
        ]
        file = sources.table_files[table.id]
        problems += [
            Problem(file=file, element=table.id, text=text, remedy=remedy) for text, remedy in found
        ]
    return problems


def _elements(file: str, root: etree._Element) -> list[Problem]:
    """Refuse every element that is not on the lists."""
    problems = []
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if _of_drawing(element):
            continue
        if not _is_known(element, name):
            text = f"不支持的元素 {name.localname}"
            if name.namespace not in (BPMN, SPIFF):
                text += f"（命名空间 {name.namespace}）"
            problems.append(
                Problem(
                    file=file,
                    element=_id_of(element),
                    text=text,
                    remedy=_INSTEAD.get(name.localname, "请删除该元素"),
                )
            )
    return problems


def _is_known(element: etree._Element, name: etree.QName) -> bool:
    if name.namespace == SPIFF:
        return name.localname in _EXTENSIONS
    if name.namespace != BPMN:
        return False
    if element.getparent() is None:
        return True
    inside = {str(etree.QName(one).localname) for one in element.iterancestors()}
    if "process" in inside:
        return name.localname in _INSIDE
    if "collaboration" in inside:
        return name.localname in _COLLABORATION
    if "category" in inside:
        return name.localname == "categoryValue"
    return name.localname in _OUTSIDE and len(inside) == 1


def _of_drawing(element: etree._Element) -> bool:
    """Tell whether an element is part of the drawing, which stands beside the processes."""
    around = [etree.QName(one) for one in (element, *element.iterancestors())]
    inside = any(name.localname == "process" and name.namespace == BPMN for name in around)
    return not inside and any(name.namespace in _DRAWING for name in around)


def _id_of(element: etree._Element) -> str:
    for one in (element, *element.iterancestors()):
        if one.get("id"):
            return str(one.get("id"))
    return ""


def _trials(sources: Sources) -> list[Problem]:
    """Let the library read every process and try to make an instance of each level."""
    problems = []
    for process_id, file in sources.processes.items():
        try:
            _try(parsing.parse(sources, process_id, _SCHEMA))
        except XmlRefused as error:
            text, remedy = str(error.facts["reason"]), "请按 BPMN 2.0 修改"
            problems.append(
                Problem(file=file, element=error.field or process_id, text=text, remedy=remedy)
            )
        except (TooManyTasks, RecursionError):
            problems.append(
                Problem(
                    file=file,
                    element=process_id,
                    text=f"流程展开后超过 {MAX_TASKS} 步，或者循环中没有网关",
                    remedy="请减少连续的并行分支，并用网关画出循环的出口",
                )
            )
        except (WorkflowException, Refusal) as error:
            problems.append(
                Problem(file=file, element=process_id, text=str(error), remedy="请检查流程图")
            )
    return problems


def _try(process: Process) -> None:
    for spec in (process.spec, *process.subprocesses.values()):
        engine = Engine(lambda _: {}, EPOCH, lambda *_: (False, None, None))
        Workflow(spec, process.subprocesses, engine)
