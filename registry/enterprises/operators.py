"""Who acts for an enterprise, what each may do, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from refusals.refusal import NotFound, Refusal
from registry.enterprises.enterprises import Enterprise, Operator, OperatorRole
from storage.database import get_or_insert
from storage.literals import ONE


class Duty(StrEnum):
    """What is asked of an operator."""

    LOOK = "LOOK"
    AGREE = "AGREE"
    SEAL = "SEAL"
    APPOINT = "APPOINT"

    @property
    def label(self) -> str:
        """The Chinese words for it."""
        return _WORDS[self]


_WORDS = {
    Duty.LOOK: "查看",
    Duty.AGREE: "签署单位意见",
    Duty.SEAL: "使用企业电子签章",
    Duty.APPOINT: "任免经办人",
}
DUTIES = {
    OperatorRole.ADMIN: frozenset(Duty),
    OperatorRole.SEAL_OPERATOR: frozenset({Duty.LOOK, Duty.AGREE, Duty.SEAL}),
    OperatorRole.AGREE_OPERATOR: frozenset({Duty.LOOK, Duty.AGREE}),
    OperatorRole.VIEWER: frozenset({Duty.LOOK}),
}


class LastAdministrator(Refusal):
    """本企业至少需要一名管理员。请先任命另一名管理员，再调整或者撤销该管理员。"""

    code = "E_LAST_ADMINISTRATOR"


def acts_on(operator: Operator, day: date) -> bool:
    """Tell whether somebody acts for the enterprise on a day; a deputy does until his last."""
    return operator.active and (operator.acts_until is None or day <= operator.acts_until)


def may(operator: Operator, duty: Duty, day: date) -> bool:
    """Tell whether an operator may do something on a day."""
    return acts_on(operator, day) and duty in DUTIES[OperatorRole(operator.role)]


def lacks(session: Session, operator_id: str, uscc: str, duty: Duty, day: date) -> bool:
    """Tell whether somebody who acted for the enterprise may not do something now.

    Whoever is on no record was never an operator of the house: a program, which has its own rules.
    """
    operator = session.get(Operator, operator_id, populate_existing=True)
    return operator is not None and not (operator.uscc == uscc and may(operator, duty, day))


def get(session: Session, uscc: str, operator_id: str) -> Operator:
    """Return an operator of the enterprise, present or former; raises `NotFound`."""
    operator = session.get(Operator, operator_id)
    if operator is None or operator.uscc != uscc:
        raise NotFound
    return operator


def requires_second_factor(session: Session, operator_id: str) -> bool:
    """Tell whether the enterprise of an operator lets nobody act by the portal alone."""
    of_operator = select(Operator.uscc).filter_by(id=operator_id).scalar_subquery()
    query = select(Enterprise.second_factor_required).where(Enterprise.uscc == of_operator)
    return bool(session.scalar(query))


def of_enterprise(session: Session, uscc: str) -> list[Operator]:
    """Return everyone who acts or acted for the enterprise, who acts first."""
    query = select(Operator).where(Operator.uscc == uscc)
    return list(session.scalars(query.order_by(Operator.active.desc(), Operator.created_at)))


def of_person(session: Session, person_id: str, day: date) -> list[tuple[Operator, Enterprise]]:
    """Return for whom a person may act on a day, with the enterprises."""
    rows = session.execute(_OF_PERSON, {"b_person": person_id})
    return [(row[0], row[1]) for row in rows if acts_on(row[0], day)]


_OF_PERSON = (
    select(Operator, Enterprise)
    .join(Enterprise, Enterprise.uscc == Operator.uscc)
    .where(Operator.person_id == bindparam("b_person"), Operator.active)
    .order_by(Enterprise.name)
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How far somebody acts: in which role, until when, in whose stead."""

    role: OperatorRole
    acts_until: date | None
    deputy_for: str | None  #: id of an operator


def stands(session: Session, uscc: str, person_id: str, terms: Terms) -> Operator | None:
    """Return the operator who is appointed so already; others who appoint here wait meanwhile."""
    _lock(session, uscc)
    who = {"uscc": uscc, "subject": f"person:{person_id}", "active": True}
    return session.scalar(select(Operator).filter_by(**who, **vars(terms)))


def appoint(
    session: Session,
    uscc: str,
    *,
    person_id: str,
    name: str,
    role: OperatorRole,
    acts_until: date | None,
    deputy_for: str | None,
    at: datetime,
) -> Operator:
    """Let a person act for the enterprise under his own account, or let him act otherwise.

    `deputy_for` is the id of the operator whom he stands in for. Raises `LastAdministrator`.
    """
    key = {"uscc": uscc, "subject": f"person:{person_id}"}
    present = {"name": name, "role": role, "created_at": at, "active": True}
    operator = get_or_insert(session, Operator, key, present)
    operator.name, operator.person_id, operator.deputy_for = name, person_id, deputy_for
    operator.active = True
    _set(session, operator, role, acts_until)
    return operator


def change(
    session: Session, operator: Operator, *, role: OperatorRole, acts_until: date | None
) -> None:
    """Give an operator another role or another last day. Raises `LastAdministrator`."""
    _set(session, operator, role, acts_until)


def withdraw(session: Session, operator: Operator) -> bool:
    """Let somebody act no more; False when he did not. Raises `LastAdministrator`."""
    _lock(session, operator.uscc)
    session.refresh(operator)
    if not operator.active:
        return False
    operator.active = False
    _keep_one(session, operator.uscc)
    return True


def _set(session: Session, operator: Operator, role: OperatorRole, acts_until: date | None) -> None:
    _lock(session, operator.uscc)
    operator.role, operator.acts_until = role, acts_until
    _keep_one(session, operator.uscc)


def _lock(session: Session, uscc: str) -> None:
    """Let changes of one enterprise's operators come one after the other."""
    session.execute(select(Enterprise.uscc).where(Enterprise.uscc == uscc).with_for_update())


def _keep_one(session: Session, uscc: str) -> None:
    session.flush()
    administrators = select(Operator.id).where(
        Operator.uscc == uscc,
        Operator.active,
        Operator.role == OperatorRole.ADMIN,
        Operator.acts_until.is_(None),
    )
    if session.scalar(administrators.limit(ONE)) is None:
        raise LastAdministrator
