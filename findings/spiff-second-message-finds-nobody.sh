#!/usr/bin/env bash
# One would guess  An event at the border of a task that does not interrupt it may occur as often as it likes while the task is
#                  open: each message starts the way that is drawn from it. A timer that repeats does so in this engine.
# What happens     SpiffWorkflow hears the first message and never another, though the task is still open and the way of the first one
#                  long ended. `catch` takes the second one, starts nothing and says nothing; only `send_event` says that nobody
#                  waits. Signals go the same way. After saving and loading it is no different.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/mixins/events/event_types.py, CatchingEvent (a completed event is not made anew; only a timer
#                  with a cycle is); BPMN 2.0.2, 10.5.4, `cancelActivity` of boundary events (if it does not cancel, several
#                  instances of the handler can run at the same time)
# Why it matters   While the officer reviews, the applicant sends his missing paper, and a second one the day after. The first reaches
#                  the case, the second is received and belongs to nobody. What may come several times has to be rows of a
#                  table that the task reads, or its way has to lead back to a new wait.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <message id="message" name="paper"/>
  <signal id="signal" name="paper"/>
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_review" sourceRef="begin" targetRef="review"/>
    <userTask id="review"/>
    <boundaryEvent id="sent" attachedToRef="review" cancelActivity="false"><{kind}EventDefinition id="hears" {kind}Ref="{kind}"/></boundaryEvent>
    <sequenceFlow id="to_file" sourceRef="sent" targetRef="file_it"/>
    <userTask id="file_it"/>
    <sequenceFlow id="to_filed" sourceRef="file_it" targetRef="filed"/>
    <endEvent id="filed"/>
    <sequenceFlow id="to_end" sourceRef="review" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""
serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))


def open_tasks(wf: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True))


print("SpiffWorkflow", version("SpiffWorkflow"))
for kind in ("message", "signal"):
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(kind=kind).encode())
    wf = BpmnWorkflow(parser.get_spec("registration"))
    wf.do_engine_steps()
    event, heard = wf.spec.task_specs["sent"].event_definition, []
    for _ in range(3):
        wf.catch(BpmnEvent(event, {}))
        wf.do_engine_steps()
        heard.append(open_tasks(wf))
        for task in wf.get_tasks(state=TaskState.READY, spec_name="file_it"):
            task.run()
            wf.do_engine_steps()
        wf = serializer.deserialize_json(serializer.serialize_json(wf))
    print(f"{kind}, after each of three: {heard}")
    assert heard == [["file_it", "review"], ["review"], ["review"]]
    try:
        wf.send_event(BpmnEvent(event, {}))
    except WorkflowException as said:
        print("send_event:", said)
    else:
        raise AssertionError("somebody waits")
PYTHON
