"""What anybody may learn about a letter of the authority: by its code, its number or its file.

As of a certificate, little is told (D.4): kind, number, day, a masked name, what was decided, and
whether the letter counts today. A letter counts until something takes its effect: the decision is
annulled, the case withdrawn or closed, a later letter written, or what it granted has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.tables import LetterIntent
from refusals.days import day_in_words
from registry.applications import applications, decisions, documents
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep
from registry.applications.documents import Document, DocumentKind, VoidReason
from registry.applications.statuses import CANCELLING, Matter, Status
from registry.certificates import registrations
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.people.persons import is_same_name, mask_name

#: Letters about the way of a case, which lead nowhere when it is withdrawn or closed.
_ON_THE_WAY = frozenset(
    {
        DocumentKind.RECEIPT,
        DocumentKind.ACCEPTANCE_NOTICE,
        DocumentKind.CORRECTION_NOTICE,
        DocumentKind.EXTENSION_NOTICE,
    }
)


@dataclass(frozen=True, kw_only=True)
class LetterAnswer:
    """What anybody may know about a letter."""

    title: str
    number: str
    day: date
    party: str  #: what the addressee is called: 申请人, 当事人
    name: str  #: masked; an enterprise is named
    matter: str
    result: str  #: what the letter says, in a word
    counts: bool
    words: str  #: whether it counts, and why not


def of_token(session: Session, token: str, *, on: date) -> LetterAnswer | None:
    """Give the answer about the letter with this code; None when there is none, or not yet."""
    letter = session.scalar(select(LetterIntent).where(LetterIntent.token == token))
    return _answer(session, letter, on) if letter else None


def of_document(session: Session, document: Document, *, on: date) -> LetterAnswer | None:
    """Give the answer about the letter that a document is; None when it is none."""
    if document.number is None:
        return None
    letter = _numbered(session, document.number)
    is_it = letter is not None and letter.application_id == document.application_id
    return _answer(session, letter, on) if letter and is_it else None


def token_of(session: Session, number: str, name: str) -> str | None:
    """Give the code of the letter with this number that was written to `name`."""
    letter = _numbered(session, number)
    if letter is None or not is_same_name(letter.data["person_name"], name):
        return None
    return letter.token


def _numbered(session: Session, number: str) -> LetterIntent | None:
    return session.scalar(select(LetterIntent).where(LetterIntent.number == number))


def _answer(session: Session, letter: LetterIntent, on: date) -> LetterAnswer | None:
    application = applications.get(session, letter.application_id)
    history = [
        document
        for document in documents.history(session, application.id)
        if document.kind == letter.kind
    ]
    document = next((paper for paper in history if paper.number == letter.number), None)
    if document is None:
        return None
    said: Mapping[str, Any] = letter.data
    fault = _why_not(session, letter, application, document, history[-1], on)
    by_enterprise = application.matter == Matter.ENTERPRISE_CANCELLATION
    return LetterAnswer(
        title=document.title,
        number=letter.number,
        day=date.fromisoformat(said["date"]),
        party="当事人" if application.matter == Matter.EX_OFFICIO else "申请人",
        name=said["person_name"] if by_enterprise else mask_name(said["person_name"]),
        matter=f"{said['profession']}{said['matter']}",
        result=RESULTS[DocumentKind(letter.kind)](said),
        counts=fault is None,
        words=fault or _how(letter, application),
    )


def _why_not(
    session: Session,
    letter: LetterIntent,
    application: Application,
    document: Document,
    newest: Document,
    on: date,
) -> str | None:
    """Give why a letter counts no longer, the weightiest first; None when it counts."""
    kind = DocumentKind(letter.kind)
    if document.is_void:
        reason = VoidReason(document.void_reason or VoidReason.REPLACED).label
        return f"文书已作废（{reason}）"
    if newest.id != document.id:
        return f"文书已由后续文书（{newest.number}）代替"
    if kind in _ON_THE_WAY and application.state in (Status.WITHDRAWN, Status.CLOSED):
        return f"文书不再有效（申请{application.state.label}）"
    if kind is DocumentKind.EXTENSION_NOTICE and not decisions.newest(
        session, application.id, DecisionStep.EXTENSION
    ):
        return "文书不再有效（申请已重新办理）"
    if kind is DocumentKind.INTENDED_DECISION and not application.state.is_open:
        result = decisions.newest(session, application.id, DecisionStep.DECIDE)
        return f"文书不再有效（{result.outcome_label if result else application.state.label}）"
    if kind is DocumentKind.DECISION:
        return _why_grant_ended(session, letter.data, application, on)
    return None


def _how(letter: LetterIntent, application: Application) -> str:
    """Say that a letter counts; what accepted a case told a period that may have changed since."""
    due = application.due_on
    moved = due is not None and due.isoformat() != letter.data["due_on"]
    if letter.kind == DocumentKind.ACCEPTANCE_NOTICE and due is not None and moved:
        return f"文书有效，办理期限现为{day_in_words(due)}"
    return "文书有效"


def _why_grant_ended(
    session: Session, said: Mapping[str, Any], application: Application, on: date
) -> str | None:
    """Give what became of a registration that the letter granted or renewed."""
    if said["is_refused"] or application.matter in CANCELLING:
        return None
    number = said["registration_no"]
    granted = (
        registrations.by_no(session, number)
        if number
        else session.scalar(
            select(Registration).where(Registration.application_id == application.id)
        )
    )
    status = granted.status_on(on) if granted else RegistrationStatus.VALID
    if status is RegistrationStatus.VALID:
        return None
    if status is RegistrationStatus.RESCINDED:
        return "文书不再有效（所准予的注册已撤销）"
    return f"文书真实，所准予的注册{status.label}"


def _decided(said: Mapping[str, Any]) -> str:
    if said["is_cancellation"]:
        return "不予注销" if said["is_refused"] else "准予注销"
    if said["is_refused"]:
        return decisions.OUTCOMES["reject"]
    return "视为准予延续" if said["deemed"] else decisions.OUTCOMES["approve"]


#: What each kind of letter says, in a word, from the data that it was printed of.
RESULTS: Mapping[DocumentKind, Callable[[Mapping[str, Any]], str]] = {
    DocumentKind.RECEIPT: lambda said: "已收到申请材料，尚未受理",
    DocumentKind.ACCEPTANCE_NOTICE: lambda said: "予以受理",
    DocumentKind.CORRECTION_NOTICE: lambda said: f"需要在{day_in_words(said['correct_by'])}前补正",
    DocumentKind.NON_ACCEPTANCE: lambda said: decisions.OUTCOMES["refuse"],
    DocumentKind.EXTENSION_NOTICE: lambda said: f"办理期限延长至{day_in_words(said['due_on'])}",
    DocumentKind.DECISION: _decided,
    DocumentKind.INTENDED_DECISION: lambda said: f"拟作出{said['act']}的处理",
    DocumentKind.ACT_DECISION: lambda said: f"决定{said['act']}",
}
