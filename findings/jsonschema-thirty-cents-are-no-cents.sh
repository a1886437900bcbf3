#!/usr/bin/env bash
# One would guess  {"multipleOf": 0.01} takes every amount with two decimals: JSON Schema speaks of mathematical
#                  division, and 0.29 is 29 times 0.01.
# What happens     jsonschema divides the binary numbers: for 1,363 of the 10,000 amounts from 0.01 to 100.00 the
#                  quotient is no whole number, and they are refused (0.07, 0.14, 0.28, 0.29, ...). The validator in
#                  Rust, which the same people might use beside it, takes them all.
# Versions         jsonschema 4.26.0, jsonschema-rs 0.60.3
# Source           JSON Schema Validation 2020-12, 6.2.1 ("valid only if division by this keyword's value results in
#                  an integer"); `multipleOf` in jsonschema/_keywords.py
# Why it matters   Hours of continuing education are entered in tenths and halves: whoever studied 0.3 or 0.7 hours
#                  could not hand in the form, and no text would help. A form's validator must reckon in decimals.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.60.3
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import jsonschema_rs
from jsonschema import Draft202012Validator

SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "number", "multipleOf": 0.01}
amounts = [number / 100 for number in range(1, 10_001)]  # each is the double that its two decimals are read as
assert all(amount == float(f"{amount:.2f}") for amount in amounts)
refused = [amount for amount in amounts if not Draft202012Validator(SCHEMA).is_valid(amount)]
by_rust = [amount for amount in amounts if not jsonschema_rs.validator_for(SCHEMA).is_valid(amount)]
print("jsonschema", version("jsonschema"), "· jsonschema-rs", version("jsonschema-rs"))
print(f"of {len(amounts)} amounts with two decimals jsonschema refuses {len(refused)}: {refused[:6]} ...")
print(f"jsonschema-rs refuses {len(by_rust)}")
print(*[error.message for error in Draft202012Validator(SCHEMA).iter_errors(0.29)])
assert len(refused) == 1363, "divides otherwise now"
assert 0.29 in refused, "0.29 is taken now"
assert by_rust == [], "the other refuses as well now"
PYTHON
