"""Texts that people read: UTF-8, not empty, and naming periods instead of writing them out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from lxml import etree

from engine.language.parsing import bpmn
from engine.language.xml import MAX_BYTES
from professions import forms, wording
from refusals.rules import insists

Finding = tuple[str, str, str]  #: element, what is wrong, what to do

_BARE = re.compile(r"^#.*$", re.MULTILINE)  #: headings alone say nothing
_TEXTS = (".md", ".json", ".typ", ".bpmn", ".dmn", ".toml")
_MERGING = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)  #: what a merge leaves in a conflict
_DEADLINE = re.compile(r"""deadline\(\s*["']([^"']*)["']\s*\)""")


@insists("E_TEXT")
def faults(path: str, data: bytes) -> Iterator[Finding]:
    """Insist that texts are UTF-8 of sane size, and that a guide says something."""
    if len(data) > MAX_BYTES:
        yield "", f"文件超过 {MAX_BYTES // 1000} KB", "请缩小该文件"
        return
    suffix = PurePosixPath(path).suffix
    if suffix not in _TEXTS and suffix.lower() in _TEXTS:
        yield "", f"扩展名 {suffix} 应当小写，这样写没有谁读取", f"请把扩展名改为 {suffix.lower()}"
    if not path.endswith(_TEXTS):
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield "", "不是 UTF-8 编码的文字", "请在编辑器中以 UTF-8 编码另存"
        return
    if _MERGING.search(text):
        yield "", "还有没有解决的合并标记（<<<<<<<）", "请选定一种写法，删除标记"
        return
    if path.endswith(".md") and not _BARE.sub("", text).strip():
        yield "", "说明文件是空的", "请写明办理条件、材料和步骤"


@insists("E_FIGURE_WRITTEN_OUT")
def wordings(
    path: str, data: bytes, root: etree._Element | None, known: Collection[str]
) -> Iterator[Finding]:
    """Insist that a text names periods and figures instead of writing them out.

    `root` is what the file draws, if it is a diagram that can be read.
    """
    for element, text in _worded(path, data, root) if len(data) <= MAX_BYTES else ():
        yield from _units(element, text, known)
        for wrong, remedy in wording.faults(text, known):
            if path.endswith(".bpmn"):  # names are drawn, nothing is filled in
                remedy = "请去掉名称中的数字，长度以期限表为准"
            if path.endswith(".typ"):
                remedy = "请写 #data.periods.correction_reply 这样的名称，期限改变时文书随之改变"
            yield element, wrong, remedy


@insists("E_UNIT")
def _units(element: str, text: str, known: Collection[str]) -> Iterator[Finding]:
    """Insist that a figure stands beside its own unit, and a period beside none."""
    for wrong, remedy in wording.of_units(text, known):
        yield element, wrong, remedy


def _worded(path: str, data: bytes, root: etree._Element | None) -> Iterator[tuple[str, str]]:
    """Yield element and text of whatever may speak of a period."""
    if path.startswith("help/"):
        yield "", data.decode("utf-8-sig", "replace")
    if path.startswith("forms/") and path.endswith(".ui.json"):
        yield from forms.helps(data)
    if path.endswith(".typ"):
        yield "", data.decode("utf-8-sig", "replace").replace("{", "")
    for definition in root.iter(bpmn("timerEventDefinition")) if root is not None else ():
        event = definition.getparent()
        if event is not None and _DEADLINE.search("".join(map(str, definition.itertext()))):
            yield event.get("id") or "", event.get("name") or ""
