"""The check of a definition before it is deployed: every problem with its place and its remedy.

What SpiffWorkflow accepts silently but runs wrongly is refused here (`engine.md` §1): elements
that are not on the list, gateways without default, unreachable nodes, scripts, loops, texts that
are not of the closed language, timers and messages without value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lxml import etree

from engine.errors import DefinitionRefused, XmlRefused
from engine.instances.script import Engine
from engine.instances.workflow import MAX_TASKS, TooManyTasks, Workflow
from engine.language import parsing
from engine.language.decisions import SEVERAL, Table
from engine.language.parsing import BPMN, SPIFF, Sources
from engine.language.timers import EPOCH
from engine.lint import columns, gaps, nodes, schema
from engine.lint.knowledge import Knowledge
from engine.lint.overlaps import overlaps
from engine.operations import Declared, Vocabulary
from refusals import rules
from refusals.refusal import Refusal
from refusals.rules import insists
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

    @property
    def code(self) -> str:
        """The rule that it breaks, see `refusals.rules`."""
        return rules.code_of(self.text)

    def __str__(self) -> str:
        """Return one line for people."""
        place = f"{self.file}#{self.element}" if self.element else self.file
        return stopped_once(f"{place}：{self.text}。{self.remedy}。")


_SHARED = Knowledge()  #: what this process found out of any set


def check(
    files: Mapping[str, bytes],
    operations: Vocabulary | None = None,
    known: Knowledge | None = None,
) -> list[Problem]:
    """Return the problems of the diagrams and tables in `files`; none means it may run.

    With `operations`, calls of service tasks are checked against the registry too. What is
    `known` of some content is not found out again; by default, what this process knows.
    """
    return of_sources(files, parsing.read_sources(files), operations, known or _SHARED)


def of_sources(
    files: Mapping[str, bytes], sources: Sources, operations: Vocabulary | None, known: Knowledge
) -> list[Problem]:
    """Return the problems of files whose `sources` are read already, see `check`."""
    problems = [
        Problem(file=file, element=element, text=rules.said(_unreadable(file), text), remedy=remedy)
        for file, element, text, remedy in sources.faults
    ]
    problems += _tables(sources, known)
    problems += _misnamed(sources)
    around = nodes.Surroundings.of(sources)
    for file, root in sources.diagrams.items():
        framed = (file, sources.frames[file])
        strange = known.all_of("elements", framed, partial(_elements, file, root))
        problems += strange or _nodes_of(file, root, around, operations, known)
    return problems or _trials(sources, known)


def _unreadable(file: str) -> str:
    return "E_TABLE" if file.endswith(".dmn") else "E_XML"


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
            text = rules.said("E_TABLE_NAME", f"决策的标识是“{told}”，文件名是 {name}.dmn")
            yield Problem(file=file, element=told, text=text, remedy=f"请把标识改为 {name}")


_CALLED = parsing.spiff("calledDecisionId")


def _tables(sources: Sources, known: Knowledge) -> list[Problem]:
    """Refuse tables that would fail with a case, or whose rules break their hit policy."""
    problems = []
    for name, table in sources.tables.items():
        file = sources.table_files[name]
        told = known.all_of("table", (name, sources.marks[file]), partial(_table, table))
        problems += [
            Problem(file=file, element=name, text=text, remedy=remedy) for text, remedy in told
        ]
    return problems


def _table(table: Table) -> Iterator[tuple[str, str]]:
    wrong = list(columns.check(table))
    yield from wrong or _rows(table)


def _rows(table: Table) -> Iterator[tuple[str, str]]:
    """Yield what rules say of each other: both apply, or one leaves nothing to another."""
    yield from _overlapping(table)
    yield from _idle(table)


@insists("E_ROWS_OVERLAP")
def _overlapping(table: Table) -> Iterator[tuple[str, str]]:
    pairs = [f"第 {rule} 条和第 {others} 条" for rule, others in _grouped(overlaps(table))]
    if pairs:
        text = f"{'，'.join(pairs)}规则可能同时适用（{table.policy}）"
        yield text, "请修改条件，或者改用 FIRST 等命中策略"


@insists("E_ROW_IDLE")
def _idle(table: Table) -> Iterator[tuple[str, str]]:
    idle = list(gaps.idle(table))
    if idle:
        rules = _listed([number for number, _ in idle])
        earlier = dict.fromkeys(number for _, covering in idle for number in covering)
        before = _listed([number for number in earlier if number not in dict(idle)])
        text = f"第 {rules} 条规则永远不会用到，前面的第 {before} 条已经包括它（FIRST）"
        yield text, "请把条件较窄的规则移到前面，或者删除多余的规则"
    is_list = table.policy in SEVERAL and table.aggregation is None
    seen: dict[tuple[tuple[str, ...], ...], int] = {}
    for rule in table.rules if is_list else ():
        first = seen.setdefault((rule.cells, rule.said), rule.number)
        if first != rule.number:
            text = f"第 {rule.number} 条规则与第 {first} 条完全相同，同一结果会给出两次"
            yield text, "请删除多余的规则，或者改正其中一条"


def _listed(numbers: Sequence[int]) -> str:
    """Name the first of many rules.

    >>> _listed(range(3)), _listed(range(30))
    ('0、1、2', '0、1、2、3、4、5、6、7、8、9 等30')
    """
    named = "、".join(map(str, numbers[:_MOST_NAMED]))
    return named if len(numbers) <= _MOST_NAMED else f"{named} 等{len(numbers)}"


_MOST_NAMED = 10


def _grouped(pairs: list[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Yield the rules that meet others, those that meet most first: one wide cell is one mistake.

    >>> list(_grouped([(1, 3), (2, 3), (4, 5)]))
    [(3, '1、2'), (4, '5')]
    """
    while pairs:
        counts = Counter(rule for pair in pairs for rule in pair)
        widest = min(counts, key=lambda rule: (-counts[rule], rule))
        others = sorted(rule + other - widest for rule, other in pairs if widest in (rule, other))
        yield widest, _listed(others)
        pairs = [pair for pair in pairs if widest not in pair]


