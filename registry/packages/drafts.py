"""Drafts of packages: what was saved of each file, by whom, one row a save.

A draft stands on a deployed version and holds what differs from it. Of two who save the same file
at once the unique index takes one: the other is told who was faster.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Date,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Json, UtcDateTime, insert_of, new_id
from storage.literals import ONE

KEPT_SAVES = 100  #: of a file; who undoes goes back no further


class PackageDraft(Base):
    """One package on somebody's desk."""

    __tablename__ = "package_draft"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    type_key: Mapped[str] = mapped_column(String(40), index=True)
    title: Mapped[str] = mapped_column(String(100))  #: as the analysts call the work
    base: Mapped[str | None] = mapped_column(String(64))  #: version that it stands on
    created_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class DraftSave(Base):
    """One save of one file."""

    __tablename__ = "draft_save"
    __table_args__ = (UniqueConstraint("draft_id", "path", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draft_id: Mapped[str] = mapped_column(ForeignKey(PackageDraft.id))
    path: Mapped[str] = mapped_column(String(120))
    number: Mapped[int]  #: from 1; 0 is the file as the base has it
    content: Mapped[bytes | None] = mapped_column(LargeBinary)  #: deflated; None: removed
    sha256: Mapped[str | None] = mapped_column(String(64))
    saved_by: Mapped[str] = mapped_column(String(60))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def data(self) -> bytes | None:
        """What was saved, None when the file was removed."""
        return None if self.content is None else zlib.decompress(self.content)


class TrialState(StrEnum):
    """Where the trial of a draft stands."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"  #: it could not be told to the end

    @property
    def label(self) -> str:
        """The Chinese word."""
        return {"RUNNING": "正在试运行", "DONE": "试运行完毕", "FAILED": "未能试运行"}[self.value]


class _Told:
    """What a job found out about a draft as it stood, and how far it is."""

    content: Mapped[str] = mapped_column(String(64))  #: mark of the files that were tried
    state: Mapped[str] = mapped_column(String(8))
    told: Mapped[int]  #: so far
    count: Mapped[int]
    came: Mapped[dict[str, object]] = mapped_column(Json())
    asked_by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class DraftTrial(_Told, Base):
    """The last trial of a draft: what came of its scenarios."""

    __tablename__ = "draft_trial"

    draft_id: Mapped[str] = mapped_column(ForeignKey(PackageDraft.id), primary_key=True)


class DraftNoticing(_Told, Base):
    """The small changes of a draft that neither the check nor a scenario notices."""

    __tablename__ = "draft_noticing"

    draft_id: Mapped[str] = mapped_column(ForeignKey(PackageDraft.id), primary_key=True)


class DraftPlay(Base):
    """A scenario that somebody plays: it has no end yet."""

    __tablename__ = "draft_play"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    draft_id: Mapped[str] = mapped_column(ForeignKey(PackageDraft.id), index=True)
    title: Mapped[str] = mapped_column(String(100))
    folder: Mapped[str] = mapped_column(
        String(60)
    )  #: below `examples/`, whose usual it is told over
    said: Mapped[dict[str, Any]] = mapped_column(Json())  #: as a scenario says it
    today: Mapped[date | None] = mapped_column(Date())  #: to which the clock was turned
    number: Mapped[int] = mapped_column(default=0)  #: raised with each change
    kept_as: Mapped[str | None] = mapped_column(String(120))  #: the scenario that it became
    begun_by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


def get(session: Session, draft_id: str) -> PackageDraft | None:
    """Return a draft."""
    return session.get(PackageDraft, draft_id)


def everything(session: Session) -> list[PackageDraft]:
    """Return the drafts, the newest first."""
    return list(session.scalars(select(PackageDraft).order_by(PackageDraft.id.desc())))


def of(session: Session, type_key: str, actor: str) -> list[PackageDraft]:
    """Return the drafts of a type that somebody began and that are not published."""
    query = select(PackageDraft).where(
        PackageDraft.type_key == type_key,
        PackageDraft.created_by == actor,
        PackageDraft.published_at.is_(None),
    )
    return list(session.scalars(query.order_by(PackageDraft.id)))


def untouched(session: Session, like: PackageDraft) -> str | None:
    """Return the id of the same person's draft like this one in which nothing was saved yet."""
    query = select(PackageDraft.id).where(
        PackageDraft.type_key == like.type_key,
        PackageDraft.title == like.title,
        PackageDraft.base == like.base,
        PackageDraft.created_by == like.created_by,
        PackageDraft.published_at.is_(None),
        ~select(DraftSave.id).where(DraftSave.draft_id == PackageDraft.id).exists(),
    )
    return session.scalar(query.limit(ONE))


def begun(session: Session, like: DraftPlay, *, since: datetime) -> str | None:
    """Return the id of a play like this one that the same person began, and nobody has gone on."""
    query = select(DraftPlay).where(
        DraftPlay.draft_id == like.draft_id,
        DraftPlay.title == like.title,
        DraftPlay.folder == like.folder,
        DraftPlay.begun_by == like.begun_by,
        DraftPlay.number == 0,
        DraftPlay.at > since,
    )
    return next((play.id for play in session.scalars(query) if play.said == like.said), None)


def newest(session: Session, draft_id: str) -> dict[str, DraftSave]:
    """Return the last save of each file that was ever saved, by path."""
    last = (
        select(DraftSave.path, func.max(DraftSave.number).label("number"))
        .where(DraftSave.draft_id == draft_id)
        .group_by(DraftSave.path)
        .subquery()
    )
    query = select(DraftSave).where(
        DraftSave.draft_id == draft_id,
        DraftSave.path == last.c.path,
        DraftSave.number == last.c.number,
    )
    return {save.path: save for save in session.scalars(query)}


def last(session: Session, draft_id: str, path: str) -> DraftSave | None:
    """Return the last save of a file."""
    return next(iter(history(session, draft_id, path, limit=1)), None)


def history(
    session: Session, draft_id: str, path: str, *, limit: int = KEPT_SAVES
) -> Sequence[DraftSave]:
    """Return the saves of a file, the newest first."""
    query = select(DraftSave).where(DraftSave.draft_id == draft_id, DraftSave.path == path)
    return session.scalars(query.order_by(DraftSave.number.desc()).limit(limit)).all()


def authors(session: Session, draft_id: str) -> set[str]:
    """Return everybody who saved something in a draft, or began it."""
    query = select(DraftSave.saved_by).where(DraftSave.draft_id == draft_id).distinct()
    begun = select(PackageDraft.created_by).where(PackageDraft.id == draft_id)
    return {*session.scalars(query), *session.scalars(begun)}


def save(
    session: Session,
    draft_id: str,
    path: str,
    content: bytes | None,
    *,
    number: int,
    actor: str,
    at: datetime,
) -> bool:
    """Write the save with this number; False when there is one already."""
    values = {
        "id": new_id(),
        "draft_id": draft_id,
        "path": path,
        "number": number,
        "content": None if content is None else zlib.compress(content),
        "sha256": None if content is None else hashlib.sha256(content).hexdigest(),
        "saved_by": actor,
        "saved_at": at,
    }
    statement = insert_of(session)(DraftSave).values(**values)
    statement = statement.on_conflict_do_nothing(index_elements=["draft_id", "path", "number"])
    if session.scalar(statement.returning(DraftSave.number)) is None:
        return False
    session.execute(
        delete(DraftSave).where(
            DraftSave.draft_id == draft_id,
            DraftSave.path == path,
            DraftSave.number <= number - KEPT_SAVES,
        )
    )
    return True


def drop(session: Session, draft_id: str) -> None:
    """Delete a draft with all that was saved in it."""
    for held in (DraftPlay, DraftNoticing, DraftTrial, DraftSave):
        session.execute(delete(held).where(held.draft_id == draft_id))
    session.execute(delete(PackageDraft).where(PackageDraft.id == draft_id))


def published(session: Session, draft_id: str, at: datetime) -> None:
    """Note that a draft was published; it is changed no more."""
    session.execute(update(PackageDraft).where(PackageDraft.id == draft_id).values(published_at=at))


def reopened(session: Session, draft_id: str) -> None:
    """Note that a draft may be changed again."""
    session.execute(
        update(PackageDraft).where(PackageDraft.id == draft_id).values(published_at=None)
    )


def plays(session: Session, draft_id: str) -> Sequence[DraftPlay]:
    """Return the plays of a draft, the newest first."""
    query = select(DraftPlay).where(DraftPlay.draft_id == draft_id)
    return session.scalars(query.order_by(DraftPlay.id.desc())).all()


def play(session: Session, draft_id: str, play_id: str) -> DraftPlay | None:
    """Return a play of a draft."""
    row = session.get(DraftPlay, play_id)
    return row if row is not None and row.draft_id == draft_id else None


def play_on(session: Session, play_id: str, number: int, **values: Any) -> bool:
    """Write a play that stood at this number; False when it went on meanwhile."""
    changed = (
        update(DraftPlay)
        .where(DraftPlay.id == play_id, DraftPlay.number == number)
        .values(number=number + 1, **values)
        .returning(DraftPlay.id)
    )
    return session.scalar(changed) is not None
