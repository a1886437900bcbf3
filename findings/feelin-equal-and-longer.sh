#!/usr/bin/env bash
# One would guess  `years and months duration(from, to)` counts whole months, as its name says. "At least three years and at most
#                  three years" is true of whoever has three, and one duration is longer than another or equal to it.
# What happens     feelin keeps the days that are left over: three years and ten days, where FEEL says three years. Its `=` looks
#                  at years and months alone, its `<` and `>` at all of it, so the same two durations are equal and the one is
#                  longer: `= duration("P3Y")` and `> duration("P3Y")` are both true, `<= duration("P3Y")` is false. A day fewer and
#                  nothing contradicts itself, so examples with round dates agree with every engine. No warning.
# Versions         feelin 8.2.0 (npm)
# Source           DMN 1.5, 10.3.4.1, conversion functions (the example from 2011-12-22 to 2013-08-24 is P1Y8M); the comparisons
#                  were seen by running
# Why it matters   It is the FEEL under the editors of bpmn.io, in which an analyst tries his rule. "Not more than three years since
#                  the examination" refuses people there whom the engine of the server lets through. Periods are counted by the
#                  calendar and handed to the rule as a number or as a date.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts feelin@8.2.0
cat > durations.mjs <<'NODE'
import { deepStrictEqual as same } from 'node:assert';
import { readFileSync } from 'node:fs';
import { evaluate } from 'feelin';

console.log('feelin', JSON.parse(readFileSync('node_modules/feelin/package.json')).version);

const since = (from, to) => `years and months duration(date("${from}"), date("${to}"))`;
const answer = (expression) => {
  const { value, warnings } = evaluate(expression);
  same(warnings, []);
  return value;
};
const compared = (duration, other) => Object.fromEntries(['=', '<=', '>'].map((sign) => [sign, answer(`${duration} ${sign} duration("${other}")`)]));

const example = answer(`string(${since('2011-12-22', '2013-08-24')})`);
console.log("the example of the standard, P1Y8M:", example);
same(example, 'P1Y8M2D');

const days = { 'three years to the day': '2026-11-20', 'and ten days': '2026-11-30' };
for (const [name, to] of Object.entries(days)) {
  days[name] = compared(since('2023-11-20', to), 'P3Y');
  console.log(name.padEnd(24), days[name]);
}
same(days['three years to the day'], { '=': true, '<=': true, '>': false });
same(days['and ten days'], { '=': true, '<=': false, '>': true });
NODE
node durations.mjs
