#!/usr/bin/env bash
# One would guess  An event subprocess belongs to the process that it stands in. When the process has come to its end, its deadline has
#                  nothing to wait for: the case is complete.
# What happens     In SpiffWorkflow the case waits for the timer. The last task is done, the end event was reached, `is_completed()` is
#                  False; when the deadline comes, weeks later, the task of the overdue is opened in a case that was decided long
#                  ago, and only when that is done the case ends. With a message instead of the timer it ends at once, and with
#                  the timer at the border of a task as well.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3
# Source           SpiffWorkflow/bpmn (event subprocesses are new in this release; their start is a task of the process that its end joins);
#                  BPMN 2.0.2, 13.5.4, Event Sub-Processes (a handler lives as long as the context that it is for)
# Why it matters   Everybody who was registered in time gets the letter that his application is overdue, and what is kept until a case
#                  ends is kept for the longest deadline. A deadline belongs to the border of the part that it is for.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from time import sleep

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser

SECONDS = 2
DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <message id="withdrawal" name="withdrawal"/>
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_decide" sourceRef="begin" targetRef="decide"/>
    <userTask id="decide"/>
    <sequenceFlow id="to_end" sourceRef="decide" targetRef="end"/>
    <endEvent id="end"/>
    {waits}
  </process>
</definitions>"""
OVERDUE = """
    <sequenceFlow id="to_tell" sourceRef="comes" targetRef="tell_of_delay"/>
    <userTask id="tell_of_delay"/>
    <sequenceFlow id="to_told" sourceRef="tell_of_delay" targetRef="told"/>
    <endEvent id="told"/>"""
TIMER = f"""<timerEventDefinition id="event"><timeDuration xsi:type="tFormalExpression">"PT{SECONDS}S"</timeDuration></timerEventDefinition>"""
MESSAGE = '<messageEventDefinition id="event" messageRef="withdrawal"/>'
PLACES = {
    "event subprocess, timer": f'<subProcess id="aside" triggeredByEvent="true"><startEvent id="comes">{TIMER}</startEvent>{OVERDUE}</subProcess>',
    "event subprocess, message": f'<subProcess id="aside" triggeredByEvent="true"><startEvent id="comes">{MESSAGE}</startEvent>{OVERDUE}</subProcess>',
    "border of the task, timer": f'<boundaryEvent id="comes" attachedToRef="decide">{TIMER}</boundaryEvent>{OVERDUE}',
}


def decided(waits: str) -> tuple[bool, list[str]]:
    """Decide a case in time. Tell whether it is complete, and what is open when the deadline has passed."""
    parser = SpiffBpmnParser(validator=VALIDATOR)
    parser.add_bpmn_str(DIAGRAM.format(waits=waits).encode())
    wf = BpmnWorkflow(parser.get_spec("registration"), parser.get_subprocess_specs("registration"))
    wf.do_engine_steps()
    (decide,) = wf.get_tasks(state=TaskState.READY, manual=True)
    decide.run()
    wf.do_engine_steps()
    is_completed = wf.is_completed()
    sleep(SECONDS + 0.1)
    wf.refresh_timers()
    wf.do_engine_steps()
    return is_completed, [task.task_spec.name for task in wf.get_tasks(state=TaskState.READY, manual=True)]


print("SpiffWorkflow", version("SpiffWorkflow"))
seen = {place: decided(waits) for place, waits in PLACES.items()}
for place, (is_completed, tasks) in seen.items():
    print(f"{place:26} {'complete' if is_completed else 'not complete'} when decided; open after the deadline: {', '.join(tasks) or 'nothing'}")
assert list(seen.values()) == [(False, ["tell_of_delay"]), (True, []), (True, [])]
PYTHON
