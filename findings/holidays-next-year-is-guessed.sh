#!/usr/bin/env bash
# One would guess  A calendar of public holidays that counts working days for China (`is_working_day`) knows which year it
#                  knows: China's is decided each November, so for the year after it says that nobody can tell.
# What happens     It answers for every year to 2100. What the law fixes is there; the days between and the Saturdays that
#                  are worked for them are not, and nothing tells a guess from a fact. Releases of autumn 2025 call twelve
#                  days of 2026 wrong: six that were free are working days, and on six Saturdays and Sundays on
#                  which all of China works they say that it does not. A term that runs over one of them ends on another
#                  day. The release after the notice says otherwise, so the same program gives two dates for one term.
# Versions         holidays 0.84 and 0.85, python-dateutil 2.9.0.post0
# Source           holidays/countries/china.py; the State Council's notice for 2026 (国办发明电〔2025〕7号, 4 November 2025)
# Why it matters   A term of twenty working days that begins in December ends in a year that nobody has decided. A due date
#                  has to say that it may move, and be counted again when the notice is out; a calendar that raises
#                  for such a year, as chinesecalendar does, is the better guest here.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > days.py <<'PYTHON'
import json
from datetime import date, timedelta
from importlib.metadata import version

from holidays import country_holidays

china = country_holidays("CN", years=2026)
days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
print(json.dumps({
    "version": version("holidays"),
    "working": [str(day) for day in days if china.is_working_day(day)],
    "term": str(china.get_nth_working_day(date(2026, 9, 25), 10)),
    "last": china.end_year,
}))
PYTHON
for release in 0.84 0.85; do
  python3 -m venv "$release"
  "$release/bin/pip" install -qq --disable-pip-version-check "holidays==$release" python-dateutil==2.9.0.post0
  "$release/bin/python" days.py > "$release.json"
done
python3 - <<'PYTHON'
import json
from pathlib import Path

before, after = (json.loads(Path(f"{release}.json").read_text()) for release in ("0.84", "0.85"))
called_working = sorted(set(before["working"]) - set(after["working"]))
called_free = sorted(set(after["working"]) - set(before["working"]))
print("holidays", before["version"], "before the notice,", after["version"], "after it; both answer until", before["last"])
print("called working days, and free:", *called_working)
print("called free, and worked:      ", *called_free)
print("ten working days from 25 September 2026:", before["term"], "before,", after["term"], "after")
assert (before["version"], after["version"]) == ("0.84", "0.85")
assert len(called_working) == len(called_free) == 6, "guesses otherwise now"
assert before["term"] != after["term"]
assert before["last"] == 2100
PYTHON
