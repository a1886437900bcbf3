"""Publications of packages: who asked, who agreed, from when; and matters that are stopped."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail import asked
from registry.trail.asked import Asked
from storage.database import Base, UtcDateTime, new_id


class PublicationState(StrEnum):
    """Where a publication stands."""

    ASKED = "ASKED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"  #: taken back before its first day

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _LABELS[self]


_LABELS = {
    PublicationState.ASKED: "等待确认",
    PublicationState.CONFIRMED: "已发布",
    PublicationState.DECLINED: "未同意",
    PublicationState.CANCELLED: "生效前撤回",
}


class Publication(Asked, Base):
    """What an analyst asks to be published; one of a type waits at a time."""

    __tablename__ = "publication"
    __table_args__ = (
        Index(
            "uq_publication_asked",
            "type_key",
            unique=True,
            sqlite_where=text("state = 'ASKED'"),
            postgresql_where=text("state = 'ASKED'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draft_id: Mapped[str] = mapped_column(String(32), index=True)
    type_key: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(String(64))  #: mark of the files of the draft
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime())
    why: Mapped[str] = mapped_column(Text)  #: what changes, in words
    exception: Mapped[str | None] = mapped_column(Text)  #: why scenarios need not reach all
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[str | None] = mapped_column(String(64))  #: that it became
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has settled it."""
        return self.state == PublicationState.ASKED


class TypeStop(Base):
    """A type, or one matter of it, for which nothing new starts; what runs goes on."""

    __tablename__ = "type_stop"
    __table_args__ = (Index("ix_type_stop_type_key", "type_key", "lifted_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    type_key: Mapped[str] = mapped_column(String(40))
    matter: Mapped[str | None] = mapped_column(String(30))  #: None: all of them
    notice: Mapped[str] = mapped_column(Text)  #: what applicants are told
    stopped_by: Mapped[str] = mapped_column(String(60))
    stopped_at: Mapped[datetime] = mapped_column(UtcDateTime())
    lifted_by: Mapped[str | None] = mapped_column(String(60))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


def get(session: Session, publication_id: str) -> Publication | None:
    """Return a publication."""
    return session.get(Publication, publication_id)


def of_type(session: Session, type_key: str) -> list[Publication]:
    """Return the publications of a type, the newest first."""
    query = select(Publication).where(Publication.type_key == type_key)
    return list(session.scalars(query.order_by(Publication.id.desc()).limit(50)))


def waiting(session: Session, type_key: str) -> Publication | None:
    """Return the publication of a type that nobody has settled."""
    state = Publication.state == PublicationState.ASKED
    return session.scalar(select(Publication).where(Publication.type_key == type_key, state))


def scheduled(session: Session, type_key: str, now: datetime) -> Publication | None:
    """Return the publication of a type whose first day is still to come."""
    query = select(Publication).where(
        Publication.type_key == type_key,
        Publication.state == PublicationState.CONFIRMED,
        Publication.effective_at > now,
    )
    return session.scalar(query)


def settle(
    session: Session,
    publication_id: str,
    state: PublicationState,
    *,
    actor: str,
    at: datetime,
    version: str | None = None,
) -> bool:
    """Confirm or decline what waits; False when somebody was faster."""
    waits = (Publication.id == publication_id) & (Publication.state == PublicationState.ASKED)
    settled = {"state": state, "settled_by": actor, "settled_at": at, "version": version}
    return asked.settle(session, Publication, waits, settled)


def stops(session: Session, type_key: str) -> list[TypeStop]:
    """Return what is stopped of a type now."""
    return list(session.scalars(_STOPS, {"b_type": type_key}))


_STOPS = (
    select(TypeStop)
    .where(TypeStop.type_key == bindparam("b_type"), TypeStop.lifted_at.is_(None))
    .order_by(TypeStop.id)
)


def stop_of(session: Session, type_key: str, matter: str) -> TypeStop | None:
    """Return what stops a matter of a type now."""
    listed = stops(session, type_key)
    return next((stop for stop in listed if stop.matter in (None, matter)), None)
