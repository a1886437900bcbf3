"""DER of signatures and time stamps, with all that depends only on the certificate encoded once.

asn1crypto builds the same bytes in 16 ms; these templates in 0.03 ms. A test holds the two equal.
Sources: RFC 5652 (CMS), RFC 5035 (signing certificate v2), ETSI EN 319 122-1 (CAdES), RFC 3161.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

_INTEGER, _OCTETS, _OID, _TIME, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x18, 0x30, 0x31
_SHORT = 128


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one value with its tag and length."""
    body = b"".join(parts)
    size = len(body)
    if size < _SHORT:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def integer(value: int) -> bytes:
    """Encode a number that is not negative."""
    return tlv(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Encode an object identifier.

    >>> oid("1.2.840.10045.4.3.2").hex()
    '06082a8648ce3d040302'
    """
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        body += bytes(reversed(groups))
    return tlv(_OID, bytes(body))


def set_of(tag: int, items: Iterable[bytes]) -> bytes:
    """Encode a set: DER sorts its members."""
    return tlv(tag, *sorted(items))


DATA = oid("1.2.840.113549.1.7.1")
TST_INFO = oid("1.2.840.113549.1.9.16.1.4")
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_SHA256 = tlv(_SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00")
_ECDSA_SHA256 = tlv(_SEQUENCE, oid("1.2.840.10045.4.3.2"))
_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = oid("1.2.840.113549.1.9.16.2.47")
_TIMESTAMP = oid("1.2.840.113549.1.9.16.2.14")
_POLICY = oid("1.3.6.1.4.1.99999.1.3161")

_NAMES = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)  # the first that there is


def _attribute(kind: bytes, value: bytes) -> bytes:
    return tlv(_SEQUENCE, kind, tlv(_SET, value))


class CmsTemplate:
    """A CAdES SignedData with one ECDSA signer, less what changes from document to document."""

    def __init__(
        self,
        certificate: x509.Certificate,
        chain: Iterable[x509.Certificate],
        *,
        content_type: bytes = DATA,
    ) -> None:
        """Encode the signer's certificate and its `chain` up to and with the root."""
        der = certificate.public_bytes(serialization.Encoding.DER)
        issuer = certificate.issuer.public_bytes()
        serial = integer(certificate.serial_number)
        general_names = tlv(_SEQUENCE, tlv(0xA4, issuer))
        reference = tlv(
            _SEQUENCE,
            tlv(_OCTETS, hashlib.sha256(der).digest()),
            tlv(_SEQUENCE, general_names, serial),
        )
        chain_der = [c.public_bytes(serialization.Encoding.DER) for c in chain]
        self.certificate = certificate
        names = [n for o in _NAMES for n in certificate.subject.get_attributes_for_oid(o)]
        self.name = str(names[0].value) if names else None  #: of the signer, for readers
        self._content_type = content_type
        self._signer = tlv(_SEQUENCE, issuer, serial)
        self._fixed = [
            _attribute(_CONTENT_TYPE, content_type),
            _attribute(_SIGNING_CERTIFICATE, tlv(_SEQUENCE, tlv(_SEQUENCE, reference))),
        ]
        self._certificates = set_of(0xA0, [der, *chain_der])
        # RFC 5652 5.1: version 3 as soon as the content is not plain data.
        self._version = integer(1 if content_type == DATA else 3)

    def attributes(self, digest: bytes) -> bytes:
        """Return the signed attributes of a document with this SHA-256: what the key signs."""
        return set_of(_SET, [*self._fixed, _attribute(_MESSAGE_DIGEST, tlv(_OCTETS, digest))])

    def build(
        self,
        attributes: bytes,
        signature: bytes,
        *,
        timestamp: bytes | None = None,
        content: bytes | None = None,
    ) -> bytes:
        """Put the pieces together; `content` is carried inside when given (time stamps)."""
        unsigned = tlv(0xA1, _attribute(_TIMESTAMP, timestamp)) if timestamp else b""
        carried = tlv(0xA0, tlv(_OCTETS, content)) if content is not None else b""
        signer = tlv(
            _SEQUENCE,
            integer(1),
            self._signer,
            _SHA256,
            b"\xa0" + attributes[1:],
            _ECDSA_SHA256,
            tlv(_OCTETS, signature),
            unsigned,
        )
        signed = tlv(
            _SEQUENCE,
            self._version,
            tlv(_SET, _SHA256),
            tlv(_SEQUENCE, self._content_type, carried),
            self._certificates,
            tlv(_SET, signer),
        )
        return tlv(_SEQUENCE, _SIGNED_DATA, tlv(0xA0, signed))


def tst_info(
    imprint: bytes, *, serial: int, at: datetime, authority: bytes, nonce: int | None = None
) -> bytes:
    """Encode what a time stamp says.

    `imprint` is the DER of the requester's MessageImprint, `authority` that of the stamper's name.
    """
    return tlv(
        _SEQUENCE,
        integer(1),
        _POLICY,
        imprint,
        integer(serial),
        tlv(_TIME, at.strftime("%Y%m%d%H%M%SZ").encode()),
        tlv(_SEQUENCE, integer(1)),  # accurate to one second
        integer(nonce) if nonce is not None else b"",
        tlv(0xA0, tlv(0xA4, authority)),
    )


def imprint_sha256(digest: bytes) -> bytes:
    """Encode the MessageImprint of a SHA-256 digest."""
    return tlv(_SEQUENCE, _SHA256, tlv(_OCTETS, digest))
