#!/usr/bin/env bash
# One would guess  The fifth working day after Saturday is the fifth working day after the Friday before it: there
#                  is no working day between the two.
# What happens     `find_workday(5, day)` first goes to the next working day if `day` is none, and counts from
#                  there. So Friday gives the next Friday, and Saturday the Monday after it. Backwards it does not:
#                  -1 from Saturday is Friday. Over a holiday it is the same, and nobody sees it in a test that
#                  starts on a workday.
# Versions         chinesecalendar 1.11.0
# Source           chinese_calendar/utils.py, find_workday; Civil Code of China, art. 201 (the day of the event does
#                  not count) and Administrative Licensing Law, art. 82 (terms are working days, holidays left out)
# Why it matters   "Within five working days of receipt" would end a day late for a form that came on a Saturday,
#                  and the authority would miss the term in law. Terms are counted day by day from the one after
#                  receipt, with is_workday.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check chinesecalendar==1.11.0
"$work/venv/bin/python" - <<'PYTHON'
from datetime import date, timedelta
from importlib.metadata import version

from chinese_calendar import find_workday, is_workday


def end_of_term(days: int, received: date) -> date:
    """The last of so many working days, the first of which follows the day of receipt."""
    day = received
    while days:
        day += timedelta(days=1)
        days -= is_workday(day)
    return day


print("chinesecalendar", version("chinesecalendar"))
for received, why, days_too_many in [
    (date(2026, 11, 27), "Friday", 0),
    (date(2026, 11, 28), "Saturday", 3),
    (date(2026, 9, 30), "day before the National Day", 0),
    (date(2026, 10, 1), "National Day", 1),
]:
    law, library = end_of_term(5, received), find_workday(5, received)
    print(f"{received} ({why}): five working days end on {law}, find_workday says {library}")
    assert (library - law).days == days_too_many

saturday, friday = date(2026, 11, 28), date(2026, 11, 27)
print("one working day before that Saturday:", find_workday(-1, saturday))
assert find_workday(-1, saturday) == friday
PYTHON
