"""Corrections of versions: running cases go on with another version, as two operators agreed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail import asked
from registry.trail.asked import Asked
from storage.database import Base, Encrypted, Json, UtcDateTime, insert_of, insert_once, new_id
from storage.literals import literal


class CorrectionState(StrEnum):
    """Where a correction stands."""

    TRIED = "TRIED"  #: nobody has asked for it yet: a migration is tried upon every case
    ASKED = "ASKED"
    CONFIRMED = "CONFIRMED"  #: cases are being moved, or were
    DECLINED = "DECLINED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _LABELS[self.value]


_LABELS = {"TRIED": "试算", "ASKED": "等待确认", "CONFIRMED": "已确认", "DECLINED": "已撤销"}


class VersionCorrection(Asked, Base):
    """Cases of one version are to go on with another; one of a version waits at a time."""

    __tablename__ = "version_correction"
    __table_args__ = (
        Index(
            "uq_version_correction_asked",
            "from_version",
            unique=True,
            sqlite_where=text("state = 'ASKED'"),
            postgresql_where=text("state = 'ASKED'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    type_key: Mapped[str] = mapped_column(String(64))
    from_version: Mapped[str] = mapped_column(String(64))
    to_version: Mapped[str] = mapped_column(String(64))
    undoes: Mapped[str | None] = mapped_column(String(32))  #: the correction that is taken back
    reason: Mapped[str] = mapped_column(Encrypted("version_correction.reason"))
    state: Mapped[str] = mapped_column(String(10))
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: of a migration: process → node → counterpart ("": none), as people said; None: same diagrams
    nodes: Mapped[Any] = mapped_column(Json, nullable=True)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  #: when every case was

    @property
    def is_migration(self) -> bool:
        """Whether its diagrams may differ."""
        return self.nodes is not None

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has settled it."""
        return self.state == CorrectionState.ASKED


class CorrectedCase(Base):
    """What became of one case: moved, or why it stayed."""

    __tablename__ = "corrected_case"
    __table_args__ = (Index("ix_corrected_case", "correction_id", "business_key"),)

    key: Mapped[str] = mapped_column(String(100), primary_key=True)  #: correction/case
    correction_id: Mapped[str] = mapped_column(ForeignKey(VersionCorrection.id))
    business_key: Mapped[str] = mapped_column(String(64))
    stayed: Mapped[str | None] = mapped_column(Text)  #: why, in Chinese; None: it was moved
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary)  #: its instance before it migrated
    version: Mapped[int | None]  #: of its instance when it had migrated


class TriedCase(Base):
    """What a migration would make of one case: a dry run."""

    __tablename__ = "tried_case"
    __table_args__ = (Index("ix_tried_case", "correction_id", "business_key"),)

    key: Mapped[str] = mapped_column(String(100), primary_key=True)  #: correction/case
    correction_id: Mapped[str] = mapped_column(ForeignKey(VersionCorrection.id))
    business_key: Mapped[str] = mapped_column(String(64))
    stays: Mapped[str | None] = mapped_column(Text)  #: why it would, in Chinese; None: it would not
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def ask(session: Session, request: VersionCorrection) -> bool:
    """Note a request; False when one about the same version waits already."""
    waiting = select(VersionCorrection.id).where(
        VersionCorrection.from_version == request.from_version,
        VersionCorrection.state == CorrectionState.ASKED,
    )
    if session.scalar(waiting) is not None:
        return False
    session.add(request)
    session.flush()
    return True


def waiting_of(session: Session, from_version: str) -> VersionCorrection | None:
    """Return the request about a version that nobody has settled."""
    query = select(VersionCorrection).where(
        VersionCorrection.from_version == from_version,
        VersionCorrection.state == CorrectionState.ASKED,
    )
    return session.scalar(query)


def tried_like(session: Session, like: VersionCorrection) -> str | None:
    """Return the id of the same person's same trial that has not come to its end."""
    query = select(VersionCorrection).where(
        VersionCorrection.from_version == like.from_version,
        VersionCorrection.to_version == like.to_version,
        VersionCorrection.asked_by == like.asked_by,
        VersionCorrection.state == CorrectionState.TRIED,
        VersionCorrection.tried_at.is_(None),
    )
    rows = session.scalars(query)
    return next((row.id for row in rows if row.nodes == like.nodes), None)


def ask_tried(session: Session, correction_id: str, reason: str, actor: str, at: datetime) -> bool:
    """Ask for a migration that was tried; False when somebody was faster, or another waits."""
    from_version = select(VersionCorrection.from_version).where(
        VersionCorrection.id == correction_id
    )
    waiting = select(VersionCorrection.id).where(
        VersionCorrection.from_version == from_version.scalar_subquery(),
        VersionCorrection.state == CorrectionState.ASKED,
    )
    if session.scalar(waiting) is not None:
        return False
    tried = (VersionCorrection.id == correction_id) & (
        VersionCorrection.state == CorrectionState.TRIED
    )
    values = {"state": CorrectionState.ASKED, "reason": reason, "asked_by": actor, "asked_at": at}
    return asked.settle(session, VersionCorrection, tried, values)


