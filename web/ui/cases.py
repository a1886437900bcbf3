"""A case as its pages show it: where it stands, who must act and by when (R17, I1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from casework import why
from casework.application import qualification
from casework.case import offered_professions, printed_data
from casework.notice import case_messages as threads
from casework.office import Office
from casework.registration import cancellation, late_renewal
from casework.signature import revoked_signers
from casework.terms import periods, renewal
from casework.why import Why
from engine import queries
from engine.actors import person_inbox
from engine.tables import UserTask
from professions import manifests
from registry.applications import (
    attachments,
    case_messages,
    decisions,
    documents,
    statements,
    timeline,
)
from registry.applications.applications import Application, Status
from registry.applications.case_messages import Side
from registry.applications.decisions import DecisionStep
from registry.applications.documents import DocumentKind
from registry.applications.statements import Statement
from registry.applications.statuses import CANCELLING, PERSONAL, REFUSED, UNSIGNED, Matter
from registry.people import persons
from registry.people.persons import Person
from registry.trail import notices
from storage.database import read_already
from web.forms.fields import File
from web.ui import outline, stepper, turns
from web.ui.outline import OutlineLine
from web.ui.turns import Turn

_ACTORS = {"person": "申请人", "operator": "聘用企业", "officer": "市住建委"}
_OPENED = {
    DocumentKind.APPLICATION: "查看注册申请表",
    DocumentKind.ACCEPTANCE_NOTICE: "打印行政审批受理通知书",
}
#: Papers of the agency; the certificate is handed out by 【领证】, not here.
_HIDDEN = (DocumentKind.CERTIFICATE, DocumentKind.CERTIFICATE_COPY)
_UNSIGNED = (Status.DRAFT, Status.READY_TO_SIGN)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the timeline."""

    at: datetime
    text: str
    actor: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class CasePaper:
    """One document in the list of a case."""

    id: str
    action: str
    state: str
    created_at: datetime
    note: str
    ofd: bool = False  #: the agency sealed it and it stands


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What every page of a case says in its head."""

    id: str
    no: str
    profession: str
    matter: str
    status: str
    person_name: str = ""
    is_cancellation: bool = False

    @classmethod
    def of(cls, office: Office, application: Application) -> Brief:
        """Give the head of an application."""
        return cls(
            profession=offered_professions.of(office, application).title,
            id=application.id,
            no=application.no,
            matter=application.matter_label,
            status=application.status,
        )


@dataclass(frozen=True, kw_only=True)
class CasePage(Brief):
    """Everything the status page shows."""

    steps: Sequence[stepper.StepperStep]
    turn: Turn
    reasons_title: str
    reasons: Sequence[str]
    documents: Sequence[CasePaper]
    timeline: Sequence[Line]
    active: Sequence[str]
    done: Sequence[str]
    node: str | None  #: of the first open task
    now: str  #: names of the open tasks
    waits: bool  #: for somebody else or the machine, so that the page asks again
    may_edit: bool
    may_withdraw: bool
    statements: Sequence[Statement]  #: of both sides of a contested cancellation
    proofs: Sequence[File]  #: that go with the person's statement
    nodes: Sequence[str]  #: of the open tasks
    periods: Mapping[str, str]  #: of the case's own definition, by clock: 15个工作日
    answers: Sequence[Why]  #: what decision tables said about it
    warnings: Sequence[str] = ()  #: what the reader has to know beside the state
    remedies: str = ""  #: what may be done against a refusal, in the words of its letter
    may_continue: bool = False  #: over before it was accepted: goes on as 初始注册（逾期）
    outline: Sequence[OutlineLine] = ()  #: every step in words
    unread: int | None = None  #: messages of the other side; None where there is no thread


def for_applicant(
    office: Office, application: Application, session: Session | None = None
) -> CasePage:
    """Give the case as its applicant sees it, read with the page's session where it has one."""
    if session is None:
        with office.sessions() as own:
            return for_applicant(office, application, own)
    tasks = queries.tasks_of(session, application.id)
    turn = turns.for_applicant(application, tasks, _pause(session, application, tasks))
    warning = renewal.late_warning(office, session, application)
    return replace(
        _case(office, session, application, tasks, turn, own=application.matter in PERSONAL),
        **_closing(session, application),
        warnings=[warning] if warning else [],
        may_continue=late_renewal.is_offered(office, session, application),
        remedies=remedies(office, application) if application.state in REFUSED else "",
        unread=_unread(session, application, Side.APPLICANT)
        if application.matter in PERSONAL
        else None,
    )


