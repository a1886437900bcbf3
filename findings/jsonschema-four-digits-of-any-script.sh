#!/usr/bin/env bash
# One would guess  A pattern means the same to the page and to the server: JSON Schema says that patterns are those of
#                  ECMA-262, and a year of four digits is {"pattern": "^\\d{4}$"} to both.
# What happens     jsonschema hands the pattern to Python, where \d is a digit of any script and $ also stands before a
#                  line feed at the end. It takes ２０２６, as an input method in full-width mode types it, ٢٠٢٦, and "2026"
#                  with a line feed after it, as it is pasted from a table. V8 and the validator in Rust refuse all three.
#                  The other way round \p{Script=Han}, which ECMA-262 knows, raises re.error on the server.
# Versions         jsonschema 4.26.0, jsonschema-rs 0.60.3, CPython's re, Node's V8
# Source           JSON Schema 2020-12, Core, 6.4 Regular Expressions; ECMA-262, CharacterClassEscape, Assertion;
#                  docs.python.org/3/library/re.html (\d, $); jsonschema/_keywords.py, `pattern`
# Why it matters   A number that was typed in full-width digits is stored as it is and compared with the register's: not
#                  found. Patterns for people are written with [0-9] and end in (?!\n)$, or texts are normalized before.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.60.3
cat > run.py <<'PYTHON'
import json
import re
import subprocess
from importlib.metadata import version

import jsonschema_rs
from jsonschema import Draft202012Validator

TEXTS = {"2026": "2026", "full-width": "２０２６", "Arabic": "٢٠٢٦", "line feed": "2026\n", "letters": "year"}
SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string", "pattern": r"^\d{4}$"}
script = """
const [pattern, texts] = JSON.parse(process.argv[1]);
console.log(JSON.stringify(texts.map((text) => new RegExp(pattern, 'u').test(text))));
"""
asked = json.dumps([SCHEMA["pattern"], list(TEXTS.values())])
browser = json.loads(subprocess.run(["node", "-e", script, asked], capture_output=True, check=True).stdout)
python = [Draft202012Validator(SCHEMA).is_valid(text) for text in TEXTS.values()]
rust = [jsonschema_rs.validator_for(SCHEMA).is_valid(text) for text in TEXTS.values()]
node = subprocess.run(["node", "-p", "process.versions.v8"], capture_output=True, check=True, text=True).stdout.strip()
print("jsonschema", version("jsonschema"), "· jsonschema-rs", version("jsonschema-rs"), "· V8", node)
for name, *answers in zip(TEXTS, python, browser, rust):
    print(f"{name:10}  jsonschema {answers[0]!s:5}  V8 {answers[1]!s:5}  jsonschema-rs {answers[2]}")
try:
    Draft202012Validator({"pattern": r"^\p{Script=Han}+$"}).is_valid("王伟")
    han = "taken"
except re.error as error:
    han = f"re.error, {error}"
print(r"\p{Script=Han}:", han)
assert python == [True, True, True, True, False], python
assert browser == rust == [True, False, False, False, False], (browser, rust)
assert han.startswith("re.error")
PYTHON
venv/bin/python run.py
