"""What a PIN closes: an enterprise's private key, and the copy of it that a leave opens.

The PIN is no check beside the key but part of what encrypts it (decision 17): a key of AES-256-GCM
is derived from it by argon2id (RFC 9106), with a salt and a cost of its own in front of the
ciphertext, so that the cost may grow. A right PIN is one that opens; there is no digest of it.
A leave is a random token for one file (decision 14); what opens with it goes with its signature.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signing.keeping.pins import LONGEST

MARK = "+PIN"
MARKED = "P-256" + MARK  #: the algorithm of a row whose key a PIN guards
_HEAD = struct.Struct(">BHB16s12s")  #: version, MiB, passes, salt, nonce
_VERSION = 1
_NONCE_BYTES = 12


class PinCost(NamedTuple):
    """What one try of a PIN costs, in argon2id."""

    mib: int
    passes: int


LIGHT = PinCost(19, 2)  #: OWASP's second choice; about 20 ms
HEAVY = PinCost(64, 3)  #: RFC 9106 4, second choice; for production


def is_guarded(algorithm: str) -> bool:
    """Tell whether a PIN guards the key of a row, by its algorithm."""
    return algorithm.endswith(MARK)


def close(key_id: str, plain: bytes, pin: str, cost: PinCost) -> bytes:
    """Encrypt a key under a PIN."""
    salt, nonce = os.urandom(16), os.urandom(_NONCE_BYTES)
    head = _HEAD.pack(_VERSION, cost.mib, cost.passes, salt, nonce)
    return head + _cipher(pin, salt, cost).encrypt(nonce, plain, head + key_id.encode())


def open_(key_id: str, closed: bytes, pin: str) -> bytes | None:
    """Decrypt a key; None: the PIN is another. Slow on purpose."""
    head = closed[: _HEAD.size]
    _, mib, passes, salt, nonce = _HEAD.unpack(head)
    cipher = _cipher(pin, salt, PinCost(mib, passes))
    try:
        return cipher.decrypt(nonce, closed[_HEAD.size :], head + key_id.encode())
    except InvalidTag:
        return None


def cost_of(closed: bytes) -> PinCost:
    """Read what a try of this key's PIN costs."""
    _, mib, passes, _, _ = _HEAD.unpack(closed[: _HEAD.size])
    return PinCost(mib, passes)


def leave(token: str, key_id: str, plain: bytes) -> bytes:
    """Encrypt a key so that the token of a leave opens it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _of_token(token).encrypt(nonce, plain, key_id.encode())


def by_leave(token: str, key_id: str, closed: bytes) -> bytes | None:
    """Decrypt what `leave` gave; None: the token is another's."""
    nonce, rest = closed[:_NONCE_BYTES], closed[_NONCE_BYTES:]
    try:
        return _of_token(token).decrypt(nonce, rest, key_id.encode())
    except InvalidTag:
        return None


def _cipher(pin: str, salt: bytes, cost: PinCost) -> AESGCM:
    # What is longer than any PIN is not read on: it costs the same and opens nothing.
    derived = hash_secret_raw(
        pin[: LONGEST + 1].encode(),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.mib * 1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
    return AESGCM(derived)


def _of_token(token: str) -> AESGCM:
    # The token has 256 random bits: nothing slow is needed.
    return AESGCM(HKDF(hashes.SHA256(), 32, None, b"signing/leave").derive(token.encode()))
