"""What the schema of BPMN 2.0 says of a diagram, in words for its author."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.language.nearest import hint

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

_SCHEMA = BpmnValidator()
_SEMANTIC = Path(inspect.getfile(BpmnValidator)).with_name("schema") / "Semantic.xsd"
#: The attributes that are true or false, as the schema declares them.
_BOOLEANS = frozenset(
    str(attribute.get("name"))
    for attribute in etree.parse(_SEMANTIC).iter("{http://www.w3.org/2001/XMLSchema}attribute")
    if attribute.get("type") == "xsd:boolean"
)
_ATTRIBUTES = (
    *("id", "name", "isExecutable", "default", "sourceRef", "targetRef", "attachedToRef"),
    *("cancelActivity", "calledElement", "messageRef", "errorRef", "errorCode", "processRef"),
    *("triggeredByEvent", "isInterrupting", "gatewayDirection", "targetNamespace"),
)
_NAME = r"Element '(?:\{[^}]*\})?([^']*)'"


def _unknown_attribute(said: re.Match[str]) -> tuple[str, str]:
    remedy = f"{hint(said[2], _ATTRIBUTES)}请改正属性名，或者删除该属性"
    return f"元素 {said[1]} 没有属性 {said[2]}", remedy


def _misplaced(said: re.Match[str]) -> tuple[str, str]:
    names = "、".join(re.findall(r"\}(\w+)", said[2] or "")[:8])
    return f"元素 {said[1]} 不能写在此处", f"此处可以写：{names}" if names else "请移到所属的元素中"


#: What the schema says → what is wrong, what to do.
_WORDS: tuple[tuple[str, Callable[[re.Match[str]], tuple[str, str]]], ...] = (
    (_NAME + r", attribute '([^']*)': The attribute '[^']*' is not allowed", _unknown_attribute),
    (
        _NAME + r": The attribute '([^']*)' is required but missing",
        lambda said: (f"元素 {said[1]} 缺少属性 {said[2]}", "请补上该属性"),
    ),
    (
        _NAME + r", attribute '([^']*)': .*?[Tt]he value '([^']*)'",
        lambda said: (f"元素 {said[1]} 的属性 {said[2]} 不能是“{said[3]}”", "请改正该属性的值"),
    ),
    (
        _NAME + r", attribute '([^']*)': '([^']*)' is not a valid value",
        lambda said: (f"元素 {said[1]} 的属性 {said[2]} 不能是“{said[3]}”", "请改正该属性的值"),
    ),
    (_NAME + r": This element is not expected\.(?: Expected is (.*))?", _misplaced),
    (
        _NAME + r": Missing child element",
        lambda said: (f"元素 {said[1]} 不完整，缺少其中的元素", "请用流程编辑器重新画这一元素"),
    ),
    (
        _NAME + r": Character content .* not allowed",
        lambda said: (f"元素 {said[1]} 中有不该有的文字", "请删除标签之间的文字"),
    ),
)


def check(root: etree._Element, file: str) -> list[Finding]:
    """Return the first thing that the schema refuses, at the element around it."""
    try:
        _SCHEMA.validate(root, file)
    except ValidationException as error:
        text, remedy = _words(str(error))
        return [(_around(root, error.line_number), f"不符合 BPMN 2.0 的结构：{text}", remedy)]
    return list(_misread(root))


def _misread(root: etree._Element) -> Iterator[Finding]:
    """Yield each truth value that the schema knows and the readers do not.

    XML Schema lets "1" and " true " stand for true; SpiffWorkflow and bpmn-moddle take whatever is
    not the word for false, so that an interrupting timer would no longer interrupt.
    """
    for element in root.iter(etree.Element):
        for name in _BOOLEANS.intersection(map(str, element.attrib)):
            if element.get(name) not in ("true", "false"):
                text = f"属性 {name} 写作“{element.get(name)}”，流程引擎读不出真假"
                yield _owner(element), text, "请写 true 或者 false"


def _words(told: str) -> tuple[str, str]:
    for pattern, words in _WORDS:
        if said := re.search(pattern, told, re.DOTALL):
            return words(said)
    return told[:200], "请用流程编辑器重新导出"


def _around(root: etree._Element, line: int | None) -> str:
    for element in root.iter(etree.Element):
        if element.sourceline == line:
            return _owner(element)
    return ""


def _owner(element: etree._Element) -> str:
    """Return the id of the element, or of the nearest around it that has one."""
    for node in (element, *element.iterancestors()):
        if node.get("id"):
            return str(node.get("id"))
    return ""
