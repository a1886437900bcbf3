#!/usr/bin/env bash
# One would guess  A form that was shown with a list and is sent back with another one leaves the other one: what a
#                  person submits replaces what was there.
# What happens     SpiffWorkflow merges lists: what is new is appended, what is there already is passed over, and
#                  the result is cut to the length of what was sent. So [A, B] corrected to [C] becomes [A]: the old
#                  value stays and the typed one is lost. Put in another order, nothing moves. Only an empty list
#                  gets through.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/util/deep_merge.py, merge_array, reached by UserTask.add_data_from_form of a task
#                  without variableName; spiff-arena pull request 2917 goes round it on its own side
# Why it matters   Schools, employers, attachments: the officer would decide on the list before the correction,
#                  while the applicant saw his own. Data of forms have to be replaced whole.
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
  <process id="application" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_fill" sourceRef="begin" targetRef="fill"/>
    <userTask id="fill"/>
    <sequenceFlow id="to_correct" sourceRef="fill" targetRef="correct"/>
    <userTask id="correct"/>
    <sequenceFlow id="to_end" sourceRef="correct" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


def after_correction(first: list[str], second: list[str]) -> list[str]:
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM)
    wf = BpmnWorkflow(parser.get_spec("application"))
    for schools in (first, second):
        wf.do_engine_steps()
        task = wf.get_next_task(state=TaskState.READY, manual=True)
        task.task_spec.add_data_from_form(task, {"schools": list(schools)})
        task.run()
    wf.do_engine_steps()
    assert wf.completed
    return wf.data["schools"]


print("SpiffWorkflow", version("SpiffWorkflow"))
for first, second, expected in [
    (["A", "B"], ["C"], ["A"]),
    (["A", "B"], ["C", "C"], ["A", "B"]),
    (["A", "B"], ["B", "A"], ["A", "B"]),
    (["A", "B"], ["A", "C"], ["A", "B"]),
    (["A", "B"], [], []),
]:
    result = after_correction(first, second)
    print(f"filled {first}, corrected to {second}: {result}")
    assert result == expected, "lists are merged otherwise now"
PYTHON