def remedies(office: Office, application: Application) -> str:
    """Say how and until when a decision may be contested, as its letter says it (Law 38)."""
    told = periods.formal(office, application.definition)
    bodies = office.type_of(application.definition).law.review_bodies
    return printed_data.remedies(told, bodies)


def for_enterprise(
    office: Office, application: Application, session: Session | None = None
) -> CasePage:
    """Give the case as the employing enterprise sees it; `session` as in `for_applicant`."""
    if session is None:
        with office.sessions() as read:
            return for_enterprise(office, application, read)
    tasks = queries.tasks_of(session, application.id)
    turn = turns.for_enterprise(application, tasks, _pause(session, application, tasks))
    own = application.matter == Matter.ENTERPRISE_CANCELLATION
    return replace(
        _case(office, session, application, tasks, turn, own=own),
        unread=_unread(session, application, Side.APPLICANT) if own else None,
        remedies=remedies(office, application) if application.state in REFUSED and own else "",
    )


def for_officer(
    office: Office, application: Application, session: Session | None = None
) -> CasePage:
    """Give the case as an officer sees it, read with the page's session where it has one."""
    if session is None:
        with office.sessions() as own:
            return for_officer(office, application, own)
    tasks = queries.tasks_of(session, application.id)
    turn = turns.waiting(application, tasks, _pause(session, application, tasks))
    return replace(
        _case(office, session, application, tasks, turn, own=False),
        unread=_unread(session, application, Side.AGENCY),
        warnings=[
            *renewal.to_examine(office, session, application),
            *qualification.warnings(session, application),
            *revoked_signers.warnings(office, session, application),
        ],
    )


def _unread(session: Session, application: Application, reader: Side) -> int | None:
    """Count the messages that wait for the reader; None while nobody can have written."""
    if application.filed_at is None or not threads.has_thread(application):
        return None
    return case_messages.unread_of(session, application.id, reader)


def _pause(
    session: Session, application: Application, tasks: Sequence[UserTask]
) -> queries.Pause | None:
    """Give what a case waits for when no person has to act."""
    return None if tasks else queries.pause_of(session, application.id)


def _case(
    office: Office,
    session: Session,
    application: Application,
    tasks: Sequence[UserTask],
    turn: Turn,
    *,
    own: bool,
) -> CasePage:
    """Gather a case; `own` is what the reader himself asked for and may change."""
    position = queries.status_of(session, application.id, tasks)
    title, reasons = _reasons(session, application)
    return CasePage(
        id=application.id,
        no=application.no,
        profession=offered_professions.of(office, application).title,
        matter=application.matter_label,
        status=application.status,
        person_name=persons.get(session, application.person_id).name,
        is_cancellation=application.matter in CANCELLING,
        steps=stepper.steps(
            application.status,
            application.matter,
            alone=cancellation.is_alone(session, application, [task.node for task in tasks]),
        ),
        turn=turn,
        reasons_title=title,
        reasons=reasons,
        documents=papers(session, application),
        timeline=lines(session, application),
        active=sorted(position.active),
        done=sorted(position.done),
        node=tasks[0].node if tasks else None,
        now="、".join(task.name for task in tasks)
        or ("系统处理中" if application.state.is_open else ""),
        waits=application.state.is_open and not turn.is_mine,
        may_edit=own and application.state.is_editable,
        may_withdraw=own and application.state.is_open and application.state is not Status.APPROVED,
        statements=statements.of(session, application.id)
        if application.matter in CANCELLING
        else (),
        proofs=_proofs(session, application),
        nodes=[task.node for task in tasks],
        periods=periods.words(office, application.definition),
        answers=why.of(office, session, application.id),
        outline=outline.of(office, session, application, tasks, position),
    )


def _proofs(session: Session, application: Application) -> list[File]:
    """Give the proofs beside the form; those of an enterprise's request stand in its form."""
    if application.matter != Matter.CANCELLATION:
        return []
    kept = attachments.of(session, application.id, attachments.AttachmentKind.CANCEL_PROOF)
    return [File(id=file.id, filename=file.filename, size_bytes=file.size_bytes) for file in kept]


def lines(session: Session, application: Application) -> list[Line]:
    """Give what was done in a case, the newest first."""
    entries = timeline.of(session, application.id)
    return [
        Line(
            at=entry.at,
            text=entry.text,
            actor=_ACTORS.get(entry.actor.split(":")[0], ""),
            detail=str(entry.facts.get("why", "")) if entry.kind == "skip" else "",
        )
        for entry in reversed(entries)
    ]


