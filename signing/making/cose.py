"""Short signed messages: COSE_Sign1 (RFC 9052 4.2), for codes and lists that are checked offline.

The protected header names algorithm and key, the unprotected one is empty, and everything is in the
deterministic form of RFC 8949 4.2.1: a message has one form only, so that no bit of it can change
unnoticed. ES256 is registered; SM2 with SM3 has no number yet and takes one for private use.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cbor2

from refusals.refusal import Refusal

ES256 = -7  #: RFC 9053 2.1
SM2_SM3 = -65_537  #: below -65536 numbers are for private use (RFC 9053 11.1)
LARGEST = 16 * 1024 * 1024  #: bytes of a message that is read
_ALGORITHM, _KEY_ID = 1, 4  #: labels of the header
_SIGN1 = 18  #: tag
_HALF = 32  #: bytes of r and of s


class NotAMessage(Refusal):
    """签名数据无法读取，或者不是本系统的格式。请重新扫描或者下载。"""

    code = "E_COSE_UNREADABLE"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message that was read; nothing in it is believed before its signature is."""

    algorithm: int
    key_id: bytes
    payload: bytes
    signature: bytes  #: r and s, 32 bytes each
    signed: bytes  #: what the signature is over


def write(
    payload: bytes, *, algorithm: int, key_id: bytes, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return COSE_Sign1 over a payload; `sign` is given the bytes and returns r ‖ s."""
    protected = _encoded({_ALGORITHM: algorithm, _KEY_ID: key_id})
    signature = sign(_to_sign(protected, payload))
    return _encoded(cbor2.CBORTag(_SIGN1, [protected, {}, payload, signature]))


def read(data: bytes) -> Message:
    """Read a message of anybody. Raises: NotAMessage, also for another way of writing the same."""
    if len(data) > LARGEST:
        raise NotAMessage
    try:
        # A message is flat: one array, two byte strings more. Nothing deeper is looked into.
        tag = cbor2.loads(data, max_depth=3)
        protected, unprotected, payload, signature = tag.value
        header = cbor2.loads(protected, max_depth=2)
        algorithm, key_id = header[_ALGORITHM], header[_KEY_ID]
    except (cbor2.CBORDecodeError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise NotAMessage from error
    if (
        not all(isinstance(part, bytes) for part in (protected, payload, signature, key_id))
        or algorithm not in (ES256, SM2_SM3)
        or unprotected != {}
        or len(signature) != 2 * _HALF
        or protected != _encoded({_ALGORITHM: algorithm, _KEY_ID: key_id})
        or data != _encoded(cbor2.CBORTag(_SIGN1, [protected, {}, payload, signature]))
    ):
        raise NotAMessage
    return Message(
        algorithm=algorithm,
        key_id=key_id,
        payload=payload,
        signature=signature,
        signed=_to_sign(protected, payload),
    )


def _to_sign(protected: bytes, payload: bytes) -> bytes:
    """Return Sig_structure (RFC 9052 4.4); there is no external data."""
    return _encoded(["Signature1", protected, b"", payload])


def _encoded(value: object) -> bytes:
    # cbor2 sorts keys as RFC 7049 did, the shorter first: as long as all have one octet, as the two
    # labels here, that is the order of RFC 8949 4.2.1.
    out = io.BytesIO()
    cbor2.CBOREncoder(out, canonical=True).encode(value)
    return out.getvalue()
