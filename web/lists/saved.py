"""Questions to lists that people keep by a name of their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound, Refusal
from registry import readings
from storage.database import Base, UtcDateTime, get_or_insert, new_id

MOST = 20  #: of one person and list
LONGEST_NAME = 20
LONGEST_QUESTION = 400


class TooManyViews(Refusal):
    """每个列表最多保存20个查询条件，请先删除不用的。"""

    code = "E_TOO_MANY_VIEWS"


class ViewNameWrong(Refusal):
    """查询条件的名字为1至20个字，请修改后再保存。"""

    code = "E_VIEW_NAME"


class SavedView(Base):
    """A question to a list, as it stands in an address."""

    __tablename__ = "web_saved_view"
    __table_args__ = (UniqueConstraint("owner", "list_key", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    owner: Mapped[str] = mapped_column(String(64))  #: id of an actor
    list_key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def of(session: Session, owner: str, list_key: str) -> list[SavedView]:
    """Return what somebody keeps of a list, oldest first."""
    return list(session.scalars(_OF, {"b_owner": owner, "b_list": list_key}))


_OF = (
    select(SavedView)
    .where(SavedView.owner == bindparam("b_owner"), SavedView.list_key == bindparam("b_list"))
    .order_by(SavedView.id)
)


def save(
    session: Session, owner: str, list_key: str, name: str, address: str, *, at: datetime
) -> SavedView:
    """Keep a question; one of the same name is replaced.

    Raises `ViewNameWrong`, `TooManyViews`.
    """
    name = readings.line(name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise ViewNameWrong("name")
    key = {"owner": owner, "list_key": list_key, "name": name}
    kept = select(func.count()).where(SavedView.owner == owner, SavedView.list_key == list_key)
    view = get_or_insert(
        session, SavedView, key, {"id": new_id(), "address": address, "created_at": at}
    )
    if (session.scalar(kept) or 0) > MOST:
        raise TooManyViews
    view.address = address
    return view


def forget(session: Session, owner: str, view_id: str) -> None:
    """Drop one's own view; what is dropped is gone already. Raises `NotFound` for another's."""
    statement = delete(SavedView).where(SavedView.id == view_id, SavedView.owner == owner)
    is_gone = session.scalar(statement.returning(SavedView.id)) is not None
    if not is_gone and session.get(SavedView, view_id) is not None:
        raise NotFound
