"""The store of electronic certificates 电子证照库, where other services find them; its twin."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from adapters.faults import Faults
from adapters.http import Outside
from registry.database import Base, EncryptedJson, UtcDateTime, new_id, writing
from registry.ports import CertificateEntry, CertificateState, StoreOperation

SYSTEM = "电子证照库"


class TwinStoreEvent(Base):
    """One thing that the twin of the store was told; the newest of an identifier counts."""

    __tablename__ = "twin_store_event"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    identifier: Mapped[str] = mapped_column(sa.String(100), index=True)
    operation: Mapped[str] = mapped_column(sa.String(2))
    state: Mapped[str] = mapped_column(sa.String(2))
    entry: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("twin_store_event.entry"))
    size_bytes: Mapped[int]  #: of the PDF; 0 for a change of state
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class CertificatesOverHttp:
    """A `registry.ports.CertificateStore`.

    POST certificates with the entry as JSON and the file as "pdf" in base64 gives {"key"};
    POST certificate-states {"identifier", "state", "operation"} gives {"key", "known"}, false for
    a certificate that was never published. Both carry the key as Idempotency-Key.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def publish(self, entry: CertificateEntry, pdf: bytes, key: str) -> None:
        """Hand a certificate over. Raises: Unavailable."""
        message = as_json(entry) | {"pdf": base64.b64encode(pdf).decode("ascii")}
        self._outside.tell("certificates", message, key=key)

    def update_state(
        self, identifier: str, state: CertificateState, operation: StoreOperation, key: str
    ) -> bool:
        """Tell a change of state; False when the store does not know it. Raises: Unavailable."""
        message = {"identifier": identifier, "state": state.value, "operation": operation.value}
        return bool(self._outside.tell("certificate-states", message, key=key)["known"])


def as_json(entry: CertificateEntry) -> dict[str, Any]:
    """Give an entry as plain JSON: codes as text, days as 2026-03-16."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(entry).items()
    }


class CertificateStoreTwin:
    """A `registry.ports.CertificateStore` that keeps what it was told in a table."""

    def __init__(self, sessions: sessionmaker[Session], clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clock = clock
        self.faults = Faults(SYSTEM)

    def publish(self, entry: CertificateEntry, pdf: bytes, key: str) -> None:
        """Keep a certificate; one that is there already stays. Raises: Unavailable when told to."""
        self.faults.before_answer()
        with writing(self._sessions) as session:
            if _newest(session, entry.identifier) is None:
                self._keep(session, entry, entry.state, entry.operation, key, len(pdf))

    def update_state(
        self, identifier: str, state: CertificateState, operation: StoreOperation, key: str
    ) -> bool:
        """Keep a change of state, once per `key`. Raises: Unavailable when told to."""
        self.faults.before_answer()
        with writing(self._sessions) as session:
            if _newest(session, identifier) is None:
                return False
            if session.scalar(sa.select(TwinStoreEvent.id).where(TwinStoreEvent.key == key)):
                return True
            self._keep(session, identifier, state, operation, key, 0)
        return True

    def _keep(
        self,
        session: Session,
        of: CertificateEntry | str,
        state: CertificateState,
        operation: StoreOperation,
        key: str,
        size_bytes: int,
    ) -> None:
        event = TwinStoreEvent(
            key=key,
            identifier=of if isinstance(of, str) else of.identifier,
            operation=operation.value,
            state=state.value,
            entry=None if isinstance(of, str) else as_json(of),
            size_bytes=size_bytes,
            at=self._clock(),
        )
        session.add(event)

    def state_of(self, identifier: str) -> CertificateState | None:
        """Give the state in which others find this certificate, None when they do not."""
        with self._sessions() as session:
            newest = _newest(session, identifier)
        return CertificateState(newest.state) if newest else None

    def told(self, identifier: str | None = None, *, limit: int = 50) -> Sequence[TwinStoreEvent]:
        """Give what the store was told, newest first, of one certificate or of all."""
        query = sa.select(TwinStoreEvent).order_by(TwinStoreEvent.id.desc()).limit(limit)
        if identifier is not None:
            query = query.where(TwinStoreEvent.identifier == identifier)
        with self._sessions() as session:
            return session.scalars(query).all()


def _newest(session: Session, identifier: str) -> TwinStoreEvent | None:
    query = sa.select(TwinStoreEvent).where(TwinStoreEvent.identifier == identifier)
    return session.scalar(query.order_by(TwinStoreEvent.id.desc()).limit(1))
