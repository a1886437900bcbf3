"""A time stamp of ours apart from any PDF: over which digest, by whom, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def stamped_at(token: bytes, digest: bytes, issuers: Iterable[bytes]) -> datetime | None:
    """Tell when `digest` (SHA-256) was stamped; None when this is no good stamp of ours.

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
    return at if begin <= at <= end else None


def _verify(signed: cms.SignedData, signer: cms.SignerInfo, certificate: x509.Certificate) -> None:
    """Check the signature over the attributes, and that these name the content."""
    content = hashes.Hash(hashes.SHA256())
    content.update(signed["encap_content_info"]["content"].contents)
    named = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
    if named["message_digest"][0].native != content.finalize():
        raise InvalidSignature
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature
    attributes = signer["signed_attrs"].untag().dump()
    key.verify(signer["signature"].native, attributes, ec.ECDSA(hashes.SHA256()))


def _has_issued(issuer: bytes, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
