"""What the schema of BPMN 2.0 says of a diagram, in words for its author."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.language.nearest import hint

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

_SCHEMA = BpmnValidator()
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
    return []


def _words(told: str) -> tuple[str, str]:
    for pattern, words in _WORDS:
        if said := re.search(pattern, told, re.DOTALL):
            return words(said)
    return told[:200], "请用流程编辑器重新导出"


def _around(root: etree._Element, line: int | None) -> str:
    for element in root.iter(etree.Element):
        if element.sourceline == line:
            for node in (element, *element.iterancestors()):
                if node.get("id"):
                    return str(node.get("id"))
    return ""
