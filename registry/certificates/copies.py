"""Time-limited copies of a certificate 加注使用: for one purpose, in one window (domain G.4).

A copy is a sealed file of its own with its own token. It never counts for longer than the
certificate: whatever ends the certificate ends its copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from registry import verification_codes
from registry.applications.documents import Document
from registry.certificates import certificates, public_answers
from registry.certificates.certificates import Certificate, Validity
from registry.certificates.public_answers import PublicAnswer
from storage.database import Base, UtcDateTime, new_id


class Making(StrEnum):
    """How far the file of a copy is."""

    ASKED = "ASKED"
    MADE = "MADE"
    REFUSED = "REFUSED"  #: the certificate ended before the file was made


class CopyState(StrEnum):
    """What a copy is worth on a day."""

    ASKED = "ASKED"
    NOT_YET = "NOT_YET"
    VALID = "VALID"
    OVER = "OVER"
    ENDED = "ENDED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _LABELS[self]


_LABELS = {
    CopyState.ASKED: "制作中",
    CopyState.NOT_YET: "未到使用期",
    CopyState.VALID: "使用期内",
    CopyState.OVER: "已过使用期",
    CopyState.ENDED: "证书已失效",
}


class Copy(Base):
    """A copy that the holder asked for."""

    __tablename__ = "certificate_copy"
    __table_args__ = (
        UniqueConstraint("certificate_id", "request"),
        Index("ix_certificate_copy_asked", "certificate_id", "asked_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    certificate_id: Mapped[str] = mapped_column(ForeignKey(Certificate.id))
    request: Mapped[str] = mapped_column(String(32))  #: of one form: a second click is the same
    purpose: Mapped[str] = mapped_column(String(50))
    valid_from: Mapped[date]
    valid_to: Mapped[date]  #: the last day
    qr_token: Mapped[str] = mapped_column(String(32), unique=True)
    making: Mapped[str] = mapped_column(String(8), default=Making.ASKED)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    document_id: Mapped[str | None] = mapped_column(ForeignKey(Document.id), index=True)

    def state_on(self, day: date, certificate: Validity) -> CopyState:
        """Tell what the copy is worth on `day`, when its certificate is worth that much."""
        if self.making == Making.REFUSED or certificate is not Validity.VALID:
            return CopyState.ENDED
        if self.making == Making.ASKED:
            return CopyState.ASKED
        if day < self.valid_from:
            return CopyState.NOT_YET
        return CopyState.VALID if day <= self.valid_to else CopyState.OVER


def ask(
    session: Session,
    certificate_id: str,
    *,
    request: str,
    purpose: str,
    valid_from: date,
    valid_to: date,
    at: datetime,
) -> Copy:
    """Write down that a copy is wanted; the same `request` again is the same copy."""
    copy = of_request(session, certificate_id, request)
    if copy is not None:
        return copy
    copy = Copy(
        certificate_id=certificate_id,
        request=request,
        purpose=purpose,
        valid_from=valid_from,
        valid_to=valid_to,
        qr_token=verification_codes.new(),
        making=Making.ASKED,
        asked_at=at,
    )
    session.add(copy)
    session.flush()
    return copy


def made(session: Session, copy: Copy, document_id: str, *, at: datetime) -> None:
    """Note the sealed file."""
    copy.making, copy.document_id, copy.made_at = Making.MADE, document_id, at
    session.flush()


def refuse(session: Session, copy: Copy) -> None:
    """Note that no file will be made."""
    copy.making = Making.REFUSED
    session.flush()


def get(session: Session, copy_id: str) -> Copy:
    """Return the copy; raises `NotFound`."""
    copy = session.get(Copy, copy_id)
    if copy is None:
        raise NotFound
    return copy


def of_request(session: Session, certificate_id: str, request: str) -> Copy | None:
    """Return the copy that a form asked for before."""
    return session.scalar(
        select(Copy).where(Copy.certificate_id == certificate_id, Copy.request == request)
    )


def of(session: Session, certificate_id: str, *, limit: int = 50) -> list[Copy]:
    """Return the newest copies of a certificate, newest first."""
    query = select(Copy).where(Copy.certificate_id == certificate_id)
    return list(session.scalars(query.order_by(Copy.id.desc()).limit(limit)))


def count_since(session: Session, certificate_id: str, since: datetime) -> int:
    """Count the copies that were asked for from that moment on."""
    query = select(func.count()).where(
        Copy.certificate_id == certificate_id, Copy.asked_at >= since
    )
    return session.scalar(query) or 0


def by_token(session: Session, token: str) -> Copy | None:
    """Find a made copy by the token of its QR code."""
    return session.scalar(select(Copy).where(Copy.qr_token == token, Copy.making == Making.MADE))


def by_document(session: Session, document_id: str) -> Copy | None:
    """Find the copy whose file is this document."""
    return session.scalar(select(Copy).where(Copy.document_id == document_id))


@dataclass(frozen=True, kw_only=True)
class PublicCopy:
    """What anybody may know about a copy."""

    state: CopyState
    purpose: str
    valid_from: date
    valid_to: date
    certificate: PublicAnswer

    @property
    def words(self) -> str:
        """What the copy is worth, in a sentence."""
        if self.state is CopyState.ENDED:
            return f"加注副本对应的证书当前状态：{self.certificate.status.label}，副本同时失效"
        if self.state is CopyState.NOT_YET:
            return "加注副本尚未到使用期"
        if self.state is CopyState.OVER:
            return "加注副本已过使用期，请持证人重新加注"
        return f"加注副本在使用期内，仅限用于：{self.purpose}"


def public_answer(session: Session, copy: Copy, *, on: date) -> PublicCopy:
    """Tell the truth of `on` about a copy and its certificate."""
    certificate = certificates.get(session, copy.certificate_id)
    answer = public_answers.of(session, certificate, on=on)
    return PublicCopy(
        state=copy.state_on(on, answer.status),
        purpose=copy.purpose,
        valid_from=copy.valid_from,
        valid_to=copy.valid_to,
        certificate=answer,
    )