def _nodes_of(
    file: str,
    root: etree._Element,
    around: nodes.Surroundings,
    operations: Vocabulary | None,
    known: Knowledge,
) -> Iterable[Problem]:
    find = partial(_nodes, file, root, around, operations)
    if operations is None or isinstance(operations, Declared):
        about = (file, around.sources.frames[file], around.asked, operations)
        return known.all_of("nodes", about, find)
    return find()  # a registry may grow meanwhile


def _nodes(
    file: str, root: etree._Element, around: nodes.Surroundings, operations: Vocabulary | None
) -> Iterator[Problem]:
    """Tell what is wrong with the nodes of a diagram."""
    findings = [*nodes.dangling(root)] or nodes.check(root, around.sources, operations)
    for element, text, remedy in findings:
        yield Problem(file=file, element=element, text=text, remedy=remedy)


def _elements(file: str, root: etree._Element) -> Iterator[Problem]:
    """Refuse every kind of element that is not on the lists, at the first and outermost place.

    What another engine's modeler wrote is one mistake, however many of its elements and attributes
    there are.
    """
    strange: dict[str, list[tuple[etree._Element, str]]] = {}
    for element, written in _strangers(root):
        name = etree.QName(written)
        own = name.namespace in (BPMN, SPIFF)
        key = name.localname if own else f"{{{name.namespace}}}"
        strange.setdefault(key, []).append((element, written))
    for key, places in strange.items():
        element, written = places[0]
        name = etree.QName(written)
        is_foreign = key.startswith("{")
        text = f"不支持的{'元素' if written == element.tag else '属性'} {name.localname}"
        if is_foreign:
            text += f"（命名空间 {name.namespace}）"
        if len(places) > 1:
            text += f"，共 {len(places)} 处"
        remedy = _INSTEAD.get(name.localname, "请删除该元素")
        if is_foreign:
            remedy = _foreign(str(name.namespace))
        said = rules.said("E_FOREIGN" if is_foreign else "E_ELEMENT", text)
        yield Problem(file=file, element=_id_of(element), text=said, remedy=remedy)


def _foreign(namespace: str) -> str:
    """Tell what to do with what another tool wrote."""
    tool = _tool(namespace)
    by = f"这是{tool}的扩展，此处不起作用。" if tool else ""
    instead = "任务的设置请按 bpmn/README.md 写在 spiffworkflow 的扩展中"
    return f"{by}请删除这些元素和属性，{instead}"


def _tool(namespace: str) -> str:
    return next((tool for part, tool in _TOOLS.items() if part in namespace.lower()), "")


