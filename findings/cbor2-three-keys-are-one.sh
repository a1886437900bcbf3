#!/usr/bin/env bash
# One would guess  A CBOR map with the keys 1, 1.0 and true has three entries: they are of three kinds, and to CBOR
#                  distinct. A decoder gives all three, or says that it cannot.
# What happens     cbor2 puts them into a Python dict, in which 1 == 1.0 == True. The last value overwrites the others
#                  under the first key, without a word; of a set (tag 258) of 1 and true one member is left. Who asks
#                  for map[1] gets the value that was written for another key, and encoding again gives other bytes.
# Versions         cbor2 6.3.0
# Source           RFC 8949, 2: "integer and floating-point values are distinct in this model, even if they have the
#                  same numeric value"; 5.6, keys that differ
# Why it matters   A signed message (COSE) verifies over its bytes, and then the program reads something else than the
#                  signer wrote: an entry that only a careful reader sees hides behind the one that all see. Whoever
#                  judges such a message compares the count in its head with the length of the dict.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check cbor2==6.3.0
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import cbor2

# RFC 8949, 3.1: a map of three pairs; 1: "int", 1.0 (half precision): "float", true: "bool"
PAIRS = [(cbor2.dumps(key), cbor2.dumps(value)) for key, value in ((1, "int"), (True, "bool"))]
FLOAT = (bytes.fromhex("f93c00"), cbor2.dumps("float"))


def a_map(*pairs: tuple[bytes, bytes]) -> bytes:
    return bytes([0xA0 + len(pairs)]) + b"".join(key + value for key, value in pairs)


whole = a_map(PAIRS[0], FLOAT, PAIRS[1])
turned = a_map(PAIRS[1], FLOAT, PAIRS[0])
a_set = bytes.fromhex("d90102" "82" "01" "f5")

print("cbor2", version("cbor2"))
print("three entries    ", whole.hex(), "->", cbor2.loads(whole))
print("in another order ", turned.hex(), "->", cbor2.loads(turned))
print("a set of 1, true ", a_set.hex(), "->", cbor2.loads(a_set))
print("written again    ", cbor2.dumps(cbor2.loads(whole)).hex())

assert [cbor2.loads(key) for key in (PAIRS[0][0], FLOAT[0], PAIRS[1][0])] == [1, 1.0, True]
assert len(cbor2.loads(whole)) == 1, "fewer entries are lost"
assert cbor2.loads(whole)[1] == "bool"
assert cbor2.loads(turned)[1] == "int"
assert next(iter(cbor2.loads(turned))) is True
assert len(cbor2.loads(a_set)) == 1
assert cbor2.dumps(cbor2.loads(whole)) != whole
# Keys that Python tells apart are all there.
assert len(cbor2.loads(a_map(PAIRS[0], (cbor2.dumps("1"), FLOAT[1]), (cbor2.dumps(b"1"), FLOAT[1])))) == 3
print("Two of three entries are gone, and nothing says so.")
PYTHON
