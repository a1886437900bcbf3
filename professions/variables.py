"""Which variables a diagram may read: a slip in a name would stop a case in the middle.

A process starts with what its matter names (`given`). More come from operations
(`resultVariable`), decision tables (under their id) and user tasks (property `gives`).
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from lxml import etree

from engine.errors import ExpressionRefused
from engine.language.expressions import compile_expression
from engine.language.parsing import Sources, bpmn, spiff
from professions.manifests import Matter

ERROR = "error"  #: what a boundary event caught

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do


def unknown(matter: Matter, sources: Sources) -> Iterator[Finding]:
    """Yield each reading of a variable that nothing in the matter's diagrams sets."""
    drawn = list(reached(matter.process, sources))
    known = {*matter.given, ERROR}
    for _, process in drawn:
        known.update(_set_in(process))
    for file, process in drawn:
        for element, names in _read_in(process, sources):
            for name in sorted(names - known):
                yield file, element, f"变量“{name}”没有来源", _remedy(name, known)


def _remedy(name: str, known: set[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    hint = f"是不是 {close[0]}？" if close else ""
    return f"{hint}请改正名称，或者在 given、gives、resultVariable 中写明它从哪里来"


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
                called = {one.get("calledElement") or "" for one in process.iter(_CALL)} - seen
                seen |= called
                queue += sorted(called)


_CALL = bpmn("callActivity")


def _set_in(process: etree._Element) -> Iterator[str]:
    for operator in process.iter(spiff("serviceTaskOperator")):
        if operator.get("resultVariable"):
            yield str(operator.get("resultVariable"))
    for decision in process.iter(spiff("calledDecisionId")):
        yield (decision.text or "").strip()
    for item in process.iter(spiff("property")):
        if item.get("name") == "gives":
            yield from (item.get("value") or "").split()


def _read_in(process: etree._Element, sources: Sources) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each place that reads variables, with their names."""
    for flow in process.iter(bpmn("conditionExpression")):
        yield _id_around(flow), _names(flow.text)
    for definition in process.iter(bpmn("timerEventDefinition")):
        yield _id_around(definition), _names("".join(str(one) for one in definition.itertext()))
    for parameter in process.iter(spiff("parameter")):
        yield _id_around(parameter), _names(parameter.get("value"))
    for decision in process.iter(spiff("calledDecisionId")):
        table = sources.tables.get((decision.text or "").strip())
        for expression in table.inputs if table else ():
            yield _id_around(decision), expression.names


def _names(text: str | None) -> frozenset[str]:
    try:
        return compile_expression((text or "").strip()).names
    except ExpressionRefused:  # told by `lint`
        return frozenset()


def _id_around(element: etree._Element) -> str:
    """Return the id of the node or line around an element."""
    for one in element.iterancestors():
        if one.get("id") and not str(one.tag).endswith(("Operator", "EventDefinition")):
            return str(one.get("id"))
    return ""