def settle(
    session: Session, correction_id: str, state: CorrectionState, *, actor: str, at: datetime
) -> bool:
    """Confirm or decline what waits; False when somebody was faster."""
    waits = (VersionCorrection.id == correction_id) & (
        VersionCorrection.state == CorrectionState.ASKED
    )
    settled = {"state": state, "settled_by": actor, "settled_at": at}
    return asked.settle(session, VersionCorrection, waits, settled)


def get(session: Session, correction_id: str) -> VersionCorrection | None:
    """Return a correction."""
    return session.get(VersionCorrection, correction_id)


def confirmed(session: Session, correction_id: str) -> VersionCorrection:
    """Return a correction whose cases are to be moved; its row is never deleted."""
    return session.get_one(VersionCorrection, correction_id)


def waiting(session: Session) -> list[VersionCorrection]:
    """Return the corrections that nobody has settled, the newest first."""
    query = select(VersionCorrection).where(
        VersionCorrection.state == literal(CorrectionState.ASKED)
    )
    return list(session.scalars(query.order_by(VersionCorrection.id.desc())))


def newest(session: Session, limit: int = 20) -> list[VersionCorrection]:
    """Return the corrections that were asked for, the newest first."""
    was_asked = VersionCorrection.state != CorrectionState.TRIED
    query = select(VersionCorrection).where(was_asked).order_by(VersionCorrection.id.desc())
    return list(session.scalars(query.limit(limit)))


def note(
    session: Session,
    correction_id: str,
    business_key: str,
    stayed: str | None,
    at: datetime,
    *,
    snapshot: bytes | None = None,
    version: int | None = None,
) -> None:
    """Note what became of a case; what is noted already stays."""
    values = {
        "key": f"{correction_id}/{business_key}",
        "correction_id": correction_id,
        "business_key": business_key,
        "stayed": stayed,
        "at": at,
        "snapshot": snapshot,
        "version": version,
    }
    insert_once(session, CorrectedCase, values, unique="key")


def case(session: Session, correction_id: str, business_key: str) -> CorrectedCase | None:
    """Return what became of a case."""
    return session.get(CorrectedCase, f"{correction_id}/{business_key}")


def last_moved(
    session: Session, business_key: str, version: str
) -> tuple[VersionCorrection, datetime] | None:
    """Return by which request a case came to the version it has, and when; None: by none."""
    for request in session.scalars(_CONFIRMED_TO, {"b_version": version}):
        found = case(session, request.id, business_key)
        if found is not None and found.stayed is None:
            return request, found.at
    return None


_CONFIRMED_TO = (
    select(VersionCorrection)
    .where(
        VersionCorrection.to_version == bindparam("b_version"),
        VersionCorrection.state == literal(CorrectionState.CONFIRMED),
    )
    .order_by(VersionCorrection.settled_at.desc())
)


def note_tried(
    session: Session, correction_id: str, tried: Mapping[str, str | None], at: datetime
) -> None:
    """Note what would become of cases, by their keys; doing it again changes nothing."""
    rows = [
        {
            "key": f"{correction_id}/{business_key}",
            "correction_id": correction_id,
            "business_key": business_key,
            "stays": stays,
            "at": at,
        }
        for business_key, stays in tried.items()
    ]
    if rows:
        statement = insert_of(session)(TriedCase).values(rows)
        session.execute(statement.on_conflict_do_nothing(index_elements=["key"]))


def counts_tried(session: Session, correction_id: str) -> tuple[int, int]:
    """Count the cases that were tried: those that would move, and those that would stay."""
    counted = select(func.count(), func.count(TriedCase.stays))
    every, stayed = session.execute(counted.where(TriedCase.correction_id == correction_id)).one()
    return every - stayed, stayed


def counts(session: Session, correction_id: str) -> tuple[int, int]:
    """Count the cases of a correction: those that were moved, and those that stayed."""
    counted = select(func.count(), func.count(CorrectedCase.stayed))
    of_it = counted.where(CorrectedCase.correction_id == correction_id)
    every, stayed = session.execute(of_it).one()
    return every - stayed, stayed


def cases(session: Session, correction_id: str) -> list[CorrectedCase]:
    """Return what became of the cases of a correction, in the order of their keys."""
    query = select(CorrectedCase).where(CorrectedCase.correction_id == correction_id)
    return list(session.scalars(query.order_by(CorrectedCase.business_key)))
