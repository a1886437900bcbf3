"""Whom the settings believe of an authority outside: its issuers for each role, and their roots.

What comes with a certificate or an answer is never believed by itself. An issuer that works no more
stays here as long as papers live that it vouches for. A root may issue to signers itself; others
may stand between an issuer and its root (`signing.outside.chains`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from signing.keys.trust import BETWEEN, ISSUER_OF, ROOT, family_of
from signing.outside import chains

FAMILIES = tuple(ISSUER_OF.values())  #: each has a file of its own among the settings
_DIGITS = 4  #: of an issuer's digest in its name: what a column of names has room for


def der(certificate: x509.Certificate) -> bytes:
    """Give a certificate as bytes."""
    return certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """An issuer that is believed for a role, and who stands above it."""

    name: str  #: as trust and rows call it: enterprise-3fa2
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]  #: up to and with the root; nobody above a root itself

    @property
    def family(self) -> str:
        """Tell for whom it issues: personal, enterprise or agency."""
        return family_of(self.name)

    @property
    def chain(self) -> list[x509.Certificate]:
        """Return the certificates above one that it issued, up to and with the root."""
        return [self.certificate, *self.above]

    @property
    def names(self) -> list[str]:
        """Name everybody of the chain whose lists tell whether one of it is revoked."""
        return [self.name, *map(called, self.above)]


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

    def roots(self) -> list[x509.Certificate]:
        """Return the roots, each once."""
        return list(dict.fromkeys(anchor.chain[-1] for anchor in self))

    def above(self) -> dict[str, x509.Certificate]:
        """Return who stands above issuers, by the names that trust gives them, each once."""
        return {called(one): one for anchor in self for one in anchor.above}

    def below(self, certificate: x509.Certificate) -> x509.Certificate:
        """Return somebody of a chain directly below who stands above an issuer."""
        return next(
            below
            for anchor in self
            for below, above in pairwise(anchor.chain)
            if above == certificate
        )


def named(family: str, certificate: x509.Certificate) -> str:
    """Name an issuer by what it is for and by the beginning of its digest."""
    return f"{family}-{hashlib.sha256(der(certificate)).hexdigest()[:_DIGITS]}"


def called(above: x509.Certificate) -> str:
    """Name who stands above issuers: a root, or one between."""
    return named(ROOT if chains.is_root(above) else BETWEEN, above)


def read(files: Mapping[str, bytes]) -> Anchors:
    """Read the certificates of each family: issuers, and who stands above them (PEM, any order).

    Who has issued to none of the others is an issuer; so is a root that stands alone.
    Raises: ValueError that says in English which file is wrong and why.
    """
    anchors: dict[str, Anchor] = {}
    above: dict[str, x509.Certificate] = {}
    for family in FAMILIES:
        try:
            certificates = x509.load_pem_x509_certificates(files.get(family, b""))
        except ValueError as error:
            raise ValueError(f"{family}.pem has no certificates") from error
        for chain in _chains(family, list(dict.fromkeys(certificates))):
            anchor = Anchor(name=named(family, chain[0]), certificate=chain[0], above=chain[1:])
            if anchor.name in anchors:
                raise ValueError(f"{family}.pem has two issuers of one name")
            anchors[anchor.name] = anchor
            for one in anchor.above:
                if above.setdefault(called(one), one) != one:
                    raise ValueError(f"{family}.pem has two authorities of one name")
    return Anchors(anchors)


def _chains(
    family: str, certificates: list[x509.Certificate]
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Yield each issuer with who stands above it. Raises: ValueError."""
    for issuer in chains.issuers(certificates):
        try:
            chain = chains.upwards(issuer, certificates)
        except ValueError as error:
            raise ValueError(f"{family}.pem: {error}") from error
        for one in chain[:-1]:
            if list_of(one) is None:
                who = one.subject.rfc4514_string()
                raise ValueError(
                    f"{family}.pem: {who} does not say where the list is that may name it"
                )
        yield chain


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
