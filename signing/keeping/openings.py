"""Opening the keys that a PIN guards: by the PIN, or by the token of an authorization.

A key from before decision 17 lies under the key-encryption key alone, with a digest of its PIN: the
next right PIN wraps it. What a token opens is a copy of the key under that token, made when the PIN
was right, and deleted with the signature, the withdrawal or the end of its authorization.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from signing.database import Sessions
from signing.errors import WrongKek
from signing.keeping import guards, pins
from signing.keeping.vault import KeyVault
from signing.tables import (
    StoredAuthorization,
    StoredCertificate,
    StoredCredential,
    StoredKey,
    StoredOpening,
)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A key and its PIN as they were read: nothing of it may change until the verdict falls."""

    key_id: str
    algorithm: str
    wrapped: bytes
    pin_hash: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A key that a right PIN opened."""

    key_id: str
    plain: bytes  #: PKCS #8


_KEY_OF = (
    select(StoredKey)
    .join(StoredCertificate, StoredCertificate.key_id == StoredKey.id)
    .where(StoredCertificate.serial == bindparam("b_serial"))
)


class Openings:
    """Opens guarded keys, wraps them under a PIN, and keeps what tokens open."""

    def __init__(self, sessions: Sessions, vault: KeyVault) -> None:
        self._sessions = sessions
        self._vault = vault

    def guarded(self, session: Session, row: StoredCredential) -> Guarded:
        """Read the key that a credential signs with now."""
        return self.as_read(row, session.scalars(_KEY_OF, {"b_serial": row.serial}).one())

    def as_read(self, row: StoredCredential, key: StoredKey) -> Guarded:
        """Give a key as it was read with its credential."""
        return Guarded(
            key_id=key.id,
            algorithm=key.algorithm,
            wrapped=key.wrapped,
            pin_hash=row.pin_hash or "",
        )

    def try_pin(self, key: Guarded, pin: str) -> Opened | None:
        """Open a key by its PIN; None: the PIN is another. Slow on purpose. Raises: WrongKek."""
        plain: bytes | None = self._vault.open_der(key.key_id, key.wrapped)
        if plain is not None and guards.is_guarded(key.algorithm):
            plain = guards.open_(key.key_id, plain, pin)
        elif not pins.is_right(pin, key.pin_hash):
            plain = None
        return Opened(key_id=key.key_id, plain=plain) if plain is not None else None

    def is_behind(self, key: Guarded) -> bool:
        """Tell whether the next right PIN should wrap a key anew: unguarded, or too cheaply."""
        if not guards.is_guarded(key.algorithm):
            return True
        return guards.cost_of(self._vault.open_der(key.key_id, key.wrapped)) < self._vault.pin_cost

    def close(self, session: Session, row: StoredCredential, opened: Opened, pin: str) -> None:
        """Wrap a key under `pin`, inside the caller's transaction."""
        wrapped = self._vault.guard(opened.key_id, opened.plain, pin)
        key = session.get_one(StoredKey, opened.key_id)
        key.wrapped, key.kek_id, key.algorithm = wrapped.data, wrapped.kek_id, wrapped.algorithm
        row.pin_hash = pins.IN_THE_KEY

    def has_pin(self, session: Session, row: StoredCredential, pin: str) -> bool:
        """Tell whether `pin` opens what a credential signs with; no try is counted."""
        key = self.guarded(session, row)
        opened = self.try_pin(key, pin)
        if opened is not None and self.is_behind(key):
            self.close(session, row, opened, pin)
        return opened is not None

    # -- what a token opens --------------------------------------------------------------------

    def keep(self, session: Session, token: str, opened: Opened) -> None:
        """Keep a copy that the token of an authorization opens."""
        digest = digest_of(token)
        closed = guards.leave(token, opened.key_id, opened.plain)
        wrapped = self._vault.wrap_der(digest, closed)
        session.add(
            StoredOpening(
                digest=digest, key_id=opened.key_id, wrapped=wrapped.data, kek_id=wrapped.kek_id
            )
        )

    def by_leave(self, key: StoredKey, token: str) -> ec.EllipticCurvePrivateKey | None:
        """Open a guarded key by the token of an authorization; None: it does not open this one."""
        digest = digest_of(token)
        with self._sessions() as session:
            row = session.get(StoredOpening, digest)
        if row is None or row.key_id != key.id:
            return None
        plain = guards.by_leave(token, key.id, self._vault.open_der(digest, row.wrapped))
        if plain is None:
            return None
        private = serialization.load_der_private_key(plain, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise WrongKek
        return private


def forget(session: Session, digests: Collection[str]) -> None:
    """Delete what tokens open, by the digests of their authorizations."""
    if digests:
        session.execute(delete(StoredOpening).where(StoredOpening.digest.in_(digests)))


def forget_over(session: Session, now: datetime) -> None:
    """Delete what tokens open of authorizations that are over, used or not."""
    over = select(StoredAuthorization.digest).where(StoredAuthorization.expires_at <= now)
    session.execute(delete(StoredOpening).where(StoredOpening.digest.in_(over)))


def digest_of(token: str) -> str:
    """Return by what an authorization is found: a digest of its secret."""
    return hashlib.sha256(token.encode()).hexdigest()
