"""Signatures that are not ours: what may be said of them, and what may not.

A signature by another authority, or with an algorithm that we do not know (SM2 with SM3, Ed448, odd
parameters of RSA-PSS), is neither good nor forged: we cannot tell. Only where the digest of what it
covers is another one than it says is the content known to have changed.
"""

from __future__ import annotations

import hashlib

from asn1crypto import algos, keys
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    AlgorithmNotSupported,
    DSAParametersUnavailable,
    PSSParameterMismatch,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)

from signing.judging.findings import Code, Finding, finding
from signing.judging.reports import Level, SignatureReport
from signing.judging.structure import HOSTILE
from signing.keys.trust import Trust

_SM3 = "1.2.156.10197.1.401"
#: What hashlib calls an algorithm, where CMS has another name.
_CALLED = {_SM3: "sm3"}
#: Digests without a length of their own: octets that CMS takes (RFC 8419: Ed448 takes 64).
_LENGTHS = {"shake256": 64, "shake256_len": 64, "shake128": 32}
_LONGEST_NAME = 60


class Telling(DefaultSignatureValidator):
    """Tells an algorithm that it does not know from a signature that is wrong.

    pyHanko takes both for wrong.
    """

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Validate. Raises: InvalidSignature, UnsupportedAlgorithm."""
        try:
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
        except (AlgorithmNotSupported, PSSParameterMismatch, DSAParametersUnavailable) as error:
            raise UnsupportedAlgorithm(str(error)) from error


def is_ours(signature: EmbeddedPdfSignature, trust: Trust) -> bool:
    """Tell whether a signature says that its certificate is by an authority of ours."""
    try:
        issuer = signature.signer_info["sid"].chosen["issuer"].dump()
    except HOSTILE:
        return False
    return issuer in trust.subjects()


def is_changed(pdf: bytes, signature: EmbeddedPdfSignature) -> bool | None:
    """Tell whether the digest of what is covered is another one than was signed.

    None: that cannot be told, because the digest's algorithm is not known.
    """
    try:
        signer = extract_signer_info(signature.signed_data)
        algorithm = signer["digest_algorithm"]["algorithm"].native
        said = next(
            attribute["values"][0].native
            for attribute in signer["signed_attrs"]
            if attribute["type"].native == "message_digest"
        )
        start, before, after, rest = (int(number) for number in signature.byte_range)
        covered = pdf[start : start + before] + pdf[after : after + rest]
    except (*HOSTILE, StopIteration):
        return True  # what has not even the form of a signature vouches for nothing
    try:
        made = hashlib.new(_CALLED.get(algorithm, algorithm.replace("sha3-", "sha3_")), covered)
    except ValueError:
        return None
    length = _LENGTHS.get(algorithm)
    digest = made.digest(length) if length else made.digest()  # type: ignore[call-arg]
    return bool(digest != said)


def cause(
    pdf: bytes, signature: EmbeddedPdfSignature, trust: Trust, role: str, detail: str
) -> Finding:
    """Say what it means that the library gave up on a signature.

    Ours are written in one way: whatever cannot be read there was changed.
    """
    if is_ours(signature, trust) or is_changed(pdf, signature):
        return finding(Code.NOT_INTACT, role, detail=detail)
    return finding(Code.UNSUPPORTED, role, detail=detail)


async def judge(pdf: bytes, signature: EmbeddedPdfSignature, trust: Trust) -> SignatureReport:
    """Report a signature where none of ours belongs: whose it says it is, and no more."""
    why = await _about(pdf, signature, trust)
    signer, issuer, serial = _said(signature)
    return SignatureReport(
        field="",
        signer=signer,
        subject="",
        issuer=issuer,
        serial=serial,
        signed_at=None,
        level=Level.BASIC,
        findings=(why,),
    )


async def _about(pdf: bytes, signature: EmbeddedPdfSignature, trust: Trust) -> Finding:
    if is_ours(signature, trust):
        return finding(Code.SIGNATURE_UNEXPECTED)
    if is_changed(pdf, signature):
        return finding(Code.NOT_INTACT)
    blank = ValidationContext(
        trust_roots=[],
        allow_fetching=False,
        moment=trust.at,
        revocation_mode="soft-fail",
        signature_validator=Telling(),
    )
    try:
        status = await async_validate_pdf_signature(signature, blank, skip_diff=True)
    except HOSTILE as error:
        return finding(Code.UNSUPPORTED, detail=type(error).__name__)
    if not (status.intact and status.valid):
        return finding(Code.NOT_INTACT)
    return finding(Code.FOREIGN)


def _said(signature: EmbeddedPdfSignature) -> tuple[str, str, str]:
    """Give the signer's and the issuer's name and the serial number, as the certificate says."""
    try:
        certificate = signature.signer_cert
        names, above = certificate.subject.native, certificate.issuer.native
        serial = format(certificate.serial_number, "x")
    except HOSTILE:
        return "", "", ""
    return _name(names), _name(above), serial[:_LONGEST_NAME]


def _name(names: dict[str, object]) -> str:
    called = names.get("common_name") or names.get("organization_name") or ""
    return "".join(character for character in str(called) if character.isprintable())[
        :_LONGEST_NAME
    ]
