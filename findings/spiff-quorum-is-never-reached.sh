#!/usr/bin/env bash
# One would guess  A task for each of five members of a board, and a completionCondition: two opinions suffice. It is looked at
#                  after each opinion, so after the second one the other three are spared.
# What happens     SpiffWorkflow looks at it in the data of the one task that just ended, before its opinion is collected. Side by
#                  side each of them was given an empty list when all began: `len(opinions) >= 2` is never true, and all five have
#                  to answer. One after the other it is true one opinion late, after the third. A condition about the member's own
#                  answer (`opinion == "no"`) works in both, so that it looks tried, and nothing is raised.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn/specs/mixins/multiinstance_task.py (`condition` is evaluated for the child); BPMN 2.0.2,
#                  13.3.7, Multiple Instances Activity (evaluated every time an instance completes; the others are cancelled)
# Why it matters   A quorum is what a board is. The case waits for the fifth member, who is on leave, and no page says that it need
#                  not. Who votes, and whether it suffices, has to be rows of the register and a question after each vote.
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
  <process id="board" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_convene" sourceRef="begin" targetRef="convene"/>
    <userTask id="convene"/>
    <sequenceFlow id="to_vote" sourceRef="convene" targetRef="vote"/>
    <userTask id="vote">
      <multiInstanceLoopCharacteristics isSequential="{sequential}">
        <loopDataInputRef>members</loopDataInputRef>
        <loopDataOutputRef>opinions</loopDataOutputRef>
        <inputDataItem id="member" name="member"/>
        <outputDataItem id="opinion" name="opinion"/>
        <completionCondition>{enough}</completionCondition>
      </multiInstanceLoopCharacteristics>
    </userTask>
    <sequenceFlow id="to_decide" sourceRef="vote" targetRef="decide"/>
    <userTask id="decide"/>
    <sequenceFlow id="to_end" sourceRef="decide" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


def votes(sequential: str, enough: str) -> list[str]:
    """Let the members vote, the second one "no", until the case goes on; give the opinions that were collected by then."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(sequential=sequential, enough=enough).encode())
    wf = BpmnWorkflow(parser.get_spec("board"))
    wf.do_engine_steps()
    (convene,) = wf.get_tasks(state=TaskState.READY, manual=True)
    convene.data["members"] = ["first", "second", "third", "fourth", "fifth"]
    convene.run()
    wf.do_engine_steps()
    while (task := wf.get_tasks(state=TaskState.READY, manual=True)[0]).task_spec.name != "decide":
        task.data["opinion"] = "no" if task.data["member"] == "second" else "yes"
        task.run()
        wf.do_engine_steps()
    return task.data["opinions"]


print("SpiffWorkflow", version("SpiffWorkflow"))
heard = {}
for sequential, way in {"false": "side by side", "true": "one after the other"}.items():
    for enough in ("len(opinions) &gt;= 2", "opinion == 'no'"):
        heard[way, enough] = votes(sequential, enough)
        print(f"{way}, until {enough}: {heard[way, enough]}")
assert [len(opinions) for opinions in heard.values()] == [5, 2, 3, 2]
PYTHON
