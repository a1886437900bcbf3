"""Requests that a client may send twice: what was answered to a key is answered again.

After draft-ietf-httpapi-idempotency-key-header: the same key and content get the same answer, the
same key with other content is refused, and so is a second one while the first is being done.
Content is kept as a keyed hash alone, for it may hold a PIN; the answer is encrypted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, EncryptedJson, UtcDateTime, insert_of
from storage.vault import current_vault

KEPT = timedelta(hours=24)
BEGUN = timedelta(minutes=2)  #: after which whoever did it has died: it may be tried again


class ClientRequest(Base):
    """A request under a key of its client."""

    __tablename__ = "client_request"

    client_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)  #: SHA-256 of what was sent
    content: Mapped[str] = mapped_column(String(32))
    answer: Mapped[dict[str, object] | None] = mapped_column(
        EncryptedJson("client_request.answer")
    )  #: None: it is being done
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request as it is known again."""

    client_id: str
    key: str
    content: str

    @classmethod
    def of(cls, client_id: str, key: str, content: bytes) -> Sent:
        """Know a request by the key and the content that were sent."""
        told = hashlib.sha256(content).hexdigest()
        return cls(
            client_id=client_id,
            key=hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest(),
            content=current_vault().blind_index(told),
        )


def begin(session: Session, sent: Sent, *, at: datetime) -> ClientRequest | None:
    """Note that a request is being done; return the earlier one under its key, if there is one."""
    ours = (ClientRequest.client_id == sent.client_id) & (ClientRequest.key == sent.key)
    session.execute(delete(ClientRequest).where(ours, ClientRequest.ends_at <= at))
    values = {**vars(sent), "answer": None, "ends_at": at + BEGUN}
    statement = insert_of(session)(ClientRequest).values(**values)
    statement = statement.on_conflict_do_nothing(index_elements=["client_id", "key"])
    if session.scalar(statement.returning(ClientRequest.key)) is not None:
        return None
    return session.scalar(select(ClientRequest).where(ours))


def keep(session: Session, sent: Sent, answer: dict[str, object], *, at: datetime) -> None:
    """Keep what was answered, for `KEPT`."""
    row = session.get(ClientRequest, (sent.client_id, sent.key))
    if row is not None:
        row.answer, row.ends_at = answer, at + KEPT


def forget(session: Session, sent: Sent) -> None:
    """Let a request be tried again: it was not done, and not refused for good."""
    ours = (ClientRequest.client_id == sent.client_id) & (ClientRequest.key == sent.key)
    session.execute(delete(ClientRequest).where(ours))


def sweep(session: Session, at: datetime) -> int:
    """Remove what is over; tell how many."""
    over = delete(ClientRequest).where(ClientRequest.ends_at <= at)
    return len(session.scalars(over.returning(ClientRequest.key)).all())
