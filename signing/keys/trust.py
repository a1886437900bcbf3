"""What a verifier believes: one root, one issuer a role, and their revocation lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from asn1crypto import x509

from signing.keys.timestamps import Believed


class Role(StrEnum):
    """Who may sign; also the name of the signature field in the PDF."""

    APPLICANT = "applicant"
    ENTERPRISE = "enterprise"
    AGENCY = "agency"


#: The authority that must have issued the certificate of each role, directly.
ISSUER_OF: Mapping[Role, str] = {
    Role.APPLICANT: "personal",
    Role.ENTERPRISE: "enterprise",
    Role.AGENCY: "agency",
}
SERVICE = "service"
ROOT = "root"
BETWEEN = "between"  #: authorities outside that stand between an issuer and its root
OUTSIDE = f"{SERVICE}-outside"  #: who issued to a time stamper that is not ours


def family_of(name: str) -> str:
    """Tell what an authority is for: its successors bear a number.

    >>> family_of("personal"), family_of("personal-2")
    ('personal', 'personal')
    """
    return name.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A revocation that a list does not, or not for ever, tell."""

    serial: str  #: hexadecimal
    at: datetime
    is_compromise: bool  #: the key may be in other hands, so what it signed needs another proof


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Everything an offline verification needs; certificates and lists are DER."""

    roots: tuple[bytes, ...]  #: every root there ever was
    #: name of the authority (personal, personal-2, …) and its certificate, every one there ever
    #: was; also those that stand between an issuer outside and its root
    issuers: tuple[tuple[str, bytes], ...]
    lists: tuple[tuple[str, bytes], ...]  #: current revocation list of each root and issuer
    at: datetime  #: when these lists were taken
    #: authorities outside of whose certificates nobody says now whether they are revoked, by name
    unlisted: tuple[str, ...] = ()
    #: revoked authorities and services, and signers whose certificates expired and left the lists
    gone: tuple[Gone, ...] = ()

    def with_stamper(self, believed: Believed) -> Trust:
        """Believe a stamper outside too: who issued to it, all above, and their lists."""
        issuer, root = believed.chain[0], believed.chain[-1]
        between = [(f"{BETWEEN}-stamps-{place}", der) for place, der in enumerate(believed.chain)]
        named = {der: name for name, der in between} | {issuer: OUTSIDE, root: f"{ROOT}-outside"}
        lists = tuple((named[der], listed) for der, listed in believed.lists)
        return replace(
            self,
            roots=(*self.roots, root),
            issuers=(*self.issuers, (OUTSIDE, issuer), *between[1:-1]),
            lists=self.lists + lists,
        )

    def gone_of(self, serial: str) -> Gone | None:
        """Return what is known of the end of a certificate, by its hexadecimal serial number."""
        return next((gone for gone in self.gone if gone.serial == serial), None)

    def subjects(self) -> list[bytes]:
        """Return the names of the issuing authorities, DER."""
        return [x509.Certificate.load(der).subject.dump() for _, der in self.issuers]

    def issuers_of(self, family: str) -> list[bytes]:
        """Return the certificates of all authorities that ever issued for a role, DER."""
        return [der for name, der in self.issuers if family_of(name) == family]
