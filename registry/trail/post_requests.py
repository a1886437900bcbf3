"""Posts asked for on the page: one operator asks for an officer's roles, another confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.trail.asked import Asked, settle
from storage.database import Base, Json, UtcDateTime, insert_once, new_id


class PostRequestState(StrEnum):
    """How a request ended; the row stays."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


class PostRequest(Asked, Base):
    """A request to appoint somebody, or to give an officer other roles."""

    __tablename__ = "post_request"
    __table_args__ = (Index("ix_post_request_state", "state", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    waiting_login: Mapped[str | None] = mapped_column(String(40), unique=True)  #: while it waits
    login: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(50))
    roles: Mapped[list[str]] = mapped_column(Json())
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether it is neither confirmed nor declined."""
        return self.state == PostRequestState.WAITING


_WAITS = PostRequest.state == PostRequestState.WAITING


@dataclass(frozen=True, kw_only=True)
class Post:
    """Who is to have which roles."""

    login: str  #: of the account at the identity portal
    name: str
    roles: Sequence[str]  #: values of OfficerRole, sorted


def ask(session: Session, post: Post, *, reason: str, actor: str, at: datetime) -> str | None:
    """Note a request and return its id; None when one for this login waits already."""
    values = {
        "id": new_id(),
        "waiting_login": post.login,
        "login": post.login,
        "name": post.name,
        "roles": list(post.roles),
        "reason": reason,
        "asked_by": actor,
        "asked_at": at,
        "state": PostRequestState.WAITING.value,
    }
    is_new = insert_once(session, PostRequest, values, unique="waiting_login")
    return str(values["id"]) if is_new else None


def get(session: Session, request_id: str) -> PostRequest | None:
    """Return a request, settled or not."""
    return session.get(PostRequest, request_id)


def waiting(session: Session) -> list[PostRequest]:
    """Return the requests that nobody has settled, oldest first."""
    query = select(PostRequest).where(_WAITS)
    return list(session.scalars(query.order_by(PostRequest.id)))


def confirm(session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
    """Let another person confirm; False when no request of somebody else's waits."""
    by_another = PostRequest.asked_by != actor
    waits = and_(PostRequest.id == request_id, _WAITS, by_another)
    return settle(session, PostRequest, waits, _settled(PostRequestState.CONFIRMED, actor, at))


def decline(session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
    """Turn a request down, or take one's own back; False when it waits no more."""
    waits = and_(PostRequest.id == request_id, _WAITS)
    return settle(session, PostRequest, waits, _settled(PostRequestState.DECLINED, actor, at))


def _settled(state: PostRequestState, actor: str, at: datetime) -> dict[str, object]:
    return {"state": state.value, "settled_by": actor, "settled_at": at, "waiting_login": None}
