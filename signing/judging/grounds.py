"""What is believed, read and verified once: authorities, and lists of what was revoked.

As long as the lists are the same, so is the ground; a signature costs only what is its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from signing.cms import Cms
from signing.der import DATA, TST_INFO, CmsTemplate
from signing.keys.profiles import DOCUMENT_SIGNING
from signing.keys.trust import SERVICE, Gone, Trust, family_of

_KNOWN = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
_Named = tuple[tuple[str, bytes], ...]


class Uncertain(Exception):
    """Not certain enough; the text says in English what is missing."""


@dataclass(frozen=True)
class _List:
    """A revocation list whose signature is good."""

    begin: datetime
    end: datetime
    serials: frozenset[int]


class Ground:
    """Believes what a `Trust` names; asks more than the law of certificates does, never less."""

    def __init__(
        self, roots: tuple[bytes, ...], issuers: _Named, lists: _Named, gone: tuple[Gone, ...]
    ) -> None:
        self._roots = frozenset(roots)
        self._issuers = {
            family: frozenset(der for name, der in issuers if family_of(name) == family)
            for family in {family_of(name) for name, _ in issuers}
        }
        self._gone = {int(left.serial, 16) for left in gone}
        self._lists: dict[bytes, _List] = {}
        for der in (*roots, *(der for _, der in issuers)):
            for _, listed in lists:
                if (read := _list(listed, der)) is not None:
                    self._lists[der] = read

    def signer(
        self, content: Cms, digest: bytes, family: str, *, at: datetime, now: datetime
    ) -> x509.Certificate:
        """Verify a signature of a person, an enterprise or the agency made `at` a moment.

        Raises: Uncertain, InvalidSignature.
        """
        certificate = self._verified(content, digest, family, DATA, at=at, now=now)
        usage, purposes = _usage(certificate)
        if not usage.content_commitment or DOCUMENT_SIGNING not in purposes:
            raise Uncertain("not a signer's certificate")
        return certificate

    def stamper(
        self, token: Cms, digest: bytes, *, at: datetime, now: datetime
    ) -> x509.Certificate:
        """Verify the signature of a time stamp. Raises: Uncertain, InvalidSignature."""
        certificate = self._verified(token, digest, SERVICE, TST_INFO, at=at, now=now)
        usage, purposes = _usage(certificate)
        if not usage.digital_signature or purposes != [ExtendedKeyUsageOID.TIME_STAMPING]:
            raise Uncertain("not a time stamper's certificate")
        return certificate

    def _verified(
        self, content: Cms, digest: bytes, family: str, kind: bytes, *, at: datetime, now: datetime
    ) -> x509.Certificate:
        # 1. Three certificates: the signer's, of an authority for that role, of a root of ours.
        carried = set(content.certificates)
        above = carried & self._issuers.get(family, frozenset())
        tops = carried & self._roots
        own = carried - above - tops
        if [len(part) for part in (own, above, tops)] != [1, 1, 1]:
            raise Uncertain("other certificates")
        chain = (*own, *above, *tops)
        # 2. The whole is as we write it, over this digest, and the signature is by that key.
        template = _template(*chain, kind)
        again = template.build(
            content.attributes, content.signature, timestamp=content.token, content=content.carried
        )
        if again != content.whole or template.attributes(digest) != content.attributes:
            raise Uncertain("written otherwise")
        key = template.certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Uncertain("another kind of key")
        key.verify(content.signature, content.attributes, ec.ECDSA(hashes.SHA256()))
        # 3. Each was valid at the moment, and is on no list; the lists are of today.
        for der, issuer in zip(chain, (*chain[1:], chain[2]), strict=True):
            self._require_valid(der, issuer, at=at, now=now)
        return template.certificate

    def _require_valid(self, der: bytes, issuer: bytes, *, at: datetime, now: datetime) -> None:
        certificate, listed = _issued(der, issuer), self._lists.get(issuer)
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise Uncertain("not valid then")
        if listed is None or not listed.begin <= now <= listed.end or at > listed.end:
            raise Uncertain("no fresh list")
        if certificate.serial_number in self._gone or certificate.serial_number in listed.serials:
            raise Uncertain("revoked at some time")


def of(trust: Trust) -> Ground:
    """Give the ground of what is believed now."""
    return _ground(trust.roots, trust.issuers, trust.lists, trust.gone)


_ground = lru_cache(maxsize=4)(Ground)


@lru_cache(maxsize=1024)
def _issued(der: bytes, issuer: bytes) -> x509.Certificate:
    """Load a certificate by that issuer; a root is its own. Raises: InvalidSignature."""
    certificate = x509.load_der_x509_certificate(der)
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    return certificate


@lru_cache(maxsize=1024)
def _template(own: bytes, above: bytes, top: bytes, kind: bytes) -> CmsTemplate:
    certificate, *chain = (x509.load_der_x509_certificate(der) for der in (own, above, top))
    return CmsTemplate(certificate, chain, content_type=kind)


def _usage(
    certificate: x509.Certificate,
) -> tuple[x509.KeyUsage, list[x509.ObjectIdentifier]]:
    """Tell what the key of somebody who is no authority is for. Raises: Uncertain."""
    extensions = certificate.extensions
    if any(extension.critical and extension.oid not in _KNOWN for extension in extensions):
        raise Uncertain("a demand that we do not know")
    if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise Uncertain("an authority")
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    return extensions.get_extension_for_class(x509.KeyUsage).value, list(purposes)


def _list(der: bytes, issuer: bytes) -> _List | None:
    """Read a revocation list, if it is by that authority and says until when it counts."""
    listed, authority = x509.load_der_x509_crl(der), x509.load_der_x509_certificate(issuer)
    key, end = authority.public_key(), listed.next_update_utc
    if listed.issuer != authority.subject or end is None:
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not listed.is_signature_valid(key):
        return None
    serials = frozenset(revoked.serial_number for revoked in listed)
    return _List(begin=listed.last_update_utc, end=end, serials=serials)
