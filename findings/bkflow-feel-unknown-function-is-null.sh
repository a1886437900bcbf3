#!/usr/bin/env bash
# One would guess  An expression that calls a function which does not exist is a fault: whoever mistypes `contains` is
#                  told so by the parser, or at the latest when it is evaluated.
# What happens     The call is null, and so is a misspelt variable; null is not true where a condition is asked for, and
#                  its `not` is true, where FEEL says that it is null. `contain(name, "结构")` is true of nobody,
#                  `not(contain(name, "结构"))` of everybody; nothing is raised, only the log has a traceback that the caller
#                  did not ask for. The same holds for functions that FEEL has and this library has not: sum, substring,
#                  floor, duration.
# Versions         bkflow-feel 1.2.0, lark 1.3.1
# Source           bkflow_feel/parsers.py, FuncInvocation.evaluate (logs and returns None); DMN 1.5, 10.3.4.2 (Boolean function `not`)
# Why it matters   Conditions decide about people's professions. A language whose slips are answers needs a check that knows
#                  every name before a diagram is deployed; running an example shows an answer, and it looks like one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check bkflow-feel==1.2.0 lark==1.3.1
"$work/venv/bin/python" - <<'PYTHON'
import logging
from importlib.metadata import version

from bkflow_feel.api import parse_expression

logging.disable(logging.CRITICAL)
CASE = {"name": "二级注册结构工程师", "hours": [30, 30]}
ASKED = [
    'contains(name, "结构")',
    'contain(name, "结构")',
    'not(contains(name, "结构"))',
    'not(contain(name, "结构"))',
    "not(null)",
    "sum(hours)",
    "title",
]
print("bkflow-feel", version("bkflow-feel"), "·", "lark", version("lark"))
answers = [parse_expression(expression, CASE) for expression in ASKED]
for expression, answer in zip(ASKED, answers):
    print(f"{expression:28} {answer!r}")
assert answers == [True, None, False, True, True, None, None], answers
PYTHON
