#!/usr/bin/env bash
# One would guess  An attribute that the schema of BPMN declares as xsd:boolean may be written "1": that is true in
#                  XML Schema, as "true" is. A file that the schema accepts means the same to whoever reads it.
# What happens     `cancelActivity="1"`, a timer that interrupts its task, is accepted by SpiffWorkflow's validator
#                  (the official schema) and then read as false: the timer rings, the task stays open beside what
#                  follows. bpmn-moddle, under every bpmn-js, reads it as false too, without a warning, and writes
#                  `cancelActivity="false"` when it saves: whoever opens the diagram and changes nothing has changed
#                  the process.
# Versions         SpiffWorkflow 3.2.0, lxml 6.1.3 (PyPI); bpmn-moddle 10.3.1 (npm)
# Source           XML Schema part 2, 3.2.2.1 (true, false, 1, 0); Semantic.xsd of BPMN 2.0, tBoundaryEvent;
#                  SpiffWorkflow/bpmn/parser/event_parsers.py (a comparison with "true"); moddle's coerceType
# Why it matters   When a period ends, the applicant's task has to go. Here it stays, and he may still press it after
#                  his case was closed. A check of diagrams has to refuse every truth value that is not spelt out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts bpmn-moddle@10.3.1
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
cat > save.mjs <<'NODE'
import { readFileSync } from 'node:fs';
import { BpmnModdle } from 'bpmn-moddle';

const moddle = new BpmnModdle();
for (const truth of ['true', '1', 'false', '0']) {
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(`${truth}.bpmn`, 'utf8'));
  const [process] = rootElement.rootElements;
  const late = process.flowElements.find(({ id }) => id === 'late');
  const { xml } = await moddle.toXML(rootElement);
  const [saved] = xml.match(/cancelActivity="\w+"/) ?? ['(default: true)'];
  console.log(`cancelActivity="${truth}" is ${late.cancelActivity} to bpmn-moddle, saved as ${saved}`);
  if (warnings.length || late.cancelActivity !== (truth === 'true')) throw new Error('it reads otherwise now');
}
NODE
cat > run.py <<'PYTHON'
from importlib.metadata import version
from pathlib import Path
from time import sleep

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

DIAGRAM = """
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="period" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_answer" sourceRef="begin" targetRef="answer"/>
    <userTask id="answer"/>
    <boundaryEvent id="late" attachedToRef="answer" cancelActivity="TRUTH">
      <timerEventDefinition id="clock"><timeDuration>"PT0.01S"</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="to_close" sourceRef="late" targetRef="close"/>
    <userTask id="close"/>
    <sequenceFlow id="answered" sourceRef="answer" targetRef="end"/>
    <sequenceFlow id="closed" sourceRef="close" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""

print("SpiffWorkflow", version("SpiffWorkflow"))
offered = {}
for truth in ("true", "1", "false", "0"):
    diagram = DIAGRAM.replace("TRUTH", truth)
    Path(f"{truth}.bpmn").write_text(diagram)
    parser = BpmnParser(validator=BpmnValidator())
    parser.add_bpmn_str(diagram.encode())
    workflow = BpmnWorkflow(parser.get_spec("period"))
    workflow.do_engine_steps()
    sleep(0.05)
    workflow.refresh_waiting_tasks()
    workflow.do_engine_steps()
    tasks = workflow.get_tasks(state=TaskState.READY, manual=True)
    offered[truth] = {task.task_spec.name for task in tasks}
    print(f'cancelActivity="{truth}": after the timer one may do {sorted(offered[truth])}')
assert offered["true"] == {"close"}, "an interrupting timer takes the task away"
assert offered["1"] == offered["false"] == offered["0"] == {"answer", "close"}
PYTHON
venv/bin/python run.py
node -p '"bpmn-moddle " + require("bpmn-moddle/package.json").version' 2>/dev/null || grep -o '"version": "[^"]*"' node_modules/bpmn-moddle/package.json
node save.mjs
