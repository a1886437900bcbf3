"""What casework writes down for itself: the letters it is about to issue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Encrypted, EncryptedJson, UtcDateTime


class LetterIntent(Base):
    """A letter before it is sealed: its number and data, so that a crash repeats the same file."""

    __tablename__ = "letter_intent"
    __table_args__ = (Index("uq_letter_intent_token", "token", unique=True),)

    key: Mapped[str] = mapped_column(String(120), primary_key=True)  #: of the job
    application_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40), index=True)
    #: of its QR code, as `registry.verification_codes` makes them
    token: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("letter_intent.data"))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class PendingAuthorization(Base):
    """Leave to make one signature, from the confirmation to the job that signs.

    It is kept here, encrypted, and not in the state of the instance, which operators may read.
    """

    __tablename__ = "pending_authorization"

    application_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    authorization: Mapped[str] = mapped_column(Encrypted("pending_authorization.authorization"))
