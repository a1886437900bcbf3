"""What operators do to the key of another: one asks with a reason, another confirms (§keys 2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Request
from storage.database import Encrypted


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


class KeyRequest(Request):
    """A request about the certificate of a person, an enterprise or the agency's seal."""

    __tablename__ = "key_request"
    __table_args__ = (Index("ix_key_request_state", "state", "id"),)
    waiting_for = "waiting_key"

    waiting_key: Mapped[str | None] = mapped_column(String(110), unique=True)  #: while it waits
    act: Mapped[str] = mapped_column(String(10))
    role: Mapped[str] = mapped_column(String(16))  #: of the signer
    subject: Mapped[str] = mapped_column(String(64))  #: person id, uscc or agency name
    serial: Mapped[str] = mapped_column(String(40))  #: of the certificate that is meant; "": none
    cause: Mapped[str | None] = mapped_column(String(32))  #: RFC 5280 5.3.1, of a revocation
    reason: Mapped[str] = mapped_column(Encrypted("key_request.reason"))
    proof: Mapped[str] = mapped_column(Encrypted("key_request.proof"))  #: how identity was proven


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

    @property
    def about(self) -> str:
        """One request about the same waits at a time."""
        return f"{self.act}/{self.role}/{self.subject}"

    @property
    def values(self) -> dict[str, Any]:
        """What is asked for, by the names of the columns."""
        return {**asdict(self), "act": self.act.value}


def ask(session: Session, wanted: Wanted, *, actor: str, at: datetime) -> str | None:
    """Note a request and return its id; None when one about the same waits already."""
    return KeyRequest.note(session, wanted.about, wanted.values, actor=actor, at=at)
