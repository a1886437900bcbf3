"""Enterprises: identified by their credit code; names are attributes that change."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, false, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import readings
from registry.errors import (
    EnterpriseAmbiguous,
    EnterpriseInactive,
    EnterpriseNotFound,
    EnterpriseNotQualified,
    EnterpriseRenamed,
    NotAnOperator,
    UsccInvalid,
)
from registry.identifiers import is_registered_uscc
from registry.people.persons import Person
from registry.ports import EnterpriseFacts, EnterpriseRegister
from storage.database import Base, Json, UtcDateTime, get_or_insert, hold, new_id


class EnterpriseStatus(StrEnum):
    """What the enterprise register says."""

    ACTIVE = "ACTIVE"
    LICENCE_REVOKED = "LICENCE_REVOKED"
    DEREGISTERED = "DEREGISTERED"
    BANKRUPT = "BANKRUPT"
    MOVED_OUT = "MOVED_OUT"

    @property
    def label(self) -> str:
        """The Chinese word for the status."""
        return _STATUS_LABELS[self]


_STATUS_LABELS = {
    EnterpriseStatus.ACTIVE: "存续",
    EnterpriseStatus.LICENCE_REVOKED: "吊销",
    EnterpriseStatus.DEREGISTERED: "注销",
    EnterpriseStatus.BANKRUPT: "破产",
    EnterpriseStatus.MOVED_OUT: "迁出",
}


class OperatorRole(StrEnum):
    """What a user of an enterprise may do."""

    ADMIN = "ADMIN"
    SEAL_OPERATOR = "SEAL_OPERATOR"
    AGREE_OPERATOR = "AGREE_OPERATOR"
    VIEWER = "VIEWER"

    @property
    def label(self) -> str:
        """The Chinese name of the role."""
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    OperatorRole.ADMIN: "管理员",
    OperatorRole.SEAL_OPERATOR: "签章经办",
    OperatorRole.AGREE_OPERATOR: "意见经办",
    OperatorRole.VIEWER: "查看",
}


class Enterprise(Base):
    """An enterprise as last seen in the enterprise register."""

    __tablename__ = "enterprise"

    uscc: Mapped[str] = mapped_column(String(18), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    folded_name: Mapped[str] = mapped_column(String(100), index=True)
    status: Mapped[str] = mapped_column(String(16))
    design_qualifications: Mapped[list[dict[str, Any]]] = mapped_column(Json())
    contact_mobile: Mapped[str | None] = mapped_column(String(20))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    #: the status that the people concerned were told of last; None: ACTIVE, nothing to tell
    announced_status: Mapped[str | None] = mapped_column(String(16))
    #: nobody acts for it who has proven himself by the portal alone
    second_factor_required: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class EnterpriseName(Base):
    """A name that an enterprise once had."""

    __tablename__ = "enterprise_name"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    folded_name: Mapped[str] = mapped_column(String(100), index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime())  #: when we learned of the next name


class Operator(Base):
    """A person who acts for an enterprise with its certificate."""

    __tablename__ = "operator"
    __table_args__ = (UniqueConstraint("uscc", "subject"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    uscc: Mapped[str] = mapped_column(ForeignKey("enterprise.uscc"))
    subject: Mapped[str] = mapped_column(String(64))  #: of the key or the portal account
    person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    name: Mapped[str] = mapped_column(String(50))
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    acts_until: Mapped[date | None]  #: his last day; None: until he is withdrawn
    deputy_for: Mapped[str | None] = mapped_column(String(32))  #: id of another operator
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


def fold_name(name: str) -> str:
    """Return what two spellings of one enterprise name have in common (I2).

    >>> fold_name("上海示例（虚构01） 有限公司") == fold_name("上海示例(虚构01)有限公司")
    True
    """
    text = re.sub(r"\s", "", unicodedata.normalize("NFKD", readings.name(name)).casefold())
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\[{〔【〈《]", "(", re.sub(r"[\]}〕】〉》]", ")", text))


@dataclass(frozen=True, kw_only=True)
class Verified:
    """The answer of 【验证企业名称】: the code to fill in and the name as registered."""

    facts: EnterpriseFacts
    corrected: bool  #: the typed name differed by blanks, width or brackets


def verify(register: EnterpriseRegister, name: str, *, kind: str = "") -> Verified:
    """Look the typed name up (R24, I2); reads an outside system, so call it outside transactions.

    `kind` is the qualification that employing in the profession asks for; empty for any.

    Raises `EnterpriseNotFound`, `EnterpriseAmbiguous`, `EnterpriseRenamed`,
    `EnterpriseInactive` or `EnterpriseNotQualified`, each on the field `enterprise_name`.
    """
    folded = fold_name(name)
    namesakes = register.by_name(name) if folded else ()
    present = [facts for facts in namesakes if fold_name(facts.name) == folded]
    if len(present) > 1:
        raise EnterpriseAmbiguous("enterprise_name", name=name)
    if not present and namesakes:
        raise EnterpriseRenamed("enterprise_name", name=name, current=namesakes[0].name)
    if not present:
        raise EnterpriseNotFound("enterprise_name", name=name)
    check(present[0], kind=kind)
    return Verified(facts=present[0], corrected=present[0].name != name)


def check(facts: EnterpriseFacts, *, kind: str = "") -> None:
    """Refuse an enterprise that may not employ a registered person (Order 137 art. 18)."""
    if facts.status != EnterpriseStatus.ACTIVE:
        label = EnterpriseStatus(facts.status).label
        raise EnterpriseInactive("enterprise_name", name=facts.name, status=label)
    if not any(_is_of(qualification.kind, kind) for qualification in facts.design_qualifications):
        wanted = kind or "建设工程企业资质"
        raise EnterpriseNotQualified("enterprise_name", name=facts.name, qualification=wanted)


def _is_of(kind: str, wanted: str) -> bool:
    """Tell whether a kind is the wanted one; a register that keeps only one kind names none."""
    return not kind or not wanted or kind == wanted


def record(session: Session, facts: EnterpriseFacts, *, at: datetime) -> Enterprise:
    """Store what the register said; a former name is kept in the history."""
    if not is_registered_uscc(facts.uscc):
        raise UsccInvalid("enterprise_uscc", uscc=facts.uscc)
    present = {
        "name": facts.name,
        "folded_name": fold_name(facts.name),
        "status": facts.status,
        "contact_mobile": facts.contact_mobile,
        "design_qualifications": [
            {
                "category": qualification.category,
                "grade": qualification.grade,
                "certificate_no": qualification.certificate_no,
                "valid_to": qualification.valid_to.isoformat(),
                "kind": qualification.kind,
            }
            for qualification in facts.design_qualifications
        ],
        "checked_at": at,
    }
    # 1. Nearly always it is there under its name.
    values = {f"b_{column}": value for column, value in present.items()}
    known = session.scalar(_SEEN_AGAIN, {**values, "b_uscc": facts.uscc})
    if known is not None:
        return known
    # 2. It is new, or has another name.
    enterprise = session.get(Enterprise, facts.uscc, with_for_update=True)
    if enterprise is None:
        new = {"created_at": at, **present}
        enterprise = get_or_insert(session, Enterprise, {"uscc": facts.uscc}, new)
    if enterprise.name != facts.name:
        session.add(
            EnterpriseName(
                uscc=facts.uscc, name=enterprise.name, folded_name=enterprise.folded_name, until=at
            )
        )
    for column, value in present.items():
        setattr(enterprise, column, value)
    session.flush()
    return enterprise


_SEEN_AGAIN = (
    update(Enterprise)
    .where(Enterprise.uscc == bindparam("b_uscc"), Enterprise.name == bindparam("b_name"))
    .values(
        {
            column: bindparam(f"b_{column.key}")
            for column in (
                Enterprise.name,
                Enterprise.folded_name,
                Enterprise.status,
                Enterprise.contact_mobile,
                Enterprise.design_qualifications,
                Enterprise.checked_at,
            )
        }
    )
    .returning(Enterprise)
    .execution_options(synchronize_session=False, populate_existing=True)
)


def rename(session: Session, uscc: str, name: str, *, at: datetime) -> None:
    """Give an enterprise its new registered name; the former one is kept in the history."""
    enterprise = session.get(Enterprise, uscc, with_for_update=True)
    if enterprise is not None and enterprise.name != name:
        session.add(
            EnterpriseName(
                uscc=uscc, name=enterprise.name, folded_name=enterprise.folded_name, until=at
            )
        )
        enterprise.name, enterprise.folded_name = name, fold_name(name)
        session.flush()


def get(session: Session, uscc: str) -> Enterprise:
    """Return the enterprise; raises `EnterpriseNotFound`."""
    enterprise = session.get(Enterprise, uscc)
    if enterprise is None:
        raise EnterpriseNotFound("enterprise_uscc", name=uscc)
    return hold(session, enterprise)


def is_qualified(enterprise: Enterprise, *, on: date, kind: str = "") -> bool:
    """Tell whether a qualification of this kind, or of any, is in force on that day."""
    return any(
        qualification["valid_to"] >= on.isoformat() and _is_of(qualification.get("kind", ""), kind)
        for qualification in enterprise.design_qualifications
    )


def former_names(session: Session, uscc: str) -> list[EnterpriseName]:
    """Return former names, newest first."""
    query = select(EnterpriseName).where(EnterpriseName.uscc == uscc)
    return list(session.scalars(query.order_by(EnterpriseName.id.desc())))


def enrol_operator(
    session: Session,
    uscc: str,
    *,
    subject: str,
    name: str,
    at: datetime,
    role: OperatorRole = OperatorRole.SEAL_OPERATOR,
    person_id: str | None = None,
) -> Operator:
    """Let the holder of a key act for the enterprise; several keys are normal."""
    present = {"name": name, "role": role, "created_at": at}
    operator = get_or_insert(session, Operator, {"uscc": uscc, "subject": subject}, present)
    operator.name, operator.role, operator.person_id = name, role, person_id
    operator.active = True
    session.flush()
    return operator


def comes_with_certificate(
    session: Session, uscc: str, *, subject: str, name: str, at: datetime
) -> Operator:
    """Let in who signs in with the enterprise's certificate; the first time as administrator.

    Raises `NotAnOperator` for who was withdrawn: the portal knows keys, not who was dismissed.
    """
    present = {"name": name, "role": OperatorRole.ADMIN, "created_at": at}
    operator = get_or_insert(session, Operator, {"uscc": uscc, "subject": subject}, present)
    if not operator.active:
        raise NotAnOperator
    operator.name = name
    session.flush()
    return operator


def operator_of(session: Session, uscc: str, subject: str) -> Operator:
    """Return the active operator; raises `NotAnOperator`."""
    operator = session.scalar(
        select(Operator).where(Operator.uscc == uscc, Operator.subject == subject)
    )
    if operator is None or not operator.active:
        raise NotAnOperator
    return operator


def acts_no_more(session: Session, operator_id: str, uscc: str) -> bool:
    """Tell whether somebody who acted for the enterprise was dismissed, or acts for another."""
    row = session.execute(
        select(Operator.active, Operator.uscc).where(Operator.id == operator_id)
    ).one_or_none()
    return row is not None and not (row.active and row.uscc == uscc)


def operators(session: Session, uscc: str) -> list[Operator]:
    """Return everyone who acts or acted for the enterprise."""
    return list(session.scalars(select(Operator).where(Operator.uscc == uscc)))
