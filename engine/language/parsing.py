"""From files to runnable processes: one closed set of diagrams and decision tables.

`parse` trusts that `lint.check` found nothing when the set was deployed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.spiff.specs.defaults import SubWorkflowTask

from engine.errors import DecisionRefused, XmlRefused
from engine.language.decisions import Table
from engine.language.dmn import read_tables
from engine.language.specs import MARK, Parser
from engine.language.xml import root_of

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_DRAWING = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"


@cache
def bpmn(tag: str) -> str:
    """Return the qualified name of a BPMN element."""
    return f"{{{BPMN}}}{tag}"


@cache
def spiff(tag: str) -> str:
    """Return the qualified name of an element of our extensions."""
    return f"{{{SPIFF}}}{tag}"


@dataclass
class Sources:
    """The readable XML of a set, by file."""

    diagrams: dict[str, etree._Element] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)  #: by decision id
    table_files: dict[str, str] = field(default_factory=dict)  #: decision id → file
    processes: dict[str, str] = field(default_factory=dict)  #: process id → file
    #: file, element, what is wrong, what to do
    faults: list[tuple[str, str, str, str]] = field(default_factory=list)
    #: ids of the tables and processes of unreadable files: missing, but told already
    lost: set[str] = field(default_factory=set)
    marks: dict[str, bytes] = field(default_factory=dict)  #: SHA-256 of each file's content
    #: the same of what runs: of a diagram, all but where its elements are drawn
    frames: dict[str, bytes] = field(default_factory=dict)

    def marked(self, *suffixes: str) -> tuple[tuple[str, bytes], ...]:
        """Return the files with one of these suffixes and what marks their content, in order.

        Whatever follows from the content of such files alone may be kept under it.
        """
        return tuple(item for item in self.marks.items() if item[0].endswith(suffixes))

    def framed(self, *suffixes: str) -> tuple[tuple[str, bytes], ...]:
        """Return the same of what runs: a step that is only drawn elsewhere changes none of it."""
        return tuple(item for item in self.frames.items() if item[0].endswith(suffixes))

    def has_table(self, decision: str) -> bool:
        """Tell whether there is such a table, though it may be unreadable (then that is told)."""
        return decision in self.tables or decision in self.lost

    def misnamed(self, decision: str) -> str | None:
        """Return the file that bears the name of a table that is not there, if one does."""
        files = self.table_files.values() if decision not in self.tables else ()
        return next((file for file in files if PurePosixPath(file).stem == decision), None)

    def has_process(self, process: str) -> bool:
        """Tell whether there is such a process, though it may be unreadable (then that is told)."""
        return process in self.processes or process in self.lost


@dataclass(frozen=True)
class Process:
    """A process ready to run: its specification and those of everything inside it."""

    id: str
    spec: Any
    subprocesses: Mapping[str, Any]


def read_sources(files: Mapping[str, bytes]) -> Sources:
    """Read every `.bpmn` and `.dmn` of `files`; what cannot be read is noted in `faults`."""
    sources = Sources()
    for path, data in sorted(files.items(), key=lambda item: (_seems_a_copy(item[0]), item[0])):
        if path.endswith((".bpmn", ".dmn")):
            sources.marks[path] = sources.frames[path] = sha256(data).digest()
        try:
            if path.endswith(".dmn"):
                _read_tables(sources, path, data)
            elif path.endswith(".bpmn"):
                _read_diagram(sources, path, data)
        except (XmlRefused, DecisionRefused) as error:
            text = f"{_WRONG[type(error)]}：{error.facts['reason']}"
            remedy = str(error.facts.get("remedy") or _REMEDIES[type(error)])
            sources.faults.append((path, error.field or "", text, remedy))
            sources.lost |= _ids_in(path, data) - sources.tables.keys() - sources.processes.keys()
    return sources


def _seems_a_copy(path: str) -> bool:
    """Tell whether a file is named as desktops name copies: of two alike, this one is too many."""
    return _COPY.search(PurePosixPath(path).stem.lower()) is not None


_COPY = re.compile(r"副本|拷贝|备份|copy|\bbackup\b|\(\d+\)$")
_WRONG = {XmlRefused: "不是可以接受的流程文件或者决策表文件", DecisionRefused: "决策表不能使用"}
_REMEDIES = {
    XmlRefused: "请改正后用流程编辑器重新导出",
    DecisionRefused: "请修改决策表",
}
_ID = re.compile(r"""<(?:[\w.-]+:)?(?:decision|process)\s[^<>]*?\bid\s*=\s*["']([^"']*)["']""")


def _ids_in(path: str, data: bytes) -> set[str]:
    """Return the ids that an unreadable file seems to define; its name is one of them."""
    return {PurePosixPath(path).stem, *_ID.findall(data.decode(errors="replace"))}


@lru_cache(maxsize=128)
def _tables_in(data: bytes) -> tuple[Table, ...]:
    """Read a file of tables once for all who share it."""
    return tuple(read_tables(root_of(data)))


def _read_tables(sources: Sources, path: str, data: bytes) -> None:
    for table in _tables_in(data):
        if table.id in sources.tables:
            reason = f"文件 {sources.table_files[table.id]} 中已有同名决策"
            raise DecisionRefused(table.id, table=table.id, reason=reason)
        sources.tables[table.id] = table
        sources.table_files[table.id] = path


def _other_kind(root: etree._Element) -> XmlRefused:
    """Say what a file is that is no diagram, by its outermost element."""
    name = etree.QName(root)
    space = f"（命名空间 {name.namespace}）" if name.namespace else ""
    called = f"最外面的元素是 {name.localname}{space}"
    for local, part, kind, remedy in _KINDS:
        if name.localname == local and part in (name.namespace or ""):
            return XmlRefused(reason=f"这是{kind}，{called}", remedy=remedy)
    return XmlRefused(reason=f"不是 BPMN 2.0 文件，{called}")


_REDRAW = "它不是流程文件，不能转换。请在流程编辑器中按它重画"
#: Name of the outermost element, part of its namespace, what such a file is, what to do.
_KINDS = (
    ("mxfile", "", " draw.io 的图", _REDRAW),
    ("mxGraphModel", "", " draw.io 的图", _REDRAW),
    ("VisioDocument", "", " Visio 的图", _REDRAW),
    ("graphml", "", " yEd 的图", _REDRAW),
    ("svg", "", "一张图片", _REDRAW),
    ("html", "", "一个网页", _REDRAW),
    ("Package", "wfmc.org", " XPDL 文件", "请在原来的工具中导出为 BPMN 2.0（.bpmn）"),
    ("definitions", "DMN", "决策表", "请以 .dmn 结尾的名称上传"),
    (
        "definitions",
        "omg.org/spec/BPMN",
        " BPMN 2.0 的草案",
        "请在原来的工具中导出为 BPMN 2.0 正式版",
    ),
)


@lru_cache(maxsize=256)
def _frame_of(data: bytes) -> bytes:
    """Mark what a diagram says beside where it is drawn: what its root says, and all else in it."""
    root = root_of(data)
    said = sha256(repr((root.tag, sorted(root.attrib.items()))).encode())
    for element in root:
        if element.tag != _DRAWING:
            said.update(etree.tostring(element, with_tail=False))
            said.update(b"\0")
    return said.digest()


def _read_diagram(sources: Sources, path: str, data: bytes) -> None:
    root = root_of(data)
    if root.tag != bpmn("definitions"):
        raise _other_kind(root)
    sources.diagrams[path] = root
    sources.frames[path] = _frame_of(data)
    for process in root.findall(bpmn("process")):
        key = process.get("id") or ""
        if key in sources.processes:
            raise XmlRefused(
                key, reason=f"流程 {key} 在两处定义（另一处是 {sources.processes[key]}）"
            )
        sources.processes[key] = path


def names_in(process: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the nodes that are drawn in a process, in document order: id, and name or id."""
    for element in process.iter():
        tag = element.tag if isinstance(element.tag, str) else ""
        node = element.get("id")
        if node and tag.startswith(f"{{{BPMN}}}") and tag.endswith(_NODES):
            yield node, element.get("name") or node


