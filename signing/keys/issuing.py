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
class Made:
    """A fresh key, and how it is going to lie."""

    key: SigningKey
    key_id: str
    wrapped: Wrapped

    def row(self) -> StoredKey:
        """Give its row."""
        return StoredKey(
            id=self.key_id,
            algorithm=self.wrapped.algorithm,
            wrapped=self.wrapped.data,
            kek_id=self.wrapped.kek_id,
        )


@dataclass(frozen=True)
class Issued:
    """A fresh certificate with its key; nothing is stored before `keep`."""

    issuer: str
    profile: CertificateProfile
    certificate: x509.Certificate
    key: StoredKey  #: new, or one that waited for this certificate
    end: datetime | None = None  #: when somebody above it is over before it is

    def keep(self, session: Session) -> StoredCertificate:
        """Store it inside the caller's transaction."""
        row = StoredCertificate(
            serial=serial_of(self.certificate),
            issuer=self.issuer,
            profile=self.profile,
            key_id=self.key.id,
            der=self.certificate.public_bytes(serialization.Encoding.DER),
            not_before=self.certificate.not_valid_before_utc,
            not_after=self.end or self.certificate.not_valid_after_utc,
        )
        session.add(self.key)
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
    name = issuer.name if issuer else root
    return Issued(name, profile, certificate, _wrapped(vault, key, pin=pin).row())


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
    made = make_on_token(vault, token)
    public = made.key.public_key()
    certificate = profiles.build(
        profile, subject, public, issuer=issuer, own_key=None, at=at, addresses=addresses
    )
    return Issued(issuer.name, profile, certificate, made.row())


def make_key(vault: KeyVault, *, pin: str = "") -> Made:
    """Make a key and wrap it, under a PIN too."""
    return _wrapped(vault, ec.generate_private_key(ec.SECP256R1()), pin=pin)


def _wrapped(vault: KeyVault, key: ec.EllipticCurvePrivateKey, *, pin: str) -> Made:
    key_id = secrets.token_hex(16)
    return Made(key, key_id, vault.wrap(key_id, key, pin=pin))


def make_on_token(vault: KeyVault, token: Token) -> Made:
    """Make a key in the token; what we keep is its id there."""
    key_id = secrets.token_hex(16)
    key = tokens.opened(token, key_id)
    wrapped = replace(vault.wrap_der(key_id, key_id.encode()), algorithm=tokens.ALGORITHM)
    return Made(key, key_id, wrapped)
