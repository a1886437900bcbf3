"""What people chose about messages: which come by telephone, which by e-mail, and to which address.

Who chose nothing has no row: every kind by telephone, none by e-mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Encrypted, Json, UtcDateTime, get_or_insert
from storage.vault import current_vault


class MessageChoice(Base):
    """The choice of a person or an enterprise, by the name of the inbox."""

    __tablename__ = "message_choice"

    owner: Mapped[str] = mapped_column(String(80), primary_key=True)  #: "person:…", "enterprise:…"
    silent: Mapped[Any] = mapped_column(Json)  #: topics that do not come by telephone
    mailed: Mapped[Any] = mapped_column(Json)  #: topics that come by e-mail
    email: Mapped[str | None] = mapped_column(Encrypted("message_choice.email"))
    asked_email: Mapped[str | None] = mapped_column(Encrypted("message_choice.asked_email"))
    code: Mapped[str | None] = mapped_column(String(64))  #: blind index of what was sent to it
    code_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    tries: Mapped[int] = mapped_column(Integer(), default=0)


def of(session: Session, owner: str) -> MessageChoice | None:
    """Return what somebody chose."""
    return session.get(MessageChoice, owner)


def choose(session: Session, owner: str, *, silent: Iterable[str], mailed: Iterable[str]) -> None:
    """Keep which topics do not come by telephone, and which come by e-mail."""
    choice = _row(session, owner)
    choice.silent, choice.mailed = sorted(silent), sorted(mailed)


def ask(
    session: Session, owner: str, email: str, code: str, *, until: datetime, unless_after: datetime
) -> bool:
    """Keep an address that counts once the code that was sent to it comes back.

    False when a code for it that nobody has tried yet is good until `unless_after` or longer.
    """
    choice = _row(session, owner)
    is_same = choice.asked_email == email and choice.tries == 0
    if is_same and choice.code_until is not None and choice.code_until > unless_after:
        return False
    choice.asked_email, choice.code, choice.code_until = email, _told(email, code), until
    choice.tries = 0
    return True


def confirm(session: Session, owner: str, code: str, *, most: int, at: datetime) -> bool:
    """Let an address count; False for another code, one too late, or after `most` tries."""
    choice = session.scalar(
        select(MessageChoice).where(MessageChoice.owner == owner).with_for_update()
    )
    if choice is None or choice.asked_email is None or choice.code_until is None:
        return False
    choice.tries += 1
    is_late = at >= choice.code_until or choice.tries > most
    if is_late or choice.code != _told(choice.asked_email, code):
        return False
    choice.email, choice.asked_email, choice.code = choice.asked_email, None, None
    return True


def forget(session: Session, owner: str) -> None:
    """Drop the address, and what was asked for."""
    choice = _row(session, owner)
    choice.email = choice.asked_email = choice.code = None
    choice.mailed = []


def _row(session: Session, owner: str) -> MessageChoice:
    usual = {"silent": [], "mailed": [], "tries": 0}
    return get_or_insert(session, MessageChoice, {"owner": owner}, usual)


def _told(email: str, code: str) -> str:
    return current_vault().blind_index(f"{email}/{code}")
