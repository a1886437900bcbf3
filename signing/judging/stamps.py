"""A time stamp apart from any PDF: over which digest, by whom, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

_DIGESTS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a good stamp says."""

    at: datetime
    certificate: x509.Certificate  #: of the stamper


def stamped_at(token: bytes, digest: bytes, issuers: Iterable[bytes]) -> datetime | None:
    """Tell when `digest` (SHA-256) was stamped; None when this is no good stamp, see `told`."""
    good = told(token, digest, issuers)
    return good.at if good else None


def told(token: bytes, digest: bytes, issuers: Iterable[bytes]) -> Told | None:
    """Read a stamp over `digest` (SHA-256); None when it is no good one.

    `issuers` are the certificates (DER) that may have issued the stamper's.
    """
    try:
        signed = cms.ContentInfo.load(token, strict=True)["content"]
        info = signed["encap_content_info"]["content"].parsed
        imprint, at = info["message_imprint"], info["gen_time"].native
        if not isinstance(info, tsp.TSTInfo) or imprint["hashed_message"].native != digest:
            return None
        (signer,) = signed["signer_infos"]
        serial = signer["sid"].chosen["serial_number"].native
        (certificate,) = [
            x509.load_der_x509_certificate(choice.chosen.dump())
            for choice in signed["certificates"]
            if choice.chosen.serial_number == serial
        ]
        _verify(signed, signer, certificate)
        if not any(_has_issued(issuer, certificate) for issuer in issuers):
            return None
    except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature):
        return None
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Told(at=at, certificate=certificate) if begin <= at <= end else None


def _verify(signed: cms.SignedData, signer: cms.SignerInfo, certificate: x509.Certificate) -> None:
    """Check the signature over the attributes, and that these name the content.

    ECDSA and RSA (PKCS #1 v1.5), with SHA-2 throughout (RFC 5652, RFC 3161).
    """
    algorithm = _DIGESTS[signer["digest_algorithm"]["algorithm"].native]
    content = hashes.Hash(algorithm)
    content.update(signed["encap_content_info"]["content"].contents)
    named = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
    if named["message_digest"][0].native != content.finalize():
        raise InvalidSignature
    key, value = certificate.public_key(), signer["signature"].native
    attributes = signer["signed_attrs"].untag().dump()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(value, attributes, ec.ECDSA(algorithm))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(value, attributes, padding.PKCS1v15(), algorithm)
    else:
        raise InvalidSignature


def _has_issued(issuer: bytes, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
