"""Everything that is wrong with a registration type, in words an analyst can act on.

`engine.lint.linter` checks what the engine can run; here stands what a type needs beside that:
manifest, forms, help, document templates, periods, lanes, and diagrams that people can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache

from lxml import etree

from engine.actors import ROLES
from engine.errors import XmlRefused
from engine.language import parsing
from engine.language.nearest import hint
from engine.language.parsing import Sources, bpmn, spiff
from engine.language.xml import MAX_BYTES, read_xml
from engine.lint import linter, nodes
from engine.lint.linter import Problem
from engine.operations import Vocabulary
from professions import documents, forms, manifests, tasks, variables, vocabulary, wording
from professions.checks import (
    conditions,
    form_checker,
    invariants,
    needs,
    parameters,
    shapes,
    timers,
)
from professions.manifests import CLOCKS, MANIFEST, Clock, MatterOffer, RegistrationTypeRefused
from professions.tasks import ACTS
from registry.applications.statuses import PERSONAL, Matter, Status
from registry.enterprises.batch_states import BatchState
from registry.law import figures

__all__ = ["Problem", "check"]

#: the lanes people know, and the roles that work in each
LANES: Mapping[str, frozenset[str]] = {
    "申请人": frozenset({"applicant"}),
    "聘用企业": frozenset({"enterprise"}),
    "市住建委": frozenset({"acceptor", "reviewer", "approver", "officer"}),
    "系统": frozenset(),
}
_WRITTEN = PERSONAL - {Matter.PAPER_EXCHANGE}  #: a person fills in a form
READ_ON = "请按 bpmn/README.md 填写 type.toml"
_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_NODES = tuple(
    bpmn(tag)
    for tag in (
        *("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent"),
        *("intermediateThrowEvent", "userTask", "serviceTask", "businessRuleTask"),
        *("callActivity", "subProcess", "exclusiveGateway", "parallelGateway"),
    )
)
_DEADLINE = re.compile(r"""deadline\(\s*["']([^"']*)["']\s*\)""")
_BARE = re.compile(r"^#.*$", re.MULTILINE)  #: headings alone say nothing
_TEXTS = (".md", ".json", ".typ")

Finding = tuple[str, str, str]  #: element, what is wrong, what to do


def check(files: Mapping[str, bytes], operations: Vocabulary | None = None) -> list[Problem]:
    """Return every problem of a type given as path → content; none means it may be deployed.

    With `operations`, calls of service tasks are checked against them too. Each mistake is told
    once, at the file where it is: what only follows from an unreadable file is not told beside it.
    """
    problems = linter.check(files, operations)
    sources = parsing.read_sources(files)
    unreadable_files = {file for file, *_ in sources.faults}
    statuses = _Statuses(files, sources)
    clocks = None
    try:
        clocks = manifests.read_clocks(files.get(CLOCKS, b""))
    except RegistrationTypeRefused as error:
        remedy = "请在每一行写明名称、长度、单位、起算和届满的后果"
        text = str(error.facts["reason"])
        if not any(problem.file == CLOCKS for problem in problems):  # told with its row and column
            problems.append(Problem(file=CLOCKS, element="deadline", text=text, remedy=remedy))
    torn = {file for file, root in sources.diagrams.items() if any(nodes.dangling(root))}
    for file, root in sources.diagrams.items():
        if file not in torn:
            problems += _problems(file, _tasks(root, files, statuses.of(root)))
            problems += _drawn(file, root)
    roles_told = {(told.file, told.element) for told in problems if "办理角色" in told.text}
    problems += [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for file, element, text, remedy in tasks.unknown(sources)
        if file not in torn and (file, element) not in roles_told
    ]
    problems += [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for file, element, text, remedy in conditions.faults(sources)
        if file not in torn
    ]
    problems += [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for file, element, text, remedy in (
            *timers.faults(sources, clocks),
            *parameters.faults(sources),
        )
        if file not in torn
    ]
    problems += _problems(MANIFEST, _manifest(files, sources))
    in_forms = [
        Problem(file=place, element=element, text=text, remedy=remedy)
        for path in sorted(files)
        if path.startswith("forms/") and path.endswith(".schema.json")
        for place, element, text, remedy in form_checker.check(files, path)
    ]
    for problem in _as_a_whole(files, sources):
        if not any(_says(told, problem) for told in in_forms):
            problems.append(problem)
    problems = _with_shapes(sources, problems)
    problems += _missing_periods(sources, clocks, [told.element for told in problems])
    problems += in_forms
    for path, data in sorted(files.items()):
        problems += _problems(path, _text(path, data))
    lacking = {f"“{told.element}”" for told in problems if told.file == CLOCKS}
    problems += [
        problem
        for problem in _wordings(files, sources)
        if not any(name in problem.text for name in lacking)  # told at the table
    ]
    if any(problem.file == CLOCKS and "可能同时适用" in problem.text for problem in problems):
        problems = [problem for problem in problems if not _is_lost_row(problem)]
    problems = [problem for problem in problems if not _is_given(problem, problems)]
    for path in sorted(files):
        if path.endswith((".bpmn", ".dmn")):
            problems += _named_twice(path, files[path])
    if not any(told.file == CLOCKS or told.file.endswith(".bpmn") for told in problems):
        problems += _lost(files, sources)  # else it may be only what follows
    problems = [*_grouped(dict.fromkeys(problems), files)]
    told = {problem.file: problem for problem in reversed(problems)}  # the first of each file
    return [
        problem
        for problem in problems
        if problem.file not in unreadable_files or problem is told[problem.file]
    ]


_GIVES = re.compile("办理“(.+?)”(?:给出的|不给出变量)")


def _is_given(problem: Problem, told: Iterable[Problem]) -> bool:
    """Tell whether a variable lacks because a task does not say that its act gives it."""
    lacking = _LACKS_SOURCE.match(problem.text)
    acts = [ACTS[gives[1]] for other in told if (gives := _GIVES.match(other.text))]
    return lacking is not None and any(lacking[1] in act.gives for act in acts)


_LACKS_SOURCE = re.compile("变量“(.+?)”没有来源")


def _is_lost_row(problem: Problem) -> bool:
    """Tell whether a period is missing because another row bears its name."""
    return problem.file == CLOCKS and problem.text.startswith("期限表中没有“")


_LACKS = re.compile(
    "没有(流程|决策表|表单|文书模板|申请表模板)“|期限表中没有“|消息事件没有消息名称，没有消息“"
)


def _grouped(problems: Iterable[Problem], files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield what several places miss once: at the file that is not there, or at the first place."""
    lacks: dict[str, list[Problem]] = {}
    for problem in problems:
        key = problem.text if _LACKS.match(problem.text) else str(problem)
        lacks.setdefault(key, []).append(problem)
    for same in lacks.values():
        first = next((problem for problem in same if problem.file not in files), same[0])
        more = f"（另有 {len(same) - 1} 处要用到它）" if len(same) > 1 else ""
        yield replace(first, remedy=f"{first.remedy}{more}")


