#!/usr/bin/env bash
# One would guess  Signing a message is hashing it and signing the digest: `sm2_sign(key, public, message)` costs a
#                  hash of some hundred octets more than `sm2_sign_sm3_digest(key, digest)`.
# What happens     It costs ten times as much, whatever the length of the message. GmSSL prepares a signing context
#                  for a stream of signatures: it makes 32 secret numbers with their points beforehand. The binding
#                  opens such a context for each call, uses one of the 32 and throws the others away. The digest
#                  signs without a context. Both signatures are right, and either is verified by the other's way.
# Versions         gmssl-pyx 2.1.0 (bundles GmSSL 3.1)
# Source           GmSSL include/gmssl/sm2.h, SM2_SIGN_PRE_COMP_COUNT 32, and sm2_sign_init; gmssl_pyx, sm2_sign
# Why it matters   Every OFD file of the agency is sealed, and every seal stamped, with SM2. With the plain function
#                  the two signatures were most of the cost of a seal; by the digest they are a small part of it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check gmssl-pyx==2.1.0
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from time import process_time

from gmssl_pyx import (
    sm2_key_generate,
    sm2_sign,
    sm2_sign_sm3_digest,
    sm2_verify,
    sm2_verify_sm3_digest,
    sm3_hash,
)

public, secret = sm2_key_generate()
COUNT = 200
NAME = b"1234567812345678"  # GB/T 35276: the name of a signer who gives none
#: a, b and the base point of the curve, GB/T 32918.5
CURVE = bytes.fromhex(
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)


def cost(sign):
    """CPU milliseconds of one signature, the best of five rounds."""
    rounds = []
    for _ in range(5):
        start = process_time()
        for _ in range(COUNT):
            sign()
        rounds.append((process_time() - start) / COUNT * 1000)
    return min(rounds)


def digest_of(message):
    """The digest that a signature is over, GB/T 32918.2: SM3(Z, message)."""
    z = sm3_hash((8 * len(NAME)).to_bytes(2, "big") + NAME + CURVE + public)
    return sm3_hash(z + message)


print("gmssl-pyx", version("gmssl-pyx"))
for length in (32, 10_000):
    message = b"\x5a" * length
    whole = sm2_sign(secret, public, message)
    apart = sm2_sign_sm3_digest(secret, digest_of(message))
    assert sm2_verify_sm3_digest(public, digest_of(message), whole)
    assert sm2_verify(public, message, apart)
    dear = cost(lambda: sm2_sign(secret, public, message))
    cheap = cost(lambda: sm2_sign_sm3_digest(secret, digest_of(message)))
    print(f"{length:6} octets: sm2_sign {dear:.2f} ms, hash and sm2_sign_sm3_digest {cheap:.2f} ms, {dear / cheap:.1f} times")
    assert dear / cheap > 4, "signing a message became as cheap as signing its digest"
PYTHON
