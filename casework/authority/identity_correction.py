"""Correcting a name or an identity number, by two officers, with evidence (R109, I20).

The real-name system has to show the new identity already, when it is proposed and again when it
is confirmed. The old number goes on finding the person; the certificates are issued anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.authority import error_report
from casework.case import evidence
from casework.case.evidence import Upload
from casework.case.opening import About, FirstLine, open_case
from casework.office import Office
from casework.tasks import officer_results
from engine.actors import Actor
from engine.errors import NotYourTask
from professions.tasks import Task
from refusals.refusal import Refusal
from registry import readings
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.applications.statuses import Matter
from registry.authority import identities, reports
from registry.authority.identities import Correction
from registry.certificates import registrations
from registry.errors import IdentityInvalid, IdentityTaken
from registry.identifiers import IdType, id_fault
from registry.law.calendars import shanghai_day
from registry.people import persons
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.ports import Identity


class CorrectionRunning(Refusal):
    """该人员已有更正身份信息的案件（{no}）正在办理，请在该案件中办理。"""

    code = "E_CORRECTION_RUNNING"


class NothingToCorrect(Refusal):
    """姓名、证件类型和证件号码与现有记录相同，没有需要更正的内容；请核对后重新填写。"""

    code = "E_NOTHING_TO_CORRECT"


class NotInRealNames(Refusal):
    """实名制信息采集系统中没有该姓名与证件号码的记录；请当事人先在该系统更正，再办理本更正。"""

    code = "E_NOT_IN_REAL_NAMES"


_PROPOSERS = (OfficerRole.ACCEPTOR, OfficerRole.REVIEWER)


@dataclass(frozen=True, kw_only=True)
class CorrectionProposal:
    """What an officer typed: the right identity, why, and what proves it."""

    name: str
    id_type: str
    id_no: str
    reason: str
    files: Sequence[Upload]


def propose(
    office: Office,
    person_id: str,
    proposal: CorrectionProposal,
    *,
    type_key: str,
    actor: Actor,
    report_id: str | None = None,
) -> str:
    """Open a correction; return the id of the case. It waits to be checked and submitted.

    `report_id` is the holder's report that it follows, which is answered with its decision.

    Raises `NotYourTask` for who neither accepts nor reviews, `NothingToCorrect`,
    `IdentityInvalid`, `NotInRealNames`, `IdentityTaken`, `CorrectionRunning`, `EvidenceRequired`,
    `ReasonRequired`, `Unavailable`.
    """
    role = next((candidate for candidate in _PROPOSERS if actor.has_role(candidate)), None)
    if role is None:
        raise NotYourTask
    [said] = officer_results.reasons(office, [proposal.reason], "reason")
    with office.sessions() as session:
        person = persons.get(session, person_id)
    new = _identity(office, person, proposal)
    kept = evidence.check(office, proposal.files)

    def refuse(session: Session) -> None:
        current = session.get_one(Person, person_id, with_for_update=True)
        if (other := identities.running(session, person_id)) is not None:
            raise CorrectionRunning(no=other.no)
        refuse_taken(session, current, new)

    def fill(session: Session, application: Application) -> FirstLine:
        current = persons.get(session, person_id)
        stands = registrations.newest(session, person_id, type_key)
        if stands is not None:
            application.uscc, application.enterprise_name = stands.uscc, stands.enterprise_name
        session.add(
            Correction(
                application_id=application.id,
                person_id=person_id,
                old_name=current.name,
                old_id_type=current.id_type,
                old_id_no=current.id_no,
                new_name=new.name,
                new_id_type=new.id_type.value,
                new_id_no=new.id_no,
                new_sex=new.sex.value,
                new_birth=new.birth,
                reason=said,
            )
        )
        if report_id is not None:
            session.flush()
            reports.get(session, report_id).correction_id = application.id
        evidence.keep(session, application.id, kept, actor, office.now())
        return FirstLine(kind="open_correction", text="受理更正身份信息")

    about = About(matter=Matter.CORRECTION, type=type_key, person_id=person_id)
    data = {"officer_role": role.value}
    return open_case(office, about, actor, refuse=refuse, fill=fill, data=data)


def _identity(office: Office, person: Person, proposal: CorrectionProposal) -> Identity:
    """Give the new identity as the real-name system has it, once it is another than now."""
    is_known = proposal.id_type in IdType.__members__
    kind = IdType(proposal.id_type if is_known else person.id_type)
    name, id_no = readings.name(proposal.name), readings.number(proposal.id_no)
    if (name, kind.value, id_no) == (person.name, person.id_type, person.id_no):
        raise NothingToCorrect("name")
    fault = id_fault(kind, id_no, office.today())
    if fault is not None:
        raise IdentityInvalid("id_no", fault=fault)
    return _verified(office, kind, id_no, name)


def _verified(office: Office, id_type: IdType, id_no: str, name: str) -> Identity:
    holder = office.realnames.check(id_type, id_no, name)
    if holder is None or (holder.name, holder.id_no) != (name, id_no):
        raise NotInRealNames("name")
    return holder


def refuse_taken(session: Session, person: Person, new: Identity) -> None:
    """Refuse a number that stands for somebody else who has cases or registrations here.

    An empty account under the new number is the same person, who came again: it makes room when
    the correction is made.
    """
    other = identities.holder(session, new.id_type, new.id_no)
    if other is not None and other.id != person.id and identities.has_records(session, other.id):
        raise IdentityTaken("id_no")


def submit(office: Office, task_id: str, outcome: str, *, actor: Actor) -> None:
    """Submit the checked correction to the confirming officer, or drop it."""
    officer_results.submit(office, task_id, Task.PROPOSE_CORRECTION, outcome, actor)


def decide(
    office: Office, task_id: str, outcome: str, *, reasons: Sequence[str] = (), actor: Actor
) -> None:
    """Confirm, or decline with reasons; the one who proposed may not (four eyes).

    Raises `FourEyes`, `ReasonRequired`, `NotInRealNames`, `IdentityTaken`, `Unavailable`.
    """
    officer_results.insist(Task.CONFIRM_CORRECTION, "verdict", outcome)
    said = officer_results.reasons(office, reasons, "reasons") if outcome == "decline" else []
    application = officer_results.case_at(office, task_id, Task.CONFIRM_CORRECTION)
    if outcome == "confirm":
        with office.sessions() as session:
            correction = identities.get(session, application.id)
            person = persons.get(session, correction.person_id)
        kind, id_no = IdType(correction.new_id_type), correction.new_id_no
        new = _verified(office, kind, id_no, correction.new_name)
        with office.sessions() as session:
            refuse_taken(session, person, new)
    result = Result(step=DecisionStep.DECIDE, outcome=outcome, reasons=said)
    write = officer_results.storing(office, application, result, actor)
    day = shanghai_day(office.now())

    def decided(session: Session) -> None:
        write(session)
        applications.get(session, application.id).decided_on = day

    office.runner.complete(task_id, actor, {"verdict": outcome}, write=decided)
    error_report.settle(office, application.id, actor)
