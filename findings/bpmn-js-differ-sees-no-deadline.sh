#!/usr/bin/env bash
# One would guess  The differ of the makers of bpmn-js lists what changed between two diagrams. A reviewer who sees
#                  "no changes" may approve the new version.
# What happens     A timer's duration may go from 15 days to 5, and added, removed, changed and moved are all empty,
#                  although the event and its definition bear ids. Event definitions are no elements of the picture,
#                  so nobody looks into them. A comma in a name or a condition is found at once.
# Versions         bpmn-js-differ 3.2.0, bpmn-moddle 10.3.1 (npm)
# Source           bpmn-js-differ issue 15, open since 2022; ChangeHandler._isTracked (no event definitions)
# Why it matters   Deadlines are what a process of an authority is about. A page that compares two versions of a
#                  diagram has to compare event definitions by itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts bpmn-js-differ@3.2.0 bpmn-moddle@10.3.1
cat > compare.mjs <<'NODE'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { BpmnModdle } from 'bpmn-moddle';
import { diff } from 'bpmn-js-differ';

const diagram = ({ duration = 'P15D', name = 'Correct the form', condition = 'hours > 30' }) => `
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="correction">
    <startEvent id="begin" />
    <sequenceFlow id="to_form" sourceRef="begin" targetRef="form" />
    <userTask id="form" name="${name}" />
    <boundaryEvent id="too_late" attachedToRef="form">
      <timerEventDefinition id="deadline"><timeDuration>${duration}</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="in_time" sourceRef="form" targetRef="end">
      <conditionExpression>${condition}</conditionExpression>
    </sequenceFlow>
    <endEvent id="end" />
  </process>
</definitions>`;

const read = async (changes) => (await new BpmnModdle().fromXML(diagram(changes))).rootElement;

async function found(changes) {
  const { _added, _removed, _changed, _layoutChanged } = diff(await read({}), await read(changes));
  return Object.keys({ ..._added, ..._removed, ..._changed, ..._layoutChanged });
}

for (const library of ['bpmn-js-differ', 'bpmn-moddle']) {
  console.log(library, JSON.parse(readFileSync(`node_modules/${library}/package.json`)).version);
}
for (const [changes, expected] of [
  [{ name: 'Correct the form,' }, ['form']],
  [{ condition: 'hours > 60' }, ['in_time']],
  [{ duration: 'P5D' }, []],
]) {
  const elements = await found(changes);
  console.log(JSON.stringify(changes), 'changes', elements.join() || 'nothing');
  assert.deepEqual(elements, expected, 'the differ sees something else now');
}
NODE
node compare.mjs
