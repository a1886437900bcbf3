"""Posts asked for on the page: one operator asks for an officer's roles, another confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Request
from storage.database import Json


class PostRequest(Request):
    """A request to appoint somebody, or to give an officer other roles."""

    __tablename__ = "post_request"
    __table_args__ = (Index("ix_post_request_state", "state", "id"),)
    waiting_for = "waiting_login"

    waiting_login: Mapped[str | None] = mapped_column(String(40), unique=True)  #: while it waits
    login: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(50))
    roles: Mapped[list[str]] = mapped_column(Json())
    reason: Mapped[str] = mapped_column(String(500))


@dataclass(frozen=True, kw_only=True)
class Post:
    """Who is to have which roles."""

    login: str  #: of the account at the identity portal
    name: str
    roles: Sequence[str]  #: values of OfficerRole, sorted


def ask(session: Session, post: Post, *, reason: str, actor: str, at: datetime) -> str | None:
    """Note a request and return its id; None when one for this login waits already."""
    return PostRequest.note(session, post.login, values(post, reason), actor=actor, at=at)


def values(post: Post, reason: str) -> dict[str, Any]:
    """Give what is asked for, by the names of the columns."""
    return {
        "login": post.login,
        "name": post.name,
        "roles": list(post.roles),
        "reason": reason,
    }
