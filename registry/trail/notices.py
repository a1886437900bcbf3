"""Notices: what people are told, in their inbox always and by SMS where it matters (D.5).

A key makes telling twice impossible. No notice holds an identity number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Index,
    ScalarSelect,
    Select,
    String,
    Text,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from refusals.sentences import stopped_once
from storage.connections import note, once, read_again
from storage.database import Base, Encrypted, UtcDateTime, insert_of, insert_once, new_id
from storage.literals import ONE, number
from storage.vault import current_vault


class SmsState(StrEnum):
    """Where a short message stands."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    UNWANTED = "UNWANTED"  #: whom it concerns chose not to get it so


TELEPHONE, MAIL = "SMS", "MAIL"  #: channels
MOST_COUNTED = 100  #: unread notices of an inbox


class Notice(Base):
    """A line in somebody's inbox: "person:…", "enterprise:…" or "role:…"."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_inbox", "inbox", "id"),
        Index("ix_notice_application", "application_id"),
        Index(
            "ix_notice_unread",
            "inbox",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    inbox: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    application_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Sms(Base):
    """A message on its way, to a telephone or by e-mail; address and text are encrypted."""

    __tablename__ = "sms"
    __table_args__ = (
        Index("ix_sms_state", "state", "id"),
        Index("ix_sms_mobile", "mobile_index", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(4), default=TELEPHONE, server_default=TELEPHONE)
    mobile: Mapped[str] = mapped_column(Encrypted("sms.mobile"))  #: or the address of an e-mail
    mobile_index: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Encrypted("sms.text"))
    application_id: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(8), default=SmsState.QUEUED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


def tell(
    session: Session,
    inbox: str,
    kind: str,
    text: str,
    *,
    key: str,
    at: datetime,
    application_id: str | None = None,
) -> bool:
    """Put a notice into an inbox; False when `key` was told before."""
    values: dict[str, Any] = {
        "id": new_id(),
        "key": key,
        "inbox": inbox,
        "kind": kind,
        "text": stopped_once(text),
        "application_id": application_id,
        "created_at": at,
    }
    read_again(_counted(inbox))
    return insert_once(session, Notice, values, unique="key")


def tell_all(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Put many notices into their inboxes at once; return the keys that were not told before."""
    if not rows:
        return set()
    for row in rows:
        read_again(_counted(row["inbox"]))
    statement = insert_of(session)(Notice).on_conflict_do_nothing(index_elements=["key"])
    told = session.connection().execute(
        statement.returning(Notice.key),
        [{**row, "text": stopped_once(str(row["text"]))} for row in rows],
    )
    return set(told.scalars())


def queue_all(
    session: Session,
    messages: Sequence[tuple[str, str, str]],
    *,
    at: datetime,
    application_id: str | None = None,
    channel: str = TELEPHONE,
) -> list[str]:
    """Queue many messages (number or address, text, key); return the ids of the new ones."""
    if not messages:
        return []
    index = current_vault().blind_index
    rows = [
        {
            "id": new_id(),
            "key": key,
            "channel": channel,
            "mobile": mobile,
            "mobile_index": index(mobile),
            "text": stopped_once(text),
            "application_id": application_id,
            "state": SmsState.QUEUED.value,
            "created_at": at,
        }
        for mobile, text, key in messages
    ]
    statement = insert_of(session)(Sms).on_conflict_do_nothing(index_elements=["key"])
    return list(session.connection().execute(statement.returning(Sms.id), rows).scalars())


def queue_sms(
    session: Session,
    mobile: str,
    text: str,
    *,
    key: str,
    at: datetime,
    application_id: str | None = None,
) -> Sms | None:
    """Queue a short message; None when `key` was queued before."""
    values: dict[str, Any] = {
        "id": new_id(),
        "key": key,
        "mobile": mobile,
        "mobile_index": current_vault().blind_index(mobile),
        "text": text,
        "application_id": application_id,
        "state": SmsState.QUEUED.value,
        "created_at": at,
    }
    statement = insert_of(session)(Sms).values(**values)
    statement = statement.on_conflict_do_nothing(index_elements=["key"])
    queued: Sms | None = session.scalar(statement.returning(Sms))
    return queued


