#!/usr/bin/env bash
# One would guess  An event subprocess whose start is an error waits for that error: it is the emergency, drawn once for the whole
#                  process. The engine has event subprocesses since its last release, so it either waits or refuses the file.
# What happens     With an error or an escalation at its start SpiffWorkflow runs it as soon as the case begins: the tasks of the
#                  emergency are open beside the first task, before anything has happened. When the error is thrown later
#                  nobody waits for it. With a message, a signal or a timer it waits, so that the feature looks tried; the schema
#                  accepts all of them and nothing is said.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/parser/event_parsers.py, StartEventParser (looks for message, signal, timer and condition; what is
#                  left is an event of no kind, which has always happened); BPMN 2.0.2, 10.5.2, starts of event subprocesses
# Why it matters   "If the register is unreachable, tell the operator and stop" has told the operator of every case on the day it was
#                  opened. A check of diagrams has to name the kinds of events that the engine really waits for, place by place.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <error id="unreachable" errorCode="unreachable"/>
  <escalation id="late" escalationCode="late"/>
  <message id="withdrawal" name="withdrawal"/>
  <signal id="law" name="law"/>
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_review" sourceRef="begin" targetRef="review"/>
    <userTask id="review"/>
    <sequenceFlow id="to_end" sourceRef="review" targetRef="end"/>
    <endEvent id="end"/>
    <subProcess id="emergency" triggeredByEvent="true">
      <startEvent id="happens">{event}</startEvent>
      <sequenceFlow id="to_tell" sourceRef="happens" targetRef="tell_the_operator"/>
      <userTask id="tell_the_operator"/>
      <sequenceFlow id="to_told" sourceRef="tell_the_operator" targetRef="told"/>
      <endEvent id="told"/>
    </subProcess>
  </process>
</definitions>"""
EVENTS = {
    "message": '<messageEventDefinition id="event" messageRef="withdrawal"/>',
    "signal": '<signalEventDefinition id="event" signalRef="law"/>',
    "timer": '<timerEventDefinition id="event"><timeDuration xsi:type="tFormalExpression">"P1D"</timeDuration></timerEventDefinition>',
    "error": '<errorEventDefinition id="event" errorRef="unreachable"/>',
    "escalation": '<escalationEventDefinition id="event" escalationRef="late"/>',
}


def opened(event: str) -> set[str]:
    """Open a case; give its tasks."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(event=event).encode())
    wf = BpmnWorkflow(parser.get_spec("registration"), parser.get_subprocess_specs("registration"))
    wf.do_engine_steps()
    return {task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True)}


print("SpiffWorkflow", version("SpiffWorkflow"))
for kind, event in EVENTS.items():
    tasks = opened(event)
    print(f"{kind:11} a new case has: {', '.join(sorted(tasks))}")
    assert tasks == ({"review", "tell_the_operator"} if kind in {"error", "escalation"} else {"review"})
PYTHON
