"""Whom the settings believe of an authority outside: its issuers for each role, and their roots.

What comes with a certificate or an answer is never believed by itself. An issuer that works no more
stays here as long as papers live that it vouches for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from signing.keys.trust import ISSUER_OF, ROOT, family_of

FAMILIES = tuple(ISSUER_OF.values())  #: each has a file of its own among the settings
_DIGITS = 4  #: of an issuer's digest in its name: what a column of names has room for


def der(certificate: x509.Certificate) -> bytes:
    """Give a certificate as bytes."""
    return certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """An issuer that is believed for a role, and the root that is directly above it."""

    name: str  #: as trust and rows call it: enterprise-3fa2
    certificate: x509.Certificate
    root: x509.Certificate

    @property
    def family(self) -> str:
        """Tell for whom it issues: personal, enterprise or agency."""
        return family_of(self.name)

    @property
    def chain(self) -> list[x509.Certificate]:
        """Return the certificates above one that it issued, up to and with the root."""
        return [self.certificate, self.root]


class Anchors:
    """The issuers of an authority outside, by the name that we give them."""

    def __init__(self, anchors: Mapping[str, Anchor]) -> None:
        self._anchors = dict(anchors)

    def __iter__(self) -> Iterator[Anchor]:
        """Yield every issuer."""
        return iter(self._anchors.values())

    def get(self, name: str) -> Anchor | None:
        """Return an issuer by its name; None: it is none of these."""
        return self._anchors.get(name)

    def of(self, family: str) -> list[Anchor]:
        """Return the issuers for a role."""
        return [anchor for anchor in self._anchors.values() if anchor.family == family]

    def roots(self) -> dict[str, x509.Certificate]:
        """Return the roots by the names that trust gives them, each once."""
        return {named(ROOT, anchor.root): anchor.root for anchor in self._anchors.values()}


def named(family: str, certificate: x509.Certificate) -> str:
    """Name an issuer by what it is for and by the beginning of its digest."""
    return f"{family}-{hashlib.sha256(der(certificate)).hexdigest()[:_DIGITS]}"


def read(files: Mapping[str, bytes]) -> Anchors:
    """Read the certificates of each family: issuers, and the roots above them (PEM, any order).

    Raises: ValueError that says in English which file is wrong and why.
    """
    anchors: dict[str, Anchor] = {}
    for family in FAMILIES:
        try:
            certificates = x509.load_pem_x509_certificates(files.get(family, b""))
        except ValueError as error:
            raise ValueError(f"{family}.pem has no certificates") from error
        roots = [one for one in certificates if one.subject == one.issuer]
        issuers = [one for one in certificates if one not in roots]
        if not issuers:
            raise ValueError(f"{family}.pem names no issuer below a root")
        for issuer in issuers:
            anchor = _anchored(family, issuer, roots)
            if anchor.name in anchors:
                raise ValueError(f"{family}.pem has two issuers of one name")
            anchors[anchor.name] = anchor
    return Anchors(anchors)


def _anchored(family: str, issuer: x509.Certificate, roots: list[x509.Certificate]) -> Anchor:
    """Find the root that issued an issuer. Raises: ValueError."""
    called = issuer.subject.rfc4514_string()
    if not _issues(issuer):
        raise ValueError(f"{family}.pem: {called} is no authority")
    if list_of(issuer) is None:
        raise ValueError(f"{family}.pem: {called} does not say where the list of its root is")
    above = [root for root in roots if is_by(issuer, root) and is_by(root, root)]
    if len(above) != 1:
        raise ValueError(f"{family}.pem: the root directly above {called} is missing")
    return Anchor(name=named(family, issuer), certificate=issuer, root=above[0])


def _issues(certificate: x509.Certificate) -> bool:
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        return usage.key_cert_sign and (
            extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        )
    except (x509.ExtensionNotFound, ValueError):
        return False


def is_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate is directly by that issuer: name and signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def list_of(certificate: x509.Certificate) -> str | None:
    """Return where the revocation list is found that may name a certificate; None: nowhere."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    return _first_of(name for point in points for name in point.full_name or ())


def responder_of(certificate: x509.Certificate) -> str | None:
    """Return who answers for the status of a certificate; None: nobody."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, ValueError):
        return None
    wanted = AuthorityInformationAccessOID.OCSP
    return _first_of(
        described.access_location for described in access.value if described.access_method == wanted
    )


def _first_of(names: Iterable[x509.GeneralName]) -> str | None:
    """Return the first address that speaks HTTP (others, as LDAP, we do not)."""
    addresses = (name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))
    return next((text for text in addresses if text.startswith(("http://", "https://"))), None)
