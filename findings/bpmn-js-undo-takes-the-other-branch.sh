#!/usr/bin/env bash
# One would guess  Undo restores what was there. Delete an arrow, press Ctrl+Z, save: the same picture, the same
#                  process.
# What happens     The restored arrow stands last in the file. The picture is the same, no attribute differs, a
#                  diagram with one way out of each gateway runs as before. But where two conditions of a gateway
#                  hold, engines take the first in the order of the file: the case that went to A goes to B after
#                  the undo.
# Versions         bpmn-js 18.31.1 in jsdom 26.1.0 (npm); SpiffWorkflow 3.2.0, lxml 6.1.3 (PyPI)
# Source           bpmn-js, lib/features/modeling/BpmnUpdater.js, updateSemanticParent (what comes back is pushed to
#                  the end of its parent); BPMN 2.0.2, Exclusive Gateway: conditions are evaluated in order, the
#                  first wins
# Why it matters   Forty training hours are either enough or not, and nobody sees in the diagram why that changed.
#                  Overlapping conditions of one gateway have to be refused, as overlapping rules of a table are.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts bpmn-js@18.31.1 jsdom@26.1.0
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check SpiffWorkflow==3.2.0 lxml==6.1.3
cat > undo.mjs <<'NODE'
import { writeFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

// jsdom does not draw: whatever bpmn-js asks of SVG has one constant answer.
const { window } = new JSDOM('<div id="canvas"></div>');
const nothing = () => ({ matrix: {}, setTranslate() {} });
const list = { createSVGTransformFromMatrix: nothing, consolidate: nothing, clear() {}, appendItem() {} };
const box = () => ({ x: 0, y: 0, width: 9, height: 9 });
Object.defineProperty(window.SVGElement.prototype, 'transform', { get: () => ({ baseVal: list }) });
Object.assign(window.SVGElement.prototype, { getBBox: box, createSVGMatrix: nothing, createSVGTransform: nothing });
window.HTMLCanvasElement.prototype.getContext = () => null;
Object.assign(globalThis, { window, document: window.document, CSS: { escape: String } });
globalThis.SVGMatrix = { [Symbol.hasInstance]: () => true };

const draw = (tag, inner) => (id) => `<bpmndi:${tag} bpmnElement="${id}">${inner}</bpmndi:${tag}>`;
const shape = draw('BPMNShape', '<dc:Bounds x="0" y="0" width="80" height="80" />');
const edge = draw('BPMNEdge', '<di:waypoint x="0" y="0" /><di:waypoint x="9" y="9" />');
const DIAGRAM = `
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI">
  <process id="hours" isExecutable="true">
    <startEvent id="begin" />
    <exclusiveGateway id="question"><outgoing>enough</outgoing><outgoing>barely</outgoing></exclusiveGateway>
    <userTask id="accept"><incoming>enough</incoming></userTask>
    <userTask id="look_closer"><incoming>barely</incoming></userTask>
    <sequenceFlow id="to_question" sourceRef="begin" targetRef="question" />
    <sequenceFlow id="enough" sourceRef="question" targetRef="accept">
      <conditionExpression>hours &gt;= 30</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="barely" sourceRef="question" targetRef="look_closer">
      <conditionExpression>hours &lt; 60</conditionExpression>
    </sequenceFlow>
  </process>
  <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="hours">
    ${['begin', 'question', 'accept', 'look_closer'].map(shape).join('')}
    ${['to_question', 'enough', 'barely'].map(edge).join('')}
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>`;

const { default: Modeler } = await import('bpmn-js/dist/bpmn-modeler.production.min.js');
const modeler = new Modeler({ container: '#canvas' });
const save = async (name) => writeFileSync(name, (await modeler.saveXML({ format: true })).xml);
await modeler.importXML(DIAGRAM);
await save('before.bpmn');
modeler.get('modeling').removeElements([modeler.get('elementRegistry').get('enough')]);
modeler.get('commandStack').undo();
await save('after.bpmn');
NODE
node -p '"bpmn-js " + require("bpmn-js/package.json").version'
node undo.mjs
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
from pathlib import Path

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow


def task_after(diagram: str, hours: int) -> str:
    parser = BpmnParser()
    parser.add_bpmn_str(Path(diagram).read_bytes())
    wf = BpmnWorkflow(parser.get_spec("hours"))
    wf.task_tree.data["hours"] = hours
    wf.do_engine_steps()
    return wf.get_next_task(state=TaskState.READY, manual=True).task_spec.name


print("SpiffWorkflow", version("SpiffWorkflow"))
before, after = (sorted(Path(name).read_text().split("\n")) for name in ("before.bpmn", "after.bpmn"))
assert before == after, "the two files no longer have the same lines"
for hours, expected in [(20, "look_closer look_closer"), (40, "accept look_closer"), (90, "accept accept")]:
    tasks = f"{task_after('before.bpmn', hours)} {task_after('after.bpmn', hours)}"
    print(f"{hours} hours, before and after the undo: {tasks}")
    assert tasks == expected
PYTHON
