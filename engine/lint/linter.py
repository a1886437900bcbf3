"""The check of a definition before it is deployed: every problem with its place and its remedy.

What SpiffWorkflow accepts silently but runs wrongly is refused here (`engine.md` §1): elements
that are not on the list, gateways without default, unreachable nodes, scripts, loops, texts that
are not of the closed language, timers and messages without value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree
from SpiffWorkflow.bpmn.exceptions import WorkflowException
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.errors import DefinitionRefused, XmlRefused
from engine.instances.script import Engine
from engine.instances.workflow import MAX_TASKS, TooManyTasks, Workflow
from engine.language import parsing
from engine.language.decisions import Table
from engine.language.parsing import BPMN, SPIFF, Sources
from engine.language.timers import EPOCH
from engine.lint import columns, gaps, nodes
from engine.lint.overlaps import overlaps
from engine.operations import Vocabulary
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


def check(files: Mapping[str, bytes], operations: Vocabulary | None = None) -> list[Problem]:
    """Return the problems of the diagrams and tables in `files`; none means it may run.

    With `operations`, calls of service tasks are checked against the registry too.
    """
    sources = parsing.read_sources(files)
    problems = [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for file, element, text, remedy in sources.faults
    ]
    problems += _tables(sources)
    problems += _misnamed(sources)
    for file, root in sources.diagrams.items():
        problems += _elements(file, root) or [
            Problem(file=file, element=element, text=text, remedy=remedy)
            for element, text, remedy in (
                [*nodes.dangling(root)] or nodes.check(root, sources, operations)
            )
        ]
    if problems:
        return problems
    diagrams = tuple((file, files[file]) for file in sources.diagrams)
    return list(_trials(diagrams, frozenset(sources.tables)))


def insist(files: Mapping[str, bytes], operations: Vocabulary | None = None) -> None:
    """Raise DefinitionRefused with the `problems` in its facts, if there are any."""
    problems = check(files, operations)
    if problems:
        lines = "；".join(str(problem) for problem in problems[:3])
        summary = f"共 {len(problems)} 处：{lines}"
        raise DefinitionRefused(summary=summary, problems=problems)


def _misnamed(sources: Sources) -> Iterator[Problem]:
    """Yield the tables whose file bears the name that diagrams call, but whose id is another."""
    calls = (call for root in sources.diagrams.values() for call in root.iter(_CALLED))
    for name in dict.fromkeys((call.text or "").strip() for call in calls):
        if file := sources.misnamed(name):
            told = next(key for key, place in sources.table_files.items() if place == file)
            text = f"决策的标识是“{told}”，文件名是 {name}.dmn"
            yield Problem(file=file, element=told, text=text, remedy=f"请把标识改为 {name}")


_CALLED = parsing.spiff("calledDecisionId")


def _tables(sources: Sources) -> list[Problem]:
    """Refuse tables that would fail with a case, or whose rules break their hit policy."""
    problems = []
    for table in sources.tables.values():
        findings = list(columns.check(table)) or list(_rows(table))
        file = sources.table_files[table.id]
        problems += [
            Problem(file=file, element=table.id, text=text, remedy=remedy)
            for text, remedy in findings
        ]
    return problems


def _rows(table: Table) -> Iterator[tuple[str, str]]:
    """Yield what rules say of each other: both apply, or one leaves nothing to another."""
    for rule, others in _grouped(overlaps(table)):
        text = f"第 {rule} 条和第 {others} 条规则可能同时适用（{table.policy}）"
        yield text, "请修改条件，或者改用 FIRST 等命中策略"
    for idle, earlier in gaps.idle(table):
        text = f"第 {idle} 条规则永远不会用到，前面的第 {earlier} 条已经包括它（FIRST）"
        yield text, "请把条件较窄的规则移到前面，或者删除多余的规则"


def _grouped(pairs: list[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Yield the rules that meet others, those that meet most first: one wide cell is one mistake.

    >>> list(_grouped([(1, 3), (2, 3), (4, 5)]))
    [(3, '1、2'), (4, '5')]
    """
    while pairs:
        counts = Counter(rule for pair in pairs for rule in pair)
        widest = min(counts, key=lambda rule: (-counts[rule], rule))
        others = sorted(rule + other - widest for rule, other in pairs if widest in (rule, other))
        yield widest, "、".join(map(str, others))
        pairs = [pair for pair in pairs if widest not in pair]


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
    inside = {str(etree.QName(ancestor).localname) for ancestor in element.iterancestors()}
    if "process" in inside:
        return name.localname in _INSIDE
    if "collaboration" in inside:
        return name.localname in _COLLABORATION
    if "category" in inside:
        return name.localname == "categoryValue"
    return name.localname in _OUTSIDE and len(inside) == 1


