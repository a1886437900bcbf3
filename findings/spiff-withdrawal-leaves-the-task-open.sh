#!/usr/bin/env bash
# One would guess  An event subprocess interrupts what it stands in, unless `isInterrupting="false"` says otherwise: the applicant
#                  withdraws, the open task goes, the subprocess ends the case. At the border of a task the engine does so.
# What happens     SpiffWorkflow, which has event subprocesses since its last release, never reads `isInterrupting`. The task stays open
#                  beside the subprocess, with the attribute, without it and with its opposite, for messages as for timers; a
#                  second message starts the subprocess again. After the withdrawal is done with, the officer may still grant.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           No line of SpiffWorkflow/bpmn has the word but its copy of the schema; BPMN 2.0.2, 10.5.2, `isInterrupting` (true
#                  by default: the enclosing activity is interrupted, and the event happens once)
# Why it matters   One drawing for "withdrawn at any time" is what event subprocesses are for. The case goes on as if nothing had been
#                  withdrawn, and may end in a certificate for somebody who wanted none. Withdrawal belongs to the border of a
#                  subprocess around the whole.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <message id="withdrawal" name="withdrawal"/>
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_review" sourceRef="begin" targetRef="review"/>
    <userTask id="review"/>
    <sequenceFlow id="to_grant" sourceRef="review" targetRef="grant"/>
    <userTask id="grant"/>
    <sequenceFlow id="to_end" sourceRef="grant" targetRef="end"/>
    <endEvent id="end"/>
    <subProcess id="withdrawn" triggeredByEvent="true">
      <startEvent id="withdraws" {attribute}><messageEventDefinition id="hears" messageRef="withdrawal"/></startEvent>
      <sequenceFlow id="to_confirm" sourceRef="withdraws" targetRef="confirm"/>
      <userTask id="confirm"/>
      <sequenceFlow id="to_confirmed" sourceRef="confirm" targetRef="confirmed"/>
      <endEvent id="confirmed"/>
    </subProcess>
  </process>
</definitions>"""


def tasks(wf: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True))


def finish(wf: BpmnWorkflow, name: str) -> None:
    (task,) = wf.get_tasks(state=TaskState.READY, spec_name=name)
    task.run()
    wf.do_engine_steps()


print("SpiffWorkflow", version("SpiffWorkflow"))
for attribute in ("", 'isInterrupting="true"', 'isInterrupting="false"'):
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(attribute=attribute).encode())
    wf = BpmnWorkflow(parser.get_spec("registration"), parser.get_subprocess_specs("registration"))
    wf.do_engine_steps()
    event = wf.subprocess_specs["withdrawn"].task_specs["withdraws"].event_definition
    assert isinstance(event, MessageEventDefinition)
    wf.catch(BpmnEvent(event, {}))
    wf.do_engine_steps()
    after = tasks(wf)
    finish(wf, "confirm")
    finish(wf, "review")
    print(f"{attribute or 'nothing said':24} after the message: {', '.join(after)}; when it was confirmed, and reviewed: {', '.join(tasks(wf))}")
    assert (after, tasks(wf)) == (["confirm", "review"], ["grant"])
PYTHON
