"""What operators do to the key of another: one asks with a reason, another confirms (§keys 2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Asked, settle
from storage.database import Base, Encrypted, UtcDateTime, insert_once, new_id


class KeyAct(StrEnum):
    """What is asked for."""

    UNLOCK = "UNLOCK"
    REVOKE = "REVOKE"
    ENROL = "ENROL"  #: the agency's seal alone: holders apply themselves
    RENEW = "RENEW"  #: the agency's seal alone, before its time

    @property
    def label(self) -> str:
        """The Chinese name of the act."""
        return {
            KeyAct.UNLOCK: "解除锁定",
            KeyAct.REVOKE: "吊销证书",
            KeyAct.ENROL: "申领证书",
            KeyAct.RENEW: "更新证书",
        }[self]


class KeyRequestState(StrEnum):
    """How a request ended; the row stays."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


class KeyRequest(Asked, Base):
    """A request about the certificate of a person, an enterprise or the agency's seal."""

    __tablename__ = "key_request"
    __table_args__ = (Index("ix_key_request_state", "state", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    waiting_key: Mapped[str | None] = mapped_column(String(110), unique=True)  #: while it waits
    act: Mapped[str] = mapped_column(String(10))
    role: Mapped[str] = mapped_column(String(16))  #: of the signer
    subject: Mapped[str] = mapped_column(String(64))  #: person id, uscc or agency name
    serial: Mapped[str] = mapped_column(String(40))  #: of the certificate that is meant; "": none
    cause: Mapped[str | None] = mapped_column(String(32))  #: RFC 5280 5.3.1, of a revocation
    reason: Mapped[str] = mapped_column(Encrypted("key_request.reason"))
    proof: Mapped[str] = mapped_column(Encrypted("key_request.proof"))  #: how identity was proven
    state: Mapped[str] = mapped_column(String(10))
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether it is neither confirmed nor declined."""
        return self.state == KeyRequestState.WAITING


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked to be done to whose key, and why."""

    act: KeyAct
    role: str  #: of the signer
    subject: str  #: person id, uscc or agency name
    serial: str  #: of the certificate that is meant; "": there is none
    cause: str | None  #: RFC 5280 5.3.1, of a revocation
    reason: str
    proof: str  #: how the holder's identity was proven


def ask(session: Session, wanted: Wanted, *, actor: str, at: datetime) -> str | None:
    """Note a request and return its id; None when the same is waiting already."""
    values = {
        **asdict(wanted),
        "act": wanted.act.value,
        "id": new_id(),
        "waiting_key": f"{wanted.act}/{wanted.role}/{wanted.subject}",
        "asked_by": actor,
        "asked_at": at,
        "state": KeyRequestState.WAITING.value,
    }
    is_new = insert_once(session, KeyRequest, values, unique="waiting_key")
    return str(values["id"]) if is_new else None


def get(session: Session, request_id: str) -> KeyRequest | None:
    """Return a request, settled or not."""
    return session.get(KeyRequest, request_id)


def waiting(session: Session) -> list[KeyRequest]:
    """Return the requests that nobody has settled, oldest first."""
    query = select(KeyRequest).where(KeyRequest.state == KeyRequestState.WAITING)
    return list(session.scalars(query.order_by(KeyRequest.id)))


def confirm(session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
    """Let another person confirm; False when no request of somebody else's waits."""
    return _settle(session, request_id, KeyRequestState.CONFIRMED, actor, at, by_another=True)


def decline(session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
    """Turn a request down, or take one's own back; False when it waits no more."""
    return _settle(session, request_id, KeyRequestState.DECLINED, actor, at, by_another=False)


def _settle(
    session: Session,
    request_id: str,
    state: KeyRequestState,
    actor: str,
    at: datetime,
    *,
    by_another: bool,
) -> bool:
    waits = and_(KeyRequest.id == request_id, KeyRequest.state == KeyRequestState.WAITING)
    if by_another:
        waits = and_(waits, KeyRequest.asked_by != actor)
    settled = {"state": state.value, "settled_by": actor, "settled_at": at, "waiting_key": None}
    return settle(session, KeyRequest, waits, settled)
