#!/usr/bin/env bash
# One would guess  numbering("壹", …) writes numbers in the capital numerals of Chinese finance, which exist so that nobody can add a
#                  stroke to one. A hundred and eleven is 壹佰壹拾壹, so ten is 壹拾, as receipts, contracts and CSS have it.
# What happens     From 10 to 19, and wherever ten to nineteen stand first before 万 and 亿, Typst leaves the first 壹 away, as one does in
#                  speech and in the plain numerals: 拾, 拾万, 拾贰亿. A 贰 written before it makes twenty of ten. In the middle of
#                  a number the 壹 stands, so of the amounts below 100,000 only ten are wrong, and the next 100,000 all are.
# Versions         typst 0.15.2, compared with cn2an 0.5.23 (PyPI)
# Source           Typst reference, `numbering` (壹 is offered without a word on this); CSS Counter Styles 3, simp-chinese-formal (the 1 of
#                  10 to 19 is dropped in the informal styles only, so formal has 壹拾), and its tests
# Why it matters   A notice of a fee or a fine and its receipt say the amount in capitals. ¥100,000.00 is printed as 拾万元整, which
#                  a bank refuses and a pen can turn into 贰拾万元整. Amounts are put into words by a rule of our own, or a 壹 is put
#                  before a 拾 that stands first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check typst==0.15.2 cn2an==0.5.23
"$work/venv/bin/python" - <<'PYTHON'
import json
from importlib.metadata import version

import cn2an
import typst

EXAMPLES = (10, 12, 20, 110, 111, 100_000, 120_000, 210_000, 1_100_000, 1_000_000_000)
LAST = 200_000


def capitals(numbers: str) -> list[str]:
    """Give the numbers of a Typst array in capital numerals."""
    return json.loads(typst.query(f'#metadata({numbers}.map(n => numbering("壹", n))) <words>'.encode(), "<words>", field="value", one=True))


print("typst", version("typst"), "· cn2an", version("cn2an"))
for number, words in zip(EXAMPLES, capitals(str(EXAMPLES)), strict=True):
    print(f"{number:13,} {words:6} {cn2an.an2cn(number, 'up')}")
without = []
for number, words in enumerate(capitals(f"range(1, {LAST + 1})"), 1):
    right = cn2an.an2cn(number, "up")
    if words.replace("零", "") != right.replace("零", ""):  # where zeros are said is another question
        assert ("壹" + words).replace("零", "") == right.replace("零", ""), (number, words, right)
        without.append(number)
print(f"without their 壹: {without[0]} to {without[9]}, {without[10]:,} to {without[-1]:,}")
assert without == [*range(10, 20), *range(100_000, 200_000)]
PYTHON
