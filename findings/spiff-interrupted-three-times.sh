#!/usr/bin/env bash
# One would guess  A timer at the border of a task that interrupts it does so when it rings: the task is gone, and the timer with it. A
#                  cycle ("R3/P5D") on it is odd, and means no more than its first ring, since then there is nothing to interrupt.
# What happens     SpiffWorkflow starts the way of the timer at every ring and lets the task stay open until the last: three tasks "refuse
#                  for delay", one every five days, and until the third the applicant can still pay. With a cycle without end he
#                  always can. A wait that is drawn as an event with a cycle sends the case on three times. Nothing is raised.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/event_definitions/timer.py, CycleTimerEventDefinition (makes its task anew until the count is
#                  through, wherever it stands); BPMN 2.0.2, 13.5.3, Intermediate Boundary Events (the activity is
#                  terminated, the event is consumed)
# Why it matters   One click in the editor turns a repeated reminder into an interrupting one. Three refusals go out, each with its
#                  number and seal, to somebody who may have paid. A check of diagrams has to refuse cycles everywhere but at
#                  borders that do not interrupt.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from time import monotonic, sleep

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

CYCLE = """<timerEventDefinition id="rings"><timeCycle xsi:type="tFormalExpression">"R3/PT0.2S"</timeCycle></timerEventDefinition>"""
DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    {before}
    <sequenceFlow id="to_refuse" sourceRef="overdue" targetRef="refuse"/>
    <userTask id="refuse"/>
    <sequenceFlow id="to_refused" sourceRef="refuse" targetRef="refused"/>
    <endEvent id="refused"/>
  </process>
</definitions>"""
BORDER = f"""
    <sequenceFlow id="to_pay" sourceRef="begin" targetRef="pay"/>
    <userTask id="pay"/>
    <boundaryEvent id="overdue" attachedToRef="pay" cancelActivity="true">{CYCLE}</boundaryEvent>
    <sequenceFlow id="to_end" sourceRef="pay" targetRef="end"/>
    <endEvent id="end"/>"""
WAIT = f"""
    <sequenceFlow id="to_wait" sourceRef="begin" targetRef="overdue"/>
    <intermediateCatchEvent id="overdue">{CYCLE}</intermediateCatchEvent>"""


def rung(before: str) -> list[list[str]]:
    """Look for two seconds; give what was open, each time that it changed."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(before=before).encode())
    wf = BpmnWorkflow(parser.get_spec("registration"))
    seen: list[list[str]] = []
    until = monotonic() + 2
    while monotonic() < until:
        wf.do_engine_steps()
        tasks = sorted(task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True))
        if not seen or tasks != seen[-1]:
            seen.append(tasks)
        sleep(0.02)
        wf.refresh_timers()
    return seen


print("SpiffWorkflow", version("SpiffWorkflow"))
border, wait = rung(BORDER), rung(WAIT)
print("at the border:", border)
print("as a wait:    ", wait)
assert border[:3] == [["pay"], ["pay", "refuse"], ["pay", "refuse", "refuse"]]
assert border[-1] == wait[-1] == ["refuse", "refuse", "refuse"]
assert wait[:3] == [[], ["refuse"], ["refuse", "refuse"]]
PYTHON
