#!/usr/bin/env bash
# One would guess  `canonical=True` writes the deterministic form of CBOR that today's standard asks for (RFC 8949,
#                  4.2.1, which replaced RFC 7049 in 2020): whoever encodes the same map by the standard gets the
#                  same octets, and with them the same hash.
# What happens     Keys are sorted as RFC 7049 said: the shorter first, then by octets. RFC 8949 sorts by octets
#                  alone. For keys from 0 to 23, or for texts alone, the two agree, so tests with small maps pass.
#                  With a key of two octets beside a negative one, as CWT and COSE number theirs (-1, 256), or with
#                  a text beside a number, they differ. RFC 8949 calls the old order "length-first" and allows it
#                  only to who asks for it.
# Versions         cbor2 6.3.0
# Source           RFC 8949, 4.2.1 (bytewise lexicographic order, its example of eight keys) and 4.2.3
#                  (length-first); documentation of CBOREncoder: "sorting maps, sets, etc. into a pre-determined order"
# Why it matters   A certificate's code carries a signed map, and a list of ended numbers is compared by its hash.
#                  A reader of another make, who encodes anew to compare, gets other octets as soon as somebody adds
#                  a claim with a number above 23.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check cbor2==6.3.0
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import cbor2

#: The example of RFC 8949, 4.2.1, in the order that it gives.
EXAMPLE = [10, 100, -1, "z", "aa", [100], [-1], False]


def order(keys: list[object]) -> list[object]:
    """Give the keys in the order in which a canonical map has them."""
    written = cbor2.dumps({tuple(key) if isinstance(key, list) else key: 0 for key in keys}, canonical=True)
    return [list(key) if isinstance(key, tuple) else key for key in cbor2.loads(written)]


print("cbor2", version("cbor2"))
print("RFC 8949:        ", EXAMPLE)
print("cbor2, canonical:", order(EXAMPLE))
assert sorted(EXAMPLE, key=cbor2.dumps) == EXAMPLE  # bytewise, as 4.2.1 says
assert order(EXAMPLE) == sorted(EXAMPLE, key=lambda key: (len(cbor2.dumps(key)), cbor2.dumps(key))) != EXAMPLE

small = {4: 1, 1: 1, 6: 1, 23: 1}
assert [*cbor2.loads(cbor2.dumps(small, canonical=True))] == sorted(small)
print("keys up to 23:   ", sorted(small), "in both")
claims = order([1, 4, 256, -1])
print("claims:          ", claims, "instead of [1, 4, 256, -1]")
assert claims == [1, 4, -1, 256]
PYTHON