#: Part of a namespace → the tool whose files bear it.
_TOOLS = {
    "camunda.org/schema/zeebe": " Camunda 8 ",
    "camunda.org": " Camunda 7 ",
    "flowable": " Flowable ",
    "activiti": " Activiti ",
    "signavio": " Signavio ",
    "bizagi": " Bizagi ",
    "drools": " jBPM ",
    "bonitasoft": " Bonita ",
    "spiffworkflow.org": "另一版本的 SpiffWorkflow ",
}


def _strangers(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield the outermost unknown elements and the attributes of other engines, with their names.

    The drawing stands beside the processes.
    """
    stack: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while stack:
        element, inside = stack.pop()
        if "process" not in inside and _of_drawing(element):
            continue
        name = etree.QName(element)
        if not _is_known(name, inside):
            yield element, str(element.tag)
            continue
        if "process" in inside or name.localname == "process":
            written = (str(attribute) for attribute in element.attrib)
            yield from ((element, one) for one in written if one.startswith("{") and _runs(one))
        stack += [(child, (*inside, name.localname)) for child in reversed(element.findall("*"))]


def _runs(attribute: str) -> bool:
    """Tell whether an attribute says something to another engine."""
    return bool(_tool(str(etree.QName(attribute).namespace)))


def _is_known(name: etree.QName, inside: tuple[str, ...]) -> bool:
    """Tell whether such an element may stand inside elements with these names, the root first."""
    if name.namespace == SPIFF:
        return name.localname in _EXTENSIONS
    if name.namespace != BPMN:
        return False
    if not inside:
        return True
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


def _trials(sources: Sources, known: Knowledge) -> list[Problem]:
    """Let the library read every process and try to make an instance of each level.

    What is drawn in one file is tried by itself: of the other files, only names count.
    """
    invalid = [
        problem
        for file, mark in sources.marked(".bpmn")
        for problem in known.all_of(
            "schema", (file, mark), partial(_invalid, file, sources.diagrams[file])
        )
    ]
    if invalid or (invalid := [*_meeting(sources)]):
        return invalid
    tables = frozenset(sources.tables)
    return [
        problem
        for process_id, file in sources.processes.items()
        for problem in known.all_of(
            "trial",
            (process_id, file, sources.frames[file], tables),
            partial(_trial, process_id, file, sources),
        )
    ]


def _meeting(sources: Sources) -> Iterator[Problem]:
    """Yield the subprocesses whose id another file has taken: the library knows each id once."""
    taken = dict(sources.processes)
    for file, root in sources.diagrams.items():
        for subprocess in root.iter(parsing.bpmn("subProcess")):
            name = subprocess.get("id") or ""
            other = taken.setdefault(name, file)
            if other != file:
                text = rules.said("E_ID", f"子流程的标识“{name}”在 {other} 中已经使用")
                yield Problem(file=file, element=name, text=text, remedy="请给子流程另取一个标识")


def _invalid(file: str, root: etree._Element) -> Iterator[Problem]:
    """Tell what the schema of BPMN 2.0 says of a diagram."""
    for element, text, remedy in schema.check(root, file):
        said = rules.said("E_BPMN", text)
        yield Problem(file=file, element=element, text=said, remedy=remedy)


def _trial(process_id: str, file: str, sources: Sources) -> Iterator[Problem]:
    """Read a process and make an instance of each of its levels; tell what fails first."""
    if finding := _fault(process_id, replace(sources, diagrams={file: sources.diagrams[file]})):
        element, text, remedy = finding
        said = rules.said("E_NOT_RUNNABLE", text)
        yield Problem(file=file, element=element, text=said, remedy=remedy)


def _fault(process_id: str, drawn: Sources) -> nodes.Finding | None:
    try:
        for spec in parsing.Library(drawn).levels(process_id):
            Workflow(spec, {}, Engine(lambda _: {}, EPOCH, lambda *_: (False, None, None)))
    except XmlRefused as error:
        return error.field or process_id, str(error.facts["reason"]), "请按 BPMN 2.0 修改"
    except TooManyTasks:
        text = f"流程展开后超过 {MAX_TASKS} 步，或者循环中没有网关"
        return process_id, text, "请减少连续的并行分支，并用网关画出循环的出口"
    except Refusal as error:
        return process_id, str(error), "请检查流程图"
    return None
