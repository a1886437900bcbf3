"""Timers against each other and against the table of periods.

A reminder after the end never comes; one that interrupts takes the task away from whoever was to be
reminded; an end that does not interrupt leaves a task open in a case that is closed.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from lxml import etree

from engine.errors import ExpressionRefused
from engine.language.expressions import compile_expression
from engine.language.parsing import Sources, bpmn, spiff
from professions.checks import needs
from professions.manifests import CLOCKS, Clock
from refusals.rules import insists

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do

_TIMER = bpmn("timerEventDefinition")
_NOTICE = "notice/send"
_ENDING = ("application/close", "application/end_moot", "registration/cancel")
#: The least and the greatest number of days that one of a unit can be.
_DAYS = {"DAY": (1.0, 1.0), "WORKDAY": (1.0, math.inf), "MONTH": (28.0, 31.0)}
_CALLS = {"days": "DAY", "workdays": "WORKDAY"}
ON_ARRIVAL = "arrived_at"  #: from when a length counts that the diagram itself writes


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When a timer is due: so much of a unit after a day."""

    start: str
    unit: str
    length: float

    def is_surely_not_before(self, other: Moment) -> bool:
        """Tell whether this moment never comes before `other`."""
        if self.start != other.start:
            return False
        if self.unit == other.unit:
            return self.length >= other.length
        return self.length * _DAYS[self.unit][0] >= other.length * _DAYS[other.unit][1]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A timer at the border of an activity."""

    node: str
    name: str
    interrupts: bool
    moment: Moment | None  #: None where it cannot be told
    way: tuple[str, ...]  #: the operations that follow, up to a choice or an end
    end: str  #: the node where that way stops
    reminds: bool  #: the table calls its period a reminder; that it interrupts is told there


def faults(sources: Sources, clocks: Mapping[str, Clock] | None) -> Iterator[Finding]:
    """Yield timers that never come, or that end what they were to remind of."""
    for file, root in sources.diagrams.items():
        alarms: dict[str, list[Alarm]] = {}
        flows = list(root.iter(bpmn("sequenceFlow")))
        nodes = {
            node.get("id") or "": node
            for process in root.findall(bpmn("process"))
            for node in process.iter("{*}*")
        }
        for event in root.iter(bpmn("boundaryEvent")):
            if event.find(_TIMER) is not None:
                for finding in _reminder(event, clocks or {}):
                    yield (file, *finding)
                alarm = _alarm(event, nodes, flows, clocks or {})
                alarms.setdefault(event.get("attachedToRef") or "", []).append(alarm)
        for together in alarms.values():
            for finding in _between(together):
                yield (file, *finding)
        for definition in root.iter(_TIMER):
            for finding in _named(definition):
                yield (file, *finding)


def _text(definition: etree._Element | None) -> str:
    parts = () if definition is None else definition.itertext()
    return "".join(map(str, parts)).strip()


@insists("E_TIMER_NAME")
def _named(definition: etree._Element) -> Iterator[tuple[str, str, str]]:
    """Insist that a figure in the name of a timer is the length that it waits."""
    event, length = definition.getparent(), _LENGTH.fullmatch(_text(definition))
    if event is None or length is None:
        return
    for number, unit in _FIGURE.findall(event.get("name") or ""):
        if (_CALLS_OF[unit], number) != (length[1], length[2]):
            text = f"名称写的是“{number}{unit}”，等的是 {length[0]}"
            yield event.get("id") or "", text, "请改成同一长度"


_LENGTH = re.compile(r"(days|workdays|minutes)\(\s*([0-9]+)\s*\)")
_FIGURE = re.compile("([0-9]+)个?(工作日|日|天|分钟)")
_CALLS_OF = {"工作日": "workdays", "日": "days", "天": "days", "分钟": "minutes"}


@insists("E_REMINDER")
def _reminder(event: etree._Element, clocks: Mapping[str, Clock]) -> Iterator[tuple[str, str, str]]:
    """Insist that a period which the table calls a reminder interrupts nothing."""
    asked = _DEADLINE.search(_text(event.find(_TIMER)))
    clock = clocks.get(asked[1]) if asked else None
    if clock and clock.on_expiry == REMIND and event.get("cancelActivity") != "false":
        text = f"期限表中“{asked[1] if asked else ''}”届满只是提醒，这个事件却中断任务"
        yield event.get("id") or "", text, "请改为不中断（cancelActivity=false）"


REMIND = "REMIND"  #: what the end of a period means that only reminds
_DEADLINE = re.compile(r"""deadline\(\s*["']([^"']*)["']\s*\)""")


@insists("E_TIMER_LATE")
def _between(alarms: list[Alarm]) -> Iterator[tuple[str, str, str]]:
    reminding = [alarm for alarm in alarms if not alarm.interrupts]
    for end in (alarm for alarm in alarms if alarm.interrupts and not alarm.reminds):
        like = [alarm for alarm in reminding if alarm.end == end.end and _only_tells(end)]
        if like:
            text = f"“{end.name}”中断任务，其后只发送通知，与提醒“{like[0].name}”走同一条路"
            yield end.node, text, "请改为不中断（cancelActivity=false）"
            continue
        late = [
            alarm
            for alarm in alarms
            if alarm is not end
            and end.moment
            and alarm.moment
            and alarm.moment.is_surely_not_before(end.moment)
        ]
        if _only_tells(end) and any(not _only_tells(alarm) for alarm in late):
            text = f"“{end.name}”中断任务，其后只发送通知，“{late[0].name}”就永远不会到期"
            yield end.node, text, "请把提醒改为不中断（cancelActivity=false）"
            continue
        for alarm in late:
            if alarm.interrupts and alarm.moment == end.moment and alarm.node < end.node:
                continue  # two ends at once are told once
            text = f"“{alarm.name}”不早于“{end.name}”，任务届时已经结束，它永远不会到期"
            yield alarm.node, text, f"请改得早于“{end.name}”"
    moments: dict[Moment, Alarm] = {}
    for alarm in reminding:
        if alarm.moment is not None:
            earlier = moments.setdefault(alarm.moment, alarm)
            if earlier is not alarm and earlier.way == alarm.way:
                text = f"“{alarm.name}”与“{earlier.name}”在同一时刻提醒"
                yield alarm.node, text, "请改正其中一个的时间，或者删除一个"
        if closing := sorted({*alarm.way} & {*_ENDING}):
            text = f"“{alarm.name}”不中断任务，其后却由 {'、'.join(closing)} 结束申请，任务仍然开着"
            yield alarm.node, text, "请改为中断，或者只发送通知"


def _only_tells(alarm: Alarm) -> bool:
    return bool(alarm.way) and all(operation == _NOTICE for operation in alarm.way)


def _alarm(
    event: etree._Element,
    nodes: Mapping[str, etree._Element],
    flows: list[etree._Element],
    clocks: Mapping[str, Clock],
) -> Alarm:
    text = _text(event.find(_TIMER))
    way, end = _way(event.get("id") or "", nodes, flows)
    return Alarm(
        node=event.get("id") or "",
        name=event.get("name") or event.get("id") or "",
        interrupts=event.get("cancelActivity") != "false",
        moment=moment(text, clocks),
        way=tuple(way),
        end=end,
        reminds=any(_reminder(event, clocks)),
    )


def _way(
    start: str, nodes: Mapping[str, etree._Element], flows: list[etree._Element]
) -> tuple[list[str], str]:
    """Follow the only line out of each node; give the operations met, and the last node."""
    operations, at, seen = list[str](), start, set[str]()
    while at not in seen:
        seen.add(at)
        targets = [flow.get("targetRef") or "" for flow in flows if flow.get("sourceRef") == at]
        if len(targets) != 1 or targets[0] not in nodes:
            break
        at = targets[0]
        if nodes[at].tag in (bpmn("userTask"), bpmn("callActivity"), bpmn("subProcess")):
            operations.append(at)  # more happens than telling
        for operator in nodes[at].iter(spiff("serviceTaskOperator")):
            operations.append(operator.get("id") or "")
    return operations, at


def moment(text: str, clocks: Mapping[str, Clock]) -> Moment | None:
    """Tell when a timer is due, if its text says so plainly.

    >>> moment("workdays(3)", {})
    Moment(start='arrived_at', unit='WORKDAY', length=3.0)
    """
    try:
        tree = compile_expression(text.strip()).tree
    except ExpressionRefused:  # told by `lint`
        return None
    match tree:
        case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=value)]):
            if name == "deadline" and value in clocks:
                clock = clocks[str(value)]
                if clock.unit in _DAYS:
                    return Moment(start=clock.starts_on, unit=clock.unit, length=clock.days)
            if name in _CALLS and isinstance(value, int | float):
                return Moment(start=ON_ARRIVAL, unit=_CALLS[name], length=float(value))
            if name == "minutes" and isinstance(value, int | float):
                return Moment(start=ON_ARRIVAL, unit="DAY", length=value / 1440)
    return None


@insists("E_NO_PERIOD")
def unknown_periods(
    sources: Sources, clocks: Mapping[str, Clock] | None, told: Iterable[str]
) -> Iterator[Finding]:
    """Insist that `deadline("…")` names a period of the table.

    A row that nobody asks for and that is spelt nearly so is the mistake, not the diagrams. What
    the house asks for is `told` at the table.
    """
    if clocks is None:
        return
    asked: dict[str, list[tuple[str, str]]] = {}
    for file, root in sources.diagrams.items():
        for definition in root.iter(bpmn("timerEventDefinition")):
            parent = definition.getparent()
            key = "" if parent is None else parent.get("id") or ""
            for name in _DEADLINE.findall("".join(str(text) for text in definition.itertext())):
                asked.setdefault(name, []).append((file, key))
    unused = sorted(clocks.keys() - asked.keys() - {*needs.CLOCKS_ASKED})
    for name in sorted(asked.keys() - clocks.keys() - ({*needs.CLOCKS_ASKED} & {*told})):
        if misspelt := get_close_matches(name, unused, n=1):
            text = f"没有谁使用期限“{misspelt[0]}”，流程图要的是期限表中没有的“{name}”"
            remedy = "请改成同一名称"
            yield CLOCKS, name, text, remedy
        else:
            text = f"期限表中没有“{name}”"
            remedy = f"请在 {CLOCKS} 中增加一行，或者改正名称"
            for file, key in asked[name]:
                yield file, key, text, remedy
    calls = {
        call.get("calledElement")
        for root in sources.diagrams.values()
        for call in root.iter(bpmn("callActivity"))
    }
    is_whole = not sources.lost and calls <= sources.processes.keys()
    is_whole = is_whole and asked.keys() <= clocks.keys() and not {*needs.CLOCKS_ASKED} & {*told}
    for name in unused if is_whole else ():
        text = f"没有谁使用期限“{name}”"
        yield CLOCKS, name, text, "请画出等它的定时事件，或者删除这一行"


def written_out(sources: Sources) -> frozenset[int]:
    """Return the lengths that timers of the diagrams write themselves: workdays(3) → 3."""
    return frozenset(
        int(number)
        for root in sources.diagrams.values()
        for definition in root.iter(_TIMER)
        for _, number in _LENGTH.findall("".join(map(str, definition.itertext())))
    )
