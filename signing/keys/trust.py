"""What a verifier believes: one root, one issuer a role, and their revocation lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import x509


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


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A revocation that a list does not, or not for ever, tell."""

    serial: str  #: hexadecimal
    at: datetime
    is_compromise: bool  #: the key may be in other hands, so what it signed needs another proof


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Everything an offline verification needs; certificates and lists are DER."""

    root: bytes
    issuers: tuple[tuple[str, bytes], ...]  #: authority name (personal, …, service), certificate
    lists: tuple[tuple[str, bytes], ...]  #: current revocation list of the root and every issuer
    at: datetime  #: when these lists were taken
    #: revoked authorities and services, and signers whose certificates expired and left the lists
    gone: tuple[Gone, ...] = ()

    def gone_of(self, serial: str) -> Gone | None:
        """Return what is known of the end of a certificate, by its hexadecimal serial number."""
        return next((gone for gone in self.gone if gone.serial == serial), None)

    def subjects(self) -> list[bytes]:
        """Return the names of the issuing authorities, DER."""
        return [x509.Certificate.load(der).subject.dump() for _, der in self.issuers]

    def issuer(self, name: str) -> bytes:
        """Return the certificate of an issuing authority, DER."""
        return dict(self.issuers)[name]
