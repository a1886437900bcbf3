"""Diagrams that other modelers wrote, taken over as far as the meaning is the same.

What means nothing for the course of a case (colours, layout notes, tuning of another engine) is
left out and told; what means the same here is written as this engine reads it and told. Everything
else stays as it came and is refused by the check, at the outermost strange element: a person who
does a task, a program that a task calls, a mapping of values cannot be guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from casework.studio import round_trip
from engine.actors import ROLES
from engine.errors import XmlRefused
from engine.language.parsing import BPMN, SPIFF, bpmn, spiff
from engine.language.xml import read_xml

CAMUNDA_7 = "http://camunda.org/schema/1.0/bpmn"
#: What came of one engine and means the same by the same names.
_OF_ONE_HOUSE = (CAMUNDA_7, "http://flowable.org/bpmn", "http://activiti.org/bpmn")
CAMUNDA_8 = "http://camunda.org/schema/zeebe/1.0"
#: Of tools that draw: part of a namespace → what its extensions say.
_LOOKS: Mapping[str, str] = {
    "bpmn.io/schema/bpmn/biocolor": "颜色",
    "omg.org/spec/bpmn/non-normative/color": "颜色",
    "camunda.org/schema/modeler": "Camunda Modeler 的标记",
    "signavio.com": "Signavio 的绘图信息",
    "bizagi.com": "Bizagi 的绘图信息",
    "trisotech.com": "Trisotech 的绘图信息",
    "visual-paradigm.com": "Visual Paradigm 的绘图信息",
    "yworks.com": "yEd 的绘图信息",
    "adonis": "ADONIS 的绘图信息",
}
#: How another engine runs, keeps and lists an instance; none of it changes which step follows.
_TUNING: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        _OF_ONE_HOUSE,
        frozenset(
            [
                *("asyncBefore", "asyncAfter", "async", "exclusive", "jobPriority", "taskPriority"),
                *("historyTimeToLive", "versionTag", "isStartableInTasklist", "priority"),
            ]
        ),
    ),
    CAMUNDA_8: frozenset(["versionTag", "userTask"]),
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A diagram as it is taken over."""

    content: bytes
    said: tuple[str, ...]  #: in Chinese, what was left out or written otherwise; empty: nothing


class _Telling:
    """Counts what was done, to be told once a kind."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def tell(self, what: str) -> None:
        self.counts[what] += 1

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(
            f"{what}（{count}处）" if count > 1 else what for what, count in self.counts.items()
        )


def taken(content: bytes, files: Mapping[str, bytes]) -> Taken:
    """Take over a diagram into a package with these files; what is no diagram stays as it is."""
    try:
        root = read_xml(content)
    except XmlRefused:
        return Taken(content=content, said=())
    if root.tag != bpmn("definitions"):
        return Taken(content=content, said=())
    telling = _Telling()
    for element in list(root.iter(etree.Element)):
        _attributes(element, files, telling)
    for extensions in list(root.iter(bpmn("extensionElements"))):
        _extensions(extensions, telling)
    if not telling.counts:
        return Taken(content=content, said=())
    written = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Taken(content=round_trip.kept(content, written), said=telling.said)


def _attributes(element: etree._Element, files: Mapping[str, bytes], telling: _Telling) -> None:
    if etree.QName(element).namespace != BPMN:
        return  # of a drawing, or of an extension that is judged whole
    for name in list(map(str, element.attrib)):
        space, local = etree.QName(name).namespace, etree.QName(name).localname
        if not space:
            continue
        if looks := _looks(space):
            telling.tell(f"去掉{looks}")
        elif local in _TUNING.get(space, ()):
            telling.tell(f"去掉另一引擎的运行设置 {local}")
        elif space in _OF_ONE_HOUSE and _means_the_same(element, name, files):
            telling.tell(f"{local} 改写为本系统的设置")
        else:
            continue
        del element.attrib[name]


def _means_the_same(element: etree._Element, name: str, files: Mapping[str, bytes]) -> bool:
    """Write an attribute of Camunda 7 as this engine reads it, where there is one meaning only.

    Flowable and Activiti, of which it came, mean the same by the same names.

    One group that is a role here does the task; a form of the package is shown; a table of the
    package is asked whose outputs become variables. A person (`assignee`), several groups, an
    expression or a result under a name of its own is something else.
    """
    space, local = etree.QName(name).namespace, etree.QName(name).localname
    value = element.get(name, "").strip()
    kind = etree.QName(element).localname
    if not _WORD.fullmatch(value):
        return False
    if kind == "userTask" and local == "candidateGroups" and value in ROLES:
        return _property(element, "actorRole", value)
    if kind == "userTask" and local == "formKey" and f"forms/{value}.schema.json" in files:
        return _property(element, "formKey", value)
    is_plain = f"{{{space}}}resultVariable" not in element.attrib
    if kind == "businessRuleTask" and local == "decisionRef" and is_plain:
        if not any(path.rpartition("/")[2] == f"{value}.dmn" for path in files):
            return False
        called = etree.SubElement(_extended(element), spiff("calledDecisionId"), nsmap=_OURS)
        called.text = value
        return True
    return False


_OURS = {"spiffworkflow": SPIFF}


def _extended(element: etree._Element) -> etree._Element:
    """Return where extensions of an element stand: behind its documentation, before the rest."""
    found = element.find(bpmn("extensionElements"))
    if found is None:
        found = etree.Element(bpmn("extensionElements"))
        element.insert(len(element.findall(bpmn("documentation"))), found)
    return found


def _property(element: etree._Element, name: str, value: str) -> bool:
    """Write a property that is not there yet; tell whether it could be."""
    extensions = _extended(element)
    held = extensions.find(spiff("properties"))
    if held is None:
        held = etree.SubElement(extensions, spiff("properties"), nsmap=_OURS)
    if any(item.get("name") == name and item.get("value") != value for item in held):
        return False
    if not any(item.get("name") == name for item in held):
        etree.SubElement(held, spiff("property"), name=name, value=value)
    return True


def _extensions(extensions: etree._Element, telling: _Telling) -> None:
    """Leave out what means nothing here, and what is empty then."""
    before = len(extensions)
    for child in list(extensions.iterchildren(etree.Element)):
        name = etree.QName(child)
        space = name.namespace or ""
        if looks := _looks(space):
            telling.tell(f"去掉{looks}")
        elif name.localname in _TUNING.get(space, ()):
            telling.tell(f"去掉另一引擎的运行设置 {name.localname}")
        else:
            continue
        extensions.remove(child)
    parent = extensions.getparent()
    if parent is not None and before and not len(extensions):
        parent.remove(extensions)


def _looks(namespace: str) -> str:
    return next((said for part, said in _LOOKS.items() if part in namespace.lower()), "")
