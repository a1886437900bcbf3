"""What an enterprise really confirmed: sealed, or answered when it was asked (R61, I10)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from registry.applications.applications import Application
from registry.applications.documents import Document, DocumentKind, SignatureRecord
from registry.applications.statements import Statement, StatementKind
from registry.applications.statuses import APPLICATIONS, CONFIRMED, Matter
from storage.literals import ONE

_SEAL = "enterprise"  #: role of the enterprise's signature, and its side in statements
_SEALED = (
    select(SignatureRecord.role)  # of the index that finds it: no row is read
    .select_from(Document)
    .join(SignatureRecord, SignatureRecord.document_id == Document.id)
    .where(
        Document.application_id == Application.id,
        Document.kind == DocumentKind.APPLICATION,
        SignatureRecord.role == _SEAL,
    )
    .limit(ONE)
    .scalar_subquery()  # as EXISTS in an OR, PostgreSQL joins all papers with all signatures
)
_ANSWER = (
    select(Statement.kind)
    .where(
        Statement.application_id == Application.id,
        Statement.party == _SEAL,
        Statement.kind.in_([StatementKind.CONSENT.value, StatementKind.OBJECTION.value]),
    )
    .order_by(Statement.id.desc())
    .limit(ONE)
    .scalar_subquery()
)


def of_enterprise(uscc: str) -> Select[str]:
    """Give the ids of the cases that this enterprise sealed or answered (R61).

    What the agency handles although the enterprise refused or kept silent is not among it.
    """
    return select(Application.id).where(
        Application.uscc == uscc,
        Application.status.in_([status.value for status in CONFIRMED]),
        Application.matter.in_([matter.value for matter in APPLICATIONS]),
        _SEALED.is_not(None) | _ANSWER.is_not(None),
    )


def all_said(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Give in words what the enterprise said to these cases, by their ids."""
    query = select(Application.id, Application.matter, _ANSWER).where(Application.id.in_(ids))
    return {row[0]: said(row[1], row[2]) for row in session.execute(query)}


def said(matter: str, answer: str | None) -> str:
    """Give in words what the enterprise said; `answer` is that to a request made without it.

    >>> said("INITIAL", None), said("CANCELLATION", None), said("CANCELLATION", "OBJECTION")
    ('同意聘用', '同意注销', '提出异议')
    """
    if answer is not None:
        return "同意注销" if answer == StatementKind.CONSENT else "提出异议"
    if matter == Matter.ENTERPRISE_CANCELLATION:
        return "本单位申请注销"
    return "同意注销" if matter == Matter.CANCELLATION else "同意聘用"
