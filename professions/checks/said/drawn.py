"""What a drawing calls its steps, held against what they do: `professions/drawn.toml`.

People read a process by its names and officers their tasks: a step that says the opposite of what
it does, or what another step does, misleads everybody, and no example would notice. Whoever says
the same in words of his own is told nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from engine.language.parsing import bpmn, spiff
from professions import vocabulary
from professions.checks.ways.choices import plain
from professions.checks.ways.graph import DEADLINE
from refusals.rules import insists

Named = tuple[str, str, str]  #: element, what is wrong, what to do


#: What denies; “是否” asks. A word `不` of the data stands for each of them.
_DENIALS = ("不", "否", "未", "驳回", "拒绝")
_ASKING = re.compile("[是能可与]否")


@dataclass(frozen=True, kw_only=True)
class Called:
    """What a name says: one of `says`, or nothing of `others`; never one of `never`."""

    says: tuple[str, ...]
    never: tuple[str, ...]
    others: tuple[str, ...] = ()  #: words that something else of the same part is called by

    def wrong(self, name: str) -> str:
        """Say what is wrong with a name; nothing when it is right.

        >>> approved = Called(says=("准予",), never=("不",), others=("受理",))
        >>> [approved.wrong(name) for name in ("不准予", "受理", "是否批准")]
        ['名称“不准予”里有“不”', '名称“受理”说的是“受理”，没有说“准予”', '']
        """
        stated = _ASKING.sub("", name)
        told = next((word for word in self.never if word in stated), "")
        if told:
            return f"名称“{name}”里有“{told}”"
        strange = [word for word in self.others if word in stated]
        if strange and not any(word in name for word in self.says):
            said = max(strange, key=len)
            return f"名称“{name}”说的是“{said}”，没有说“{'”或者“'.join(self.says)}”"
        return ""


def _called(words: list[str]) -> Called:
    return Called(
        says=_told(word for word in words if not word.startswith("!")),
        never=_told(word[1:] for word in words if word.startswith("!")),
    )


def _told(words: Iterable[str]) -> tuple[str, ...]:
    each = (_DENIALS if word == "不" else (word,) for word in words)
    return tuple(dict.fromkeys(word for denials in each for word in denials))


_DATA = Path(__file__).parents[2] / "drawn.toml"
_CONDITIONAL = ("branch", "default", "question")
_OPPOSITE = {"branch": "default", "default": "branch"}  #: the lines of one gateway
_COMMON = 2  #: a word that more than so many are called by says nothing of any


def _read() -> Mapping[str, Mapping[str, Called]]:
    own: dict[str, dict[str, Called]] = {
        part: {
            plain(key) if part in _CONDITIONAL else key: _called(words)
            for key, words in told.items()
        }
        for part, told in tomllib.loads(_DATA.read_text("utf-8")).items()
    }
    for part, told in own.items():
        users: dict[str, list[str]] = {}  #: operations by the words that they are called by
        for key, called in told.items():
            for word in called.says:
                users.setdefault(word, []).append(_operation(key))
        few = {
            word: operations
            for word, operations in users.items()
            if word not in _DENIALS and len({*operations}) <= _COMMON
        }
        opposed = own.get(_OPPOSITE.get(part, ""), {})
        for key, called in told.items():
            opposite = opposed[key].says if key in opposed else ()
            told[key] = replace(called, others=_others(called, _operation(key), few, opposite))
    return own


def _others(
    called: Called, own: str, few: Mapping[str, Sequence[str]], opposite: Iterable[str]
) -> tuple[str, ...]:
    """Return the words by which others of the part are called, and its opposite line.

    A word that many kinds of one operation are called by says that operation to all others.
    """
    words = (word for word, users in few.items() if len(users) <= _COMMON or own not in users)
    return tuple(word for word in (*words, *opposite) if word not in called.says)


def _operation(key: str) -> str:
    return key.partition(":")[0]


CALLED: Mapping[str, Mapping[str, Called]] = _read()


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