def sms(session: Session, sms_id: str) -> Sms:
    """Return the message; raises `NotFound`."""
    message = session.get(Sms, sms_id)
    if message is None:
        raise NotFound
    return message


def sms_done(
    session: Session, sms_id: str, *, at: datetime, state: SmsState = SmsState.SENT
) -> None:
    """Note that a message was sent, given up or not wanted."""
    message = sms(session, sms_id)
    message.state = state
    message.sent_at = at if state is SmsState.SENT else None
    session.flush()


def by_key(session: Session, key: str) -> Notice | None:
    """Return what was told under a key."""
    return session.scalar(select(Notice).where(Notice.key == key))


def sent(session: Session, keys: Sequence[str]) -> list[Sms]:
    """Return the messages that went with notices, by the keys of those; e-mails after calls."""
    mailed = [f"{key}{MAILED}" for key in keys]
    return list(session.scalars(select(Sms).where(Sms.key.in_([*keys, *mailed])).order_by(Sms.id)))


MAILED = "/mail"  #: end of the key of an e-mail; the notice's own stands before it


def sms_to(session: Session, mobile: str, *, limit: int = 20) -> list[Sms]:
    """Return the last messages to a number, newest first."""
    query = select(Sms).where(Sms.mobile_index == current_vault().blind_index(mobile))
    return list(session.scalars(query.order_by(Sms.id.desc()).limit(limit)))


def inbox(
    session: Session, inbox: str, *, after: str | None = None, limit: int = 20
) -> list[Notice]:
    """Return notices, newest first; `after` is the id of the last one on the page before."""
    query = select(Notice).where(Notice.inbox == inbox)
    if after is not None:
        query = query.where(Notice.id < after)
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(limit)))


def last(session: Session, inbox: str, application_id: str) -> Notice | None:
    """Return the newest notice about a case in somebody's inbox."""
    query = select(Notice).where(Notice.application_id == application_id, Notice.inbox == inbox)
    return session.scalar(query.order_by(Notice.id.desc()).limit(ONE))


def unread(session: Session, *inboxes: str, cap: int = MOST_COUNTED) -> int:
    """Count unread notices, up to `cap`; of one inbox within `keeping`, once."""

    def count() -> int:
        named = {f"b_{number}": inbox for number, inbox in enumerate(inboxes)}
        return session.connection().scalar(_unread(len(named), cap), named) or 0

    if len(inboxes) > 1 or cap != MOST_COUNTED:
        return count()
    return once(_counted(inboxes[0]), count)


def unread_in(inbox: ColumnElement[str]) -> ScalarSelect[int]:
    """Give the column that counts as `unread` does, for who reads an inbox's owner anyway."""
    listed = select(Notice.id).where(Notice.inbox == inbox, Notice.read_at.is_(None))
    listed = listed.limit(number(MOST_COUNTED)).correlate(inbox.table)
    return select(func.count()).select_from(listed.subquery()).scalar_subquery()


def note_unread(inbox: str, number: int) -> None:
    """Put down what `unread_in` has counted, for this request."""
    note(_counted(inbox), number)


def _counted(inbox: str) -> tuple[str, str]:
    return "unread", inbox


@cache
def _unread(count: int, cap: int) -> Select[int]:
    """Build the look into so many inboxes: each page takes it, and a list of any length is dear."""
    inboxes: list[Any] = [bindparam(f"b_{number}") for number in range(count)]
    listed = select(Notice.id).where(Notice.inbox.in_(inboxes), Notice.read_at.is_(None))
    return select(func.count()).select_from(listed.limit(number(cap)).subquery())


def mark_read(session: Session, inbox: str, *, at: datetime, only: str | None = None) -> None:
    """Mark everything in an inbox as read, or the one notice `only`."""
    read_again(_counted(inbox))
    statement = update(Notice).where(Notice.inbox == inbox, Notice.read_at.is_(None))
    if only is not None:
        statement = statement.where(Notice.id == only)
    session.execute(statement.values(read_at=at))
