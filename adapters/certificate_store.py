"""The store of electronic certificates 电子证照库, where other services find them; its twin."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from adapters.faults import Faults
from adapters.systems import System
from adapters.wire import plain
from adapters.wire.http import Client
from adapters.wire.plain import as_json
from registry.identifiers import IdType
from registry.ports import CertificateEntry, CertificateState, StoreOperation
from storage.database import Base, EncryptedJson, UtcDateTime, new_id, writing
from storage.literals import ONE


class TwinStoreEvent(Base):
    """One thing that the twin of the store was told; the newest of an identifier counts."""

    __tablename__ = "twin_store_event"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    identifier: Mapped[str] = mapped_column(sa.String(100), index=True)
    operation: Mapped[str] = mapped_column(sa.String(2))
    state: Mapped[str] = mapped_column(sa.String(2))
    entry: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("twin_store_event.entry"))
    size_bytes: Mapped[int]  #: of the files; 0 for a change of state
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class CertificatesOverHttp(Client):
    """A `registry.ports.CertificateStore`.

    POST certificates with the entry as JSON and the file as "pdf" in base64, and "ofd" where there
    is one, gives {"key"};
    POST certificate-states {"identifier", "state", "operation"} gives {"key", "known"}, false for
    a certificate that was never published. Both carry the key as Idempotency-Key.
    """

    def publish(
        self, entry: CertificateEntry, pdf: bytes, key: str, *, ofd: bytes | None = None
    ) -> None:
        """Hand a certificate over. Raises: Unavailable, WrongAnswer."""
        message = as_json(entry) | {"pdf": base64.b64encode(pdf).decode("ascii")}
        if ofd is not None:
            message |= {"ofd": base64.b64encode(ofd).decode("ascii")}
        self._outside.tell("certificates", message, key=key)

    def update_state(
        self, identifier: str, state: CertificateState, operation: StoreOperation, key: str
    ) -> bool:
        """Tell a change of state; False when the store does not know it.

        Raises: Unavailable, WrongAnswer.
        """
        message = {"identifier": identifier, "state": state.value, "operation": operation.value}
        return self._outside.tell("certificate-states", message, key=key).get("known") is True


def read_entry(message: Any) -> tuple[CertificateEntry, bytes, bytes | None]:
    """Read what `publish` posts; raises what malformed messages raise (for the twin server)."""
    row = plain.record(message)
    entry = CertificateEntry(
        identifier=plain.text(row, "identifier"),
        name=plain.text(row, "name"),
        no=plain.text(row, "no"),
        version=int(row["version"]),
        registration_no=plain.text(row, "registration_no"),
        holder_name=plain.text(row, "holder_name"),
        holder_id_type=IdType(row["holder_id_type"]),
        holder_id_no=plain.text(row, "holder_id_no"),
        enterprise_name=plain.text(row, "enterprise_name"),
        uscc=plain.text(row, "uscc"),
        issuer=plain.text(row, "issuer"),
        issuer_uscc=plain.text(row, "issuer_uscc"),
        issued_on=plain.day(row, "issued_on"),
        valid_from=plain.day(row, "valid_from"),
        valid_to=plain.day(row, "valid_to"),
        state=CertificateState(row["state"]),
        operation=StoreOperation(row["operation"]),
        sha256=plain.text(row, "sha256"),
        ofd_sha256=str(row.get("ofd_sha256", "")),
    )
    pdf = base64.b64decode(row["pdf"], validate=True)
    ofd = base64.b64decode(row["ofd"], validate=True) if "ofd" in row else None
    if hashlib.sha256(pdf).hexdigest() != entry.sha256:
        raise ValueError("the file is not the one that the entry names")
    if (hashlib.sha256(ofd).hexdigest() if ofd else "") != entry.ofd_sha256:
        raise ValueError("the OFD file is not the one that the entry names")
    return entry, pdf, ofd


class CertificateStoreTwin:
    """A `registry.ports.CertificateStore` that keeps what it was told in a table."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Callable[[], datetime],
        *,
        faults: Faults | None = None,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self.faults = faults or Faults(System.CERTIFICATE_STORE)

    def publish(
        self, entry: CertificateEntry, pdf: bytes, key: str, *, ofd: bytes | None = None
    ) -> None:
        """Keep a certificate; one that is there already stays.

        Raises: Unavailable, WrongAnswer when told to.
        """
        self.faults.before_answer()
        with writing(self._sessions) as session:
            if _newest(session, entry.identifier) is None:
                self._keep(
                    session, entry, entry.state, entry.operation, key, len(pdf + (ofd or b""))
                )

    def update_state(
        self, identifier: str, state: CertificateState, operation: StoreOperation, key: str
    ) -> bool:
        """Keep a change of state, once per `key`; False for what was never published.

        Raises: Unavailable, WrongAnswer when told to.
        """
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
    return session.scalar(query.order_by(TwinStoreEvent.id.desc()).limit(ONE))
