"""Rules for attributes and extensions of nodes: what is written there is what runs.

What the library ignores in silence, reads from the last of several elements, or cannot store is
refused. Part of `lint`; each rule yields (element id, what is wrong, what to do).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.language.parsing import bpmn, spiff
from refusals.rules import insists

Finding = tuple[str, str, str]

LONGEST_NAME = 200  #: characters of a node's name, as its row in the inbox keeps it
LONGEST_FORM = 64  #: characters of a form's key
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_EXTENSIONS = ("properties", "serviceTaskOperator", "calledDecisionId")
#: What the engine does not do: attribute → the only value that means nothing.
_UNSUPPORTED: Mapping[str, tuple[str, str]] = {
    "isForCompensation": ("false", "补偿"),
    "parallelMultiple": ("false", "并行多重事件"),
    "startQuantity": ("1", "开始数量"),
    "completionQuantity": ("1", "完成数量"),
}


@insists("E_ATTRIBUTE")
def check(key: str, node: etree._Element) -> Iterator[Finding]:
    """Yield what is wrong with the attributes and extension elements of a node."""
    yield from foreign(key, node)
    for name, value in node.attrib.items():
        harmless, word = _UNSUPPORTED.get(str(name), (value, ""))
        if value != harmless:
            yield key, f"不支持{word}（{name}）", "请删除该属性，用网关或者事件画出来"
    if len(node.get("name") or "") > LONGEST_NAME:
        yield key, f"名称超过 {LONGEST_NAME} 个字", "请缩短名称，细节写在说明中"
    for tag in _EXTENSIONS:
        if len(node.findall(f"{bpmn('extensionElements')}/{spiff(tag)}")) > 1:
            yield key, f"{tag} 写了两次", "请合并成一个"
    yield from _properties(key, node)


@insists("E_ATTRIBUTE")
def foreign(key: str, element: etree._Element) -> Iterator[Finding]:
    """Yield the attributes that another engine's editor wrote: here they would do nothing."""
    for name in element.attrib:
        if str(name).startswith("{") and not str(name).startswith(_XSI):
            space = etree.QName(name)
            text = f"不支持的属性 {space.localname}（命名空间 {space.namespace}）"
            yield key, text, "请删除该属性"


@insists("E_PROPERTY")
def _properties(key: str, node: etree._Element) -> Iterator[Finding]:
    seen = set()
    for item in node.findall(f"{bpmn('extensionElements')}/{spiff('properties')}/*"):
        name, value = item.get("name") or "", item.get("value")
        if not _NAME.fullmatch(name) or value is None:
            yield key, "属性须有名称和值", "请补全属性"
        elif name in seen:
            yield key, f"属性 {name} 写了两次", "请只留一个"
        elif name == "formKey" and len(value) > LONGEST_FORM:
            yield key, f"表单名称超过 {LONGEST_FORM} 个字符", "请缩短 forms 中文件的名称"
        elif name == "gives" and not all(map(_NAME.fullmatch, value.split())):
            yield (
                key,
                f"gives“{value}”不是以空格分开的变量名",
                "请以字母开头，只用字母、数字和下划线",
            )
        seen.add(name)
