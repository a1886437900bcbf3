#!/usr/bin/env bash
# One would guess  What `format_time` of a language writes, `parse_time` of the same language reads. It is the pair for the two
#                  directions of a form field, and the round trip holds in English: "3:05 PM" is five past fifteen.
# What happens     The half of the day is looked for in English letters only. 下午3:05, as babel itself writes it for Taiwan and Hong Kong,
#                  is read as five past three in the night; Korean goes the same way. From 13 hours on every time is twelve hours
#                  early, the mornings and noon are right, and midnight (上午12:05) is noon. On the mainland babel writes 15:05 and the
#                  trip holds, until somebody types 下午3:05 there.
# Versions         babel 2.19.0
# Source           babel/dates.py, parse_time (`'pm' in string.lower()`); the names of the halves are in the locale (`Locale.day_periods`)
# Why it matters   A person is told to come to the window at 下午3:00 and the appointment is entered for 03:00. Nothing is refused, as
#                  three in the night is a time. Times are taken from an <input type="time">, in 24 hours, in every language.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check babel==2.19.0
"$work/venv/bin/python" - <<'PYTHON'
from datetime import time
from importlib.metadata import version

from babel.dates import format_time, parse_time

print("babel", version("babel"))
wrong = {}
for locale in ("en_US", "zh_CN", "zh_TW", "zh_HK", "ko_KR"):
    hours = []
    for hour in range(24):
        written = format_time(time(hour, 5), "short", locale=locale)
        if parse_time(written, locale=locale, format="short") != time(hour, 5):
            hours.append(hour)
    example = format_time(time(15, 5), "short", locale=locale)
    print(f"{locale}: {example} is read as {parse_time(example, locale=locale, format='short'):%H:%M}; {len(hours)} hours of 24 come back wrong")
    wrong[locale] = hours
afternoon = [0, *range(13, 24)]
assert wrong == {"en_US": [], "zh_CN": [], "zh_TW": afternoon, "zh_HK": afternoon, "ko_KR": afternoon}
typed = parse_time("下午3:05", locale="zh_CN")
print("下午3:05, typed on the mainland:", typed)
assert typed == time(3, 5)
PYTHON
