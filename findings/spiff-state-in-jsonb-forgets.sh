#!/usr/bin/env bash
# One would guess  The engine saves its state as JSON. A JSON object is unordered, so any store that keeps JSON will
#                  do, PostgreSQL's jsonb for one.
# What happens     The order of the keys is part of SpiffWorkflow's format. Each task is stored as a difference to
#                  its parent and restored in the order of the file; a child that comes before its parent starts
#                  from nothing, and what the parent brought is gone. It loads without an error or a warning. Keys
#                  are random UUIDs and jsonb sorts them, so most cases lose their data, and which ones is left to
#                  chance.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/serializer/default/workflow.py (`delta`, restored when the parent is there
#                  already); RFC 8259, 4 (order of members); PostgreSQL manual, JSON types: jsonb does not preserve
#                  key order
# Why it matters   An officer opens a case whose form is empty. State belongs into text or bytes, never into jsonb,
#                  and no tool that sorts keys (jq -S, sort_keys=True) may touch it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
import json
from importlib.metadata import version

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG

DIAGRAM = b"""
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="application" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_fill" sourceRef="begin" targetRef="fill"/>
    <userTask id="fill"/>
    <sequenceFlow id="to_decide" sourceRef="fill" targetRef="decide"/>
    <userTask id="decide"/>
    <sequenceFlow id="to_end" sourceRef="decide" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""

serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))


def saved() -> dict:
    """The state of a case whose form is filled and that waits for its decision."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM)
    wf = BpmnWorkflow(parser.get_spec("application"))
    wf.do_engine_steps()
    form = wf.get_next_task(state=TaskState.READY, manual=True)
    form.data["profession"] = "structural engineer"
    form.run()
    wf.do_engine_steps()
    return json.loads(serializer.serialize_json(wf))


def seen_by_the_officer(state: dict) -> dict:
    wf = serializer.deserialize_json(json.dumps(state))
    return wf.get_next_task(state=TaskState.READY, manual=True).data


print("SpiffWorkflow", version("SpiffWorkflow"))
state = saved()
other_order = state | {"tasks": dict(reversed(state["tasks"].items()))}
assert other_order == state, "the same JSON"
print("as saved:             ", seen_by_the_officer(state))
print("keys in another order:", seen_by_the_officer(other_order))
assert seen_by_the_officer(state) == {"profession": "structural engineer"}
assert seen_by_the_officer(other_order) == {}, "the order no longer matters: mended"

sorted_keys = [json.loads(json.dumps(saved(), sort_keys=True)) for _ in range(200)]
lost = sum(not seen_by_the_officer(case) for case in sorted_keys)
print("200 cases with sorted keys: more than half have lost their form:", lost > 100)
assert 100 < lost < 200
PYTHON
