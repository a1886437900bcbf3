"""Officers find a person, see the record, and approvers keep the list of bans (D.4, I19, I20)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.authority import ban_effects
from casework.case import offered_professions
from casework.tasks import officer_results
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.applications import applications
from registry.authority import bans, identities
from registry.authority.bans import Ban, Basis
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.people import persons
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.versions import Seen
from storage.database import writing
from storage.vault import current_vault
from web.agency import proposals
from web.extensions import db, office
from web.visitors import access
from web.visitors.seen import acting, look, version

bp = Blueprint("people", __name__, url_prefix="/agency")

PAGE = 20
LONGEST = 60  #: characters of what is looked for


@bp.get("/people")
@access.officer()
def search_form() -> str:
    """Ask for whom to look."""
    proposals.caseworker()
    return render_template("agency/people.html", typed="", rows=None, fault=None)


@bp.post("/people")
@access.officer()
def search() -> tuple[str, int] | str:
    """Find persons by name, identity number or registration number; each search is logged.

    The words are sent in the body: a number in an address would stand in logs and histories.
    """
    proposals.caseworker()
    typed = request.form.get("q", "")[:LONGEST]
    if len(typed) < 2:
        fault = Fault("请输入姓名、证件号码或注册号（至少2个字符，须完整一致）。", "E_TOO_SHORT")
        return render_template("agency/people.html", typed=typed, rows=None, fault=fault), 422
    people = identities.find(db.session(), typed)
    _log("person.search", "person:*", hash=current_vault().blind_index(typed), found=len(people))
    rows = [_row(person) for person in people]
    return render_template("agency/people.html", typed=typed, rows=rows, fault=None)


def _row(person: Person) -> dict[str, Any]:
    """Give one result, masked (D.4)."""
    held = registrations.of_person(db.session(), person.id)
    return {
        "id": person.id,
        "name": person.name,
        "id_no": persons.mask_id(person.id_no),
        "registration": _registration(held[0]) if held else None,
    }


def _registration(registration: Registration) -> dict[str, Any]:
    return {
        "id": registration.id,
        "no": registration.no,
        "profession": offered_professions.title(office(), registration.type),
        "enterprise": registration.enterprise_name,
        "valid_from": registration.valid_from,
        "valid_to": registration.valid_to,
        "status": registration.status_on(office().today()).label,
        "reason": registration.status_reason,
        "may_end": registration.status
        in (registrations.RegistrationStatus.VALID, registrations.RegistrationStatus.EXPIRED),
    }


@bp.get("/people/<person_id>")
@access.officer()
def record(person_id: str) -> str:
    """Show a person's record with its numbers masked; opening it is logged."""
    proposals.caseworker()
    person = _person(person_id)
    _log("person.view", f"person:{person.id}")
    return _record(person, {})


@bp.post("/people/<person_id>/number")
@access.officer()
def number(person_id: str) -> str:
    """Show the whole identity number once, on the officer's click, which is logged (D.4)."""
    proposals.caseworker()
    person = _person(person_id)
    _log("person.number_shown", f"person:{person.id}")
    return _record(person, {}, is_whole=True)


@bp.post("/people/<person_id>/bans")
@access.officer(OfficerRole.APPROVER)
def impose(person_id: str) -> Response | tuple[str, int]:
    """Bar a person from applying, with ground and facts; an application in progress ends."""
    person, typed = _person(person_id), request.form
    if typed.get("basis") not in Basis.__members__:
        return _record(person, {"basis": Fault("请选择依据。", "E_REQUIRED")}), 422
    reason_typed = typed.get("reason", "").strip()
    try:
        [reason] = officer_results.reasons(office(), [typed.get("reason", "")], "reason")
        until = _until(typed.get("until", ""))
        ban_effects.bar(
            acting(Seen.PERSON, person.id),
            person.id,
            typed["basis"],
            g.visitor.actor,
            until=until,
            reason=reason,
        )
    except ValueError:
        return _record(
            person,
            {"until": Fault("请填写今天以后的日期，形如 2027-01-31，或者留空。", "E_FORMAT")},
        ), 422
    except Refusal as error:
        db.session.rollback()
        if not _has_barred(person, typed["basis"], reason_typed):
            return _record(person, Fault.by_field(error)), 422
    flash("已记录。该人员在限制期内不能申请注册。", "success")
    return redirect(f"/agency/people/{person.id}", 303)


