"""The check of a definition before it is deployed: every problem with its place and its remedy.

What SpiffWorkflow accepts silently but runs wrongly is refused here (`engine.md` §1): elements
that are not on the list, gateways without default, unreachable nodes, scripts, loops, texts that
are not of the closed language, timers and messages without value.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from engine.errors import DefinitionRefused, XmlRefused
from engine.instances.script import Engine
from engine.instances.workflow import MAX_TASKS, TooManyTasks, Workflow
from engine.language import parsing
from engine.language.decisions import Table
from engine.language.parsing import BPMN, SPIFF, Sources
from engine.language.timers import EPOCH
from engine.language.xml import read_xml
from engine.lint import columns, gaps, nodes, schema
from engine.lint.overlaps import overlaps
from engine.operations import Declared, Vocabulary
from refusals.refusal import Refusal
from refusals.sentences import stopped_once

_DRAWING = (
    "{http://www.omg.org/spec/BPMN/20100524/DI}",
    "{http://www.omg.org/spec/DD/20100524/DC}",
    "{http://www.omg.org/spec/DD/20100524/DI}",
)
_OUTSIDE = frozenset({"collaboration", "process", "message", "error", "documentation", "category"})
_COLLABORATION = frozenset(
    {
        *("participant", "messageFlow", "documentation"),
        *("textAnnotation", "association", "text", "group"),
    }
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
_INSTEAD = {
    "scriptTask": "请改用业务规则任务（决策表）或者服务任务（登记的操作）",
    "manualTask": "请把任务的类型改为用户任务",
    "task": "请把任务的类型改为用户任务、服务任务或者业务规则任务",
    "sendTask": "请把任务的类型改为服务任务，用操作 notice/send 发送通知",
    "receiveTask": "请改用等待消息的中间事件",
    "inclusiveGateway": "请改用排他网关或者并行网关",
    "complexGateway": "请改用排他网关或者并行网关",
    "eventBasedGateway": "请改用任务边界上的定时或者消息事件",
    "signalEventDefinition": "请改用消息事件",
    "escalationEventDefinition": "请改用错误事件或者消息事件",
    "conditionalEventDefinition": "请改用网关和条件",
    "linkEventDefinition": "请直接用连线相连",
    "compensateEventDefinition": "请用网关和任务画出来",
    "transaction": "请改用子流程",
    "adHocSubProcess": "请改用子流程",
    "dataObject": "数据写在变量中，请删除图上的数据对象",
    "dataObjectReference": "数据写在变量中，请删除图上的数据对象",
    "dataStoreReference": "数据写在登记簿中，请删除图上的数据存储",
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
        return stopped_once(f"{place}：{self.text}。{self.remedy}。")


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
    around = nodes.Surroundings.of(sources)
    for file, root in sources.diagrams.items():
        problems += _elements(file, root) or _nodes_of(file, root, around, operations)
    if problems:
        return problems
    return _trials(files, sources)


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
    return [
        Problem(file=sources.table_files[table.id], element=table.id, text=text, remedy=remedy)
        for table in sources.tables.values()
        for text, remedy in _table(table)
    ]


@lru_cache(maxsize=256)
def _table(table: Table) -> tuple[tuple[str, str], ...]:
    return tuple(columns.check(table)) or tuple(_rows(table))


def _rows(table: Table) -> Iterator[tuple[str, str]]:
    """Yield what rules say of each other: both apply, or one leaves nothing to another."""
    pairs = [f"第 {rule} 条和第 {others} 条" for rule, others in _grouped(overlaps(table))]
    if pairs:
        text = f"{'，'.join(pairs)}规则可能同时适用（{table.policy}）"
        yield text, "请修改条件，或者改用 FIRST 等命中策略"
    idle = list(gaps.idle(table))
    if idle:
        rules = "、".join(str(rule) for rule, _ in idle)
        earlier = dict.fromkeys(number for _, covering in idle for number in covering)
        before = "、".join(str(number) for number in earlier if number not in dict(idle))
        text = f"第 {rules} 条规则永远不会用到，前面的第 {before} 条已经包括它（FIRST）"
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


def _nodes_of(
    file: str, root: etree._Element, around: nodes.Surroundings, operations: Vocabulary | None
) -> tuple[Problem, ...]:
    if operations is None or isinstance(operations, Declared):
        return _kept_nodes(file, root, around, operations)
    return _nodes(file, root, around, operations)  # a registry may grow meanwhile


@lru_cache(maxsize=256)
def _kept_nodes(
    file: str, root: etree._Element, around: nodes.Surroundings, operations: Declared | None
) -> tuple[Problem, ...]:
    """Tell it once, while the diagram and its surroundings last."""
    return _nodes(file, root, around, operations)


def _nodes(
    file: str, root: etree._Element, around: nodes.Surroundings, operations: Vocabulary | None
) -> tuple[Problem, ...]:
    """Tell what is wrong with the nodes of a diagram."""
    findings = [*nodes.dangling(root)] or nodes.check(root, around.sources, operations)
    return tuple(
        Problem(file=file, element=element, text=text, remedy=remedy)
        for element, text, remedy in findings
    )


@lru_cache(maxsize=256)
def _elements(file: str, root: etree._Element) -> tuple[Problem, ...]:
    """Refuse every kind of element that is not on the lists, at the first and outermost place."""
    strange: dict[etree.QName, list[str]] = {}
    for element in _strangers(root):
        strange.setdefault(etree.QName(element), []).append(_id_of(element))
    problems = []
    for name, places in strange.items():
        text = f"不支持的元素 {name.localname}"
        if name.namespace not in (BPMN, SPIFF):
            text += f"（命名空间 {name.namespace}）"
        if len(places) > 1:
            text += f"，共 {len(places)} 处"
        remedy = _INSTEAD.get(name.localname, "请删除该元素")
        problems.append(Problem(file=file, element=places[0], text=text, remedy=remedy))
    return tuple(problems)


def _strangers(root: etree._Element) -> Iterator[etree._Element]:
    """Yield the outermost unknown elements; the drawing stands beside the processes."""
    stack = [(root, False)]
    while stack:
        element, is_inside = stack.pop()
        if not is_inside and _of_drawing(element):
            continue
        if not _is_known(element, etree.QName(element)):
            yield element
            continue
        is_inside = is_inside or element.tag == _PROCESS
        stack += [(child, is_inside) for child in reversed(element.findall("*"))]


_PROCESS = parsing.bpmn("process")


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
    return str(element.tag).startswith(_DRAWING)


def _id_of(element: etree._Element) -> str:
    for node in (element, *element.iterancestors()):
        if node.get("id"):
            return str(node.get("id"))
    return ""


#: What came of trying a process, by the files in which it and all that it calls are drawn.
_tried: OrderedDict[object, tuple[Problem, ...]] = OrderedDict()
_MOST_TRIED = 512


def _trials(files: Mapping[str, bytes], sources: Sources) -> list[Problem]:
    """Let the library read every process and try to make an instance of each level.

    A process that calls a broken one is not told, too. What was tried is not tried again while
    all that it calls is the same; of the tables only the names count.
    """
    if invalid := [problem for file in sources.diagrams for problem in _invalid(file, files[file])]:
        return invalid
    library: parsing.Library | None = None
    problems: list[Problem] = []
    broken, levels = set[str](), set[int]()
    closures = _closures(sources)
    for process_id in _callees_first(sources):
        if nodes.calls(process_id, sources) & broken:
            broken.add(process_id)
            continue
        key = _trial_key(process_id, files, sources, closures)
        if key not in _tried:
            library = library or parsing.Library(_only_new(files, sources, closures))
            fault = _trial(library, process_id, levels)
            file = sources.processes[process_id]
            _tried[key] = (
                ()
                if fault is None
                else (Problem(file=file, element=fault[0], text=fault[1], remedy=fault[2]),)
            )
        if _tried[key]:
            broken.add(process_id)
            problems += _tried[key]
    while len(_tried) > _MOST_TRIED:
        _tried.popitem(last=False)
    return problems


def _trial_key(
    process_id: str,
    files: Mapping[str, bytes],
    sources: Sources,
    closures: Mapping[str, Sequence[str]],
) -> object:
    drawn = tuple((file, files[file]) for file in closures[process_id])
    return process_id, drawn, frozenset(sources.tables)


def _only_new(
    files: Mapping[str, bytes], sources: Sources, closures: Mapping[str, Sequence[str]]
) -> Sources:
    """Give the sources with those diagrams alone of which something is to be tried."""
    needed = {
        file
        for process_id, drawn in closures.items()
        if _trial_key(process_id, files, sources, closures) not in _tried
        for file in drawn
    }
    drawn = {file: root for file, root in sources.diagrams.items() if file in needed}
    return replace(sources, diagrams=drawn)


def _closures(sources: Sources) -> dict[str, list[str]]:
    """Return the files in which each process and all that it calls are drawn, sorted."""
    closures: dict[str, list[str]] = {}
    for process_id in _callees_first(sources):
        called = nodes.calls(process_id, sources)
        inner = {file for other in called for file in closures.get(other, ())}
        closures[process_id] = sorted({sources.processes[process_id], *inner})
    return closures


@lru_cache(maxsize=256)
def _invalid(file: str, data: bytes) -> tuple[Problem, ...]:
    """Tell what the schema of BPMN 2.0 says of a diagram."""
    return tuple(
        Problem(file=file, element=element, text=text, remedy=remedy)
        for element, text, remedy in schema.check(read_xml(data), file)
    )


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
    except TooManyTasks:
        text = f"流程展开后超过 {MAX_TASKS} 步，或者循环中没有网关"
        return process_id, text, "请减少连续的并行分支，并用网关画出循环的出口"
    except Refusal as error:
        return process_id, str(error), "请检查流程图"
    return None
