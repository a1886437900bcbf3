#!/usr/bin/env bash
# One would guess  Two branches run side by side and each fills its own fields. After the join both answers stand,
#                  whoever was first: a branch that never touched a field has nothing to say about it.
# What happens     Each branch of SpiffWorkflow carries a copy of all data from before the split, and the join lays
#                  the copies over each other in the order in which the branches ended. The branch that ends last
#                  brings the old value of every field along that it only inherited. If the telephone was corrected
#                  in the other branch, the correction is gone; end the two in the other order and it stands. New
#                  fields of both survive either way, so that it looks tried. Nothing is raised.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/mixins/unstructured_join.py, _run_hook (merges task.parent.data of each
#                  branch by last_state_change); BPMN 2.0.2, 10.4.1: the data of a process are one, not one a branch
# Why it matters   An applicant corrects a number while his enterprise confirms beside him. Which of the two presses
#                  last decides whether the officer sees the correction. What people typed has to live in rows of
#                  its own, not in the engine's data.
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
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_fill" sourceRef="begin" targetRef="fill"/>
    <userTask id="fill"/>
    <sequenceFlow id="to_split" sourceRef="fill" targetRef="split"/>
    <parallelGateway id="split"/>
    <sequenceFlow id="to_correct" sourceRef="split" targetRef="correct"/>
    <sequenceFlow id="to_confirm" sourceRef="split" targetRef="confirm"/>
    <userTask id="correct"/>
    <userTask id="confirm"/>
    <sequenceFlow id="corrected" sourceRef="correct" targetRef="join"/>
    <sequenceFlow id="confirmed" sourceRef="confirm" targetRef="join"/>
    <parallelGateway id="join"/>
    <sequenceFlow id="to_review" sourceRef="join" targetRef="review"/>
    <userTask id="review"/>
    <sequenceFlow id="to_end" sourceRef="review" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""

ANSWERS = {
    "fill": {"telephone": "old", "address": {"road": "old", "number": 1}},
    "correct": {"telephone": "new", "address": {"road": "new", "number": 1}},
    "confirm": {"agreed": True},
}


def reviewed(order: tuple[str, str]) -> dict[str, object]:
    """Give what the reviewer sees when the two tasks end in this order."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM)
    wf = BpmnWorkflow(parser.get_spec("registration"))
    wf.do_engine_steps()
    for name in ("fill", *order):
        (task,) = (t for t in wf.get_tasks(state=TaskState.READY, manual=True) if t.task_spec.name == name)
        task.data.update(ANSWERS[name])
        task.run()
        wf.do_engine_steps()
    (review,) = wf.get_tasks(state=TaskState.READY, manual=True)
    assert review.task_spec.name == "review"
    return dict(review.data)


print("SpiffWorkflow", version("SpiffWorkflow"))
kept = reviewed(("confirm", "correct"))
lost = reviewed(("correct", "confirm"))
print("confirmed, then corrected:", kept)
print("corrected, then confirmed:", lost)
assert kept == {"telephone": "new", "address": {"road": "new", "number": 1}, "agreed": True}
assert lost == {"telephone": "old", "address": {"road": "old", "number": 1}, "agreed": True}
PYTHON
