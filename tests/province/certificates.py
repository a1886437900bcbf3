"""The authority that a province's own network believes in, and one certificate for its names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files in PEM."""

    authority: Path  #: whom every host believes
    certificate: Path
    key: Path


def make(folder: Path, names: Sequence[str]) -> Tls:
    """Make an authority and a certificate for all these names."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "province")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(authority)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
    root = (
        builder.subject_name(authority)
        .public_key(authority_key.public_key())
        .serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, SHA256())
    )
    certificate = (
        builder.subject_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(2)
        .add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, names)]), critical=True)
        .sign(authority_key, SHA256())
    )
    tls = Tls(
        authority=folder / "province.pem", certificate=folder / "tls.pem", key=folder / "tls.key"
    )
    tls.authority.write_bytes(root.public_bytes(Encoding.PEM))
    tls.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    tls.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return tls
