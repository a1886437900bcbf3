#!/usr/bin/env bash
# One would guess  `parse_date` reads a date in the order of the language, year, month and day in Chinese, and refuses what is none.
#                  There is no thirteenth month, in no calendar that it knows.
# What happens     A month above 12 trades its place with the day. 2026年13月2日 is the 13th of February, and so is 2026-13-02, in
#                  spite of what the manual says of ISO dates, and also where the format is given. One slip of 12 to 13 moves a date
#                  by ten months and a half, without an error. If the day is above 12 too it is refused, so that a test of the
#                  30th of the 13th month passes.
# Versions         babel 2.19.0
# Source           babel/dates.py, parse_date (`if month > 12: month, day = day, month`), in no line of its documentation
# Why it matters   The day of an examination, the end of an employment, the issue of a diploma are typed by people, and periods of
#                  law run from them. Dates are read by datetime.date.fromisoformat, or field by field, never guessed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check babel==2.19.0
"$work/venv/bin/python" - <<'PYTHON'
from datetime import date
from importlib.metadata import version

from babel.dates import ParseError, parse_date

print("babel", version("babel"))


def read(text: str, **options: str) -> date | None:
    try:
        day = parse_date(text, locale="zh_CN", **options)
    except ParseError:
        day = None
    print(f"{text} {options or ''}".ljust(40), day or "refused")
    return day


december, february = date(2026, 12, 2), date(2026, 2, 13)
assert read("2026年12月2日") == december
assert read("2026年13月2日") == read("2026-13-02") == read("2026/13/2", format="yyyy/MM/dd") == february
assert read("2026年13月30日") is None
PYTHON