_NODES = ("Task", "task", "Event", "Gateway", "Activity", "subProcess")


class Library:
    """The diagrams of a set in the library's parser, each read once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._parser = Parser(sources.tables, None)
        self._held: set[str] = set()

    def _hold(self) -> None:
        """Give the library's parser the diagrams that it does not have yet."""
        for path, root in self._sources.diagrams.items():
            if path not in self._held:
                try:
                    self._parser.add_bpmn_xml(_marked(root), path)
                except ValidationException as error:
                    raise self._refused(path, error) from error
                self._held.add(path)

    @staticmethod
    def _refused(process_id: str, error: Exception) -> XmlRefused:
        element = getattr(error, "element_id", None) or process_id
        return XmlRefused(element, reason=f"流程 {process_id}：{error}"[:300])

    def parse(self, process_id: str) -> Process:
        """Return a process with everything it calls; raise XmlRefused when the library cannot."""
        self._hold()
        try:
            spec = self._parser.get_spec(process_id)
            subprocesses = self._parser.get_subprocess_specs(process_id)
        except (ValidationException, RecursionError) as error:
            raise self._refused(process_id, error) from error
        return Process(process_id, spec, subprocesses)

    def levels(self, process_id: str) -> Iterator[Any]:
        """Yield the specifications drawn in a process: its own and those of its subprocesses.

        Of what it calls only the names count. Raises XmlRefused when the library cannot.
        """
        self._hold()
        waiting = [process_id]
        while waiting:
            key = waiting.pop()
            try:
                spec = self._parser.get_spec(key)
            except (ValidationException, RecursionError) as error:
                raise self._refused(process_id, error) from error
            yield spec
            waiting += [
                task.spec for task in spec.task_specs.values() if isinstance(task, SubWorkflowTask)
            ]


def parse(sources: Sources, process_id: str) -> Process:
    """Return the process with everything it calls; raise XmlRefused when the library cannot."""
    return Library(sources).parse(process_id)


def _marked(root: etree._Element) -> etree._Element:
    """Return a copy in which ids of operators and parameters cannot be taken for nodes."""
    marked = copy.deepcopy(root)
    for drawing in marked.findall(_DRAWING):
        marked.remove(drawing)
    for tag in ("serviceTaskOperator", "parameter"):
        for element in marked.iter(spiff(tag)):
            element.set("id", MARK + element.get("id", ""))
    return marked
