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
class Trust:
    """Everything an offline verification needs; certificates and lists are DER."""

    root: bytes
    issuers: tuple[tuple[str, bytes], ...]  #: authority name (personal, …, service), certificate
    lists: tuple[tuple[str, bytes], ...]  #: current revocation list of the root and every issuer
    at: datetime  #: when these lists were taken

    def subjects(self) -> list[bytes]:
        """Return the names of the issuing authorities, DER."""
        return [x509.Certificate.load(der).subject.dump() for _, der in self.issuers]

    def issuer(self, name: str) -> bytes:
        """Return the certificate of an issuing authority, DER."""
        return dict(self.issuers)[name]
