"""What an authority outside hands out is judged before it is used: certificates, lists, answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.errors import CertificateNotAsAsked
from signing.keys import profiles, revocation
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.outside import anchors, answers, certificates
from signing.outside.certificates import Asked

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
AWAY = Addresses("https://ca.example")
OURS = profiles.enterprise_name("91310000132212345X", "上海示例建筑设计有限公司")
Key = ec.EllipticCurvePrivateKey
Builder = x509.CertificateBuilder
Change = Callable[[Builder], Builder]


def _issuer(
    name: str,
    profile: CertificateProfile,
    above: Issuer | None,
    at: datetime = NOW,
    *,
    key: Key | None = None,
    beside: tuple[x509.ExtensionType, bool] | None = None,
) -> Issuer:
    """Make an authority, with a key of before or a further extension."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = profiles.service_name(name, "外部认证机构")
    made = profiles.build(
        profile, subject, key.public_key(), issuer=above, own_key=key, at=at, addresses=AWAY
    )
    if above is not None and beside is not None:
        made = _again(made, above, beside=beside)
    return Issuer(name, made, key)


def _again(
    made: x509.Certificate,
    above: Issuer,
    *,
    beside: tuple[x509.ExtensionType, bool] | None = None,
    less: type[x509.ExtensionType] | None = None,
) -> x509.Certificate:
    """Issue a certificate again with another extension, or without one."""
    builder = (
        Builder()
        .subject_name(made.subject)
        .issuer_name(made.issuer)
        .public_key(made.public_key())
        .serial_number(made.serial_number)
        .not_valid_before(made.not_valid_before_utc)
        .not_valid_after(made.not_valid_after_utc)
    )
    for extension in made.extensions:
        if less is None or not isinstance(extension.value, less):
            builder = builder.add_extension(extension.value, extension.critical)
    if beside is not None:
        builder = builder.add_extension(*beside)
    return builder.sign(above.key, hashes.SHA256())


def _unlisted(above: Issuer) -> Issuer:
    """Make an authority whose certificate names no list."""
    made = _issuer("unlisted", CertificateProfile.ROOT, above)
    bare = _again(made.certificate, above, less=x509.CRLDistributionPoints)
    return Issuer("unlisted", bare, made.key)


def _below(*names: str) -> list[Issuer]:
    """Make a chain of authorities below the root, from above."""
    made = [ROOT]
    for name in names:
        made.append(_issuer(name, CertificateProfile.ROOT, made[-1]))
    return made[1:]


ROOT = _issuer("root", CertificateProfile.ROOT, None)
ISSUER = _issuer("enterprise", CertificateProfile.AUTHORITY, ROOT)
SIBLING = _issuer("personal", CertificateProfile.AUTHORITY, ROOT)
STRANGER = _issuer("root", CertificateProfile.ROOT, None)
MIDDLE = _issuer("middle", CertificateProfile.ROOT, ROOT)
LOWEST = _issuer("lowest", CertificateProfile.AUTHORITY, MIDDLE)
TOO_MANY = _below("1", "2", "3", "4", "5", "6")
UNLISTED = _unlisted(ROOT)
LOWEST_OF_UNLISTED = _issuer("lowest", CertificateProfile.AUTHORITY, UNLISTED)


def _pem(*issuers: Issuer) -> bytes:
    return b"".join(one.certificate.public_bytes(Encoding.PEM) for one in issuers)


BELIEVED = anchors.read(
    {
        "personal": _pem(SIBLING, ROOT),
        "enterprise": _pem(ROOT, ISSUER),
        "agency": _pem(ISSUER, ROOT),
    }
)
KEY = ec.generate_private_key(ec.SECP256R1())
ASKED = Asked(
    family="enterprise", subject=OURS, public_key=certificates.public_der(KEY.public_key())
)


def _made(
    *,
    issuer: Issuer = ISSUER,
    subject: x509.Name = OURS,
    key: Key = KEY,
    profile: CertificateProfile = CertificateProfile.SIGNER,
    at: datetime = NOW,
) -> bytes:
    made = profiles.build(profile, subject, key.public_key(), issuer=issuer, at=at, addresses=AWAY)
    return made.public_bytes(Encoding.DER)


