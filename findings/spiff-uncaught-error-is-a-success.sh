#!/usr/bin/env bash
# One would guess  A part of a process that ends in an error event has failed. If nothing is drawn to catch that error, or the code at
#                  the boundary is another one, the case stops, or the engine says so: it does not go the way of success.
# What happens     SpiffWorkflow lays the error beside, among the events for others, and takes the end for any end: the token leaves the
#                  subprocess by its ordinary arrow. "Forged" and then the certificate is issued. A call activity does the same. The
#                  error that is caught goes the drawn way, so a test of that way passes; one letter between the two codes and
#                  nobody sees a difference before a case has it. Nothing is raised or logged, `success` is True.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/workflow.py, get_events (events "that cannot be handled from within"); BPMN 2.0.2, 10.5.3, End
#                  Event (active threads of the subprocess end; uncaught it is unspecified, a usual way is to end the process)
# Why it matters   The way that was drawn for a refusal ends in a grant. A check of diagrams has to find for each error the event that
#                  catches it, by its code, before a diagram is deployed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
import logging
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

logging.basicConfig(level=logging.WARNING)
PART = """
    <startEvent id="part_begin"/>
    <sequenceFlow id="to_look" sourceRef="part_begin" targetRef="look"/>
    <userTask id="look"/>
    <sequenceFlow id="to_forged" sourceRef="look" targetRef="forged"/>
    <endEvent id="forged"><errorEventDefinition id="ends" errorRef="forgery"/></endEvent>"""
CATCHER = """
    <boundaryEvent id="caught" attachedToRef="part"><errorEventDefinition id="catches" errorRef="{error}"/></boundaryEvent>
    <sequenceFlow id="to_refuse" sourceRef="caught" targetRef="refuse"/>
    <userTask id="refuse"/>
    <sequenceFlow id="to_refused" sourceRef="refuse" targetRef="refused"/>
    <endEvent id="refused"/>"""
DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <error id="forgery" errorCode="forged"/>
  <error id="other" errorCode="forgery"/>
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_part" sourceRef="begin" targetRef="part"/>
    {part}
    <sequenceFlow id="to_issue" sourceRef="part" targetRef="issue"/>
    <userTask id="issue"/>
    <sequenceFlow id="to_end" sourceRef="issue" targetRef="end"/>
    <endEvent id="end"/>
    {catcher}
  </process>
  {more}
</definitions>"""
INSIDE = {"part": f'<subProcess id="part">{PART}</subProcess>', "more": ""}
CALLED = {"part": '<callActivity id="part" calledElement="look_closer"/>', "more": f'<process id="look_closer" isExecutable="true">{PART}</process>'}


def open_after(catcher: str, part: dict[str, str]) -> tuple[str, ...]:
    """Give the tasks that are open when the part has ended in its error."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(catcher=catcher, **part).encode())
    wf = BpmnWorkflow(parser.get_spec("registration"), parser.get_subprocess_specs("registration"))
    wf.do_engine_steps()
    (look,) = wf.get_tasks(state=TaskState.READY, manual=True)
    look.run()
    wf.do_engine_steps()
    assert wf.success
    return tuple(task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True))


print("SpiffWorkflow", version("SpiffWorkflow"))
seen = {
    "caught": open_after(CATCHER.format(error="forgery"), INSIDE),
    "another code is caught": open_after(CATCHER.format(error="other"), INSIDE),
    "nothing is caught": open_after("", INSIDE),
    "nothing is caught, called": open_after("", CALLED),
}
for name, tasks in seen.items():
    print(f"{name:26} open: {', '.join(tasks)}")
assert list(seen.values()) == [("refuse",), ("issue",), ("issue",), ("issue",)]
PYTHON