def _with_shapes(sources: Sources, told: Sequence[Problem]) -> list[Problem]:
    """Add where tables are not as they are asked, and leave out what only follows from that."""
    broken = frozenset(problem.element for problem in told if problem.file.endswith(".dmn"))
    said = {(problem.file, problem.text.partition("（")[0]) for problem in told}
    findings = [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for file, element, text, remedy in shapes.faults(sources, broken)
        if (file, text.partition("（")[0]) not in said
    ]
    follows = [follow for finding in findings for follow in _following(finding)]
    lost = {lacking[1] for finding in findings if (lacking := _LACKS_SOURCE.match(finding.text))}
    told = [
        problem
        for problem in told
        if not ((lacking := _LACKS_SOURCE.match(problem.text)) and lacking[1] in lost)
    ]
    return [
        problem
        for problem in (*told, *findings)
        if not any(
            (file is None or problem.file == file) and start in problem.text and end in problem.text
            for file, start, end in follows
        )
    ]


_LACKS_OUTPUT = re.compile("决策表没有输出列 (.+)")
_OF_TYPE = re.compile("(“.+”列：)类型是 ")


def _following(finding: Problem) -> Iterator[tuple[str | None, str, str]]:
    """Yield what else is told because of one mistake: file, and two parts of the text."""
    if "命中策略" in finding.text:
        yield finding.file, "可能同时适用", ""
        yield finding.file, "永远不会用到", ""
        yield finding.file, "有的输入没有规则适用", ""
    if lacks := _LACKS_OUTPUT.match(finding.text):
        for output in lacks[1].split("、"):
            yield None, f"{finding.element} 中没有“{output}”", ""
    if column := _OF_TYPE.match(finding.text):
        yield finding.file, column[1], "不是"


