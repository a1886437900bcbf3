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

from ofd.der import OCTETS, SEQUENCE, SET, TIME, integer, oid, set_of, tlv

DATA = oid("1.2.840.113549.1.7.1")
TST_INFO = oid("1.2.840.113549.1.9.16.1.4")
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_SHA256 = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00")
_ECDSA_SHA256 = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = oid("1.2.840.113549.1.9.16.2.47")
_TIMESTAMP = oid("1.2.840.113549.1.9.16.2.14")
_POLICY = oid("1.3.6.1.4.1.99999.1.3161")

_NAMES = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)  # the first that there is


def _attribute(kind: bytes, value: bytes) -> bytes:
    return tlv(SEQUENCE, kind, tlv(SET, value))


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
        general_names = tlv(SEQUENCE, tlv(0xA4, issuer))
        reference = tlv(
            SEQUENCE,
            tlv(OCTETS, hashlib.sha256(der).digest()),
            tlv(SEQUENCE, general_names, serial),
        )
        chain_der = [certificate.public_bytes(serialization.Encoding.DER) for certificate in chain]
        self.certificate = certificate
        names = [
            name
            for attribute in _NAMES
            for name in certificate.subject.get_attributes_for_oid(attribute)
        ]
        self.name = str(names[0].value) if names else None  #: of the signer, for readers
        self._content_type = content_type
        self._signer = tlv(SEQUENCE, issuer, serial)
        self._fixed = [
            _attribute(_CONTENT_TYPE, content_type),
            _attribute(_SIGNING_CERTIFICATE, tlv(SEQUENCE, tlv(SEQUENCE, reference))),
        ]
        self._certificates = set_of(0xA0, [der, *chain_der])
        # RFC 5652 5.1: version 3 as soon as the content is not plain data.
        self._version = integer(1 if content_type == DATA else 3)

    @property
    def chain_bytes(self) -> int:
        """Tell how much of what is built are certificates."""
        return len(self._certificates)

    def attributes(self, digest: bytes) -> bytes:
        """Return the signed attributes of a document with this SHA-256: what the key signs."""
        return set_of(SET, [*self._fixed, _attribute(_MESSAGE_DIGEST, tlv(OCTETS, digest))])

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
        carried = tlv(0xA0, tlv(OCTETS, content)) if content is not None else b""
        signer = tlv(
            SEQUENCE,
            integer(1),
            self._signer,
            _SHA256,
            b"\xa0" + attributes[1:],
            _ECDSA_SHA256,
            tlv(OCTETS, signature),
            unsigned,
        )
        signed = tlv(
            SEQUENCE,
            self._version,
            tlv(SET, _SHA256),
            tlv(SEQUENCE, self._content_type, carried),
            self._certificates,
            tlv(SET, signer),
        )
        return tlv(SEQUENCE, _SIGNED_DATA, tlv(0xA0, signed))


def tst_info(
    imprint: bytes, *, serial: int, at: datetime, authority: bytes, nonce: int | None = None
) -> bytes:
    """Encode what a time stamp says.

    `imprint` is the DER of the requester's MessageImprint, `authority` that of the stamper's name.
    """
    return tlv(
        SEQUENCE,
        integer(1),
        _POLICY,
        imprint,
        integer(serial),
        tlv(TIME, at.strftime("%Y%m%d%H%M%SZ").encode()),
        tlv(SEQUENCE, integer(1)),  # accurate to one second
        integer(nonce) if nonce is not None else b"",
        tlv(0xA0, tlv(0xA4, authority)),
    )


def imprint_sha256(digest: bytes) -> bytes:
    """Encode the MessageImprint of a SHA-256 digest."""
    return tlv(SEQUENCE, _SHA256, tlv(OCTETS, digest))
