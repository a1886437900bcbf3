"""No matter waits for a person for ever: each step before acceptance has an end in time (I18)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from engine.language import parsing
from engine.language.parsing import Sources, bpmn, spiff
from professions import manifests
from professions.manifests import MatterOffer, RegistrationType
from registry.applications.statuses import PERSONAL
from tests.professions.folders import BPMN

TYPES = manifests.discover(BPMN)
OWN = [
    (kind, matter)
    for kind in TYPES.values()
    for matter in kind.matters
    if matter.code in {personal.value for personal in PERSONAL}
]
_EARLY = {"DRAFT", "READY_TO_SIGN", "RETURNED", "CORRECTION_REQUIRED"}
_ENDS = ('deadline("DRAFT")', 'deadline("RETURNED")', 'deadline("CORRECTION_REPLY")')


def processes(matter: MatterOffer, sources: Sources) -> dict[str, etree._Element]:
    """Give the process of a matter and all that it calls, by id."""
    element: dict[str, etree._Element] = {}
    queue = [matter.process]
    while queue:
        key = queue.pop()
        root = sources.diagrams[sources.processes[key]]
        [element[key]] = [
            process for process in root.findall(bpmn("process")) if process.get("id") == key
        ]
        calls = [
            call.get("calledElement") or "" for call in element[key].iter(bpmn("callActivity"))
        ]
        queue += [call for call in calls if call not in element]
    return element


def waits_for_the_person(process: etree._Element) -> Iterator[etree._Element]:
    """Yield the user tasks of the applicant before acceptance."""
    for task in process.iter(bpmn("userTask")):
        said = {
            setting.get("name"): setting.get("value") for setting in task.iter(spiff("property"))
        }
        if said.get("actorRole") == "applicant" and said.get("status") in _EARLY:
            yield task


def ends_in_time(
    node: etree._Element, process: etree._Element, drawn: dict[str, etree._Element]
) -> bool:
    """Tell whether a node, what is around it, or whoever calls its process, stops in time."""
    around = [node, *node.iterancestors(bpmn("subProcess"))]
    names = {element.get("id") for element in around}
    for event in process.iter(bpmn("boundaryEvent")):
        words = "".join(str(text) for text in event.itertext())
        stops = event.get("cancelActivity") != "false" and any(end in words for end in _ENDS)
        if stops and event.get("attachedToRef") in names:
            return True
    calls = [
        (call, other)
        for other in drawn.values()
        for call in other.iter(bpmn("callActivity"))
        if call.get("calledElement") == process.get("id")
    ]
    return bool(calls) and all(ends_in_time(call, other, drawn) for call, other in calls)


@pytest.mark.parametrize(
    ("kind", "matter"), OWN, ids=lambda value: getattr(value, "code", value.title)
)
def test_each_step_of_the_person_has_an_end(kind: RegistrationType, matter: MatterOffer) -> None:
    """I18: draft, signature, return and correction time out in every matter a person starts."""
    drawn = processes(matter, parsing.read_sources(kind.files))
    steps = [
        (task, process) for process in drawn.values() for task in waits_for_the_person(process)
    ]

    endless = [task.get("id") for task, step in steps if not ends_in_time(task, step, drawn)]

    assert steps
    assert endless == []
