"""What an authority outside says of its certificates, judged: lists (RFC 5280), answers (RFC 6960).

What cannot be believed raises ValueError that says in English why; the log hears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from signing.keys.revocation import Revocation
from signing.outside import chains

AHEAD = timedelta(minutes=5)  #: how far the two clocks may lie apart
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_KNOWN = {ExtensionOID.ISSUING_DISTRIBUTION_POINT}


@dataclass(frozen=True, kw_only=True)
class RevocationList:
    """A list whose signature and form are good."""

    der: bytes
    begin: datetime
    end: datetime
    revoked: Mapping[int, Revocation]  #: by serial number

    def counts_at(self, moment: datetime) -> bool:
        """Tell whether the list may be used at a moment."""
        return self.begin - AHEAD <= moment < self.end


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A good answer about one certificate."""

    der: bytes
    end: datetime  #: until when it may be used
    revocation: Revocation | None  #: None: the certificate is good


def listed(der: bytes, issuer: x509.Certificate) -> RevocationList:
    """Read a complete list by that issuer. Raises: ValueError."""
    read = x509.load_der_x509_crl(der)
    end, key = read.next_update_utc, issuer.public_key()
    if read.issuer != issuer.subject:
        raise ValueError("another issuer's list")
    if end is None:
        raise ValueError("a list that does not say until when it counts")
    if not isinstance(read.signature_hash_algorithm, _DIGESTS):
        raise ValueError("a list under a weak digest")
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("another kind of key")
    if not read.is_signature_valid(key):
        raise ValueError("a list that its issuer has not signed")
    _require_complete(read)
    return RevocationList(
        der=der,
        begin=read.last_update_utc,
        end=end,
        revoked={gone.serial_number: _revocation(gone) for gone in read},
    )


def _require_complete(read: x509.CertificateRevocationList) -> None:
    """Take no list that leaves certificates out that it might name."""
    for extension in read.extensions:
        if extension.critical and extension.oid not in _KNOWN:
            raise ValueError(f"a list with {extension.oid.dotted_string}, which we do not know")
        part = extension.value
        if isinstance(part, x509.IssuingDistributionPoint) and (
            part.indirect_crl or part.only_some_reasons or part.only_contains_attribute_certs
        ):
            raise ValueError("a list of a part")


def _revocation(gone: x509.RevokedCertificate) -> Revocation:
    try:
        reason = gone.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        reason = x509.ReasonFlags.unspecified
    return Revocation(serial=gone.serial_number, at=gone.revocation_date_utc, reason=reason)


def question(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """Ask about a certificate, DER. Without a nonce: many answer with what they made before."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 (RFC 5019: names the issuer only)
    return builder.build().public_bytes(Encoding.DER)


def answered(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime
) -> Answer:
    """Read an answer about that certificate, fresh at a moment. Raises: ValueError."""
    read = ocsp.load_der_ocsp_response(der)
    if read.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ValueError(f"no answer: {read.response_status.name}")
    of_issuer = ocsp.load_der_ocsp_request(question(certificate, issuer))
    if (read.serial_number, read.issuer_key_hash, read.issuer_name_hash) != (
        of_issuer.serial_number,
        of_issuer.issuer_key_hash,
        of_issuer.issuer_name_hash,
    ):
        raise ValueError("an answer about another certificate")
    end = read.next_update_utc
    if end is None or not read.this_update_utc - AHEAD <= at < end:
        raise ValueError("an answer that is not fresh")
    _require_signed(read, issuer, at)
    if read.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise ValueError("the responder does not know the certificate")
    return Answer(der=der, end=end, revocation=_told(read))


def _told(read: ocsp.OCSPResponse) -> Revocation | None:
    if read.certificate_status is ocsp.OCSPCertStatus.GOOD or read.revocation_time_utc is None:
        return None
    reason = read.revocation_reason or x509.ReasonFlags.unspecified
    return Revocation(serial=read.serial_number, at=read.revocation_time_utc, reason=reason)


def _require_signed(read: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> None:
    """Take what the issuer has signed, or whom it has named for that (RFC 6960 4.2.2.2)."""
    algorithm = read.signature_hash_algorithm
    if not isinstance(algorithm, _DIGESTS):
        raise ValueError("an answer under a weak digest")
    responders = [one for one in read.certificates if _answers_for(one, issuer, at)]
    for signer in (issuer, *responders):
        if _has_signed(signer.public_key(), read, algorithm):
            return
    raise ValueError("an answer by nobody who may answer")


def _answers_for(certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in purposes
        and certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc
        and chains.is_by(certificate, issuer)
    )


def _has_signed(key: object, read: ocsp.OCSPResponse, algorithm: hashes.HashAlgorithm) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(read.signature, read.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(read.signature, read.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True