def _of_drawing(element: etree._Element) -> bool:
    """Tell whether an element is part of the drawing, which stands beside the processes."""
    around = [etree.QName(node) for node in (element, *element.iterancestors())]
    inside = any(name.localname == "process" and name.namespace == BPMN for name in around)
    return not inside and any(name.namespace in _DRAWING for name in around)


def _id_of(element: etree._Element) -> str:
    for node in (element, *element.iterancestors()):
        if node.get("id"):
            return str(node.get("id"))
    return ""


@lru_cache(maxsize=16)
def _trials(diagrams: tuple[tuple[str, bytes], ...], tables: frozenset[str]) -> tuple[Problem, ...]:
    """Let the library read every process and try to make an instance of each level, once.

    Of `tables` only the names count here. A process that calls a broken one is not told, too.
    """
    sources = parsing.read_sources(dict(diagrams))
    sources.tables = dict.fromkeys(tables)  # type: ignore[assignment]  # nothing is decided here
    if invalid := [*_invalid(sources)]:
        return tuple(invalid)
    library, problems, broken, tried = parsing.Library(sources), [], set[str](), set[int]()
    for process_id in _callees_first(sources):
        if nodes.calls(process_id, sources) & broken:
            broken.add(process_id)
            continue
        if fault := _trial(library, process_id, tried):
            broken.add(process_id)
            element, text, remedy = fault
            file = sources.processes[process_id]
            problems.append(Problem(file=file, element=element, text=text, remedy=remedy))
    return tuple(problems)


def _invalid(sources: Sources) -> Iterator[Problem]:
    """Yield what the schema of BPMN 2.0 says of each diagram."""
    for file, root in sources.diagrams.items():
        try:
            _SCHEMA.validate(root, file)
        except ValidationException as error:
            text = f"不符合 BPMN 2.0 的结构（{error}）"[:300]
            yield Problem(file=file, element="", text=text, remedy="请按 BPMN 2.0 修改")


def _callees_first(sources: Sources) -> list[str]:
    """Return the processes so that none stands before one that it calls."""
    order: list[str] = []

    def place(process_id: str) -> None:
        if process_id not in order:
            for called in sorted(nodes.calls(process_id, sources)):
                place(called)
            order.append(process_id)

    for process_id in sources.processes:
        place(process_id)
    return order


def _trial(library: parsing.Library, process_id: str, tried: set[int]) -> nodes.Finding | None:
    """Read a process and make an instance of each level that is not in `tried`; tell what fails."""
    try:
        process = library.parse(process_id)
        for spec in (process.spec, *process.subprocesses.values()):
            if id(spec) not in tried:
                engine = Engine(lambda _: {}, EPOCH, lambda *_: (False, None, None))
                Workflow(spec, process.subprocesses, engine)
                tried.add(id(spec))
    except XmlRefused as error:
        return error.field or process_id, str(error.facts["reason"]), "请按 BPMN 2.0 修改"
    except (TooManyTasks, RecursionError):
        text = f"流程展开后超过 {MAX_TASKS} 步，或者循环中没有网关"
        return process_id, text, "请减少连续的并行分支，并用网关画出循环的出口"
    except (WorkflowException, Refusal) as error:
        return process_id, str(error), "请检查流程图"
    return None
