#!/usr/bin/env bash
# One would guess  A process that goes round until somebody says "done" can go round as often as it takes. If the
#                  engine had a limit, it would raise an error at it.
# What happens     SpiffWorkflow keeps a task for each step ever taken, each the child of the one before, and looks
#                  for open tasks no deeper than 1000. A loop of three nodes is 1000 deep after 333 rounds: from
#                  then on nobody is offered the task any more, nothing is raised, and `is_completed()` answers
#                  True, though the open task stands in `wf.tasks` and the end event was never reached.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/util/task.py, TaskIterator (max_depth=1000); Workflow.is_completed is built on it
# Why it matters   Applications go back for correction, drafts are saved again and again, and a case lives for
#                  years. Such a case silently counts as finished. Finished history has to be cut out of the tree on
#                  every save.
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

DIAGRAM = b"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="correction" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_merge" sourceRef="begin" targetRef="merge"/>
    <exclusiveGateway id="merge"/>
    <sequenceFlow id="to_form" sourceRef="merge" targetRef="correct_form"/>
    <userTask id="correct_form"/>
    <sequenceFlow id="to_question" sourceRef="correct_form" targetRef="is_done"/>
    <exclusiveGateway id="is_done" default="again"/>
    <sequenceFlow id="again" sourceRef="is_done" targetRef="merge"/>
    <sequenceFlow id="ready" sourceRef="is_done" targetRef="end">
      <conditionExpression>done</conditionExpression>
    </sequenceFlow>
    <endEvent id="end"/>
  </process>
</definitions>"""

parser = SpiffBpmnParser(validator=VALIDATOR)
parser.add_bpmn_str(DIAGRAM)
wf = BpmnWorkflow(parser.get_spec("correction"))
wf.do_engine_steps()

rounds = 0
while offered := wf.get_tasks(state=TaskState.READY, manual=True):
    assert rounds < 1000, "the loop goes on: mended"
    offered[0].data["done"] = False
    offered[0].run()
    wf.do_engine_steps()
    rounds += 1

left = [task.task_spec.name for task in wf.tasks.values() if task.state == TaskState.READY]
reached_end = any(task.task_spec.name == "end" and task.state == TaskState.COMPLETED for task in wf.tasks.values())
print("SpiffWorkflow", version("SpiffWorkflow"))
print(f"after {rounds} rounds no task is offered; is_completed() is {wf.is_completed()}")
print(f"still open in the tree: {left}; end event reached: {reached_end}")
assert rounds == 333
assert wf.is_completed() and not reached_end
assert left == ["merge"]
PYTHON
