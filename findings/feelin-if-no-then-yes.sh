#!/usr/bin/env bash
# One would guess  `if` of FEEL takes the first way when its condition is true and the second one otherwise: the standard says so,
#                  for null and for whatever is no truth value as well. The answer of a form, "否" or "false", is a text, so the
#                  second way is taken, and in every place of the language the same.
# What happens     feelin takes the first way for every text, also for "否", "false" and the empty one, for the number 0 and for an
#                  empty list; only false and null go the other way. `some … satisfies` takes them for true as well. `and`, `or`,
#                  `not` and the filter of a list do not: `if agreed and true` refuses what `if agreed` grants. No warning.
# Versions         feelin 8.2.0 (npm)
# Source           DMN 1.5, 10.3.2, the table of the semantics of other expressions (the second way unless the condition is true);
#                  seen by running
# Why it matters   A form gives "true" and "false" as texts until somebody turns them into truth values. Forgotten once, every
#                  applicant has agreed, and the preview that an analyst sees says so. A condition has to be asked for its type
#                  before it decides, and a rule of ours compares: `agreed = true`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts feelin@8.2.0
cat > conditions.mjs <<'NODE'
import { deepStrictEqual as same } from 'node:assert';
import { readFileSync } from 'node:fs';
import { evaluate } from 'feelin';

console.log('feelin', JSON.parse(readFileSync('node_modules/feelin/package.json')).version);

const EXPRESSIONS = {
  'if': 'if agreed then "grant" else "refuse"',
  'some': 'some answer in [agreed] satisfies answer',
  'if … and': 'if agreed and true then "grant" else "refuse"',
  'if … = true': 'if agreed = true then "grant" else "refuse"',
};
const rows = ['否', 'false', '', 0, [], false, null, true].map((agreed) => {
  const row = Object.values(EXPRESSIONS).map((expression) => {
    const { value, warnings } = evaluate(expression, { agreed });
    same(warnings, []);
    return value;
  });
  console.log(JSON.stringify(agreed).padEnd(8), row.map((value, i) => `${Object.keys(EXPRESSIONS)[i]}: ${value}`).join(' · '));
  return row;
});
for (const row of rows.slice(0, 5)) same(row, ['grant', true, 'refuse', 'refuse']);
for (const row of rows.slice(5, 7)) same([row[0], row[2], row[3]], ['refuse', 'refuse', 'refuse']);
same(rows[7], ['grant', true, 'grant', 'grant']);
NODE
node conditions.mjs
