"""Revocation lists (RFC 5280) and status answers (RFC 6960), built from rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from signing.keys.profiles import Issuer

LIST_LIFE = timedelta(hours=24)
LIST_FRESH = timedelta(hours=1)  #: after this a new list is published
ANSWER_LIFE = timedelta(minutes=10)
_DER = serialization.Encoding.DER


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """When and why a certificate stopped being good."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags


def build_list(
    issuer: Issuer, revocations: Iterable[Revocation], *, number: int, at: datetime
) -> bytes:
    """Publish a revocation list, DER."""
    at = at.replace(microsecond=0)
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + LIST_LIFE)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(key_id, critical=False)
    )
    for revocation in revocations:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(revocation.serial)
            .revocation_date(revocation.at.replace(microsecond=0))
            .add_extension(x509.CRLReason(revocation.reason), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(_DER)


def is_about(request: ocsp.OCSPRequest, issuer: x509.Certificate) -> bool:
    """Tell whether a status request names `issuer` by name and by key."""
    name = hashes.Hash(request.hash_algorithm)
    name.update(issuer.subject.public_bytes())
    key = hashes.Hash(request.hash_algorithm)
    public_key = issuer.public_key()
    key.update(
        public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        if isinstance(public_key, ec.EllipticCurvePublicKey)
        else b""
    )
    return (name.finalize(), key.finalize()) == (request.issuer_name_hash, request.issuer_key_hash)


def refuse(status: ocsp.OCSPResponseStatus) -> bytes:
    """Answer that we cannot tell, DER."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(_DER)


def answer(
    certificate: x509.Certificate,
    revocation: Revocation | None,
    *,
    issuer: x509.Certificate,
    responder: Issuer,
    at: datetime,
    algorithm: hashes.HashAlgorithm | None = None,
    nonce: x509.OCSPNonce | None = None,
) -> bytes:
    """Answer whether `certificate` is good or revoked, signed by the delegated responder, DER."""
    at = at.replace(microsecond=0)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=certificate,
            issuer=issuer,
            algorithm=algorithm or hashes.SHA1(),  # noqa: S303 (RFC 5019: names the issuer only)
            cert_status=ocsp.OCSPCertStatus.REVOKED if revocation else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + ANSWER_LIFE,
            revocation_time=revocation.at if revocation else None,
            revocation_reason=revocation.reason if revocation else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    if nonce is not None:
        builder = builder.add_extension(nonce, critical=False)
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(_DER)


def nonce_of(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    """Return the nonce of a status request, if it has one."""
    nonces = (
        extension.value
        for extension in request.extensions
        if isinstance(extension.value, x509.OCSPNonce)
    )
    return next(nonces, None)