def _says(told: Problem, other: Problem) -> bool:
    """Tell whether the problem of a form says already what another one says of the same form."""
    same_form = told.file.split(".")[0] == other.file.split(".")[0]
    is_said = other.element == told.element or other.element in told.text
    return same_form and bool(other.element) and is_said


def _text(path: str, data: bytes) -> Iterator[Finding]:
    """Insist that texts are UTF-8 of sane size, and that a guide says something."""
    if len(data) > MAX_BYTES:
        yield "", f"文件超过 {MAX_BYTES // 1000} KB", "请缩小该文件"
    if not path.endswith(_TEXTS):
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield "", "不是 UTF-8 编码的文字", "请在编辑器中以 UTF-8 编码另存"
        return
    if path.endswith(".md") and not _BARE.sub("", text).strip():
        yield "", "说明文件是空的", "请写明办理条件、材料和步骤"


def _wordings(files: Mapping[str, bytes], sources: Sources) -> Iterator[Problem]:
    """Insist that texts name periods and figures instead of writing them out."""
    try:
        known = {*manifests.read_clocks(files.get(CLOCKS, b"")), *figures.SPECS}
    except RegistrationTypeRefused:  # told beside the diagrams that use it
        return
    for path, element, text in _worded(files, sources):
        for wrong, remedy in wording.faults(text, known):
            if path.endswith(".bpmn"):  # names are drawn, nothing is filled in
                remedy = "请去掉名称中的数字，长度以期限表为准"
            if path.endswith(".typ"):
                remedy = "请写 #data.periods.correction_reply 这样的名称，期限改变时文书随之改变"
            yield Problem(file=path, element=element, text=wrong, remedy=remedy)


def _worded(files: Mapping[str, bytes], sources: Sources) -> Iterator[tuple[str, str, str]]:
    """Yield file, element and text of whatever may speak of a period."""
    for path in sorted(files):
        if path.startswith("help/"):
            yield path, "", files[path].decode("utf-8-sig", "replace")
        if path.startswith("forms/") and path.endswith(".ui.json"):
            yield from ((path, *told) for told in forms.helps(files[path]))
        if path.endswith(".typ"):
            yield path, "", files[path].decode("utf-8-sig", "replace").replace("{", "")
    for file, root in sources.diagrams.items():
        for definition in root.iter(bpmn("timerEventDefinition")):
            event = definition.getparent()
            if event is not None and _DEADLINE.search("".join(map(str, definition.itertext()))):
                yield file, event.get("id") or "", event.get("name") or ""


@lru_cache(maxsize=256)
def _drawn(file: str, root: etree._Element) -> tuple[Problem, ...]:
    """Tell what is wrong with lanes and drawing, once while the diagram lasts."""
    return (*_problems(file, _lanes(root)), *_problems(file, _reading(root)))


@lru_cache(maxsize=256)
def _named_twice(path: str, data: bytes) -> tuple[Problem, ...]:
    return tuple(_problems(path, _twice(data)))


def _twice(data: bytes) -> Iterator[Finding]:
    """Insist that an id names one thing: an editor that saves the file drops the second one."""
    try:
        elements = read_xml(data).iter("*")
        ids = [
            element.get("id") or ""
            for element in elements
            if not str(element.tag).startswith(spiff(""))
        ]
    except XmlRefused:  # told by `lint`
        return
    for name in dict.fromkeys(filter(None, ids)):
        if ids.count(name) > 1:
            yield name, f"标识“{name}”在文件中写了{ids.count(name)}次", "请给每个元素不同的 id"


def unreadable(error: RegistrationTypeRefused) -> Problem:
    """Return the problem of a folder that is no registration type at all."""
    return Problem(
        file=error.field or MANIFEST,
        element="",
        text=str(error.facts["reason"]),
        remedy=str(error.facts.get("remedy", READ_ON)),
    )


