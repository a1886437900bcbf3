"""Operations on the application form: check it again, print it, void it, close the case."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from casework.application import form_checks, form_rules
from casework.case import authorizations, on_record, opened, printed_data, trail
from casework.case.printed_data import Heading
from casework.office import PATIENT, Office, reading
from casework.tasks import moves
from casework.terms import periods, renewal
from casework.terms.clocks import draft_ends
from engine import operations
from engine.operations import CaseCall, Outcome
from registry import readings
from registry.applications import applications, attachments, documents
from registry.applications.documents import DocumentKind, StoredFile, VoidReason
from registry.applications.statuses import APPLICATIONS, Status
from signing import Role

_VOID_REASONS = dict.fromkeys(("ABANDONED", "BARRED", "EXPIRED"), VoidReason.CLOSED)


@operations.add("application/check_form", inline=True)
def check_form(office: Office, call: CaseCall) -> Outcome:
    """Check the saved content against what the tables say now: never trust the save (I5)."""
    session, case = reading(call), opened.of(call)
    application = case.application
    content = case.content
    if content is None:
        return Outcome(values={"ok": False, "reasons": ["E_FORM_MISSING"]})
    qualification = content["qualification"]
    told = form_checks.rules(
        office,
        session,
        application,
        next(iter(case.registrations), None),
        region=qualification.get("region", "SHANGHAI"),
        issued_on=readings.as_day(qualification.get("issued_on")),
        db_hit=qualification.get("mode", "DATABASE_READONLY") == "DATABASE_READONLY",
        at=call.now,
    )
    reasons = form_rules.content_faults(
        form_checks.form_of(office, application),
        content,
        education=told.education,
        source=told.source,
    )
    return Outcome(values={"ok": not reasons, "reasons": reasons})


@operations.add("document/render_application", retry=PATIENT)
def render_application(office: Office, call: CaseCall) -> Outcome:
    """Print the form: the same revision gives the same bytes."""
    application_id = call.business_key
    case = opened.of(call)
    application = case.application
    revision = case.revision
    with office.sessions() as session:
        files = attachments.of(session, application_id)
    if revision is None:
        raise LookupError(f"application {application_id} has no revision to print")
    photo = printed_data.photo_of(revision.content)
    if photo is None:  # as on the certificate before
        about = (application.person_id, application.type)
        stands = case.read(lambda session: on_record.of(session, *about))
        photo = stands.facts.get("photo") if stands else None
    data = printed_data.application(
        revision.content,
        Heading(
            profession=office.type_of(application.definition).title,
            matter=application.matter,
            application_no=application.no,
            revision=revision.number,
            watermark=office.policy.watermark,
        ),
        photo=office.files.get(photo) if photo else None,
        pages={file.sha256: file.pages for file in files},
        periods=periods.formal(office, application.definition),
    )
    kind = office.type_of(application.definition).matter(application.matter)
    document = office.templates(call.definition).render(kind.document, data, at=revision.saved_at)
    sha256 = office.files.put(document.pdf)

    def commit(session: Session) -> None:
        documents.add(
            session,
            application_id,
            DocumentKind.APPLICATION,
            StoredFile(sha256=sha256, size_bytes=len(document.pdf)),
            revision=revision.number,
            at=call.now,
            title=data["title"],
        )
        trail.audit(session, call.actor, "form.print", application_id, call.now, sha256=sha256)

    return Outcome(values={"sha256": sha256, "revision": revision.number}, commit=commit)


@operations.add("application/check_idle", inline=True)
def check_idle(office: Office, call: CaseCall) -> Outcome:
    """Tell whether the draft was left alone for too long, or the time to correct is over (I18)."""
    definition = office.definitions.get(call.definition)
    last = draft_ends(office.calendar, definition, opened.of(call))
    return Outcome(values={"expired": call.now >= last.at})


@operations.add("application/void_files", inline=True, schema={"reason": str})
def void_files(office: Office, call: CaseCall, reason: str) -> Outcome:
    """Void the printed and signed form; it is kept, says so and fails verification (R44, I7)."""
    application_id = call.business_key
    why = _VOID_REASONS.get(reason) or VoidReason(reason)
    session_ = reading(call)
    current = documents.current(session_, application_id, DocumentKind.APPLICATION)
    was_signed = current is not None and bool(documents.signatures(session_, current.id))

    def commit(session: Session) -> None:
        voided = documents.void_all(session, application_id, why, call.now)
        for role in (Role.APPLICANT, Role.ENTERPRISE):
            authorizations.drop(session, application_id, role)
        if was_signed and voided:
            text = f"已签署的申请表作废：{why.label}"
            trail.step(session, call.actor, "void", text, application_id, call.now)
        else:
            facts: dict[str, Any] = {"count": len(voided)}
            trail.audit(session, call.actor, "form.void", application_id, call.now, **facts)

    return Outcome(values={"reason": reason, "was_signed": was_signed}, commit=commit)


_CLOSINGS = {
    Status.COMPLETED: "办结",
    Status.REJECTED: "办结：不予许可",
    Status.NOT_ACCEPTED: "办结：不予受理",
    Status.WITHDRAWN: "申请人撤回申请",
    Status.CLOSED: "申请关闭",
}


@operations.add("application/close", inline=True, schema={"status": str})
def close(office: Office, call: CaseCall, status: str) -> Outcome:
    """End the case in one of the end states (domain B.4)."""
    application_id, target = call.business_key, Status(status)

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        if moves.move(session, application, target, call.now):
            text = _CLOSINGS[target]
            if target is Status.CLOSED and application.matter not in APPLICATIONS:
                text = "案件关闭"
            text = renewal.why_closed(session, application, call.now) or text
            trail.step(session, call.actor, "close", text, application_id, call.now)

    return Outcome(values={"status": target.value}, commit=commit)
