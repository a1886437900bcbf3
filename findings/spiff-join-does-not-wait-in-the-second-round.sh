#!/usr/bin/env bash
# One would guess  A parallel join takes one token from each of its arrows, in every round of a loop around it. Two officers review side by
#                  side; sent back, both review again, and the decision comes when both have.
# What happens     SpiffWorkflow counts the one who was FIRST in the first round as arrived for ever. In the second round the other alone
#                  opens the join: the decision is ready while the first officer still has the file, and what he then finds opens
#                  the decision once more, for a case that may have been decided. If the two come in the same order in both rounds
#                  all is right, and a test that plays a round twice is such a test. Nothing is raised.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/mixins/parallel_gateway.py, _check_threshold_unstructured: earlier joins are passed over when the
#                  one that asks descends from them; the one at which the first branch ended is nobody's ancestor. BPMN 2.0.2,
#                  13.4.1, Parallel Gateway (consumes exactly one token from each incoming flow)
# Why it matters   "Back for correction, then both look again" is half of what an authority draws. Half of those cases are decided
#                  by one pair of eyes. A check of diagrams has to refuse a join that can be reached again.
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
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_fill" sourceRef="begin" targetRef="fill"/>
    <userTask id="fill"/>
    <sequenceFlow id="to_split" sourceRef="fill" targetRef="split"/>
    <parallelGateway id="split"/>
    <sequenceFlow id="to_building" sourceRef="split" targetRef="building"/>
    <sequenceFlow id="to_person" sourceRef="split" targetRef="person"/>
    <userTask id="building"/>
    <userTask id="person"/>
    <sequenceFlow id="building_seen" sourceRef="building" targetRef="join"/>
    <sequenceFlow id="person_seen" sourceRef="person" targetRef="join"/>
    <parallelGateway id="join"/>
    <sequenceFlow id="to_decide" sourceRef="join" targetRef="decide"/>
    <userTask id="decide"/>
    <sequenceFlow id="to_question" sourceRef="decide" targetRef="question"/>
    <exclusiveGateway id="question" default="granted"/>
    <sequenceFlow id="back" sourceRef="question" targetRef="fill"><conditionExpression>decision == "back"</conditionExpression></sequenceFlow>
    <sequenceFlow id="granted" sourceRef="question" targetRef="issue"/>
    <userTask id="issue"/>
    <sequenceFlow id="to_end" sourceRef="issue" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


def tasks(wf: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True))


def finish(wf: BpmnWorkflow, name: str, **answers: str) -> list[str]:
    (task,) = wf.get_tasks(state=TaskState.READY, spec_name=name)
    task.data.update(answers)
    task.run()
    wf.do_engine_steps()
    return tasks(wf)


def second_round(first: tuple[str, str], second: tuple[str, str]) -> list[list[str]]:
    """Play one round in one order and send it back; give what is open after each review of the second."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.encode())
    wf = BpmnWorkflow(parser.get_spec("registration"))
    wf.do_engine_steps()
    finish(wf, "fill")
    for name in first:
        finish(wf, name)
    assert tasks(wf) == ["decide"]
    finish(wf, "decide", decision="back")
    finish(wf, "fill")
    seen = [finish(wf, second[0])]
    if "decide" in seen[0]:
        seen.append(finish(wf, "decide", decision="grant"))
    return [*seen, finish(wf, second[1])]


print("SpiffWorkflow", version("SpiffWorkflow"))
one, other = ("building", "person"), ("person", "building")
right, wrong = second_round(one, one), second_round(one, other)
print("the same order:   ", right)
print("the other order:  ", wrong)
assert right == [["person"], ["decide"]]
assert wrong[:2] == [["building", "decide"], ["building", "issue"]], "granted by one pair of eyes"
assert wrong[2:] == [["decide"]], "and asked once more"
PYTHON
