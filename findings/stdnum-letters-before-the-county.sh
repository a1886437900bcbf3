#!/usr/bin/env bash
# One would guess  python-stdnum knows the alphabet of unified social credit codes and computes their check character;
#                  a code that is written with that alphabet and ends in that character is valid.
# What happens     `validate` wants digits in the first eight places. The county (places 3 to 8) has digits, but the
#                  first place names who registered the body and may be a letter: Y for others in the standard of
#                  2015, N for agriculture and A for the forces since its amendment of 2016. Every such code is refused
#                  with InvalidFormat, though the same module computes its check character. Enterprises (91) pass, so
#                  the examples do.
# Versions         python-stdnum 2.2
# Source           GB 32100-2015, table of registering departments (1 staffing, 5 civil affairs, 9 commerce, Y
#                  others), with amendment 1 of 2016 (1 to 9, A, N, Y); stdnum/cn/uscc.py, validate
# Why it matters   A rural collective or a body that another department registered employs engineers as well: its
#                  clerk types the code from his certificate and is told that it is wrong. Take the check character
#                  from the library and the shape from the standard.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check python-stdnum==2.2
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from stdnum.cn import uscc
from stdnum.exceptions import InvalidFormat

#: Two characters of who registered what, a county, a made-up body; the check character is computed below.
STEMS = {
    "9 commerce": "91310000MA0000000",
    "5 civil affairs": "52310000MJ0000000",
    "N agriculture": "N1310000MF0000000",
    "Y others": "Y1310000MX0000000",
    "A the forces": "A1310000MA0000000",
}
WEIGHTS = [pow(3, place, 31) for place in range(17)]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(stem: str) -> str:
    """Compute MOD 31-3 as the standard says, apart from the library."""
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(stem, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


print("python-stdnum", version("python-stdnum"))
for registrar, stem in STEMS.items():
    assert uscc.calc_check_digit(stem) == check_character(stem), "both compute the same"
    code = stem + check_character(stem)
    try:
        passed = uscc.validate(code) == code
    except InvalidFormat:
        passed = False
    print(f"{registrar:16} {code}: {'valid' if passed else 'InvalidFormat'}")
    assert passed is stem[0].isdigit()
PYTHON
