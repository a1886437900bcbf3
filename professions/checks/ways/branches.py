"""What a branch of a gateway does: what its condition says, and what no other branch does.

Somebody who drags an end of a line, or pastes a gateway, gives certificates to refused applicants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from engine.language.parsing import bpmn, spiff
from professions import vocabulary
from professions.checks.ways.choices import plain
from professions.checks.ways.graph import DEADLINE, Step, Ways
from refusals.rules import insists

Finding = tuple[str, str, str, str]  #: file, element, what is wrong, what to do
Named = tuple[str, str, str]  #: element, what is wrong, what to do


@insists("E_BRANCH")
def faults(ways: Ways) -> Iterator[Finding]:
    """Insist that each branch does soon what its condition says, and that the others do not."""
    for gateway, branches in sorted(ways.branches.items(), key=lambda item: item[0]):
        done = [(condition, target, ways.soon(target, gateway)) for condition, target in branches]
        conditions = [condition for condition, _ in branches if condition]
        for condition, target, soon in done:
            when = f"条件“{condition}”成立时" if condition else "默认的出口"
            for acts in _wanted(condition, conditions):
                if not soon & acts:
                    listed = "”或者“".join(sorted(acts))
                    text = f"{when}到“{target.node}”，没有办理“{listed}”"
                    remedy = "请改连到应当办理的一步，或者改正条件"
                    yield gateway.file, gateway.node, text, remedy
            for other in conditions:
                also = sorted(soon & frozenset().union(*_wanted(other, conditions)))
                if other != condition and also:
                    text = f"{when}也办理“{also[0]}”，那是“{other}”成立时所做的"
                    yield gateway.file, gateway.node, text, "请改连，或者改正条件"


@insists("E_BRANCH")
def followed(ways: Ways, code: str) -> Iterator[Finding]:
    """Insist that after an act its letters and notices go out."""
    for step in sorted(ways.elements):
        for act in ways.done(step):
            for acts in _asked_of(code, vocabulary.FOLLOWS.get(act, ())):
                after = ways.after[step]
                soon = frozenset().union(
                    *(ways.soon(later) for later in after if not ways.is_event(later))
                )
                if step in ways.known and not soon & acts:
                    listed = "”或者“".join(sorted(acts))
                    text = f"办理“{act}”之后没有办理“{listed}”"
                    yield step.file, step.node, text, "请在它之后画出这一步"


@insists("E_BRANCH")
def interrupted(ways: Ways, code: str, names: Mapping[str, str]) -> Iterator[Finding]:
    """Insist that events do what their message or period says, and that reminders remind."""
    for step in sorted(ways.known):
        if not ways.is_event(step):
            continue
        event, soon = ways.elements[step], ways.soon(step)
        heard = _heard(event, names)
        is_aside = event.get("cancelActivity") == "false"
        for name in sorted(heard & vocabulary.ASIDE) if not is_aside else ():
            text = f"“{name}”发生时办理应当继续，这个边界事件却使它中断"
            yield step.file, step.node, text, "请改为不中断（cancelActivity 为 false）"
        for name in heard if not is_aside else ():
            for acts in _asked_of(code, vocabulary.INTERRUPTED.get(name, ())):
                if not soon & acts:
                    listed = "”或者“".join(sorted(acts))
                    text = f"“{name}”发生时没有办理“{listed}”"
                    yield step.file, step.node, text, "请改连到应当办理的一步"
        sent = {act.partition(":")[2] for act in soon if act.startswith("notice/send:")}
        is_timer = event.find(bpmn("timerEventDefinition")) is not None
        if is_aside and is_timer and not sent & (vocabulary.REMINDERS | vocabulary.ESCALATING):
            text = "不中断的定时事件没有提醒谁"
            kinds = "、".join(sorted(vocabulary.REMINDERS | vocabulary.ESCALATING))
            yield step.file, step.node, text, f"请连到 notice/send，kind 用：{kinds}"
        if not is_aside and sent & vocabulary.REMINDERS:
            text = f"中断之后发送的“{min(sent & vocabulary.REMINDERS)}”是提醒"
            yield step.file, step.node, text, "请改为不中断，或者改正 kind"


@insists("E_NOT_REMINDED")
def reminded(ways: Ways, code: str, waiting: Iterable[Step]) -> Iterator[Finding]:
    """Insist that whoever is at a task is reminded as the house promises."""
    for step in waiting:
        for wanted in (wanted for wanted in vocabulary.REMINDED if wanted.task == step.node):
            notice = f"notice/send:{wanted.notice}"
            if not any(_asked_of(code, [frozenset({notice})])):
                continue
            sending = [event for event in ways.asides(step) if notice in ways.soon(event)]
            timed = {"".join(map(str, at.itertext())) for at in _timers(ways, sending)}
            heard = {name for event in sending for name in _heard(ways.elements[event], {})}
            lacking = [period for period in wanted.by if period not in heard]
            if lacking:
                periods = "”、“".join(lacking)
                text = f"办理停在“{step.node}”时，期限“{periods}”没有提醒（{wanted.notice}）"
                remedy = f'请画出不中断的定时边界事件 deadline("{lacking[0]}")，连到发送通知的一步'
                yield step.file, step.node, text, remedy
            if len(timed) < wanted.least:
                text = f"办理停在“{step.node}”时提醒（{wanted.notice}）{len(timed)} 次"
                text += f"，应当至少 {wanted.least} 次"
                remedy = "请画出不中断的定时边界事件，各在不同的时间，连到发送通知的一步"
                yield step.file, step.node, text, remedy


def _asked_of(code: str, wanted: Iterable[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Yield what a matter must do of what the house wants."""
    need_not = vocabulary.NEED_NOT.get(code, frozenset())
    return (acts for acts in wanted if not acts & need_not)


