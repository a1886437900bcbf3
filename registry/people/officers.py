"""Officers of the agency: who accepts, reviews, approves, operates, and changes the types."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from refusals.refusal import NotFound
from storage.database import Base, Json, UtcDateTime, get_or_insert, new_id
from storage.literals import ONE
from storage.passing import recall


class OfficerRole(StrEnum):
    """What an officer does; review and decision of one case need two of them (Law art. 34)."""

    ACCEPTOR = "acceptor"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    OPERATOR = "operator"
    ANALYST = "analyst"  #: changes drafts of the registration types, and looks at what is published
    PUBLISHER = "publisher"  #: publishes what another one drafted

    @property
    def label(self) -> str:
        """The Chinese name of the role."""
        return _LABELS[self]


_LABELS = {
    OfficerRole.ACCEPTOR: "受理",
    OfficerRole.REVIEWER: "审查",
    OfficerRole.APPROVER: "决定",
    OfficerRole.OPERATOR: "运行维护",
    OfficerRole.ANALYST: "流程分析",
    OfficerRole.PUBLISHER: "流程发布",
}


#: Who accepts, reviews and decides cases, in this order.
CASEWORKERS = (OfficerRole.ACCEPTOR, OfficerRole.REVIEWER, OfficerRole.APPROVER)
#: Who works on the types and has no part in cases: people's files are not for them.
STUDIO = frozenset({OfficerRole.ANALYST, OfficerRole.PUBLISHER})


class Officer(Base):
    """A member of the agency."""

    __tablename__ = "officer"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(50))
    roles: Mapped[list[str]] = mapped_column(Json())
    password_hash: Mapped[str | None] = mapped_column(String(200))  #: argon2; made by web
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


def appoint(
    session: Session,
    login: str,
    *,
    name: str,
    roles: Iterable[OfficerRole],
    at: datetime,
    password_hash: str | None = None,
) -> Officer:
    """Appoint an officer, or change name, roles and password of one appointed before."""
    sorted_roles: list[str] = sorted(set(roles))
    present = {"name": name, "roles": sorted_roles, "created_at": at}
    officer = get_or_insert(session, Officer, {"login": login}, present)
    officer.name, officer.roles, officer.active = name, sorted_roles, True
    officer.password_hash = password_hash or officer.password_hash
    session.flush()
    return officer


def by_login(session: Session, login: str) -> Officer | None:
    """Find an officer by login."""
    return session.scalar(select(Officer).where(Officer.login == login))


def spelt_like(session: Session, login: str) -> Officer | None:
    """Find an officer whose login is the same but for capitals; the very one first."""
    same = select(Officer).where(func.lower(Officer.login) == login.lower())
    return session.scalar(same.order_by(Officer.login != login, Officer.id).limit(ONE))


def dismiss(session: Session, officer_id: str) -> None:
    """End an officer's post at once: no sign-in, no roles; raises `NotFound`."""
    get(session, officer_id).active = False
    session.flush()


def has_role(session: Session, officer_id: str, role: str) -> bool:
    """Tell whether this is an officer of today with the role."""
    row = session.execute(
        select(Officer.active, Officer.roles).where(Officer.id == officer_id)
    ).one_or_none()
    return row is not None and row.active and role in row.roles


def has_left(session: Session, officer_id: str, roles: Collection[str]) -> bool:
    """Tell whether an officer on record does not hold any of the roles any more."""
    officer = session.get(Officer, officer_id)
    return officer is not None and not (officer.active and set(roles) & set(officer.roles))


def get(session: Session, officer_id: str) -> Officer:
    """Return the officer; raises `NotFound`."""
    slot = (Officer, officer_id)
    officer = recall(session, slot, lambda: session.get(Officer, officer_id))
    if officer is None:
        raise NotFound
    return officer


def names(session: Session, officer_ids: Iterable[str]) -> dict[str, str]:
    """Give the names of officers by their ids; who is not known is left out."""
    wanted = set(officer_ids)
    if not wanted:
        return {}
    query = select(Officer.id, Officer.name).where(Officer.id.in_(wanted))
    return {row.id: row.name for row in session.execute(query)}


def everyone(session: Session) -> list[Officer]:
    """Return all officers by login."""
    return list(session.scalars(select(Officer).order_by(Officer.login)))


def of_role(session: Session, role: str) -> list[Officer]:
    """Return the officers of today with a role, by name."""
    active = session.scalars(select(Officer).where(Officer.active).order_by(Officer.name))
    return [officer for officer in active if role in officer.roles]
