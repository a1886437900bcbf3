"""Operations of an annulled refusal: accept the application anew and start deciding it."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.orm import Session

from casework.case import trail
from casework.decision import reopening
from casework.office import OUTAGE, Office, reading
from casework.tasks import moves
from casework.terms.clocks import due_of
from engine import operations
from engine.actors import SYSTEM
from engine.errors import AlreadyRunning
from engine.jobs import queue
from engine.operations import Call, CaseCall, Outcome
from registry.applications import applications, decisions, documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind, VoidReason
from registry.applications.statuses import Matter
from registry.authority import reopenings
from registry.enterprises.enterprises import Enterprise
from registry.law.calendars import shanghai_day

_REFUSALS = (DocumentKind.DECISION, DocumentKind.NON_ACCEPTANCE)


@operations.add("reopening/reopen", inline=True)
def reopen(office: Office, call: CaseCall) -> Outcome:
    """Annul the refusal and accept the application today: one transaction, nothing signed again.

    The decision stays on record as annulled, its letter is void; the clock starts today.
    """
    reading(call)
    case_id, today = call.business_key, shanghai_day(call.now)
    due = due_of(office, call.definition, "DECISION", today)

    def commit(session: Session) -> None:
        case = reopenings.get(session, case_id)
        application = session.get_one(Application, case.refused_id, with_for_update=True)
        reopening.refuse_moot(office, session, application)
        was = application.state.label
        decisions.annul(session, application.id, case.reference)
        documents.void_all(session, application.id, VoidReason.ANNULLED, call.now, kinds=_REFUSALS)
        applications.reopen(session, application, accepted_on=today, due=due, at=call.now)
        moves.told(session, application, call.now)
        employer = session.get(Enterprise, application.uscc) if application.uscc else None
        if employer is not None:  # renamed since the refusal: as with what is accepted already
            application.enterprise_name = employer.name
        text = f"原“{was}”决定已被{case.reference}撤销，即日重新办理；原签名、签章继续有效"
        trail.step(session, call.actor, "reopen", text, application.id, call.now, reopening=case_id)
        params = {"application_id": application.id, "definition": call.definition}
        key = f"decide_anew/{case_id}"
        queue.add(
            session, "reopening/decide_anew", params, key, call.now, business_key=application.id
        )

    return Outcome(values={"due_on": due.day.isoformat()}, commit=commit)


@operations.add(
    "reopening/decide_anew", schema={"application_id": str, "definition": str}, retry=OUTAGE
)
def decide_anew(office: Office, call: Call, application_id: str, definition: str) -> Outcome:
    """Start the process that decides the reopened application; started already, it goes on."""
    with office.sessions() as session:
        application = applications.get(session, application_id)
    data = {
        "application_id": application.id,
        "person_id": application.person_id,
        "uscc": application.uscc,
        "matter": application.matter,
    }
    process = office.type_of(definition).matter(Matter.REDECISION).process
    with suppress(AlreadyRunning):
        office.runner.start(definition, process, application.id, data, SYSTEM)
    return Outcome(values={"started": True})