def _timers(ways: Ways, events: Iterable[Step]) -> Iterator[etree._Element]:
    for event in events:
        yield from ways.elements[event].iter(bpmn("timerEventDefinition"))


def _heard(event: etree._Element, names: Mapping[str, str]) -> set[str]:
    """Return the message, the error or the period for which an event waits."""
    heard = {
        names.get(definition.get("messageRef") or "", "")
        for definition in event.iter(bpmn("messageEventDefinition"))
    }
    for definition in event.iter(bpmn("errorEventDefinition")):
        heard.add(names.get(definition.get("errorRef") or "", ""))  # error:CODE
    for definition in event.iter(bpmn("timerEventDefinition")):
        heard |= {*DEADLINE.findall("".join(map(str, definition.itertext())))}
    return heard - {""}


def _wanted(condition: str, beside: list[str]) -> tuple[frozenset[str], ...]:
    """Return what the flow with a condition must do; the default has those of its gateway."""
    if condition:
        return _KNOWN.get(plain(condition), ())
    return tuple(acts for other in beside for acts in _KNOWN.get(plain(f"else {other}"), ()))


@insists("E_STEP_NAME")
def named(root: etree._Element) -> Iterator[Named]:
    """Insist that the name of a service does not say that it does what another one does."""
    for task in root.iter(bpmn("serviceTask")):
        name = re.sub(r"\s+", "", task.get("name") or "")
        for operator in task.iter(spiff("serviceTaskOperator")):
            operation = operator.get("id") or ""
            called = vocabulary.STEPS_CALLED.get(operation, {})
            for parameter in operator.iter(spiff("parameter")):
                kind = (parameter.get("value") or "").strip("\"'")
                if parameter.get("id") not in ("kind", "status") or kind not in called:
                    continue
                own = [word for word in called[kind] if word in name]
                others = [word for words in called.values() for word in words if word in name]
                strange = [word for word in others if word not in own]
                if own and not any(mine in word for word in strange for mine in own):
                    continue
                if strange:
                    text = f"名称“{name}”说的是“{max(strange, key=len)}”，参数写的是 {kind}"
                    yield task.get("id") or "", text, "请改正名称，或者改正参数"


_KNOWN = {plain(condition): acts for condition, acts in vocabulary.CONSEQUENCES.items()}
