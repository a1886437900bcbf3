"""A certificate on its way from the issuing key into the database."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from signing.keeping.vault import KeyVault, Wrapped
from signing.keys import profiles, tokens
from signing.keys.profiles import Addresses, CertificateProfile, Issuer
from signing.keys.tokens import SigningKey, Token
from signing.tables import StoredCertificate, StoredKey


def serial_of(certificate: x509.Certificate) -> str:
    """Write a serial number as we store it: hexadecimal, lower case."""
    return format(certificate.serial_number, "x")


@dataclass(frozen=True)
class Issued:
    """A fresh certificate with its key; nothing is stored before `keep`."""

    issuer: str
    profile: CertificateProfile
    certificate: x509.Certificate
    key: SigningKey
    key_id: str
    wrapped: Wrapped

    def keep(self, session: Session) -> StoredCertificate:
        """Store it inside the caller's transaction."""
        key = StoredKey(
            id=self.key_id,
            algorithm=self.wrapped.algorithm,
            wrapped=self.wrapped.data,
            kek_id=self.wrapped.kek_id,
        )
        row = StoredCertificate(
            serial=serial_of(self.certificate),
            issuer=self.issuer,
            profile=self.profile,
            key_id=self.key_id,
            der=self.certificate.public_bytes(serialization.Encoding.DER),
            not_before=self.certificate.not_valid_before_utc,
            not_after=self.certificate.not_valid_after_utc,
        )
        session.add(key)
        session.flush()
        session.add(row)
        session.flush()
        return row


def issue(
    profile: CertificateProfile,
    subject: x509.Name,
    *,
    issuer: Issuer | None,
    vault: KeyVault,
    at: datetime,
    addresses: Addresses,
    root: str = "root",
    pin: str = "",
) -> Issued:
    """Make a key, certify it (the root, called `root`, by itself) and wrap it, under a PIN too."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = profiles.build(
        profile, subject, key.public_key(), issuer=issuer, own_key=key, at=at, addresses=addresses
    )
    key_id = secrets.token_hex(16)
    name = issuer.name if issuer else root
    return Issued(name, profile, certificate, key, key_id, vault.wrap(key_id, key, pin=pin))


def issue_on_token(
    profile: CertificateProfile,
    subject: x509.Name,
    *,
    issuer: Issuer,
    vault: KeyVault,
    token: Token,
    at: datetime,
    addresses: Addresses,
) -> Issued:
    """Make a key in the token and certify it; what we keep is its id there."""
    key_id = secrets.token_hex(16)
    key = tokens.opened(token, key_id)
    certificate = profiles.build(
        profile, subject, key.public_key(), issuer=issuer, own_key=None, at=at, addresses=addresses
    )
    wrapped = replace(vault.wrap_der(key_id, key_id.encode()), algorithm=tokens.ALGORITHM)
    return Issued(issuer.name, profile, certificate, key, key_id, wrapped)
