"""Service tasks say words that their operations know, and errors lead somewhere.

A letter, notice or status that nobody knows would stop each case where it is issued; an error that
no boundary event catches, or that nobody throws, is a way that ends at an operator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

from lxml import etree

from engine.errors import ExpressionRefused
from engine.language.expressions import compile_expression
from engine.language.nearest import hint, nearest
from engine.language.parsing import Sources, bpmn, spiff
from professions import variables, vocabulary
from professions.operations import OPERATIONS
from refusals.rules import insists

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

_TYPES = {bool: ("真假", "True 或者 False"), str: ("文字", "带引号的文字"), int: ("数", "数")}
_SERVICE, _CALL, _SUB = _WHERE = tuple(map(bpmn, ("serviceTask", "callActivity", "subProcess")))
_END = bpmn("endEvent")


@insists("E_OPERATION_WORD")
def words(sources: Sources) -> Iterator[Finding]:
    """Yield words of parameters that no operation knows."""
    for file, root in sources.diagrams.items():
        for operator in root.iter(spiff("serviceTaskOperator")):
            task = next(operator.iterancestors(bpmn("serviceTask")), None)
            if task is not None:
                for text, remedy in (*_parameters(operator), *_together(operator)):
                    yield file, task.get("id") or "", text, remedy


@insists("E_ERROR_CODE")
def errors(sources: Sources) -> Iterator[Finding]:
    """Yield what is caught and never thrown; where it is thrown, when that is spelt otherwise."""
    if sources.lost:  # an unreadable file throws some
        return
    caught = {
        code
        for root in sources.diagrams.values()
        for event in root.iter(bpmn("boundaryEvent"))
        if (code := _code(event, root))
    }
    strays = {
        code: (file, end.get("id") or "")
        for file, root in sources.diagrams.items()
        for end in root.iter(bpmn("endEvent"))
        if (code := _code(end, root)) and code not in caught
    }
    meant: set[str] = set()
    is_misspelt = False
    for file, root in sources.diagrams.items():
        for event in root.iter(bpmn("boundaryEvent")):
            for code, text, remedy in _caught(event, root, sources):
                is_misspelt = True  # what is thrown there is then caught by nobody
                if stray := nearest(code, strays):
                    meant.add(stray)
                else:
                    yield file, event.get("id") or "", text, remedy
    for stray, place in strays.items():
        if stray in meant:
            text = f"错误“{stray}”没有谁接住，案件会停在这里"
            yield *place, text, f"{hint(stray, caught)}请改成边界事件所等的代码"
    called = {
        call.get("calledElement")
        for root in sources.diagrams.values()
        for call in root.iter(bpmn("callActivity"))
    }
    for process in sorted(sources.processes.keys() - called) if not is_misspelt else ():
        for code, place in _escaping(process, sources, frozenset()):
            if code not in meant:
                text = f"错误“{code}”没有谁接住，案件会停在这里"
                yield *place, text, "请在它或者它外面的活动上画出接住这个错误的边界事件"


def _parameters(operator: etree._Element) -> Iterator[tuple[str, str]]:
    declared = OPERATIONS.get(operator.get("id") or "")
    if declared is None:  # told by `lint`
        return
    for parameter in operator.iter(spiff("parameter")):
        name = parameter.get("id") or ""
        value = _constant(parameter.get("value") or "")
        wanted = declared.parameters.get(name)
        if value is None or wanted is None:
            continue
        if not isinstance(value[0], wanted) or isinstance(value[0], bool) != (wanted is bool):
            title, example = _TYPES[wanted]
            yield f"参数 {name} 不是{title}：{parameter.get('value')}", f"请写{example}"
        elif name in declared.words:
            known = vocabulary.kind(declared.words[name]).words
            if value[0] not in known:
                close = hint(str(value[0]), known, cutoff=0.5)
                yield f"参数 {name} 不会是“{value[0]}”", f"{close}请用：{'、'.join(sorted(known))}"


@insists("E_OPERATION_WORD")
def _together(operator: etree._Element) -> Iterator[tuple[str, str]]:
    """Insist that parameters which go with each other do."""
    said = {
        parameter.get("id") or "": (parameter.get("value") or "").strip("\"' ")
        for parameter in operator.iter(spiff("parameter"))
    }
    for entry in vocabulary.TOGETHER.get(operator.get("id") or "", ()):
        (name, word), *others = entry.items()
        for other, wanted in others:
            if said.get(name) == word and other in said and said[other] != wanted:
                yield (
                    f"{name} 是“{word}”，{other} 却是“{said[other]}”",
                    f"请把 {other} 改为 {wanted}",
                )


def _constant(text: str) -> tuple[object] | None:
    try:
        tree = compile_expression(text.strip()).tree
    except ExpressionRefused:  # told by `lint`
        return None
    return (tree.value,) if isinstance(tree, ast.Constant) else None


def _escaping(
    process_id: str, sources: Sources, within: frozenset[str]
) -> list[tuple[str, tuple[str, str]]]:
    """Return the errors that leave a process, each with the place where it is thrown."""
    file = sources.processes.get(process_id)
    if file is None or process_id in within:
        return []
    root = sources.diagrams[file]
    level = next(node for node in root.findall(bpmn("process")) if node.get("id") == process_id)
    return list(dict.fromkeys(_leaving(level, file, sources, within | {process_id})))


def _leaving(
    level: etree._Element, file: str, sources: Sources, within: frozenset[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    root = sources.diagrams[file]
    caught = {
        (event.get("attachedToRef"), _code(event, root))
        for event in level.findall(bpmn("boundaryEvent"))
        if event.find(bpmn("errorEventDefinition")) is not None
    }
    for node in level.iterchildren(_SUB, _CALL, _END, _SERVICE):
        key, thrown = node.get("id") or "", list[tuple[str, tuple[str, str]]]()
        if node.tag == _SUB:
            thrown += _leaving(node, file, sources, within)
        elif node.tag == _CALL:
            thrown += _escaping(node.get("calledElement") or "", sources, within)
        elif node.tag == _END and (code := _code(node, root)):
            thrown.append((code, (file, key)))
        elif node.tag == _SERVICE:
            for operator in node.iter(spiff("serviceTaskOperator")):
                declared = OPERATIONS.get(operator.get("id") or "")
                thrown += (
                    [(code, (file, key)) for code in sorted(declared.errors)] if declared else []
                )
        yield from (told for told in thrown if not {(key, told[0]), (key, None)} & caught)


def _caught(
    event: etree._Element, root: etree._Element, sources: Sources
) -> Iterator[tuple[str, str, str]]:
    """Insist that what is caught can be thrown there; the code comes first."""
    code = _code(event, root)
    attached = event.get("attachedToRef")
    beside = event.itersiblings(*_WHERE), event.itersiblings(*_WHERE, preceding=True)
    node = next((node for node in chain(*beside) if node.get("id") == attached), None)
    if not code or node is None or not _is_whole(node, root, sources):
        return
    thrown = set(_thrown(node, root, sources))
    if code not in thrown:
        known = "、".join(sorted(thrown)) or "没有"
        remedy = f"{hint(code, thrown)}此处可能出现的错误：{known}"
        yield code, f"此处不会出现错误“{code}”，边界事件永远不会触发", remedy


def _code(node: etree._Element, root: etree._Element) -> str | None:
    for definition in node.findall(bpmn("errorEventDefinition")):
        for error in root.findall(bpmn("error")):
            if error.get("id") == definition.get("errorRef"):
                return error.get("errorCode")
    return None


def _thrown(node: etree._Element, root: etree._Element, sources: Sources) -> Iterator[str]:
    """Yield the codes that may come out of an activity."""
    for place, drawn in _inside(node, root, sources):
        for operator in place.iter(spiff("serviceTaskOperator")):
            declared = OPERATIONS.get(operator.get("id") or "")
            if declared is not None:
                yield from declared.errors
        for end in place.iter(bpmn("endEvent")):
            if code := _code(end, drawn):
                yield code


def _is_whole(node: etree._Element, root: etree._Element, sources: Sources) -> bool:
    """Tell whether all that an activity does is known; what is not, is told by `lint`."""
    for place, _ in _inside(node, root, sources):
        names = {operator.get("id") for operator in place.iter(spiff("serviceTaskOperator"))}
        calls = {call.get("calledElement") for call in place.iter(bpmn("callActivity"))}
        if not names <= OPERATIONS.keys() or not calls <= sources.processes.keys():
            return False
    return True


def _inside(
    node: etree._Element, root: etree._Element, sources: Sources
) -> Iterator[tuple[etree._Element, etree._Element]]:
    yield node, root
    for call in node.iter(bpmn("callActivity")):
        for file, process in variables.reached(call.get("calledElement") or "", sources):
            yield process, sources.diagrams[file]
