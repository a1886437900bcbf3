"""What officers start themselves: acts on a registration and corrections of identity (I19, I20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.authority import error_report, ex_officio, identity_correction
from casework.case import offered_professions
from casework.office import Office
from engine import queries
from engine.tables import UserTask
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.applications import attachments, timeline
from registry.applications.applications import Application
from registry.applications.statuses import OF_AGENCY, Matter
from registry.authority import ex_officio as proposals
from registry.authority import identities, reports
from registry.authority.ex_officio import Act, Ground
from registry.authority.reports import Report
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.identifiers import IdType
from registry.people import persons
from registry.people.officers import CASEWORKERS, OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.versions import Seen
from storage.database import writing
from web.extensions import db, office
from web.forms import evidence
from web.ui import refusals
from web.visitors import access
from web.visitors.seen import acting, look

bp = Blueprint("acts", __name__, url_prefix="/agency")

_HEARERS = (OfficerRole.REVIEWER, OfficerRole.APPROVER)


def caseworker() -> None:
    """Let only officers with a part in cases go on; an operator of the machine has none (D.4)."""
    if not g.visitor.actor.has_role(*CASEWORKERS):
        raise NotFound


def lines(name: str) -> list[str]:
    """Read a text box with one item a line."""
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


# Opening a case against a registration


@bp.get("/registrations/<registration_id>/act")
@access.officer(OfficerRole.REVIEWER)
def act_form(registration_id: str) -> str:
    """Show the form of a proposal."""
    return _act_form(_registration(registration_id), {})


@bp.post("/registrations/<registration_id>/act")
@access.officer(OfficerRole.REVIEWER)
def open_act(registration_id: str) -> Response | tuple[str, int]:
    """Open the case; nobody is told before it is checked and submitted."""
    registration = _registration(registration_id)
    if faults := _missing({"act": "请选择处理方式。", "ground": "请选择情形。"}):
        return _act_form(registration, faults), 422
    try:
        case = ex_officio.propose(
            acting(Seen.REGISTRATION, registration.id),
            registration.id,
            request.form["act"],
            request.form["ground"],
            facts=lines("facts"),
            files=evidence.uploads_of(),
            actor=g.visitor.actor,
        )
    except Refusal as error:
        if opened := opened_by_me(proposals.running(db.session(), registration.id)):
            return opened
        return _act_form(registration, Fault.by_field(error)), 422
    flash("已记录。请核对后提交，提交后将告知当事人。", "success")
    return redirect(task_page(case), 303)


def _registration(registration_id: str) -> Registration:
    return registrations.get(db.session(), registration_id)


def opened_by_me(running: Application | None) -> Response | None:
    """Lead to the case that this officer opened by the same button just before, if one runs."""
    if running is None:
        return None
    lines_of_case = timeline.of(db.session(), running.id)
    if not lines_of_case or lines_of_case[0].actor != g.visitor.actor.id:
        return None
    return redirect(task_page(running.id), 303)


def _act_form(registration: Registration, faults: Mapping[str, str]) -> str:
    look(Seen.REGISTRATION, registration.id)
    return render_template(
        "agency/act.html",
        registration=registration,
        status=registration.status_on(office().today()).label,
        person=persons.get(db.session(), registration.person_id),
        profession=offered_professions.title(office(), registration.type),
        acts=[(act.value, act.label, "") for act in Act],
        grounds=[(ground.value, ground.label, "") for ground in Ground],
        faults=faults,
        typed=request.form,
    )


# Opening a correction


@bp.get("/people/<person_id>/correction")
@access.officer()
def correction_form(person_id: str) -> str:
    """Show the form of a correction."""
    caseworker()
    return _correction_form(_person(person_id), {})


@bp.post("/people/<person_id>/correction")
@access.officer()
def open_correction(person_id: str) -> Response | tuple[str, int]:
    """Open the case; it is checked and submitted, then confirmed by another officer."""
    caseworker()
    person, typed = _person(person_id), request.form
    held = registrations.of_person(db.session(), person.id)
    kind = held[0].type if held else offered_professions.find(office(), None).key
    try:
        case = identity_correction.propose(
            acting(Seen.PERSON, person.id),
            person.id,
            identity_correction.CorrectionProposal(
                name=typed.get("name", ""),
                id_type=typed.get("id_type", ""),
                id_no=typed.get("id_no", ""),
                reason=typed.get("reason", ""),
                files=evidence.uploads_of(),
            ),
            type_key=kind,
            actor=g.visitor.actor,
            report_id=report.application_id if (report := _report(person)) else None,
        )
    except Refusal as error:
        if opened := opened_by_me(identities.running(db.session(), person.id)):
            return opened
        return _correction_form(person, Fault.by_field(error)), 422
    flash("已记录。请核对后提交，由另一名工作人员确认。", "success")
    return redirect(task_page(case), 303)


def _person(person_id: str) -> Person:
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person


def _report(person: Person) -> Report | None:
    """Give the open report of this person that the form was opened from."""
    report = db.session.get(Report, request.values.get("report", ""))
    return report if report and report.person_id == person.id and not report.outcome else None


def _correction_form(person: Person, faults: Mapping[str, str]) -> str:
    look(Seen.PERSON, person.id)
    return render_template(
        "agency/correction.html",
        person=person,
        masked=persons.mask_id(person.id_no),
        report=_report(person),
        id_types=[(id_type.value, id_type.label, "") for id_type in IdType],
        faults=faults,
        typed=request.form,
    )


def _missing(wanted: Mapping[str, str]) -> dict[str, str]:
    return {
        name: Fault(text, "E_REQUIRED")
        for name, text in wanted.items()
        if not request.form.get(name)
    }


def task_page(application_id: str) -> str:
    """Give the page of the open task of a case that just began."""
    with office().sessions() as session:  # that of the request looked before the case began
        tasks = queries.tasks_of(session, application_id)
    return f"/agency/tasks/{tasks[0].id}" if tasks else f"/agency/cases/{application_id}"


# The tasks of these cases, shown and done by the pages of the inbox


def shown(application: Application) -> dict[str, Any] | None:
    """Give what the pages of a case of the agency's own motion show; None for other cases.

    A correction shows two whole numbers to the officer who handles it, which is logged (D.4).
    """
    if application.matter not in OF_AGENCY:
        return None
    session = db.session()
    more: dict[str, Any] = {"files": attachments.of(session, application.id)}
    if application.matter == Matter.REPORT:
        report = reports.get(session, application.id)
        opened = report.correction_id and session.get(Application, report.correction_id)
        return more | {"report": report, "opened": opened}
    if application.matter == Matter.EX_OFFICIO:
        proposal = proposals.get(session, application.id)
        registration = registrations.get(session, proposal.registration_id)
        return more | {"proposal": proposal, "registration": registration}
    if application.matter == Matter.REOPENING:
        return more | refusals.shown(session, application.id)
    correction = identities.get(session, application.id)
    _log("person.identity_shown", application.person_id, case=application.id)
    types = {id_type.value: id_type.label for id_type in IdType}
    return more | {"correction": correction, "id_types": types}


def _log(action: str, person_id: str, **facts: Any) -> None:
    place = office()
    g.look_is_noted = True
    with writing(place.sessions) as session:
        audit.record(
            session,
            action,
            actor=g.visitor.actor.id,
            subject=f"person:{person_id}",
            at=place.now(),
            facts=facts,
        )


def _propose_act(task: UserTask, place: Office) -> str:
    outcome = request.form["outcome"]
    ex_officio.submit(place, task.id, outcome, actor=g.visitor.actor)
    return "已提交，正在告知当事人。" if outcome == "submit" else "已放弃，没有告知当事人。"


def _decide_act(task: UserTask, place: Office) -> str:
    outcome, reasons = request.form["outcome"], lines("reasons")
    ex_officio.decide(place, task.id, outcome, reasons=reasons, actor=g.visitor.actor)
    return "决定已作出，注册和证书已终止。" if outcome == "act" else "已决定不予处理。"


def _propose_correction(task: UserTask, place: Office) -> str:
    outcome = request.form["outcome"]
    identity_correction.submit(place, task.id, outcome, actor=g.visitor.actor)
    return "已提交，转确认环节。" if outcome == "submit" else "已放弃。"


def _confirm_correction(task: UserTask, place: Office) -> str:
    outcome, reasons = request.form["outcome"], lines("reasons")
    identity_correction.decide(place, task.id, outcome, reasons=reasons, actor=g.visitor.actor)
    return "身份信息已更正，证书正在换发。" if outcome == "confirm" else "已决定不予更正。"


def _examine_report(task: UserTask, place: Office) -> str:
    outcome, reason = request.form["outcome"], request.form.get("reasons", "")
    error_report.answer(place, task.id, outcome, reason=reason, actor=g.visitor.actor)
    return "已答复持证人。"


ACTIONS: Mapping[str, Callable[[UserTask, Office], str]] = {
    Task.PROPOSE_ACT: _propose_act,
    Task.DECIDE_ACT: _decide_act,
    Task.PROPOSE_CORRECTION: _propose_correction,
    Task.CONFIRM_CORRECTION: _confirm_correction,
    Task.EXAMINE_REPORT: _examine_report,
}
