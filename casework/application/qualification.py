"""What entitles to an initial registration: one number, one person, until the case ends (R32).

The number of a qualification certificate belongs to one person in a profession. It is refused when
the form is saved and when it is signed, shown to officers beside the case, and put on record with
the decision: of two cases with the same number only one can be granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from casework.case.opened import Case
from casework.office import Office
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from registry.applications import applications, decisions
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep
from registry.applications.statuses import Matter
from registry.certificates import certificates, qualifications
from registry.certificates.qualifications import QualificationSource, Region
from registry.certificates.registrations import Registration
from registry.errors import QualificationTaken
from registry.people import persons
from storage.passing import ask_once, is_empty

_READ_ONLY = "DATABASE_READONLY"  #: mode of `qualification_source`: taken from the database
_FOR_APPLICANTS = "请修改编号后重新签名；确认无误的，请联系市住建委核实（电话见页面下方）"
_FOR_OFFICERS = "不能准予许可，请核对双方的资格证书后作出不予受理或不予许可的决定"


def faults(office: Office, application: Application, values: Mapping[str, Any]) -> dict[str, Fault]:
    """Give the fault of the number or the date on a form of an initial registration, by field."""
    number = str(values.get("qualification_no") or "")
    if application.matter != Matter.INITIAL or not number.strip():
        return {}
    issued_on = readings.as_day(values.get("qualification_issued_on")) or office.today()
    try:
        with office.sessions() as session:
            qualifications.check(
                session,
                application.person_id,
                type=application.type,
                certificate_no=number,
                issued_on=issued_on,
                today=office.today(),
            )
    except Refusal as refusal:
        return {refusal.field or "qualification_no": Fault.of(refusal)}
    return {}


def refuse_signing(case: Case) -> None:
    """Refuse to sign upon a number that became another person's since the form was saved.

    Raises `QualificationTaken`.
    """
    number = case.application.qualification_no
    if number is None:
        return
    held_by, is_claimed = case.other_claimant
    if held_by is not None:
        raise _taken(number, "已登记在他人名下", _FOR_APPLICANTS)
    if is_claimed:
        raise qualifications.asked_for(number)


def refuse_granting(session: Session, application: Application) -> None:
    """Refuse to accept or grant what rests on a number on record for another person.

    Raises `QualificationTaken`.
    """
    held_by = _holder(session, application)
    if held_by is not None:
        name = persons.get(session, held_by).name
        raise _taken(str(application.qualification_no), f"已登记在{name}名下", _FOR_OFFICERS)


def warnings(session: Session, application: Application) -> list[str]:
    """Give what an officer has to know: who else holds or asks for the same number."""
    number = application.qualification_no
    if application.matter != Matter.INITIAL or number is None or not application.state.is_open:
        return []
    slot = (qualifications.OTHERS, application.id)
    if is_empty(session, slot):
        return []
    return ask_once(session, slot, lambda: _warnings(session, application, number))


def _warnings(session: Session, application: Application, number: str) -> list[str]:
    texts = []
    held_by = _holder(session, application)
    if held_by is not None:
        name = persons.get(session, held_by).name
        texts.append(f"资格证书编号“{number}”已登记在{name}名下，{_FOR_OFFICERS}。")
    for other in qualifications.claims(
        session, application.person_id, type=application.type, certificate_no=number
    ):
        name = persons.get(session, other.person_id).name
        texts.append(
            f"资格证书编号“{number}”同时用于{name}的申请（{other.no}，{other.state.label}），"
            "只能准予其中一件，请核对双方的资格证书。"
        )
    return texts


def record(session: Session, office: Office, application_id: str) -> None:
    """Put the qualification on record as the signed form has it; done with the granting decision.

    One that was typed in counts as verified by the officer who examined it (trust B).
    Raises `QualificationTaken`: the decision is not taken then.
    """
    application = applications.get(session, application_id)
    revision = applications.current_revision(session, application_id)
    if application.matter != Matter.INITIAL or revision is None:
        return
    signed = revision.content["qualification"]
    issued_on = readings.as_day(signed.get("issued_on"))
    if not signed.get("no") or issued_on is None:  # a profession whose form asks for none
        return
    from_database = signed["mode"] == _READ_ONLY
    examined = None
    if not from_database:
        examined = decisions.newest(session, application_id, DecisionStep.REVIEW)
    shown = qualifications.Shown(
        type=application.type,
        certificate_no=signed["no"],
        issued_on=issued_on,
        issuer=signed["issuer"],
        source=QualificationSource.DATABASE if from_database else QualificationSource.MANUAL,
        region=Region(signed["region"] or Region.SHANGHAI),
        province=signed["province"] or None,
        verified_by=f"officer:{examined.officer_id}" if examined else None,
    )
    try:
        qualifications.record(session, application.person_id, shown, at=office.now())
    except QualificationTaken:
        refuse_granting(session, application)
        raise


def release(session: Session, registration: Registration) -> None:
    """Take a typed-in number off the record when the registration upon it was rescinded.

    It stands as if it had never been granted (Law 69), so the number may be shown to be another's.
    What the database of qualifications knows stays.
    """
    certificate = certificates.newest(session, registration.id)
    shown = certificate.facts.get("qualification", {}).get("no") if certificate else None
    if shown:
        qualifications.release(
            session, registration.person_id, type=registration.type, certificate_no=shown
        )


def _holder(session: Session, application: Application) -> str | None:
    """Give the other person in whose name the number of a case is on record."""
    if application.qualification_no is None:
        return None
    held_by = qualifications.holder(
        session, type=application.type, certificate_no=application.qualification_no
    )
    return held_by if held_by != application.person_id else None


def _taken(number: str, how: str, remedy: str) -> QualificationTaken:
    return QualificationTaken(certificate_no=number, how=how, remedy=remedy)
