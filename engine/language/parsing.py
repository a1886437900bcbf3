"""From files to runnable processes: one closed set of diagrams and decision tables.

`parse` trusts that `lint.check` found nothing when the set was deployed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.errors import DecisionRefused, XmlRefused
from engine.language.decisions import Table, read_tables
from engine.language.specs import MARK, Parser
from engine.language.xml import read_xml

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def bpmn(tag: str) -> str:
    """Return the qualified name of a BPMN element."""
    return f"{{{BPMN}}}{tag}"


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
    faults: list[tuple[str, str, str]] = field(default_factory=list)  #: file, element, text


@dataclass(frozen=True)
class Process:
    """A process ready to run: its specification and those of everything inside it."""

    id: str
    spec: Any
    subprocesses: Mapping[str, Any]


def read_sources(files: Mapping[str, bytes]) -> Sources:
    """Read every `.bpmn` and `.dmn` of `files`; what cannot be read is noted in `faults`."""
    found = Sources()
    for path, data in sorted(files.items()):
        try:
            if path.endswith(".dmn"):
                _read_tables(found, path, data)
            elif path.endswith(".bpmn"):
                _read_diagram(found, path, data)
        except (XmlRefused, DecisionRefused) as error:
            found.faults.append((path, error.field or "", str(error)))
    return found


def _read_tables(found: Sources, path: str, data: bytes) -> None:
    for table in read_tables(read_xml(data)):
        if table.id in found.tables:
            raise DecisionRefused(table.id, table=table.id, reason="另一个文件已有同名决策")
        found.tables[table.id] = table
        found.table_files[table.id] = path


def _read_diagram(found: Sources, path: str, data: bytes) -> None:
    root = read_xml(data)
    if root.tag != bpmn("definitions"):
        raise XmlRefused(reason="不是 BPMN 2.0 文件")
    found.diagrams[path] = root
    for process in root.findall(bpmn("process")):
        key = process.get("id") or ""
        if key in found.processes:
            raise XmlRefused(key, reason=f"流程 {key} 在两处定义")
        found.processes[key] = path


def parse(sources: Sources, process_id: str, validator: Any = None) -> Process:
    """Return the process with everything it calls; raise XmlRefused when the library cannot."""
    parser = Parser(sources.tables, validator)
    try:
        for path, root in sources.diagrams.items():
            parser.add_bpmn_xml(_marked(root), path)
        spec = parser.get_spec(process_id)
        subprocesses = parser.get_subprocess_specs(process_id)
    except (ValidationException, RecursionError) as error:
        element = getattr(error, "element_id", None) or process_id
        raise XmlRefused(element, reason=f"流程 {process_id}：{error}"[:300]) from error
    return Process(process_id, spec, subprocesses)


def _marked(root: etree._Element) -> etree._Element:
    """Return a copy in which ids of operators and parameters cannot be taken for nodes."""
    marked = copy.deepcopy(root)
    for tag in ("serviceTaskOperator", "parameter"):
        for element in marked.iter(spiff(tag)):
            element.set("id", MARK + element.get("id", ""))
    return marked
