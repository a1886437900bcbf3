#!/usr/bin/env bash
# One would guess  `votes[item = false]` are the votes that are false, and `answers[item = null]` the answers that are missing: a filter keeps
#                  the members for which its condition is true, and what the members are is no matter.
# What happens     feelin finds the right members and then throws away each that is itself false or null: the two lists are always empty.
#                  Of three votes against, `count(votes[item = false])` counts none, and nothing is ever missing. Zeros and empty
#                  texts are found, so are lists of contexts (`votes[agreed = false]`), and `some … satisfies`, `list
#                  contains` and `index of` see what the filter does not. No warning.
# Versions         feelin 8.2.0 (npm)
# Source           feelin/dist/index.js, FilterExpression (gives the member or false for each, and drops from that whatever is not true);
#                  DMN 1.5, 10.3.2.5, Lists and filters (a list of the members for which the condition is true)
# Why it matters   A rule about a board is tried in the editor: "refused if two or more said no" lets everything pass, "incomplete if an
#                  answer is missing" calls everything complete. Votes have to be contexts with a field, never bare truth values.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts feelin@8.2.0
cat > filters.mjs <<'NODE'
import { deepStrictEqual as same } from 'node:assert';
import { readFileSync } from 'node:fs';
import { evaluate } from 'feelin';

console.log('feelin', JSON.parse(readFileSync('node_modules/feelin/package.json')).version);

const GIVEN = {
  votes: [true, false, false, false, true],
  said: [true, false, false, false, true].map((agreed) => ({ agreed })),
  answers: ['Zhang', null, '', null, 0],
};
const EXPECTED = {
  'count(votes)': 5,
  'count(votes[item = true])': 2,
  'count(votes[item = false])': 0,
  'count(votes[item != true])': 0,
  'count(said[agreed = false])': 3,
  'some vote in votes satisfies vote = false': true,
  'index of(votes, false)': [2, 3, 4],
  'count(answers[item = null])': 0,
  'count(answers[item = ""])': 1,
  'count(answers[item = 0])': 1,
  'list contains(answers, null)': true,
};
for (const [expression, expected] of Object.entries(EXPECTED)) {
  const { value, warnings } = evaluate(expression, GIVEN);
  console.log(expression.padEnd(42), JSON.stringify(value));
  same([value, warnings], [expected, []]);
}
NODE
node filters.mjs
