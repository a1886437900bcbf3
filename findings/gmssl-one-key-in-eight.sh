#!/usr/bin/env bash
# One would guess  A library of the national algorithms that verifies with one key does so with the next: SM2 keys
#                  are random points, and a fault that hits one key in eight would show in any test.
# What happens     gmssl removes the octet 04 before a public key with `lstrip("04")`, which takes every 0 and 4
#                  that follows along. Where the X coordinate begins with one of these two hexadecimal digits, 2
#                  keys of 16, the key is too short, its two halves are cut in the wrong place, and a right
#                  signature is refused. Tests with the key of the README never see it.
# Versions         gmssl 3.2.2 (the newest on PyPI, of 2023), judged by gmssl-pyx 2.1.0 (GmSSL in C)
# Source           gmssl/sm2.py, CryptSM2.__init__; py-gmssl issues 66 and 96: mended in the repository, not
#                  released
# Why it matters   It is the package that bears the name of the algorithms. An authority seals its OFD files with
#                  one key for years: one authority in eight would find none of its seals valid.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check gmssl==3.2.2 gmssl-pyx==2.1.0
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from gmssl.sm2 import CryptSM2, default_ecc_table
from gmssl_pyx import sm2_sign_sm3_digest, sm2_verify_sm3_digest, sm3_hash

DIGEST = sm3_hash("准予注册".encode())


def point(secret: int) -> str:
    """The public key of a secret: X and Y, 128 hexadecimal digits without the octet before."""
    return CryptSM2(private_key="", public_key="")._kg(secret, default_ecc_table["g"])


def verdicts(secret: int) -> tuple[bool, bool]:
    """What GmSSL and gmssl say of one right signature."""
    key = point(secret)
    signature = sm2_sign_sm3_digest(secret.to_bytes(32, "big"), DIGEST)
    judge = CryptSM2(private_key="", public_key="04" + key, asn1=True)
    return (
        sm2_verify_sm3_digest(bytes.fromhex(key), DIGEST, signature),
        bool(judge.verify(signature.hex(), DIGEST)),
    )


print("gmssl", version("gmssl"), "· gmssl-pyx", version("gmssl-pyx"))
for secret, accepted in [(2, True), (3, True), (6, False), (20, False), (51, False)]:
    in_c, in_python = verdicts(secret)
    print(f"X = {point(secret)[:8]}…  GmSSL {in_c}  gmssl {in_python}")
    assert in_c, "the signature itself must be right"
    assert in_python is accepted, "gmssl judges otherwise now"

hit = sum(point(secret)[0] in "04" for secret in range(1, 401))
print(f"{hit} of the first 400 keys begin with 0 or 4")
assert hit == 44, hit  # 1 in 8 is expected
PYTHON
