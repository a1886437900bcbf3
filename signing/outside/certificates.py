"""A certificate that an authority outside is asked for (PKCS #10), judged before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import algos, csr, keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from signing.errors import CertificateNotAsAsked
from signing.keys.profiles import DOCUMENT_SIGNING
from signing.keys.tokens import SigningKey
from signing.outside import anchors, chains, paths
from signing.outside.anchors import Anchor, Anchors

AHEAD = timedelta(minutes=5)  #: how far the two clocks may lie apart
_LONGEST_SERIAL = 160  #: bits (RFC 5280 4.1.2.2)
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
#: Purposes that allow what a signer does with it.
_PURPOSES = (
    DOCUMENT_SIGNING,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
)
_KNOWN = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a certificate has to say."""

    family: str  #: personal, enterprise or agency
    subject: x509.Name
    public_key: bytes  #: SubjectPublicKeyInfo, DER


def public_der(key: ec.EllipticCurvePublicKey) -> bytes:
    """Give a public key as bytes."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def request(subject: x509.Name, key: SigningKey) -> bytes:
    """Ask for a certificate, proving that the key is ours: PKCS #10 (RFC 2986), DER.

    It is put together here because a key in a token signs bytes and is no key of the library.
    """
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": asn1.Name.load(subject.public_bytes()),
            "subject_pk_info": keys.PublicKeyInfo.load(public_der(key.public_key())),
            "attributes": [],
        }
    )
    signed = {
        "certification_request_info": info,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        "signature": key.sign(info.dump(), ec.ECDSA(hashes.SHA256())),
    }
    return bytes(csr.CertificationRequest(signed).dump())


def asked(family: str, request: bytes) -> Asked:
    """Read what a request of ours asks for."""
    read = x509.load_der_x509_csr(request)
    key = read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Asked(family=family, subject=read.subject, public_key=key)


def accepted(
    der: bytes, wanted: Asked, believed: Anchors, *, at: datetime
) -> tuple[Anchor, x509.Certificate]:
    """Read a certificate that came; return it with its issuer.

    Raises: CertificateNotAsAsked, which says what about it is not as it was asked for.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        wrong = next(_faults(certificate, wanted, believed, at), None)
    except (ValueError, TypeError) as error:
        raise CertificateNotAsAsked(what="不是可以读取的证书") from error
    if wrong is not None:
        raise CertificateNotAsAsked(what=wrong)
    anchor = _issuer(certificate, wanted, believed, at)
    assert anchor is not None  # noqa: S101 (that it is missing is a fault, raised above)
    return anchor, certificate


def _issuer(
    certificate: x509.Certificate, wanted: Asked, believed: Anchors, at: datetime
) -> Anchor | None:
    """Find who issued a certificate: of one key that was certified again, what is valid now."""
    issuers = [
        anchor
        for anchor in believed.of(wanted.family)
        if chains.is_by(certificate, anchor.certificate)
    ]
    return max(
        issuers,
        key=lambda one: (chains.were_valid(one.chain, at), one.certificate.not_valid_after_utc),
        default=None,
    )


def _faults(
    certificate: x509.Certificate, wanted: Asked, believed: Anchors, at: datetime
) -> Iterator[str]:
    """Say in Chinese what is wrong, the most serious first."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or public_der(key) != wanted.public_key:
        yield "公钥不是申请的公钥"
    for attribute in wanted.subject:
        said = certificate.subject.get_attributes_for_oid(attribute.oid)
        if [one.value for one in said] != [attribute.value]:
            yield "主体与申请不一致"
    issuer = _issuer(certificate, wanted, believed, at)
    if issuer is None:
        yield "不是设置中信任的机构签发的"
        return
    if not isinstance(certificate.signature_hash_algorithm, _DIGESTS):
        yield "签名使用的摘要算法不安全"
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin - AHEAD <= at < end:
        yield "不在有效期内"
    if not chains.were_valid(issuer.chain, at):
        yield "上级证书不在有效期内"
    if certificate.serial_number.bit_length() > _LONGEST_SERIAL:
        yield "序列号过长"
    yield from _about_purpose(certificate)
    if not paths.holds(certificate, issuer.chain, at=at):
        yield "上级证书不允许签发这样的证书"


def _about_purpose(certificate: x509.Certificate) -> Iterator[str]:
    extensions = certificate.extensions
    if any(extension.critical and extension.oid not in _KNOWN for extension in extensions):
        yield "含有不能识别的关键扩展"
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        yield "没有密钥用途"
        return
    if not (usage.digital_signature and usage.content_commitment):
        yield "密钥用途不能签署文件"
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not set(purposes) & set(_PURPOSES):
            yield "扩展密钥用途不能签署文件"
    except x509.ExtensionNotFound:
        pass
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            yield "是签发机构的证书"
    except x509.ExtensionNotFound:
        pass
    if anchors.list_of(certificate) is None:
        yield "没有吊销列表的地址"