def _problems(file: str, findings: Iterator[Finding]) -> list[Problem]:
    return [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for element, text, remedy in findings
    ]


def _as_a_whole(files: Mapping[str, bytes], sources: Sources) -> list[Problem]:
    """Check what can be checked only when the manifest stands."""
    try:
        manifest = manifests.read(files)
    except RegistrationTypeRefused:  # told by `_manifest`
        return []
    findings = [*needs.check(manifest, files, sources)]
    everywhere = variables.everywhere(manifest.matters, sources)
    for matter in manifest.matters if not sources.lost else ():  # an unreadable file has some
        if variables.is_whole(matter, sources):
            offered = needs.GIVEN.get(matter.code, frozenset(matter.given))
            findings += variables.unknown(matter, sources, everywhere, offered)
            findings += tasks.missing(matter, sources)
    return [
        Problem(file=file, element=element, text=text, remedy=remedy)
        for file, element, text, remedy in dict.fromkeys(findings)  # a shared part is wrong once
    ]


def _lost(files: Mapping[str, bytes], sources: Sources) -> Iterator[Problem]:
    """Yield what no type may lose, of all matters that can be read."""
    try:
        matters = manifests.read(files).matters
    except RegistrationTypeRefused:  # told by `_manifest`
        return
    for matter in matters if not sources.lost else ():
        if variables.is_whole(matter, sources):
            for file, element, text, remedy in invariants.faults(matter, sources):
                yield Problem(file=file, element=element, text=text, remedy=remedy)


def _manifest(files: Mapping[str, bytes], sources: Sources) -> Iterator[Finding]:
    """Insist that the manifest names things that exist."""
    try:
        manifest = manifests.read(files)
    except RegistrationTypeRefused as error:
        yield "", str(error.facts["reason"]), READ_ON
        return
    codes = [matter.code for matter in manifest.matters]
    for code in {code for code in codes if codes.count(code) > 1}:
        yield code, "申请事项的代码重复", "请给每个事项不同的代码"
    titles = [matter.title for matter in manifest.matters]
    for matter in manifest.matters:
        if titles.index(matter.title) < codes.index(matter.code):
            yield matter.code, f"申请事项的名称“{matter.title}”重复", "请写成申请人能够区分的名称"
    for matter in manifest.matters:
        yield from _matter(matter, files, sources)


def _matter(matter: MatterOffer, files: Mapping[str, bytes], sources: Sources) -> Iterator[Finding]:
    drawn_in = sources.processes.get(matter.process)
    if drawn_in is None and sources.has_process(matter.process):
        pass  # the file in which it is drawn is unreadable
    elif drawn_in is None:
        is_lost = matter.diagram not in files
        remedy = f"请补上流程图 {matter.diagram}" if is_lost else "请填写流程图中流程的标识"
        yield matter.code, f"没有流程“{matter.process}”", remedy
    elif drawn_in != matter.diagram:
        yield (
            matter.code,
            f"流程“{matter.process}”画在 {drawn_in}，不在 {matter.diagram}",
            "请改正 diagram",
        )
    if matter.code in _WRITTEN and matter.form is None:
        yield matter.code, "申请事项没有表单", "请填写 form"
    if matter.code in PERSONAL and matter.help is None:
        yield matter.code, "申请事项没有说明", "请填写 help"
    if matter.code not in Matter.__members__:
        yield matter.code, f"没有事项“{matter.code}”", f"请用：{'、'.join(Matter)}"
    if matter.form is not None and f"forms/{matter.form}.schema.json" not in files:
        yield matter.code, f"没有表单“{matter.form}”", f"请增加 forms/{matter.form}.schema.json"
    templates = {path.rpartition("/")[2] for path in files}
    if matter.form is not None and f"{matter.document}.typ" not in templates:
        text = f"没有申请表模板“{matter.document}”"
        yield matter.code, text, f"请增加 documents/{matter.document}.typ，或者改正 document"
    if matter.help is not None and matter.help not in files:
        yield matter.code, f"没有说明文件 {matter.help}", "请增加该文件，写明办理条件、材料和步骤"
    elif matter.help is not None and not matter.help.endswith(".md"):
        yield matter.code, f"说明文件 {matter.help} 不是 .md 文件", "请写成 Markdown 文件"