def _has_barred(person: Person, basis: str, reason: str) -> bool:
    """Tell whether this officer has put the same ground on record: a second press is done."""
    standing = bans.active(db.session(), person.id, on=office().today())
    said = (basis, reason, g.visitor.actor.id)
    return any((ban.basis, ban.reason, ban.imposed_by) == said for ban in standing)


def _until(text: str) -> date | None:
    if not text:
        return None
    row = readings.as_day(text)
    if row is None or row <= office().today():
        raise ValueError(text)
    return row


@bp.get("/bans")
@access.officer(OfficerRole.APPROVER)
def ban_list() -> str:
    """List what stands against anybody, newest first."""
    return _bans({}, None)


@bp.post("/bans/<ban_id>/lift")
@access.officer(OfficerRole.APPROVER)
def lift(ban_id: str) -> Response | tuple[str, int]:
    """Lift a ban before its end, with a reason."""
    try:
        ban_effects.lift(
            acting(Seen.BAN, ban_id),
            ban_id,
            reason=request.form.get("reason", ""),
            actor=g.visitor.actor,
        )
    except NotFound:
        raise
    except Refusal as error:
        if bans.get(db.session(), ban_id).lifted_by == g.visitor.actor.id:
            return redirect("/agency/bans", 303)
        return _bans({f"reason-{ban_id}": Fault.of(error)}, ban_id), 422
    flash("已解除，该人员可以重新申请。", "success")
    return redirect("/agency/bans", 303)


def _bans(faults: Mapping[str, str], open_id: str | None) -> str:
    after = request.args.get("after")
    listed = bans.everyone(db.session(), after=after, limit=PAGE + 1)
    return render_template(
        "agency/bans.html",
        rows=[_ban(ban) | {"is_open": ban.id == open_id} for ban in listed[:PAGE]],
        faults=faults,
        typed=request.form,
        first="/agency/bans" if after else None,
        next=url_for(".ban_list", after=listed[PAGE - 1].id) if listed[PAGE:] else None,
    )


def _ban(ban: Ban) -> dict[str, Any]:
    today = office().today()
    state = "有效" if ban.stands_on(today) else "已解除" if ban.lifted_at else "已届满"
    version(Seen.BAN, ban.id)
    return {
        "id": ban.id,
        "person_id": ban.person_id,
        "name": persons.get(db.session(), ban.person_id).name,
        "basis": ban.basis_label,
        "since": ban.since,
        "until": ban.until,
        "reason": ban.reason,
        "lift_reason": ban.lift_reason,
        "state": state,
        "stands": ban.stands_on(today),
    }


def _person(person_id: str) -> Person:
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person


def _record(person: Person, faults: Mapping[str, str], *, is_whole: bool = False) -> str:
    look(Seen.PERSON, person.id)
    session, roles = db.session(), g.visitor.roles
    return render_template(
        "agency/person.html",
        person=person,
        id_no=person.id_no if is_whole else persons.mask_id(person.id_no),
        is_whole=is_whole,
        mobile=persons.mask_mobile(person.mobile),
        registrations=[
            _registration(registration)
            for registration in registrations.of_person(session, person.id)
        ],
        former=[
            {"name": former.name, "id_no": persons.mask_id(former.id_no), "until": former.until}
            for former in identities.former(session, person.id)
        ],
        refused=applications.refused_of(session, person.id),
        cases=identities.cases_of(session, person.id),
        bans=[_ban(ban) for ban in bans.of_person(session, person.id)],
        bases=[(basis.value, basis.label, "") for basis in Basis],
        may_propose=OfficerRole.REVIEWER in roles,
        may_correct=bool(roles & {OfficerRole.ACCEPTOR, OfficerRole.REVIEWER}),
        may_bar=OfficerRole.APPROVER in roles,
        faults=faults,
        typed=request.form,
    )


def _log(action: str, subject: str, **facts: Any) -> None:
    place = office()
    g.look_is_noted = True
    with writing(place.sessions) as session:
        audit.record(
            session,
            action,
            actor=g.visitor.actor.id,
            subject=subject,
            at=place.now(),
            facts=facts,
        )
