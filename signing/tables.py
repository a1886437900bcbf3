"""Rows of the key database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from signing.database import KeyBase, UtcDateTime


class StoredKey(KeyBase):
    """A private key, wrapped under the key-encryption key; an enterprise's under its PIN too."""

    __tablename__ = "key"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    kek_id: Mapped[str] = mapped_column(String(16))


class StoredCertificate(KeyBase):
    """A certificate that an authority of ours issued, or one outside to us; never deleted."""

    __tablename__ = "certificate"
    __table_args__ = (Index("certificate_revoked", "issuer", "revoked_at"),)

    serial: Mapped[str] = mapped_column(String(40), primary_key=True)  #: hexadecimal
    issuer: Mapped[str] = mapped_column(String(16))  #: name of the authority
    profile: Mapped[str] = mapped_column(String(16))
    key_id: Mapped[str] = mapped_column(ForeignKey("key.id"))
    der: Mapped[bytes] = mapped_column(LargeBinary)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(32))


class StoredAuthority(KeyBase):
    """An authority: which certificate speaks for it, which list it published last."""

    __tablename__ = "authority"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    serial: Mapped[str] = mapped_column(ForeignKey("certificate.serial"))
    responder: Mapped[str | None] = mapped_column(String(40))  #: serial of its OCSP responder
    crl_number: Mapped[int] = mapped_column(default=0)
    crl: Mapped[bytes | None] = mapped_column(LargeBinary)
    crl_fresh_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StoredList(KeyBase):
    """The newest revocation list of an issuer outside, for all processes and the next start."""

    __tablename__ = "outside_list"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)  #: as `Trust` calls the issuer
    der: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredOrder(KeyBase):
    """A certificate that an authority outside was asked for and has not given yet."""

    __tablename__ = "outside_order"

    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    act: Mapped[str] = mapped_column(String(16))  #: enrol, renew or apply
    name: Mapped[str] = mapped_column(String(200))
    identity_digest: Mapped[str] = mapped_column(String(64))
    shown: Mapped[str] = mapped_column(String(40))  #: serial of what a renewal replaces
    request: Mapped[bytes] = mapped_column(LargeBinary)  #: PKCS #10
    key_id: Mapped[str] = mapped_column(ForeignKey("key.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredEnding(KeyBase):
    """A certificate that we revoked and the authority outside has not been told of."""

    __tablename__ = "outside_ending"

    serial: Mapped[str] = mapped_column(ForeignKey("certificate.serial"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredCredential(KeyBase):
    """Which certificate a signer uses now, and the PIN that guards an enterprise's."""

    __tablename__ = "credential"
    __table_args__ = (UniqueConstraint("role", "subject"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64))  #: person id, uscc or agency name
    name: Mapped[str] = mapped_column(String(200))
    identity_digest: Mapped[str] = mapped_column(String(64), default="")
    serial: Mapped[str] = mapped_column(ForeignKey("certificate.serial"))
    #: digest of a PIN from before it guarded the key; `pins.IN_THE_KEY` since
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StoredSeal(KeyBase):
    """A national seal of the agency, as its maker handed it out."""

    __tablename__ = "seal"

    serial: Mapped[str] = mapped_column(ForeignKey("certificate.serial"), primary_key=True)
    credential: Mapped[str] = mapped_column(String(40), index=True)  #: serial of its P-256 one
    der: Mapped[bytes] = mapped_column(LargeBinary)  #: SESeal
    end: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredChallenge(KeyBase):
    """The one live one-time code of a person; a new code replaces it."""

    __tablename__ = "challenge"

    person_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    document_sha256: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(32))
    code_mac: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sends: Mapped[int] = mapped_column(default=1)  #: since `first_sent_at`
    first_sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StoredAuthorization(KeyBase):
    """Permission to make one signature on one document; kept as a digest of the secret."""

    __tablename__ = "authorization"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64))
    document_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_by: Mapped[str | None] = mapped_column(String(200))  #: idempotency key


class StoredOpening(KeyBase):
    """A guarded key as the token of one authorization opens it; goes with its signature."""

    __tablename__ = "opening"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  #: of the authorization
    key_id: Mapped[str] = mapped_column(ForeignKey("key.id"))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    kek_id: Mapped[str] = mapped_column(String(16))


class StoredSignature(KeyBase):
    """What a signing job produced, so that repeating it gives the same bytes."""

    __tablename__ = "signature"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)  #: idempotency key
    document_sha256: Mapped[str] = mapped_column(String(64))  #: of the file that was signed
    field: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    increment: Mapped[bytes] = mapped_column(LargeBinary)  #: deflated bytes appended to the file
