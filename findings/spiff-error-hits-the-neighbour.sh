#!/usr/bin/env bash
# One would guess  An error end event is caught by the boundary event of the subprocess that it stands in, or by one
#                  further out (BPMN 2.0.2). What runs beside it in parallel does not notice.
# What happens     SpiffWorkflow tells an error to every boundary event around. The one of the neighbour, which runs
#                  in parallel and has no fault, fires as well: its open task is cancelled, and it too is sent to
#                  repair. The plain parser and the one of the library's own extensions agree in this.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           BPMN 2.0.2, Handling Events (an error goes outwards, to the enclosing scopes); the `throw`
#                  methods in SpiffWorkflow/bpmn/specs/event_definitions/item_aware_event.py and
#                  spiff/specs/event_definitions.py
# Why it matters   "The enterprise's check failed" would stop the applicant's own branch, and both would be sent to
#                  repair.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser


def flow(source: str, target: str) -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def branch(name: str, end: str) -> str:
    """A subprocess with one task, and a boundary event that leads to the task `repair_…`."""
    return f"""
    <subProcess id="{name}">
      <startEvent id="{name}_begin"/>{flow(f"{name}_begin", f"check_{name}")}
      <userTask id="check_{name}"/>{flow(f"check_{name}", f"{name}_end")}
      <endEvent id="{name}_end">{end}</endEvent>
    </subProcess>{flow(name, f"{name}_done")}<endEvent id="{name}_done"/>
    <boundaryEvent id="{name}_failed" attachedToRef="{name}"><errorEventDefinition errorRef="failed"/></boundaryEvent>
    {flow(f"{name}_failed", f"repair_{name}")}
    <userTask id="repair_{name}"/>{flow(f"repair_{name}", f"{name}_over")}<endEvent id="{name}_over"/>"""


DIAGRAM = f"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <error id="failed" errorCode="FAILED"/>
  <process id="checks" isExecutable="true">
    <startEvent id="begin"/>{flow("begin", "fork")}
    <parallelGateway id="fork"/>{flow("fork", "enterprise")}{flow("fork", "applicant")}
    {branch("enterprise", '<errorEventDefinition errorRef="failed"/>')}
    {branch("applicant", "")}
  </process>
</definitions>""".encode()


def open_tasks(parser: BpmnParser) -> list[str]:
    parser.add_bpmn_str(DIAGRAM)
    wf = BpmnWorkflow(parser.get_spec("checks"), parser.get_subprocess_specs("checks"))
    wf.do_engine_steps()
    wf.get_next_task(state=TaskState.READY, spec_name="check_enterprise").run()
    wf.do_engine_steps()
    return sorted(task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True))


print("SpiffWorkflow", version("SpiffWorkflow"))
print("the enterprise's check ends in an error, the applicant's own check stood open; open afterwards:")
for parser in (BpmnParser(), SpiffBpmnParser()):
    left = open_tasks(parser)
    print(f"  read by {type(parser).__name__}: {left}")
    assert left == ["repair_applicant", "repair_enterprise"], "the neighbour is left alone now: mended"
PYTHON
