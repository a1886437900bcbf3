#!/usr/bin/env bash
# One would guess  The id of a BPMN element is an xsd:ID: letters of any script may stand in it. A Chinese team that
#                  calls its task 审核 by its id too has a valid file, and an editor opens it, or refuses to.
# What happens     The schema and SpiffWorkflow take the id and run the task. bpmn-moddle, under every bpmn-js, knows
#                  only Latin letters here: it leaves the element out, tells a warning among its warnings, and hands
#                  on a diagram whose flows lead nowhere. What it saves has the task no more. Names in Chinese are
#                  no trouble, and of a reference in Chinese to a thing that is not there it only says that.
# Versions         bpmn-moddle 10.3.1 with moddle-xml 12.3.2 (npm); SpiffWorkflow 3.2.0, lxml 6.1.3 (PyPI)
# Source           moddle-xml, Context.addElement (ids are matched with [a-z_][\w-.]*); XML 1.0, production 4
#                  (NameStartChar has the CJK ideographs) and XML Schema part 2, 3.3.8
# Why it matters   A diagram drawn elsewhere runs for years. The day an analyst opens it in the browser, changes a
#                  name and saves, the review step is gone from it. A check of diagrams has to ask for Latin ids, and
#                  an editor has to stop at warnings of this kind.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts bpmn-moddle@10.3.1 moddle-xml@12.3.2
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
for id in review 审核; do
  cat > "$id.bpmn" <<XML
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="registration" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="to_review" sourceRef="begin" targetRef="$id"/>
    <userTask id="$id" name="审核"/>
    <sequenceFlow id="to_end" sourceRef="$id" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>
XML
done
cat > run.py <<'PYTHON'
from importlib.metadata import version
from pathlib import Path

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

print("SpiffWorkflow", version("SpiffWorkflow"))
for name in ("review", "审核"):
    parser = BpmnParser(validator=BpmnValidator())
    parser.add_bpmn_str(Path(f"{name}.bpmn").read_bytes())
    workflow = BpmnWorkflow(parser.get_spec("registration"))
    workflow.do_engine_steps()
    offered = [task.task_spec.name for task in workflow.get_tasks(state=TaskState.READY, manual=True)]
    print(f"valid by the schema, offered: {offered}")
    assert offered == [name]
PYTHON
venv/bin/python run.py
cat > save.mjs <<'NODE'
import { readFileSync } from 'node:fs';
import { BpmnModdle } from 'bpmn-moddle';

for (const [id, isKept] of [['review', true], ['审核', false]]) {
  const moddle = new BpmnModdle();
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(`${id}.bpmn`, 'utf8'));
  const { xml } = await moddle.toXML(rootElement);
  const kept = xml.includes('userTask');
  console.log(`bpmn-moddle, id ${id}: saved with its task: ${kept}, ${warnings.length} warnings`);
  for (const { message } of warnings) console.log('   ', message.replaceAll(/\s+/g, ' '));
  if (kept !== isKept || (warnings.length > 0) === isKept) throw new Error('it reads otherwise now');
}
NODE
node save.mjs