def papers(session: Session, application: Application) -> list[CasePaper]:
    """Give the papers of a case, the newest first."""
    return [
        _paper(document)
        for document in reversed(documents.history(session, application.id))
        if document.kind not in _HIDDEN
    ]


def _paper(document: documents.Document) -> CasePaper:
    kind = DocumentKind(document.kind)
    note = (
        f"第 {document.revision} 稿" if kind is DocumentKind.APPLICATION else document.number or ""
    )
    if document.void_reason:
        note += f"　{documents.VoidReason(document.void_reason).label}"
    return CasePaper(
        id=document.id,
        action=_OPENED.get(kind, f"查看{document.title}"),
        state=document.state,
        created_at=document.created_at,
        note=note,
        ofd=kind.is_of_agency and not document.is_void,
    )


def _reasons(session: Session, application: Application) -> tuple[str, list[str]]:
    """Give what the person has to read before acting: why returned, corrected or refused."""
    if application.state is Status.RETURNED:
        returned = [
            entry for entry in timeline.of(session, application.id) if entry.facts.get("reason")
        ]
        return "企业退回的原因", [str(returned[-1].facts["reason"])] if returned else []
    if application.state in UNSIGNED:
        return _still_to_correct(session, application)
    step = {
        Status.CORRECTION_REQUIRED: DecisionStep.FORMAL_CHECK,
        Status.NOT_ACCEPTED: DecisionStep.FORMAL_CHECK,
        Status.REJECTED: DecisionStep.DECIDE,
    }.get(application.state)
    decision = decisions.newest(session, application.id, step) if step else None
    if decision is None:
        return "", []
    title = "需要补正的内容" if application.state is Status.CORRECTION_REQUIRED else "理由"
    return title, [*decision.reasons, *([decision.opinion] if decision.opinion else [])]


def _closing(session: Session, application: Application) -> dict[str, Any]:
    """Give why a case was closed, as its applicant was told."""
    if application.state is not Status.CLOSED:
        return {}
    told = notices.last(session, person_inbox(application.person_id), application.id)
    return {"reasons_title": "关闭的原因", "reasons": [told.text]} if told else {}


def _still_to_correct(session: Session, application: Application) -> tuple[str, list[str]]:
    """Give what the agency asked to correct, until the corrected form is filed again."""
    if application.filed_at is None:  # the agency has not seen it yet
        return "", []
    checked = decisions.newest(session, application.id, DecisionStep.FORMAL_CHECK)
    if checked is None or checked.outcome != "correct":
        return "", []
    return "需要补正的内容", list(checked.reasons)


def corrections(session: Session, application: Application) -> list[str]:
    """Give the complete list of what the agency asked to correct, while it is open (R43, I18)."""
    wanted = UNSIGNED | {Status.CORRECTION_REQUIRED, Status.RETURNED}
    return _reasons(session, application)[1] if application.state in wanted else []


def applications_of(session: Session, ids: Iterable[str]) -> dict[str, Application]:
    """Give applications with their persons by id, in one question for those not known yet."""
    wanted = list(ids)
    known = (read_already(session, Application, key) for key in wanted)
    found = {row.id: row for row in known if row is not None and _knows_its_person(session, row)}
    if left := [key for key in wanted if key not in found]:
        asked = session.scalars(_APPLICATIONS, {"b_ids": left})
        found |= {application.id: application for application in asked}
    return found


def _knows_its_person(session: Session, application: Application) -> bool:
    """Tell whether the person of a case is known: who looked at it alone has not read him."""
    is_read = read_already(session, Person, application.person_id) is not None
    return is_read or "person" in application.__dict__


_APPLICATIONS = (
    select(Application)
    .where(Application.id.in_(bindparam("b_ids", expanding=True)))
    .options(joinedload(Application.person))
)


def to_do(office: Office, session: Session, application: Application) -> dict[str, Any] | None:
    """Give the applicant's own next step, None when the case waits for others."""
    turn = turns.for_applicant(application, queries.tasks_of(session, application.id))
    if not turn.is_mine:
        return None
    return {
        "turn": turn,
        "profession": offered_professions.of(office, application).title,
        "matter": application.matter_label,
        "no": application.no,
    }


def diagram_of(office: Office, application: Application) -> bytes:
    """Give the diagram of the definition version that the case runs on."""
    definition = office.definitions.get(application.definition)
    matter = manifests.read(definition.files).matter(application.matter)
    return definition.diagram(matter.process)
