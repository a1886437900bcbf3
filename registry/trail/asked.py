"""What one operator asks for and another confirms: the columns of a request, and how it ends once.

Two clicks at the same moment end a request once: the statement that settles it says who may.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, String, and_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, UtcDateTime, insert_once, new_id


class Asked:
    """Who asked, and when: columns of every table of requests."""

    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has settled it."""
        raise NotImplementedError

    @property
    def settled(self) -> tuple[str | None, str]:
        """Who has settled it, and in which state it is."""
        return getattr(self, "settled_by", None), getattr(self, "state", "")

    def is_by(self, actor: str, values: Mapping[str, Any]) -> bool:
        """Tell whether this person asked for just this: he presses the button again."""
        return self.asked_by == actor and all(
            getattr(self, name) == value for name, value in values.items()
        )


def settle(
    session: Session,
    table: type[Base],
    waits: ColumnElement[bool],
    settled: Mapping[str, Any],
) -> bool:
    """Settle the request that `waits` finds; False when there is none, or no more."""
    statement = update(table).where(waits).values(settled).returning(*table.__mapper__.primary_key)
    return session.execute(statement).one_or_none() is not None


class RequestState(StrEnum):
    """How a request ended; the row stays."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


class Request(Asked, Base):
    """What another operator confirms or declines: the columns and the rule of such a table.

    One about the same waits at a time: `waiting_for` names the column that says about what while
    it waits, and is empty afterwards.
    """

    __abstract__ = True
    waiting_for: ClassVar[str]

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    settled_by: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def is_waiting(self) -> bool:
        """Whether it is neither confirmed nor declined."""
        return self.state == RequestState.WAITING

    @classmethod
    def note(
        cls, session: Session, about: str, values: Mapping[str, Any], *, actor: str, at: datetime
    ) -> str | None:
        """Note a request and return its id; None when one about the same waits already."""
        row = {
            **values,
            "id": new_id(),
            cls.waiting_for: about,
            "asked_by": actor,
            "asked_at": at,
            "state": RequestState.WAITING.value,
        }
        is_new = insert_once(session, cls, row, unique=cls.waiting_for)
        return str(row["id"]) if is_new else None

    @classmethod
    def waiting_about(cls, session: Session, about: str) -> Self | None:
        """Return the request about this that nobody has settled."""
        return session.scalar(select(cls).where(getattr(cls, cls.waiting_for) == about))

    @classmethod
    def get(cls, session: Session, request_id: str) -> Self | None:
        """Return a request, settled or not."""
        return session.get(cls, request_id)

    @classmethod
    def waiting(cls, session: Session) -> list[Self]:
        """Return the requests that nobody has settled, oldest first."""
        query = select(cls).where(cls.state == RequestState.WAITING)
        return list(session.scalars(query.order_by(cls.id)))

    @classmethod
    def confirm(cls, session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
        """Let another person confirm; False when no request of somebody else's waits."""
        by_another = cls.asked_by != actor
        return cls._settle(session, request_id, RequestState.CONFIRMED, actor, at, by_another)

    @classmethod
    def decline(cls, session: Session, request_id: str, *, actor: str, at: datetime) -> bool:
        """Turn a request down, or take one's own back; False when it waits no more."""
        return cls._settle(session, request_id, RequestState.DECLINED, actor, at)

    @classmethod
    def _settle(
        cls,
        session: Session,
        request_id: str,
        state: RequestState,
        actor: str,
        at: datetime,
        *more: ColumnElement[bool],
    ) -> bool:
        waits = and_(cls.id == request_id, cls.state == RequestState.WAITING, *more)
        settled = {"state": state.value, "settled_by": actor, "settled_at": at}
        return settle(session, cls, waits, {**settled, cls.waiting_for: None})
