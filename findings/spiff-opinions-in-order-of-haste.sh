#!/usr/bin/env bash
# One would guess  A task for each of three experts, side by side: one list goes in, one list of opinions comes out,
#                  and the second opinion is the second expert's.
# What happens     SpiffWorkflow appends an opinion when its task ends. Who answers first stands first, and `experts`
#                  beside `opinions` puts words into the wrong mouth. One after the other (isSequential) it is right, so
#                  the first trial is; with a dictionary it is right; with one list for both it is right, each opinion
#                  then overwriting its expert. Only two lists in parallel, the usual way to draw it, are mixed.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/mixins/multiinstance_task.py, MultiInstanceTask.merge_child (`append`, though
#                  it holds the index); Zeebe's documentation of `outputCollection` for the usual meaning (by index)
# Why it matters   A board of three decides on a disputed registration, and the letter names each member with his
#                  vote. What belongs together has to be one value, expert and vote, before it is collected.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="board" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_ask" sourceRef="begin" targetRef="ask"/>
    <userTask id="ask">
      <multiInstanceLoopCharacteristics isSequential="{sequential}">
        <loopDataInputRef>experts</loopDataInputRef>
        <loopDataOutputRef>{output}</loopDataOutputRef>
        <inputDataItem id="expert" name="expert"/>
        <outputDataItem id="opinion" name="opinion"/>
      </multiInstanceLoopCharacteristics>
    </userTask>
    <sequenceFlow id="to_decide" sourceRef="ask" targetRef="decide"/>
    <userTask id="decide"/>
    <sequenceFlow id="to_end" sourceRef="decide" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


def collected(experts: Any, sequential: bool = False, output: str = "opinions") -> Any:
    """Let the experts answer, the last of those that are asked first, and give what is collected."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(sequential=str(sequential).lower(), output=output).encode())
    wf = BpmnWorkflow(parser.get_spec("board"))
    (begin,) = wf.get_tasks(state=TaskState.READY)
    begin.data["experts"] = experts
    wf.do_engine_steps()
    while (asked := wf.get_tasks(state=TaskState.READY, manual=True)[-1]).task_spec.name != "decide":
        asked.data["opinion"] = f"opinion of {asked.data['expert']}"
        asked.run()
        wf.do_engine_steps()
    return asked.data[output]


print("SpiffWorkflow", version("SpiffWorkflow"))
NAMES = ["Li", "Wang", "Zhao"]
right = [f"opinion of {name}" for name in NAMES]
for said, given, wanted in (
    ("one after the other", collected(NAMES, sequential=True), right),
    ("side by side", collected(NAMES), right[::-1]),
    ("side by side, one list", collected([*NAMES], output="experts"), right),
    ("side by side, by key", collected({"1": "Li", "2": "Wang"}), {"1": right[0], "2": right[1]}),
):
    print(f"{said}: {given}")
    assert given == wanted, said
PYTHON
