"""What a drawing calls its steps, held against what they do: `professions/drawn.toml`.

People read a process by its names and officers their tasks: a step that says the opposite of what
it does misleads everybody, and no example would notice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from engine.language.parsing import bpmn, spiff
from professions import vocabulary
from professions.checks.ways.choices import plain
from professions.checks.ways.graph import DEADLINE
from refusals.rules import insists

Named = tuple[str, str, str]  #: element, what is wrong, what to do


@dataclass(frozen=True, kw_only=True)
class Called:
    """The words that a name says: one of `says`, none of `never`."""

    says: tuple[str, ...]
    never: tuple[str, ...]

    def wrong(self, name: str) -> str:
        """Say what is wrong with a name; nothing when it is right.

        >>> Called(says=("准予",), never=("不",)).wrong("不准予")
        '名称“不准予”里有“不”'
        """
        told = next((word for word in self.never if word in name), "")
        if told:
            return f"名称“{name}”里有“{told}”"
        if name and not any(word in name for word in self.says):
            return f"名称“{name}”没有说出“{'”或者“'.join(self.says)}”"
        return ""


def _called(words: list[str]) -> Called:
    return Called(
        says=tuple(word for word in words if not word.startswith("!")),
        never=tuple(word[1:] for word in words if word.startswith("!")),
    )


_DATA = Path(__file__).parents[2] / "drawn.toml"
CALLED: Mapping[str, Mapping[str, Called]] = {
    part: {
        plain(key) if part in ("branch", "default", "question") else key: _called(words)
        for key, words in told.items()
    }
    for part, told in tomllib.loads(_DATA.read_text("utf-8")).items()
}


@insists("E_STEP_NAME")
def faults(root: etree._Element) -> Iterator[Named]:
    """Insist that what is drawn is called by what it does."""
    for element, part, key in _drawn(root):
        called = CALLED[part].get(key)
        name = "".join((element.get("name") or "").split())
        if called and (wrong := called.wrong(name)):
            remedy = f"请在名称中写“{'”或者“'.join(called.says)}”，或者改正所画的一步"
            yield element.get("id") or "", wrong, remedy
    yield from _of_another_matter(root)


def _of_another_matter(root: etree._Element) -> Iterator[Named]:
    """Yield tasks whose names say a matter that is not drawn here."""
    matters = {word for word in vocabulary.MATTERS_CALLED.values() if word in _MATTERS}
    for process in root.iter(bpmn("process")):
        own = {word for word in matters if word in (process.get("name") or "")}
        for task in process.iter(bpmn("userTask"), bpmn("callActivity")) if own else ():
            name = task.get("name") or ""
            strange = sorted(word for word in matters - own if word in name)
            if strange and not any(word in name for word in own):
                text = f"名称“{name}”说的是“{strange[0]}”，流程是“{process.get('name')}”"
                yield task.get("id") or "", text, "请改成本事项的名称"


_MATTERS = ("初始注册", "延续", "注销", "换领")


def _drawn(root: etree._Element) -> Iterator[tuple[etree._Element, str, str]]:
    """Yield what is drawn with the part of the data, and the key in it, that names it."""
    messages = {
        message.get("id"): message.get("name") or "" for message in root.findall(bpmn("message"))
    }
    errors = {
        error.get("id"): error.get("errorCode") or "" for error in root.findall(bpmn("error"))
    }
    lines = [*root.iter(bpmn("sequenceFlow"))]
    done = {task.get("id"): [*_operations(task)] for task in root.iter(bpmn("serviceTask"))}
    for task in root.iter(bpmn("userTask")):
        yield task, "task", task.get("id") or ""
    for call in root.iter(bpmn("callActivity")):
        yield call, "call", call.get("calledElement") or ""
    for asked in root.iter(bpmn("businessRuleTask")):
        yield asked, "rule", (asked.findtext(f".//{spiff('calledDecisionId')}") or "").strip()
    for task in root.iter(bpmn("serviceTask")):
        yield from ((task, "service", act) for act in done[task.get("id")])
    for gateway in root.iter(bpmn("exclusiveGateway")):
        yield from _answered(gateway, lines)
    for end in root.iter(bpmn("endEvent")):
        before = [line.get("sourceRef") for line in lines if line.get("targetRef") == end.get("id")]
        acts = {act for node in before for act in done.get(node, ())}
        yield from ((end, "end", act) for act in sorted(acts))
    for event in root.iter(bpmn("boundaryEvent"), bpmn("endEvent")):
        for error in event.iter(bpmn("errorEventDefinition")):
            yield event, "error", errors.get(error.get("errorRef"), "")
    for event in root.iter(bpmn("boundaryEvent")):
        for message in event.iter(bpmn("messageEventDefinition")):
            yield event, "message", messages.get(message.get("messageRef"), "")
        for timer in event.iter(bpmn("timerEventDefinition")):
            for name in DEADLINE.findall("".join(map(str, timer.itertext()))):
                yield event, "period", name


def _operations(task: etree._Element) -> Iterator[str]:
    """Yield the operation of a service, alone and with what stands with it."""
    for operator in task.iter(spiff("serviceTaskOperator")):
        operation = operator.get("id") or ""
        yield operation
        for parameter in operator.iter(spiff("parameter")):
            if parameter.get("id") in ("kind", "status", "role", "deemed"):
                yield f"{operation}:{(parameter.get('value') or '').strip(_QUOTES)}"


_QUOTES = "\"'"


def _answered(
    gateway: etree._Element, lines: list[etree._Element]
) -> Iterator[tuple[etree._Element, str, str]]:
    """Yield the question of a gateway and the answers of its lines, by their conditions."""
    own = [line for line in lines if line.get("sourceRef") == gateway.get("id")]
    asked = {
        line.get("id"): plain(line.findtext(bpmn("conditionExpression")) or "") for line in own
    }
    conditions = [condition for condition in asked.values() if condition]
    for condition in conditions if len(own) > 1 else ():
        yield gateway, "question", condition
    for line in own if len(own) > 1 else ():
        condition = asked[line.get("id")]
        if condition:
            yield line, "branch", condition
        else:
            yield from ((line, "default", other) for other in conditions)
