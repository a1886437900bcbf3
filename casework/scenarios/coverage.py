"""What no story reaches: nodes and flows of diagrams, rows of tables.

A type answers for the files of its own folder; the one that no other is built on answers for the
shared parts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.language.parsing import Sources, bpmn, spiff
from professions.folders import own_files as own_files

_NODES = ("Task", "Event", "Gateway", "Activity", "subProcess")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A node, a flow or a row that can be reached."""

    file: str  #: path in the type
    kind: str  #: 节点, 连线, 规则
    element: str  #: id of the node or flow; of a row the table and its number, "table#3"
    title: str  #: as people call it

    def __str__(self) -> str:
        named = f"“{self.title}”" if self.title else ""
        return f"{self.file}#{self.element}：没有示例走到这个{self.kind}{named}"


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What the stories of a type reached together."""

    nodes: frozenset[str]
    steps: frozenset[tuple[str, str]]  #: nodes passed one after the other in one action
    rows: frozenset[tuple[str, int]]


def places(sources: Sources, files: Iterable[str]) -> Iterator[Place]:
    """Yield every node, flow and row of these files."""
    ours = frozenset(files)
    for file, root in sources.diagrams.items():
        if file in ours:
            yield from _drawn(file, root)
    for table in sources.tables.values():
        if (file := _file_of(sources, table.id)) in ours:
            for rule in table.rules:
                element = f"{table.id}#{rule.number}"
                title = "，".join(cell for cell in rule.cells if cell.strip() not in ("", "-"))
                yield Place(file=file, kind="规则", element=element, title=title or "其他情形")


def _drawn(file: str, root: etree._Element) -> Iterator[Place]:
    for process in root.iter(bpmn("process")):
        for node in process.iter():
            if isinstance(node.tag, str) and node.tag.endswith(_NODES):
                yield _place(file, "节点", node)
        for flow in process.iter(bpmn("sequenceFlow")):
            yield _place(file, "连线", flow)


def _place(file: str, kind: str, element: etree._Element) -> Place:
    return Place(
        file=file, kind=kind, element=element.get("id") or "", title=element.get("name") or ""
    )


def _file_of(sources: Sources, table: str) -> str:
    return sources.table_files.get(table, "")


def askers(sources: Sources) -> dict[str, str]:
    """Return the node that asks each table; the first where several do."""
    found: dict[str, str] = {}
    for root in sources.diagrams.values():
        for task in root.iter(bpmn("businessRuleTask")):
            table = task.findtext(f".//{spiff('calledDecisionId')}") or ""
            found.setdefault(table.strip(), task.get("id") or "")
    return found


def untold(sources: Sources, files: Iterable[str], reached: Reached) -> list[Place]:
    """Return what no story reaches, in the order of the files."""
    ends = _ends(sources)
    return [place for place in places(sources, files) if not _is_reached(place, reached, ends)]


def _is_reached(place: Place, reached: Reached, ends: Mapping[str, tuple[str, str]]) -> bool:
    if place.kind == "节点":
        return place.element in reached.nodes
    if place.kind == "连线":
        return ends[place.element] in reached.steps
    table, _, row = place.element.rpartition("#")
    return (table, int(row)) in reached.rows


def _ends(sources: Sources) -> dict[str, tuple[str, str]]:
    """Return where each flow comes from and leads to."""
    return {
        flow.get("id") or "": (flow.get("sourceRef") or "", flow.get("targetRef") or "")
        for root in sources.diagrams.values()
        for flow in root.iter(bpmn("sequenceFlow"))
    }