def _bare(*extensions: tuple[x509.ExtensionType, bool], serial: int = 7) -> bytes:
    """Make a certificate with just these extensions."""
    builder = (
        Builder()
        .subject_name(OURS)
        .issuer_name(ISSUER.certificate.subject)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=365))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(ISSUER.key, hashes.SHA256()).public_bytes(Encoding.DER)


SIGNS = (profiles._usage(digital_signature=True, content_commitment=True), True)
LISTED = (
    x509.CRLDistributionPoints(
        [
            x509.DistributionPoint(
                [x509.UniformResourceIdentifier("https://ca.example/1.crl")], None, None, None
            )
        ]
    ),
    False,
)


def test_what_was_asked_for_is_taken_and_its_issuer_named() -> None:
    anchor, certificate = certificates.accepted(_made(), ASKED, BELIEVED, at=NOW)

    assert anchor.family == "enterprise"
    assert anchor.certificate == ISSUER.certificate
    assert certificate.subject == OURS
    assert certificates.accepted(_bare(SIGNS, LISTED), ASKED, BELIEVED, at=NOW)


@pytest.mark.parametrize(
    ("der", "what"),
    [
        (b"", "不是可以读取的证书"),
        (b"<html>", "不是可以读取的证书"),
        (_made(key=ec.generate_private_key(ec.SECP256R1())), "公钥不是申请的公钥"),
        (
            _made(subject=profiles.enterprise_name("91310000132212345X", "另一家企业")),
            "主体与申请不一致",
        ),
        (_made(subject=profiles.agency_name("上海示例建筑设计有限公司")), "主体与申请不一致"),
        (_made(issuer=SIBLING), "不是设置中信任的机构签发的"),
        (_made(issuer=STRANGER), "不是设置中信任的机构签发的"),
        (_made(at=NOW + timedelta(minutes=11)), "不在有效期内"),
        (_made(at=NOW - timedelta(days=365 * 3)), "不在有效期内"),
        (_made(profile=CertificateProfile.LOGIN), "密钥用途不能签署文件"),
        (_bare(LISTED), "没有密钥用途"),
        (_bare(SIGNS), "没有吊销列表的地址"),
        (
            _bare(SIGNS, LISTED, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)),
            "扩展密钥用途不能签署文件",
        ),
        (
            _bare(SIGNS, LISTED, (x509.BasicConstraints(ca=True, path_length=None), True)),
            "是签发机构的证书",
        ),
        (_bare(SIGNS, LISTED, (x509.OCSPNoCheck(), True)), "含有不能识别的关键扩展"),
    ],
)
def test_another_certificate_than_was_asked_for_is_refused(der: bytes, what: str) -> None:
    """Cause and remedy are said; nothing of it is kept."""
    with pytest.raises(CertificateNotAsAsked, match=what) as refused:
        certificates.accepted(der, ASKED, BELIEVED, at=NOW)

    assert refused.value.code == "E_CERT_NOT_AS_ASKED"
    assert "请联系系统管理员" in str(refused.value)


def test_the_request_proves_the_key() -> None:
    read = x509.load_der_x509_csr(certificates.request(OURS, KEY))

    assert read.is_signature_valid
    assert read.subject == OURS
    assert read.public_key() == KEY.public_key()


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", "has no certificates"),
        (_pem(ISSUER), "its root is not complete"),
        (_pem(ISSUER, STRANGER), "its root is not complete"),
        (_pem(LOWEST, ROOT), "its root is not complete"),
        (_pem(ROOT, ISSUER, _issuer("below", CertificateProfile.AUTHORITY, ISSUER)), "allows 0"),
        (_pem(_issuer("alone", CertificateProfile.LOGIN, None)), "is no authority"),
        (_pem(ROOT, *TOO_MANY), "its root is not complete"),
        (_pem(ROOT, UNLISTED, LOWEST_OF_UNLISTED), "does not say where the list is"),
    ],
)
def test_settings_that_name_no_chain_are_told(pem: bytes, why: str) -> None:
    good = _pem(ISSUER, ROOT)

    with pytest.raises(ValueError, match=f"agency.pem.*{why}"):
        anchors.read({"personal": good, "enterprise": good, "agency": pem})


