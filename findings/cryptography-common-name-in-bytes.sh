#!/usr/bin/env bash
# One would guess  A common name may have 64 characters (X.520, ub-common-name). The Chinese name of a firm has some
#                  twenty, so there is no need to look.
# What happens     cryptography counts the octets of its UTF-8: 21 Chinese characters pass, 22 raise ValueError. The
#                  message "must be <= 64, but it was 66" does not say of what, and 66 is not the length that
#                  anybody sees. Latin names have all 64. The organization beside it has no limit here, though X.520
#                  has one.
# Versions         cryptography 50.0.2
# Source           RFC 5280, appendix A.1 (UTF8String SIZE (1..ub-common-name)); ITU-T X.680, 51.5: the SIZE of a
#                  character string counts characters; cryptography/x509/name.py, NameAttribute.__init__
# Why it matters   "Municipal research institute of ..., branch of ..." has 22 and more: enrolment fails for exactly
#                  the firms with long names. Whoever writes a name into a CN has to cut by octets, between
#                  characters.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check cryptography==50.0.2
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from cryptography import x509
from cryptography.x509.oid import NameOID


def refusal(oid: x509.ObjectIdentifier, value: str) -> str | None:
    try:
        x509.NameAttribute(oid, value)
    except ValueError as error:
        return str(error)
    return None


print("cryptography", version("cryptography"))
for what, oid, value in [
    ("CN, 64 Latin letters      ", NameOID.COMMON_NAME, "x" * 64),
    ("CN, 21 Chinese characters ", NameOID.COMMON_NAME, "华" * 21),
    ("CN, 22 Chinese characters ", NameOID.COMMON_NAME, "华" * 22),
    ("O,  200 Chinese characters", NameOID.ORGANIZATION_NAME, "华" * 200),
]:
    print(f"{what}  {refusal(oid, value) or 'accepted'}")
assert refusal(NameOID.COMMON_NAME, "x" * 64) is None
assert refusal(NameOID.COMMON_NAME, "华" * 21) is None
assert "it was 66" in (refusal(NameOID.COMMON_NAME, "华" * 22) or ""), "characters are counted now"
assert refusal(NameOID.ORGANIZATION_NAME, "华" * 200) is None
PYTHON
