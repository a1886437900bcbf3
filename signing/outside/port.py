"""What is asked of a certification authority outside (电子认证服务机构)."""

from __future__ import annotations

from typing import Protocol

from signing.outside.anchors import Anchors


class CertificationAuthority(Protocol):
    """Speaks to it (`adapters.keys.authority`); whatever comes back is judged here.

    Each call raises `registry.errors.Unavailable` when nobody answers.
    """

    @property
    def anchors(self) -> Anchors:
        """Whom the settings believe."""

    def enrol(self, family: str, request: bytes, *, renews: bool) -> bytes:
        """Have a PKCS #10 request certified for a role; DER in and out."""

    def revoke(self, certificate: bytes, reason: str) -> None:
        """Have a certificate (DER) revoked for a reason of RFC 5280 5.3.1; twice is once."""

    def published(self, url: str) -> bytes:
        """Fetch a revocation list from where a certificate says that it is, DER."""

    def answer(self, url: str, question: bytes) -> bytes:
        """Ask the responder that a certificate names (RFC 6960), DER in and out."""