@pytest.mark.parametrize(
    ("settings", "chain"),
    [
        (_pem(ROOT), (ROOT,)),
        (_pem(ROOT, ISSUER, ISSUER), (ISSUER, ROOT)),
        (_pem(ROOT, LOWEST, MIDDLE), (LOWEST, MIDDLE, ROOT)),
        (_pem(*TOO_MANY[:5], ROOT), (*reversed(TOO_MANY[:5]), ROOT)),
    ],
)
def test_a_chain_may_have_one_certificate_above_the_signers_or_many(
    settings: bytes, chain: tuple[Issuer, ...]
) -> None:
    """Who issued to none of the others issues to signers; above it all up to the root are named."""
    believed = anchors.read(dict.fromkeys(anchors.FAMILIES, settings))
    der = _made(issuer=chain[0])

    [anchor] = believed.of("enterprise")
    issued_by, certificate = certificates.accepted(der, ASKED, believed, at=NOW)

    assert anchor.chain == [one.certificate for one in chain]
    assert issued_by == anchor
    assert certificate.subject == OURS
    assert believed.roots() == [ROOT.certificate]


def test_an_issuer_that_was_certified_again_is_one_issuer() -> None:
    """The same key under a new certificate: what is valid now counts, and both are believed."""
    later = NOW + timedelta(days=365 * 14)
    renewed = _issuer("enterprise", CertificateProfile.AUTHORITY, ROOT, later, key=ISSUER.key)
    settings = _pem(ISSUER, ROOT, renewed)
    believed = anchors.read(dict.fromkeys(anchors.FAMILIES, settings))

    now, _ = certificates.accepted(_made(), ASKED, believed, at=NOW)
    then, _ = certificates.accepted(_made(at=later), ASKED, believed, at=later)

    assert (now.certificate, then.certificate) == (ISSUER.certificate, renewed.certificate)


def test_what_an_authority_above_does_not_allow_is_refused() -> None:
    """A name outside of what the one between may certify (RFC 5280 4.2.1.10)."""
    allowed = x509.NameConstraints([x509.DirectoryName(profiles.agency_name("某机关"))], None)
    narrow = _issuer("narrow", CertificateProfile.ROOT, ROOT, beside=(allowed, True))
    lowest = _issuer("lowest", CertificateProfile.AUTHORITY, narrow)
    believed = anchors.read(dict.fromkeys(anchors.FAMILIES, _pem(narrow, ROOT, lowest)))

    with pytest.raises(CertificateNotAsAsked, match="上级证书不允许签发这样的证书"):
        certificates.accepted(_made(issuer=lowest), ASKED, believed, at=NOW)


# -- lists -------------------------------------------------------------------------------------


def _list(issuer: Issuer = ISSUER, at: datetime = NOW) -> bytes:
    gone = revocation.Revocation(serial=5, at=NOW, reason=x509.ReasonFlags.key_compromise)
    return revocation.build_list(issuer, [gone], number=1, at=at)


def test_a_list_by_its_issuer_counts_until_it_says() -> None:
    listed = answers.listed(_list(), ISSUER.certificate)

    assert listed.revoked[5].reason is x509.ReasonFlags.key_compromise
    assert listed.counts_at(NOW)
    assert not listed.counts_at(NOW + revocation.LIST_LIFE)
    assert not listed.counts_at(NOW - timedelta(minutes=6))


def _partial(*extensions: x509.ExtensionType, end: bool = True) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ISSUER.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(ISSUER.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _part(*, indirect: bool = False, attributes: bool = False) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=not attributes and not indirect,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=indirect,
        only_contains_attribute_certs=attributes,
    )


def test_a_list_of_the_users_of_an_issuer_is_whole_enough() -> None:
    assert answers.listed(_partial(_part()), ISSUER.certificate).revoked == {}


