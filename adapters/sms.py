"""Short messages and e-mails: the gateway and its twin, which keeps what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from adapters.faults import Faults
from adapters.systems import System
from adapters.wire.http import Client
from storage.database import Base, Encrypted, UtcDateTime, insert_once, new_id, writing
from storage.vault import current_vault


class TwinMessage(Base):
    """One message that reached a fictitious telephone."""

    __tablename__ = "twin_message"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(128), unique=True)
    mobile_index: Mapped[str] = mapped_column(sa.String(64), index=True)
    mobile: Mapped[str] = mapped_column(Encrypted("twin_message.mobile"))
    text: Mapped[str] = mapped_column(Encrypted("twin_message.text"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SmsOverHttp(Client):
    """A `registry.ports.SmsGateway`: POST messages {"mobile", "text"} with an Idempotency-Key.

    E-mails are POSTed to mails: {"address", "subject", "text"}. The answer says the key again:
    {"key"}.
    """

    def send(self, mobile: str, text: str, key: str) -> None:
        """Hand a message to the gateway, which sends the same `key` once.

        Raises: Unavailable, WrongAnswer.
        """
        self._outside.tell("messages", {"mobile": mobile, "text": text}, key=key)

    def mail(self, address: str, subject: str, text: str, key: str) -> None:
        """Hand an e-mail to the gateway, which sends the same `key` once.

        Raises: Unavailable, WrongAnswer.
        """
        said = {"address": address, "subject": subject, "text": text}
        self._outside.tell("mails", said, key=key)


class SmsTwin:
    """A `registry.ports.SmsGateway` whose messages are read on the demonstration telephone."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Callable[[], datetime],
        *,
        faults: Faults | None = None,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self.faults = faults or Faults(System.SMS)

    def send(self, mobile: str, text: str, key: str) -> None:
        """Deliver once per `key`; the first text stays.

        Raises: Unavailable, WrongAnswer when told to.
        """
        self.faults.before_answer()
        with writing(self._sessions) as session:
            message = {
                "id": new_id(),
                "key": key,
                "mobile_index": current_vault().blind_index(mobile),
                "mobile": mobile,
                "text": text,
                "at": self._clock(),
            }
            insert_once(session, TwinMessage, message, unique="key")

    def mail(self, address: str, subject: str, text: str, key: str) -> None:
        """Deliver an e-mail as `send` does; it is read beside the short messages.

        Raises: Unavailable, WrongAnswer when told to.
        """
        self.send(address, f"{subject}\n{text}", key)

    def received(self, mobile: str | None = None, *, limit: int = 20) -> Sequence[TwinMessage]:
        """Give the newest first, of one telephone or e-mail address or of all."""
        query = sa.select(TwinMessage).order_by(TwinMessage.id.desc()).limit(limit)
        if mobile is not None:
            query = query.where(TwinMessage.mobile_index == current_vault().blind_index(mobile))
        with self._sessions() as session:
            return session.scalars(query).all()
