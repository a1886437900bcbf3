"""The letters of the authority: number and data are written down before anything is sealed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy.orm import Session

from casework import why
from casework.case import offered_professions, opened, printed_data, trail
from casework.office import Office
from casework.tables import LetterIntent
from casework.terms import periods, renewal
from casework.terms.clocks import due_of
from engine.operations import CaseCall
from pdfgen import Qr
from registry import numbering, verification_codes
from registry.applications import decisions
from registry.applications.applications import Application
from registry.applications.decisions import Decision, DecisionStep, Result
from registry.applications.statuses import Matter
from registry.authority import ex_officio
from registry.certificates import registrations
from registry.law.calendars import add_years, shanghai_day
from registry.people import persons
from storage.database import writing

_STEP_OF = {
    "correction-notice": DecisionStep.FORMAL_CHECK,
    "non-acceptance": DecisionStep.FORMAL_CHECK,
    "extension-notice": DecisionStep.EXTENSION,
    "decision": DecisionStep.DECIDE,
    "act-decision": DecisionStep.DECIDE,
}
#: Who signed what came in, where it is not both together: a cancellation.
_SIGNED_BY = {Matter.CANCELLATION: "PERSON", Matter.ENTERPRISE_CANCELLATION: "ENTERPRISE"}
#: What letters say of an act of the agency's own motion, where there is none.
NO_ACT: dict[str, Any] = {
    **dict.fromkeys(("act", "ground", "law", "hear_until", "ban_years", "ban_until")),
    "act_facts": [],
    "is_revocation": False,
    "stated": False,
}


def reserve(office: Office, call: CaseCall, kind: str) -> LetterIntent:
    """Take number and code of a letter and freeze its data; the same job again gives the same."""
    with writing(office.sessions) as session:
        done = None if call.is_first else session.get(LetterIntent, call.key)
        if done is not None:
            return done
        application = opened.of(call).into(session).application
        decision = _decision(session, application, kind)
        series = "rejection" if decision and decision.outcome == "reject" else kind
        number = numbering.notice_no(session, series, shanghai_day(call.now))
        token = verification_codes.new()
        intent = LetterIntent(
            key=call.key,
            application_id=application.id,
            kind=kind,
            number=number,
            revision=application.revision,
            token=token,
            data=_data(office, session, application, decision, number, token, call.now),
            at=call.now,
        )
        session.add(intent)
        trail.audit(session, call.actor, "letter.reserve", application.id, call.now, number=number)
        return intent


#: What goes out at a step with an outcome, in the words of the officer.
_GOES_OUT = {
    (DecisionStep.FORMAL_CHECK, "correct"): "correction-notice",
    (DecisionStep.FORMAL_CHECK, "refuse"): "non-acceptance",
    (DecisionStep.DECIDE, "approve"): "decision",
    (DecisionStep.DECIDE, "reject"): "decision",
    (DecisionStep.DECIDE, "act"): "act-decision",
}
NOT_ISSUED = "预览 尚未签发"


def kind_of(office: Office, application: Application, result: Result) -> str | None:
    """Name the letter in which the words of a result go out; None when no letter holds them."""
    kind = _GOES_OUT.get((result.step, result.outcome))
    files = office.definitions.get(application.definition).files
    names = {PurePosixPath(path).name for path in files}
    return kind if kind is not None and f"{kind}.typ" in names else None


def draft(office: Office, application_id: str, kind: str, result: Result) -> bytes:
    """Print the letter of a result that is not on record: no number, no code, and it says so."""
    at = office.now()
    with office.sessions() as session:
        application = opened.open_(office, application_id).into(session).application
        decision = Decision(
            step=result.step.value, outcome=result.outcome, reasons=list(result.reasons)
        )
        code = verification_codes.new()  # of no letter
        data = _data(office, session, application, decision, "（签发时编号）", code, at)
    data |= {"watermark": NOT_ISSUED, "qr": Qr(data["qr"])}
    return office.templates(application.definition).render(kind, data, at=at).pdf


def _decision(session: Session, application: Application, kind: str) -> Decision | None:
    step = _STEP_OF.get(kind)
    return decisions.newest(session, application.id, step) if step else None


def _addressee(session: Session, application: Application) -> str:
    """Give who asked: the person, or the enterprise in a cancellation that it asked for."""
    if application.matter == Matter.ENTERPRISE_CANCELLATION:
        return str(application.enterprise_name)
    return persons.get(session, application.person_id).name


def _data(
    office: Office,
    session: Session,
    application: Application,
    decision: Decision | None,
    number: str,
    token: str,
    at: datetime,
) -> dict[str, Any]:
    today = shanghai_day(at)
    received = shanghai_day(application.filed_at) if application.filed_at else today
    formal_due = due_of(office, application.definition, "FORMAL_CHECK", received)
    correct_by = due_of(office, application.definition, "CORRECTION_REPLY", today)
    told = periods.formal(office, application.definition)
    profession = offered_professions.of(office, application)
    renewed: dict[str, Any] = {"registration_no": None, "valid_to": None}
    if application.matter == Matter.RENEWAL and decision and decision.outcome == "approve":
        number_of, until = renewal.new_end(office, session, application)
        renewed = {"registration_no": number_of, "valid_to": until.isoformat()}
    return {
        "number": number,
        "application_no": application.no,
        "person_name": _addressee(session, application),
        "enterprise_name": application.enterprise_name or "",
        "profession": profession.title,
        "matter": application.matter_label,
        "is_cancellation": application.matter in _SIGNED_BY,
        "received_on": received.isoformat(),
        "signed_by": _SIGNED_BY.get(Matter(application.matter), "BOTH"),
        "accepted_on": (application.accepted_on or today).isoformat(),
        "due_on": (application.due_on or formal_due.day).isoformat(),
        "is_refused": decision is not None and decision.outcome == "reject",
        "items": list(decision.reasons) if decision else [],
        "reasons": list(decision.reasons) if decision else [],
        "automatic": why.printed(office, session, application.id),
        "deemed": application.deemed_renewed,
        "decided_on": (application.decided_on or today).isoformat(),
        **renewed,
        **_act(office, session, application, today),
        "remedies": printed_data.remedies(told, profession.law.review_bodies),
        "periods": told,
        "correct_by": correct_by.day.isoformat(),
        "rule": profession.law.rule,
        "authority": office.policy.authority,
        "contact": office.policy.contact,
        "date": today.isoformat(),
        "watermark": office.policy.watermark,
        **printed_data.verification(office.policy.base_url, token),
    }


def _act(office: Office, session: Session, application: Application, today: date) -> dict[str, Any]:
    """Give what the letters of a case of the agency's own motion say of the act."""
    if application.matter != Matter.EX_OFFICIO:
        return NO_ACT
    proposal = ex_officio.get(session, application.id)
    until = proposal.hear_until or due_of(office, application.definition, "HEARING", today).day
    banned = add_years(today, proposal.ban_years) if proposal.ban_years else None
    return {
        "registration_no": registrations.get(session, proposal.registration_id).no,
        "act": proposal.act_label,
        "ground": proposal.ground_label,
        "act_facts": proposal.facts.splitlines(),
        "law": proposal.law,
        "hear_until": until.isoformat(),
        "is_revocation": proposal.act == ex_officio.Act.REVOKE,
        "stated": proposal.stated_at is not None,
        "ban_years": proposal.ban_years,
        "ban_until": banned.isoformat() if banned else None,
    }