class _Statuses:
    """The vocabulary of `status`: that of applications, or of what else a diagram is of."""

    def __init__(self, files: Mapping[str, bytes], sources: Sources) -> None:
        try:
            matters = manifests.read(files).matters
        except RegistrationTypeRefused:  # told by `_manifest`
            matters = ()
        self._about = {matter.process: matter.code for matter in matters}
        self._used = {*self._about, *_called(sources)}

    def of(self, root: etree._Element) -> list[str]:
        """Return the words that tasks of a diagram may use."""
        processes = {process.get("id") or "" for process in root.iter(bpmn("process"))}
        if not processes & self._used:  # a shared diagram that the type does not use
            return [*Status, *BatchState]
        codes = {self._about.get(process) for process in processes}
        return list(BatchState if Matter.ENTERPRISE_RENAME in codes else Status)


def _called(sources: Sources) -> set[str]:
    """Return the processes that some diagram calls."""
    calls = (task for root in sources.diagrams.values() for task in root.iter(bpmn("callActivity")))
    return {task.get("calledElement") or "" for task in calls}


def _tasks(
    root: etree._Element, files: Mapping[str, bytes], statuses: Sequence[str]
) -> Iterator[Finding]:
    """Insist that the forms, statuses and letter templates of tasks exist."""
    for task in root.iter(bpmn("userTask")):
        key, properties = task.get("id") or "", _properties(task)
        form, status = properties.get("formKey"), properties.get("status")
        if form is not None and f"forms/{form}.schema.json" not in files:
            yield key, f"没有表单“{form}”", f"请增加 forms/{form}.schema.json，或者改正 formKey"
        if status not in statuses:
            text = f"申请状态“{status}”不存在" if status else "没有写申请状态（属性 status）"
            yield (
                key,
                text,
                f"{hint(status or '', statuses)}请填写属性 status：{'、'.join(statuses)}",
            )
    templates = {path.rpartition("/")[2] for path in files}
    for task in root.iter(bpmn("serviceTask")):
        for kind in documents.letters(task):
            if f"{kind}.typ" not in templates and kind in vocabulary.kind("letter").words:
                yield (
                    task.get("id") or "",
                    f"没有文书模板“{kind}”",
                    f"请增加 documents/{kind}.typ，或者改正参数 kind",
                )


def _properties(task: etree._Element) -> dict[str, str]:
    return {
        item.get("name") or "": item.get("value") or "" for item in task.iter(spiff("property"))
    }


def _missing_periods(
    sources: Sources, clocks: Mapping[str, Clock] | None, told: Sequence[str]
) -> Iterator[Problem]:
    """Insist that `deadline("…")` names a period of the table.

    A row that nobody asks for and that is spelt nearly so is the mistake, not the diagrams. What
    the house asks for is `told` at the table.
    """
    if clocks is None:
        return
    asked: dict[str, list[tuple[str, str]]] = {}
    for file, root in sources.diagrams.items():
        for definition in root.iter(bpmn("timerEventDefinition")):
            parent = definition.getparent()
            key = "" if parent is None else parent.get("id") or ""
            for name in _DEADLINE.findall("".join(str(text) for text in definition.itertext())):
                asked.setdefault(name, []).append((file, key))
    unused = sorted(clocks.keys() - asked.keys() - {*needs.CLOCKS_ASKED})
    for name in sorted(asked.keys() - clocks.keys() - ({*needs.CLOCKS_ASKED} & {*told})):
        if misspelt := get_close_matches(name, unused, n=1):
            text = f"没有谁使用期限“{misspelt[0]}”，流程图要的是期限表中没有的“{name}”"
            remedy = "请改成同一名称"
            yield Problem(file=CLOCKS, element=name, text=text, remedy=remedy)
        else:
            text = f"期限表中没有“{name}”"
            remedy = f"请在 {CLOCKS} 中增加一行，或者改正名称"
            for file, key in asked[name]:
                yield Problem(file=file, element=key, text=text, remedy=remedy)


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
            role = _properties(task).get("actorRole", "")
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
