"""Time stamps in SM2 and SM3 (GB/T 20520, which is RFC 3161 with the national algorithms).

A token says since when the value of a seal signature exists; it lies beside the value, in the field
that GB/T 38540 has for it. It is read only in the form in which it is written here, so that no bit
of it can change unnoticed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp, x509

from ofd import sm2
from ofd.certificates import HOSTILE, Certificate, Unreadable, read, sequence

PURPOSE = "time_stamping"
_POLICY = "1.2.156.3005.9.1"  #: of the demonstration
_LARGEST = 16 * 1024  #: bytes of a token
_DIGEST = {"algorithm": sm2.SM3}
_SIGNATURE = {"algorithm": sm2.SIGN_WITH_SM3}


@dataclass(frozen=True, kw_only=True)
class Token:
    """A time stamp that was read; its signature holds by the certificate that lies in it."""

    at: datetime
    digest: bytes  #: SM3 of what was stamped
    certificate: Certificate


def make(stamped: bytes, *, at: datetime, certificate: Certificate, key: sm2.PrivateKey) -> bytes:
    """Return a token on `stamped`, DER."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": _POLICY,
            "message_imprint": {"hash_algorithm": _DIGEST, "hashed_message": sm2.sm3(stamped)},
            "serial_number": secrets.randbits(63) | 1 << 62,
            "gen_time": at.astimezone(UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
    ).dump()
    attributes = _attributes(info, certificate)
    return _token(info, certificate, key.sign(attributes.dump()))


def open_(token: bytes) -> Token:
    """Read a token of anybody. Raises: Unreadable, also when its signature does not hold."""
    try:
        if len(token) > _LARGEST:
            raise Unreadable("time stamp: too large")
        content = cms.ContentInfo.load(token, strict=True)["content"]
        info = bytes(content["encap_content_info"]["content"])
        certificate = read(content["certificates"][0].chosen.dump())
        signature = bytes(content["signer_infos"][0]["signature"].native)
        if _token(info, certificate, signature) != token or certificate.public is None:
            raise Unreadable("time stamp: of another form")
        if not sm2.verify(certificate.public, _attributes(info, certificate).dump(), signature):
            raise Unreadable("time stamp: forged")
        said = tsp.TSTInfo.load(info, strict=True)
        imprint = said["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].dotted != sm2.SM3:
            raise Unreadable("time stamp: of another digest")
        return Token(
            at=said["gen_time"].native,
            digest=bytes(imprint["hashed_message"].native),
            certificate=certificate,
        )
    except HOSTILE as error:
        raise Unreadable(f"time stamp: {type(error).__name__}") from error


def _attributes(info: bytes, certificate: Certificate) -> cms.CMSAttributes:
    """Give what is signed: RFC 3161 2.4.2 and RFC 5816."""
    own = {"hash_algorithm": _DIGEST, "cert_hash": sm2.sm3(certificate.der)}
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [sm2.sm3(info)]},
            {"type": "signing_certificate_v2", "values": [{"certs": [own]}]},
        ]
    )


def _token(info: bytes, certificate: Certificate, signature: bytes) -> bytes:
    issuer = x509.Name.load(certificate.issuer)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": issuer, "serial_number": certificate.serial},
            ),
            "digest_algorithm": _DIGEST,
            "signed_attrs": _attributes(info, certificate),
            "signature_algorithm": _SIGNATURE,
            "signature": signature,
        }
    )
    data = sequence(
        core.Integer(3).dump(),
        core.SetOf([algos.DigestAlgorithm(_DIGEST)], spec=algos.DigestAlgorithm).dump(),
        sequence(
            core.ObjectIdentifier("1.2.840.113549.1.9.16.1.4").dump(),
            core.OctetString(info, explicit=0).dump(),
        ),
        _tagged(0xA0, certificate.der),
        _tagged(0x31, signer.dump()),
    )
    signed_data = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    return sequence(signed_data, _tagged(0xA0, data))


def _tagged(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + sequence(content)[1:]