@pytest.mark.parametrize(
    ("der", "why"),
    [
        (b"", "parsing"),
        (b"<html>", "parsing"),
        (_list(SIBLING), "another issuer's"),
        (_list(Issuer("x", ISSUER.certificate, SIBLING.key)), "not signed"),
        (_partial(_part(indirect=True)), "a part"),
        (_partial(_part(attributes=True)), "a part"),
        (_partial(x509.DeltaCRLIndicator(1)), "which we do not know"),
    ],
)
def test_a_list_that_cannot_be_believed_is_not_used(der: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        answers.listed(der, ISSUER.certificate)


# -- answers -----------------------------------------------------------------------------------

CERTIFICATE = x509.load_der_x509_certificate(_made())
RESPONDER = _issuer("responder", CertificateProfile.RESPONDER, ISSUER)
GONE = revocation.Revocation(
    serial=CERTIFICATE.serial_number, at=NOW, reason=x509.ReasonFlags.superseded
)


def _answer(
    certificate: x509.Certificate = CERTIFICATE,
    responder: Issuer = RESPONDER,
    gone: revocation.Revocation | None = None,
    at: datetime = NOW,
) -> bytes:
    return revocation.answer(
        certificate, gone, issuer=ISSUER.certificate, responder=responder, at=at
    )


def test_an_answer_by_who_may_answer_is_taken() -> None:
    good = answers.answered(_answer(), CERTIFICATE, ISSUER.certificate, at=NOW)
    by_itself = answers.answered(_answer(responder=ISSUER), CERTIFICATE, ISSUER.certificate, at=NOW)
    gone = answers.answered(_answer(gone=GONE), CERTIFICATE, ISSUER.certificate, at=NOW)

    assert good.revocation is None
    assert by_itself.revocation is None
    assert gone.revocation == GONE
    assert good.end == NOW + revocation.ANSWER_LIFE


def _forged() -> bytes:
    """Put the good signature of another answer under this one."""
    good, other = _answer(gone=GONE), _answer()
    signatures = [ocsp.load_der_ocsp_response(der).signature for der in (good, other)]
    forged = good.replace(signatures[0], signatures[1].ljust(len(signatures[0]), b"\0"))
    return forged if len(forged) == len(good) else _forged()


def _unknown() -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=CERTIFICATE,
        issuer=ISSUER.certificate,
        algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.UNKNOWN,
        this_update=NOW,
        next_update=NOW + timedelta(minutes=10),
        revocation_time=None,
        revocation_reason=None,
    )
    by = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ISSUER.certificate)
    return by.sign(ISSUER.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("der", "why"),
    [
        (b"", "parsing"),
        (b"<html>", "parsing"),
        (revocation.refuse(ocsp.OCSPResponseStatus.TRY_LATER), "TRY_LATER"),
        (_answer(x509.load_der_x509_certificate(_bare(SIGNS))), "another certificate"),
        (_answer(at=NOW - timedelta(minutes=11)), "not fresh"),
        (_answer(at=NOW + timedelta(minutes=6)), "not fresh"),
        (_answer(responder=SIBLING), "nobody who may answer"),
        (_forged(), "nobody who may answer"),
        (
            _answer(responder=_issuer("no responder", CertificateProfile.LOGIN, ISSUER)),
            "nobody who may answer",
        ),
        (
            _answer(responder=_issuer("theirs", CertificateProfile.RESPONDER, SIBLING)),
            "nobody who may answer",
        ),
        (_unknown(), "does not know"),
    ],
)
def test_an_answer_that_cannot_be_believed_is_not_used(der: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        answers.answered(der, CERTIFICATE, ISSUER.certificate, at=NOW)


def test_an_authority_with_rsa_keys_is_read_too() -> None:
    """Many licensed authorities sign with RSA; the keys that we make stay P-256."""
    key = rsa.generate_private_key(65537, 2048)
    gone = x509.RevokedCertificateBuilder().serial_number(5).revocation_date(NOW).build()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "RSA")])
    issuer = (
        Builder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=1))
        .add_revoked_certificate(gone)
        .sign(key, hashes.SHA256())
    )

    read = answers.listed(listed.public_bytes(Encoding.DER), issuer)

    assert read.revoked[5].reason is x509.ReasonFlags.unspecified
