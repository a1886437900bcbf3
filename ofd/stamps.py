"""Time stamps in SM2 and SM3 (GB/T 20520, which is RFC 3161 with the national algorithms).

A token says since when the value of a seal signature exists; it lies beside the value, in the field
that GB/T 38540 has for it. It is read only in the form in which it is written here, so that no bit
of it can change unnoticed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core

from ofd import der, sm2
from ofd.certificates import HOSTILE, Certificate, Unreadable, read

PURPOSE = "time_stamping"
_LARGEST = 16 * 1024  #: bytes of a token
_POLICY = der.oid("1.2.156.3005.9.1")  #: of the demonstration
_DIGEST, _SIGNATURE = (der.sequence(der.oid(one)) for one in (sm2.SM3, sm2.SIGN_WITH_SM3))
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE, _MESSAGE_DIGEST = (der.oid(f"1.2.840.113549.1.9.{end}") for end in (3, 4))
_SIGNING_CERTIFICATE = der.oid("1.2.840.113549.1.9.16.2.47")
_ONE = der.integer(1)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A time stamp that was read; its signature holds by the certificate that lies in it."""

    at: datetime
    digest: bytes  #: SM3 of what was stamped
    certificate: Certificate


def make(stamped: bytes, *, at: datetime, certificate: Certificate, key: sm2.PrivateKey) -> bytes:
    """Return a token on `stamped`, DER."""
    serial = secrets.randbits(63) | 1 << 62
    info = _info(sm2.sm3(stamped), serial, f"{at.astimezone(UTC):%Y%m%d%H%M%SZ}".encode())
    attributes = _attributes(info, certificate)
    return _token(info, certificate, attributes, key.sign(attributes))


def open_(token: bytes) -> Token:
    """Read a token of anybody. Raises: Unreadable, also when its signature does not hold.

    What stands in it is cut out and put together again: another way of writing the same, or
    anything more, is another form.
    """
    try:
        if len(token) > _LARGEST:
            raise Unreadable("time stamp: too large")
        data = der.content(der.fields(token)[1], der.OUTER)
        _, _, encapsulated, listed, signers = der.fields(data)
        info = der.content(der.content(der.fields(encapsulated)[1], der.OUTER), der.OCTETS)
        certificate = read(der.content(listed, der.OUTER))
        signer, *others = der.fields(signers, der.SET)
        signature = der.content(der.fields(signer)[-1], der.OCTETS)
        _, _, imprint, serial, moment, _ = der.fields(info)
        digest = der.content(der.fields(imprint)[1], der.OCTETS)
        number, said = int(core.Integer.load(serial).native), der.content(moment, der.TIME)
        attributes = _attributes(info, certificate)
        is_ours = (
            _info(digest, number, said) == info
            and _token(info, certificate, attributes, signature) == token
        )
        if others or not is_ours or certificate.public is None:
            raise Unreadable("time stamp: of another form")
        if not sm2.verify(certificate.public, attributes, signature):
            raise Unreadable("time stamp: forged")
        at = datetime.strptime(said.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
        return Token(at=at, digest=digest, certificate=certificate)
    except HOSTILE as error:
        raise Unreadable(f"time stamp: {type(error).__name__}") from error


def _info(digest: bytes, serial: int, moment: bytes) -> bytes:
    """Write TSTInfo (RFC 3161 2.4.2): what was stamped, and when, to the second."""
    imprint = der.sequence(_DIGEST, der.tlv(der.OCTETS, digest))
    number, time = der.integer(serial), der.tlv(der.TIME, moment)
    return der.sequence(_ONE, _POLICY, imprint, number, time, der.sequence(_ONE))


def _attributes(info: bytes, certificate: Certificate) -> bytes:
    """Give what is signed: RFC 3161 2.4.2 and RFC 5816."""
    own = der.sequence(_DIGEST, der.tlv(der.OCTETS, sm2.sm3(certificate.der)))
    said = (
        (_CONTENT_TYPE, _TST_INFO),
        (_MESSAGE_DIGEST, der.tlv(der.OCTETS, sm2.sm3(info))),
        (_SIGNING_CERTIFICATE, der.sequence(der.sequence(own))),
    )
    every = (der.sequence(name, der.tlv(der.SET, value)) for name, value in said)
    return der.set_of(der.SET, every)


def _token(info: bytes, certificate: Certificate, attributes: bytes, signature: bytes) -> bytes:
    """Write ContentInfo with SignedData (RFC 5652 5): one signer, with its certificate."""
    signer = der.sequence(
        _ONE,
        der.sequence(certificate.issuer, der.integer(certificate.serial)),
        _DIGEST,
        bytes([der.OUTER]) + attributes[1:],
        _SIGNATURE,
        der.tlv(der.OCTETS, signature),
    )
    held = der.tlv(der.OUTER, der.tlv(der.OCTETS, info))
    data = der.sequence(
        der.integer(3),
        der.tlv(der.SET, _DIGEST),
        der.sequence(_TST_INFO, held),
        der.tlv(der.OUTER, certificate.der),
        der.tlv(der.SET, signer),
    )
    return der.sequence(_SIGNED_DATA, der.tlv(der.OUTER, data))
