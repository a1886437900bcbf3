#!/usr/bin/env bash
# One would guess  The Jinja macros of GOV.UK Frontend ("100% compliant with the original Nunjucks macros") choose the
#                  same option for the same value. A year kept as a number, 2026, chooses the option "2026".
# What happens     Nunjucks compares as JavaScript does, 2026 == "2026"; Jinja compares as Python does, and never. With
#                  the original the year is selected; with the port no option is, and the browser sends the first one
#                  of the list: whoever only wanted to correct another field changes the year. Radios go the same way,
#                  nothing is chosen. Checkboxes do not: both ports look for a number among texts in vain. And the
#                  original has a gap of its own that the port repeats: the number 0 chooses nothing in either.
# Versions         govuk-frontend-jinja 4.1.0 (for GOV.UK Frontend 6.3.0), jinja2 3.1.6, govuk-frontend 6.3.0, nunjucks 3.2.4
# Source           components/select/macro.html and components/radios/macro.html of both (`effectiveValue ==
#                  params.value`, `item.value == params.value`); ECMA-262, IsLooselyEqual; the README of the port
# Why it matters   Answers come back from a database or from JSON with their types, and the form shows them again. A test
#                  with texts passes. Values have to become texts before they reach a macro.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --ignore-scripts govuk-frontend@6.3.0 nunjucks@3.2.4
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check govuk-frontend-jinja==4.1.0 jinja2==3.1.6
cat > select.txt <<'TEMPLATE'
{% from "SELECT" import govukSelect %}{% from "RADIOS" import govukRadios %}{{ govukSelect({"id": "year", "name": "year",
"label": {"text": "Year"}, "value": value, "items": [{"value": "2025", "text": "2025"}, {"value": "2026", "text": "2026"}]}) }}
{{ govukRadios({"idPrefix": "year", "name": "year", "value": value, "items": [{"value": "2025", "text": "2025"},
{"value": "2026", "text": "2026"}]}) }}
TEMPLATE
cat > run.js <<'SCRIPT'
const {readFileSync} = require('node:fs');
const nunjucks = require('nunjucks');
const environment = nunjucks.configure('node_modules/govuk-frontend/dist', {autoescape: true});
const template = readFileSync('select.txt', 'utf8')
  .replace('SELECT', 'govuk/components/select/macro.njk').replace('RADIOS', 'govuk/components/radios/macro.njk');
const chosen = (value) => environment.renderString(template, {value})
  .match(/<(option|input)[^>]* (selected|checked)/g)?.map((tag) => tag.match(/value="(\w+)"/)[1]) ?? [];
console.log(JSON.stringify([chosen('2026'), chosen(2026)]));
SCRIPT
cat > run.py <<'PYTHON'
import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, PrefixLoader

environment = Environment(loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}), autoescape=True)
source = Path("select.txt").read_text()
for name in ("select", "radios"):
    source = source.replace(name.upper(), f"govuk_frontend_jinja/components/{name}/macro.html")
template = environment.from_string(source)


def chosen(value: object) -> list[str]:
    """Return the values that the page shows as chosen, of the list and of the radio buttons."""
    tags = re.findall(r"<(?:option|input)[^>]* (?:selected|checked)", template.render(value=value))
    return [re.search(r'value="(\w+)"', tag)[1] for tag in tags]


original = json.loads(subprocess.run(["node", "run.js"], capture_output=True, check=True).stdout)
port = [chosen("2026"), chosen(2026)]
print("govuk-frontend-jinja", version("govuk-frontend-jinja"), "· jinja2", version("jinja2"), "· govuk-frontend 6.3.0 · nunjucks 3.2.4")
print("list and radio buttons, given the text 2026:  ", original[0], "by Nunjucks,", port[0], "by Jinja")
print("list and radio buttons, given the number 2026:", original[1], "by Nunjucks,", port[1], "by Jinja")
assert original == [["2026", "2026"], ["2026", "2026"]], original
assert port == [["2026", "2026"], []], port
PYTHON
venv/bin/python run.py
