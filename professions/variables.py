"""Which variables a diagram may read: a slip in a name would stop a case in the middle.

A process starts with what its matter names (`given`). More come from operations
(`resultVariable`), decision tables (under their id) and user tasks (property `gives`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from lxml import etree

from engine.errors import ExpressionRefused
from engine.language.decisions import Table
from engine.language.expressions import compile_expression
from engine.language.parsing import Sources, bpmn, spiff
from professions.manifests import MatterOffer
from refusals.rules import insists

ERROR = "error"  #: what a boundary event caught

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do


def everywhere(matters: Iterable[MatterOffer], sources: Sources) -> frozenset[str]:
    """Return every variable that some diagram sets or some matter starts with."""
    given = (name for matter in matters for name in matter.given)
    drawn = (name for root in sources.diagrams.values() for _, name in _set_in(root))
    return frozenset((ERROR, *given, *drawn))


@insists("E_VARIABLE")
def unknown(
    matter: MatterOffer, sources: Sources, everywhere: frozenset[str], offered: frozenset[str]
) -> Iterator[Finding]:
    """Yield once each variable that is read and that nothing in the matter's diagrams sets.

    It is told where it is read; at what sets it, when that is spelt otherwise than several
    readers; at the table, when an input is set nowhere at all (see `everywhere`). `offered` is what
    casework can start the matter with.
    """
    drawn = list(reached(matter.process, sources))
    setters = {
        name: (file, element) for file, process in drawn for element, name in _set_in(process)
    }
    known = {*matter.given, ERROR, *setters, *_meant(drawn, sources), *_misgiven(matter, offered)}
    readers: dict[str, list[tuple[str, str]]] = {}
    for file, process in drawn:
        for element, names in _read_in(process, sources):
            for name in names:
                readers.setdefault(name, []).append((file, element))
        for table in _tables_of(process, sources):
            for name in frozenset[str]().union(*(column.names for column in table.inputs)):
                if name not in everywhere | known:
                    readers.setdefault(name, [])
                    readers[name].insert(0, (sources.table_files[table.id], table.id))
    unread = setters.keys() - readers.keys()
    for name in sorted(readers.keys() - known):
        several = len(dict.fromkeys(readers[name])) > 1
        misspelt = get_close_matches(name, sorted(unread), n=1, cutoff=0.75) if several else []
        if misspelt and name not in everywhere:
            (given,) = misspelt
            text = f"变量“{given}”没有谁读取，流程要读的是没有来源的“{name}”"
            yield *setters[given], text, "请改成同一名称"
            continue
        place, *others = dict.fromkeys(readers[name])
        if place[0].endswith(".dmn"):  # whoever asks the table reads what it reads
            others = []
        more = f"（共 {len(others) + 1} 处读取）" if others else ""
        yield *place, f"变量“{name}”没有来源{more}", _remedy(name, known)


def _meant(drawn: list[tuple[str, etree._Element]], sources: Sources) -> Iterator[str]:
    """Yield the tables that misspelt calls seem to mean: the call itself is told by `lint`."""
    for _, process in drawn:
        for decision in process.iter(spiff("calledDecisionId")):
            name = (decision.text or "").strip()
            if name not in sources.tables:
                yield from sources.tables  # whichever was meant


def _misgiven(matter: MatterOffer, offered: frozenset[str]) -> Iterator[str]:
    """Yield what misspelt names of `given` seem to mean: these are told at the manifest."""
    for name in matter.given:
        if name not in offered:
            yield from get_close_matches(name, sorted(offered), n=1)


def _tables_of(process: etree._Element, sources: Sources) -> Iterator[Table]:
    for decision in process.iter(spiff("calledDecisionId")):
        if table := sources.tables.get((decision.text or "").strip()):
            yield table


def is_whole(matter: MatterOffer, sources: Sources) -> bool:
    """Tell whether every process is there that the matter's diagrams call."""
    called = {
        task.get("calledElement") or ""
        for _, process in reached(matter.process, sources)
        for task in process.iter(_CALL)
    }
    return called <= sources.processes.keys()


def _remedy(name: str, known: set[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    hint = f"是不是 {close[0]}？" if close else ""
    quoted = f"；如果“{name}”是文字，请加英文引号"
    return f"{hint}请改正名称，或者在 given、gives、resultVariable 中写明它从哪里来{quoted}"


def reached(process_id: str, sources: Sources) -> Iterator[tuple[str, etree._Element]]:
    """Yield file and element of a process and of all that it calls."""
    queue, seen = [process_id], {process_id}
    while queue:
        key = queue.pop()
        if key not in sources.processes:
            continue
        file = sources.processes[key]
        for process in sources.diagrams[file].findall(bpmn("process")):
            if process.get("id") == key:
                yield file, process
                called = {call.get("calledElement") or "" for call in process.iter(_CALL)} - seen
                seen |= called
                queue += sorted(called)


_CALL = bpmn("callActivity")
_DURATION = re.compile("P[0-9TWDHMS]+")  #: without its quotes


def _set_in(process: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield each place that sets a variable, with its name."""
    for operator in process.iter(spiff("serviceTaskOperator")):
        if operator.get("resultVariable"):
            yield _id_around(operator), str(operator.get("resultVariable"))
    for decision in process.iter(spiff("calledDecisionId")):
        yield _id_around(decision), (decision.text or "").strip()
    for item in process.iter(spiff("property")):
        if item.get("name") == "gives":
            for name in (item.get("value") or "").split():
                yield _id_around(item), name


def _read_in(process: etree._Element, sources: Sources) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each place that reads variables, with their names."""
    for flow in process.iter(bpmn("conditionExpression")):
        yield _id_around(flow), _names(flow.text)
    for definition in process.iter(bpmn("timerEventDefinition")):
        yield _id_around(definition), _names("".join(str(text) for text in definition.itertext()))
    for parameter in process.iter(spiff("parameter")):
        yield _id_around(parameter), _names(parameter.get("value"))
    for decision in process.iter(spiff("calledDecisionId")):
        table = sources.tables.get((decision.text or "").strip())
        for expression in table.inputs if table else ():
            yield _id_around(decision), expression.names


def _names(text: str | None) -> frozenset[str]:
    try:
        names = compile_expression((text or "").strip()).names
        return frozenset(name for name in names if not _DURATION.fullmatch(name))  # told by `lint`
    except ExpressionRefused:  # told by `lint`
        return frozenset()


def _id_around(element: etree._Element) -> str:
    """Return the id of the node or line around an element."""
    for ancestor in element.iterancestors():
        if ancestor.get("id") and not str(ancestor.tag).endswith(("Operator", "EventDefinition")):
            return str(ancestor.get("id"))
    return ""
