"""SM2 with SM3 (GB/T 32918, GB/T 35276): the only module that speaks to gmssl-pyx.

A signature is the DER of SEQUENCE {r, s} over SM3(Z ‖ message), Z made with the identity that
certificates and seals use. What verifies here is judged by OpenSSL in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from asn1crypto import core, keys

SIGN_WITH_SM3 = "1.2.156.10197.1.501"
SM3 = "1.2.156.10197.1.401"
CURVE = "1.2.156.10197.1.301"
USER_ID = b"1234567812345678"
#: GB/T 32918.5: the field, the second coefficient and the order of the group
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_HALF = 32  #: bytes of a coordinate and of a secret
_POINT = 2 * _HALF
#: GB/T 32918.5: the point from which all keys are made
_G = bytes.fromhex(
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)
#: What Z is made of before the key (GB/T 32918.2, 5.5): bits of the identity, it, curve, point
_Z = (
    (8 * len(USER_ID)).to_bytes(2, "big")
    + USER_ID
    + (_P - 3).to_bytes(_HALF, "big")
    + _B.to_bytes(_HALF, "big")
    + _G
)

keys.NamedCurve.register("sm2p256v1", CURVE, _HALF)  # asn1crypto builds no key on a strange curve


@cache
def _gmssl() -> Any:
    """Load the library when the first seal is made or judged: most processes never need it."""
    import gmssl_pyx

    return gmssl_pyx


class _Pair(core.SequenceOf):  # type: ignore[misc]  # asn1crypto ships no types
    """SM2Signature of GB/T 35276: r and s."""

    _child_spec = core.Integer


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest, 32 bytes.

    >>> sm3(b"abc").hex()[:16]
    '66c7f0f462eeedd9'
    """
    return bytes(_gmssl().sm3_hash(data))


@dataclass(frozen=True)
class PrivateKey:
    """An SM2 key; `public` is x ‖ y, 64 bytes."""

    secret: bytes
    public: bytes

    @classmethod
    def new(cls) -> PrivateKey:
        """Make a key."""
        public, secret = _gmssl().sm2_key_generate()
        return cls(bytes(secret), bytes(public))

    @classmethod
    def load(cls, pkcs8: bytes) -> PrivateKey:
        """Read PKCS #8, DER. ValueError when it is no SM2 key."""
        info = keys.PrivateKeyInfo.load(pkcs8)
        parameters = info["private_key_algorithm"]["parameters"]
        if info.algorithm != "ec" or parameters.chosen.dotted != CURVE:
            raise ValueError("not a key on the SM2 curve")
        inner = info["private_key"].parsed
        secret = int(inner["private_key"].native).to_bytes(_HALF, "big")
        return cls(secret, point(inner["public_key"].native))

    def pkcs8(self) -> bytes:
        """Return PKCS #8, DER."""
        inner = keys.ECPrivateKey(
            {
                "version": 1,
                "private_key": int.from_bytes(self.secret, "big"),
                "public_key": b"\x04" + self.public,
            }
        )
        algorithm = {
            "algorithm": "ec",
            "parameters": keys.ECDomainParameters("named", "sm2p256v1"),
        }
        info = {"version": 0, "private_key_algorithm": algorithm, "private_key": inner}
        return bytes(keys.PrivateKeyInfo(info).dump())

    def sign(self, message: bytes) -> bytes:
        """Sign: DER of r and s.

        Over the digest that is made here: asked for the whole, the library first makes 32 nonces
        to sign many messages with, and takes ten times as long.
        """
        return bytes(_gmssl().sm2_sign_sm3_digest(self.secret, _digest(self.public, message)))


def _digest(public: bytes, message: bytes) -> bytes:
    """Give e = SM3(Z ‖ message): what a signature is over."""
    return sm3(sm3(_Z + public) + message)


def point(encoded: bytes) -> bytes:
    """Return x ‖ y of an uncompressed point (04 ‖ x ‖ y). ValueError when it is off the curve.

    The length decides, never the digits: x may begin with 04 itself.
    """
    if len(encoded) != _POINT + 1 or encoded[0] != 4:
        raise ValueError("not an uncompressed point")
    x, y = (int.from_bytes(half, "big") for half in (encoded[1 : 1 + _HALF], encoded[1 + _HALF :]))
    if max(x, y) >= _P or (y * y - (x * x * x - 3 * x + _B)) % _P:
        raise ValueError("the point is not on the SM2 curve")
    return encoded[1:]


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature fits; it must be strict DER of two numbers in their range."""
    try:
        pair = _Pair.load(signature, strict=True)
        if pair.dump(force=True) != signature:
            return False
        numbers = [int(number) for number in pair.native]
        if len(numbers) != 2 or not all(0 < number < _N for number in numbers):
            return False
        return bool(_gmssl().sm2_verify_sm3_digest(public, _digest(public, message), signature))
    except (ValueError, TypeError, _gmssl().GmsslInnerError, _gmssl().InvalidValueError):
        return False
