#!/usr/bin/env bash
# One would guess  `FormatChecker()` checks the formats of the draft that its validator is of. In draft 2020-12 a "time" is that of RFC 3339,
#                  with its offset: 08:00:00Z is one, 08:00:00 is none.
# What happens     It is the other way round: whatever validator it is given to, `FormatChecker()` takes 08:00:00 and refuses 08:00:00Z
#                  and 08:00:00+08:00. Formats of all drafts lie in one table by name, and "time" is there with the sense of draft 3,
#                  its hours, minutes and seconds. Naming the format (`FormatChecker(["time"])`) changes nothing.
#                  `Draft202012Validator.FORMAT_CHECKER` has the right one, if rfc3339-validator happens to be installed: else it
#                  takes every text. "date-time" is right in both.
# Versions         jsonschema 4.26.0, rfc3339-validator 0.1.4, jsonschema-rs 0.60.3 to compare
# Source           jsonschema/_format.py, _checks_drafts (each draft's check is put into FormatChecker.checkers under its own name too) and
#                  is_draft3_time; JSON Schema Validation 2020-12, 7.3.1 (RFC 3339, full-time)
# Why it matters   A program of a partner sends the hour of an appointment as the schema says and is refused; it tries without the offset
#                  and is taken, and eight hours are left to chance. One looks for the mistake in the partner's program.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check jsonschema==4.26.0 rfc3339-validator==0.1.4 jsonschema-rs==0.60.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker

print("jsonschema", version("jsonschema"), "· jsonschema-rs", version("jsonschema-rs"))
SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string", "format": "time"}
ways = {
    "FormatChecker()": Draft202012Validator(SCHEMA, format_checker=FormatChecker()),
    'FormatChecker(["time"])': Draft202012Validator(SCHEMA, format_checker=FormatChecker(["time"])),
    "Draft202012Validator.FORMAT_CHECKER": Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER),
    "jsonschema-rs": jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True),
}
times = ("08:00:00", "08:00:00Z", "08:00:00+08:00")
taken = {way: [time for time in times if validator.is_valid(time)] for way, validator in ways.items()}
for way, which in taken.items():
    print(f"{way:36} takes {', '.join(which)}")
assert list(taken.values()) == [["08:00:00"], ["08:00:00"], ["08:00:00Z", "08:00:00+08:00"], ["08:00:00Z", "08:00:00+08:00"]]
PYTHON
