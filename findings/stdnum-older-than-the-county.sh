#!/usr/bin/env bash
# One would guess  A check of Chinese identity numbers that knows which county code held in which years is the
#                  careful one: it may let a wrong number through, but never turns a right one away.
# What happens     python-stdnum compares the county's years with the year of BIRTH. The six digits are the county
#                  where the person lived when the number was ASSIGNED, for older people many years later: somebody
#                  born in 1985 and numbered in Pudong, a district since 1992, "can not exist". The same digits with
#                  a later birthday pass. The codes 81, 82, 83 of residents from Hong Kong, Macao and Taiwan never
#                  do.
# Versions         python-stdnum 2.2
# Source           GB 11643-1999 (address code: where the person numbered has his permanent residence); rules for
#                  residence permits of 2018, 国办发〔2018〕81号 (810000, 820000, 830000); stdnum/cn/ric.py,
#                  get_birth_place, with cn/loc.dat; python-stdnum issue 442 was the same with withdrawn counties
# Why it matters   Registered engineers are grown up and their county often younger. Zhuce takes from the library
#                  only the check character (stdnum.iso7064) and leaves the person to the real-name service.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check python-stdnum==2.2
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from stdnum.cn import ric
from stdnum.iso7064 import mod_11_2

EXPECTED = [  # county, birthday, is it accepted, what it stands for
    ("310101", "19850315", True, "Huangpu, a district ever since"),
    ("310115", "19850315", False, "Pudong, a district since 1992; born before"),
    ("310115", "19950315", True, "Pudong; born after"),
    ("810000", "19850315", False, "residence permit, Hong Kong"),
    ("830000", "19950315", False, "residence permit, Taiwan"),
]

print("python-stdnum", version("python-stdnum"))
for county, birthday, accepted, meaning in EXPECTED:
    body = f"{county}{birthday}999"  # an invented person
    number = body + mod_11_2.calc_check_digit(body)
    print(f"{county} {birthday}  {'accepted' if ric.is_valid(number) else 'refused ':8}  {meaning}")
    assert mod_11_2.is_valid(number), "the check character must be right"
    assert ric.is_valid(number) is accepted, "the library judges otherwise now"
PYTHON
