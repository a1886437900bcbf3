#!/usr/bin/env bash
# One would guess  A linter is made once, with its rules, and asked for every diagram that comes. The same diagram
#                  gets the same answer.
# What happens     The second answer of one `Linter` to the very same file has errors that the first had not:
#                  "SequenceFlow is a duplicate", for every flow. The rule remembers the flows of all diagrams that
#                  it ever saw, by the ids of their ends, and the linter keeps its rules.
# Versions         bpmnlint 11.15.0, bpmn-moddle 10.3.1 (npm); 12.0.0 asks for a package that npm does not have
# Source           bpmnlint/rules/no-duplicate-sequence-flows.js (a table outside of `check`), lib/linter.js
#                  (cachedRules); ProcessMaker/modeler switched the rule off for it, pull request 798
# Why it matters   A studio that checks while the analyst draws shows him errors that are none, and more with every
#                  stroke. One linter a look, never one a server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts bpmnlint@11.15.0 bpmn-moddle@10.3.1
cat > look.mjs <<'NODE'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { BpmnModdle } from 'bpmn-moddle';
import { Linter } from 'bpmnlint';
import NodeResolver from 'bpmnlint/lib/resolver/node-resolver.js';

const DIAGRAM = `
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="diagram" targetNamespace="urn:example">
  <process id="application" isExecutable="true">
    <startEvent id="begin" name="begun"><outgoing>to_form</outgoing></startEvent>
    <sequenceFlow id="to_form" sourceRef="begin" targetRef="form" />
    <userTask id="form" name="Fill the form"><incoming>to_form</incoming><outgoing>to_end</outgoing></userTask>
    <sequenceFlow id="to_end" sourceRef="form" targetRef="end" />
    <endEvent id="end" name="filled"><incoming>to_end</incoming></endEvent>
  </process>
</definitions>`;

const config = { extends: 'bpmnlint:correctness' };
const makeLinter = () => new Linter({ config, resolver: new NodeResolver() });

/** The rule and element of each finding, for a diagram that is read anew. */
async function look(linter) {
  const { rootElement } = await new BpmnModdle().fromXML(DIAGRAM);
  const results = await linter.lint(rootElement);
  return Object.entries(results)
    .filter(([rule]) => rule !== 'no-bpmndi') // the example has no picture
    .flatMap(([rule, reports]) => reports.map(({ id }) => `${rule} ${id}`));
}

console.log('bpmnlint', JSON.parse(readFileSync('node_modules/bpmnlint/package.json')).version);
const linter = makeLinter();
const looks = [await look(linter), await look(linter), await look(makeLinter())];
['first look', 'same linter', 'new linter'].forEach((name, index) => console.log(name, looks[index]));

assert.deepEqual(looks[0], []);
assert.deepEqual(looks[2], []);
assert.ok(looks[1].includes('no-duplicate-sequence-flows to_form'), 'the linter forgets between looks: mended');
assert.ok(looks[1].includes('no-duplicate-sequence-flows to_end'));
NODE
node look.mjs
