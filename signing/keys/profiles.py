"""What our certificates say: names, purposes and life spans, one profile each.

Sources: RFC 5280 (certificates), RFC 9336 (document signing), RFC 6960 (OCSP), RFC 3161 (time
stamps), ETSI EN 319 412-1 5.1.4 (organizationIdentifier, here NTRCN-<USCC>).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
HOUSE = "注册服务"  #: whose authorities these are
_LONGEST_COMMON_NAME = 64
BACKDATE = timedelta(minutes=5)  # clocks of readers run behind ours


class CertificateProfile(StrEnum):
    """What a certificate is for."""

    ROOT = "root"
    AUTHORITY = "authority"
    SIGNER = "signer"
    LOGIN = "login"
    RESPONDER = "responder"
    TIMESTAMPER = "timestamper"
    NATIONAL_ROOT = "sm2-root"
    SEAL_MAKER = "seal-maker"
    NATIONAL_SEAL = "sm2-seal"
    NATIONAL_STAMPER = "sm2-stamper"


LIFE: Mapping[CertificateProfile, timedelta] = {
    CertificateProfile.ROOT: timedelta(days=365 * 20),
    CertificateProfile.AUTHORITY: timedelta(days=365 * 15),
    CertificateProfile.SIGNER: timedelta(days=365 * 3),
    CertificateProfile.LOGIN: timedelta(days=365 * 3),
    CertificateProfile.RESPONDER: timedelta(days=365 * 10),
    CertificateProfile.TIMESTAMPER: timedelta(days=365 * 10),
    CertificateProfile.NATIONAL_ROOT: timedelta(days=365 * 20),
    CertificateProfile.SEAL_MAKER: timedelta(days=365 * 10),
    CertificateProfile.NATIONAL_SEAL: timedelta(days=365 * 3),
    CertificateProfile.NATIONAL_STAMPER: timedelta(days=365 * 10),
}


@dataclass(frozen=True)
class Addresses:
    """Where the world finds certificates, lists and status answers."""

    base_url: str

    def crl(self, name: str) -> str:
        """Return the address of an authority's revocation list."""
        return f"{self.base_url}/pki/{name}.crl"

    def certificate(self, name: str) -> str:
        """Return the address of an authority's own certificate."""
        return f"{self.base_url}/pki/{name}.crt"

    @property
    def ocsp(self) -> str:
        """Return the address of the status responder of all authorities."""
        return f"{self.base_url}/pki/ocsp"


def common_name(name: str) -> str:
    """Cut a name to what a common name may hold (X.520: 64); the full one is in the organization.

    >>> len(common_name("中国（上海）自由贸易试验区临港新片区示例工程勘察设计有限公司"))
    21
    """
    return name.encode()[:_LONGEST_COMMON_NAME].decode(errors="ignore")


def person_name(person_id: str, name: str) -> x509.Name:
    """Name a person by an opaque id: an ID-card number has no place in a public file."""
    return _name({NameOID.COMMON_NAME: common_name(name), NameOID.SERIAL_NUMBER: person_id})


def enterprise_name(uscc: str, name: str) -> x509.Name:
    """Name an enterprise by its unified social credit code."""
    return _name(
        {
            NameOID.ORGANIZATION_NAME: name,
            NameOID.ORGANIZATION_IDENTIFIER: organization_identifier(uscc),
            NameOID.COMMON_NAME: common_name(name),
        }
    )


def agency_name(name: str) -> x509.Name:
    """Name an authority of the state."""
    return _name({NameOID.ORGANIZATION_NAME: name, NameOID.COMMON_NAME: common_name(name)})


def service_name(name: str, house: str = HOUSE) -> x509.Name:
    """Name one of our own services or authorities, or of another house."""
    return _name({NameOID.ORGANIZATION_NAME: house, NameOID.COMMON_NAME: name})


def organization_identifier(uscc: str) -> str:
    """Write a USCC as ETSI EN 319 412-1 wants it.

    >>> organization_identifier("91310000132212345X")
    'NTRCN-91310000132212345X'
    """
    return f"NTRCN-{uscc}"


def _name(parts: Mapping[x509.ObjectIdentifier, str]) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")
    return x509.Name([country, *(x509.NameAttribute(oid, value) for oid, value in parts.items())])


@dataclass(frozen=True)
class Issuer:
    """An authority ready to issue: its name, certificate and key."""

    name: str
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def build(
    profile: CertificateProfile,
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    *,
    issuer: Issuer | None,
    own_key: ec.EllipticCurvePrivateKey | None = None,
    at: datetime,
    addresses: Addresses,
) -> x509.Certificate:
    """Make a certificate; the root (no issuer) signs itself with `own_key`."""
    signing_key = issuer.key if issuer else own_key
    if signing_key is None:
        raise ValueError("a self-signed certificate needs its own key")
    begin = at.replace(microsecond=0) - BACKDATE
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(_end(begin + LIFE[profile], issuer))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            critical=False,
        )
    )
    for extension, critical in _purpose(profile):
        builder = builder.add_extension(extension, critical=critical)
    if issuer and profile is not CertificateProfile.RESPONDER:
        for extension in _pointers(issuer.name, addresses):
            builder = builder.add_extension(extension, critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _end(wanted: datetime, issuer: Issuer | None) -> datetime:
    """Never outlive the issuer."""
    return min(wanted, issuer.certificate.not_valid_after_utc) if issuer else wanted


def _purpose(profile: CertificateProfile) -> list[tuple[x509.ExtensionType, bool]]:
    """Return the extensions that say what the key may do."""
    if profile in (CertificateProfile.ROOT, CertificateProfile.AUTHORITY):
        length = 0 if profile is CertificateProfile.AUTHORITY else None
        return [
            (x509.BasicConstraints(ca=True, path_length=length), True),
            (_usage(key_cert_sign=True, crl_sign=True), True),
        ]
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (
            _usage(digital_signature=True, content_commitment=profile is CertificateProfile.SIGNER),
            True,
        ),
    ]
    if profile is CertificateProfile.RESPONDER:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
        extensions.append((x509.OCSPNoCheck(), False))
    elif profile is CertificateProfile.TIMESTAMPER:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True))
    elif profile is CertificateProfile.LOGIN:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    else:
        purposes = [DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]  # for older readers
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    return extensions


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _pointers(issuer: str, addresses: Addresses) -> list[x509.ExtensionType]:
    """Return where the issuer's list, status and certificate are found."""
    access = [
        (AuthorityInformationAccessOID.OCSP, addresses.ocsp),
        (AuthorityInformationAccessOID.CA_ISSUERS, addresses.certificate(issuer)),
    ]
    uri = x509.UniformResourceIdentifier(addresses.crl(issuer))
    return [
        x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)]),
        x509.AuthorityInformationAccess(
            [x509.AccessDescription(m, x509.UniformResourceIdentifier(u)) for m, u in access]
        ),
    ]
