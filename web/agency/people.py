"""Officers find a person, see the record, and approvers keep the list of bans (D.4, I19, I20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from casework.authority import ban_effects
from casework.case import offered_professions
from casework.privacy import bulk_reads
from casework.tasks import officer_results
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.applications import applications
from registry.applications.applications import Application
from registry.authority import bans, identities
from registry.authority.bans import Ban, Basis
from registry.certificates import registrations
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.people import persons
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.versions import Seen
from storage.database import writing
from storage.literals import literal
from storage.vault import current_vault
from web.agency import lists, proposals
from web.extensions import db, office
from web.lists import cases as narrowing
from web.lists import pages as listed
from web.lists.listing import Column, Empty, Filter, Listing, Search, Sort
from web.ui import professions
from web.visitors import access
from web.visitors.seen import acting, look, version

bp = Blueprint("people", __name__, url_prefix="/agency")

LONGEST = 60  #: characters of what is looked for


@bp.get("/people")
@access.officer()
def search_form() -> str:
    """Ask for whom to look."""
    proposals.caseworker()
    return render_template("agency/people.html", typed="", list=None, fault=None)


@bp.post("/people")
@access.officer()
def search() -> Response | str | tuple[str, int]:
    """Find persons by what they are called or numbered; each search is logged.

    The words are sent in the body: a number in an address would stand in logs and histories.
    """
    proposals.caseworker()
    typed = request.form.get("q", "")[:LONGEST]
    if len(typed) < 2:
        said = "请输入姓名、证件号码、注册号、证书编号或申请编号（至少2个字符，须完整一致）。"
        fault = Fault(said, "E_TOO_SHORT")
        return render_template("agency/people.html", typed=typed, list=None, fault=fault), 422
    people = identities.find(db.session(), typed)
    _log("person.search", "person:*", hash=current_vault().blind_index(typed), found=len(people))
    return listed.show(
        _found([person.id for person in people]),
        "agency/people.html",
        args=request.form,
        typed=typed,
        fault=None,
    )


def _found(ids: Sequence[str]) -> Listing:
    """List the persons that were found; what they were found by is kept nowhere."""
    of_person = select(Registration.id).where(Registration.person_id == Person.id)
    valid = of_person.where(Registration.status == literal(RegistrationStatus.VALID)).exists()
    return Listing(
        key="people",
        caption="查询结果",
        query=select(Person.id).where(Person.id.in_(ids)),
        id=Person.id,
        rows=lambda shown: {
            person.id: _row(person)
            for person in db.session().scalars(select(Person).where(Person.id.in_(shown)))
        },
        columns=[
            Column(key="name", head="姓名", classes="fold__name"),
            Column(key="id_no", head="证件号码"),
            Column(key="no", head="注册号"),
            Column(key="enterprise", head="聘用企业"),
            Column(key="status", head="注册状态"),
            Column(key="actions", head="操作", kind="actions"),
        ],
        sorts=[
            Sort(key="oldest", label="最早登记的在前"),
            Sort(key="newest", label="最近登记的在前", descending=True),
        ],
        filters=[
            Filter(
                key="registered",
                label="注册状态",
                choices=[("valid", "有效注册"), ("none", "没有有效注册")],
                where=lambda word: valid if word == "valid" else ~valid,
            ),
            Filter(
                key="profession",
                label="注册类别",
                choices=[(kind.key, kind.title) for kind in professions.all_offered()],
                where=lambda word: of_person.where(Registration.type == word).exists(),
            ),
        ],
        unit="人",
        size=50,
        empty=Empty(
            text="没有查到符合条件的人员。",
            advice="请核对后重新输入：姓名须与实名信息完全一致，证件号码须完整。",
        ),
    )


def _row(person: Person) -> dict[str, Any]:
    """Give one result, masked (D.4)."""
    held = registrations.of_person(db.session(), person.id)
    newest = _registration(held[0]) if held else {}
    return {
        "name": person.name,
        "id_no": persons.mask_id(person.id_no),
        "no": newest.get("no"),
        "enterprise": newest.get("enterprise"),
        "status": newest.get("status", "未注册"),
        "actions": [{"href": f"/agency/people/{person.id}", "text": "查看", "unseen": person.name}],
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
def ban_list() -> Response | str | tuple[str, int]:
    """List what stands against anybody, newest first."""
    return _bans({}, None)


@bp.post("/bans/<ban_id>/lift")
@access.officer(OfficerRole.APPROVER)
def lift(ban_id: str) -> Response | str | tuple[str, int]:
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
        return _bans({f"reason-{ban_id}": Fault.of(error)}, ban_id)
    flash("已解除，该人员可以重新申请。", "success")
    return redirect("/agency/bans", 303)


def _bans(faults: Mapping[str, str], open_id: str | None) -> Response | str | tuple[str, int]:
    return listed.show(
        _ban_list(open_id),
        "agency/bans.html",
        status=422 if faults else 200,
        faults=faults,
        typed=request.form,
    )


def _ban_list(open_id: str | None) -> Listing:
    session, today = db.session(), office().today()
    over = Ban.until.is_not(None) & (Ban.until <= today)
    return Listing(
        key="bans",
        caption="禁止申请",
        query=select(Ban.id).where(Ban.lifted_at.is_(None)),
        id=Ban.id,
        rows=lambda ids: {
            ban.id: _ban(ban) | {"is_open": ban.id == open_id}
            for ban in session.scalars(select(Ban).where(Ban.id.in_(ids)))
        },
        columns=[
            Column(key="name", head="姓名"),
            Column(key="basis", head="依据"),
            Column(key="since", head="开始", kind="day"),
            Column(key="until", head="届满", kind="day"),
            Column(key="state", head="状态"),
            Column(key="reason", head="事实和理由"),
        ],
        sorts=[
            Sort(key="newest", label="最近记录的在前", descending=True),
            Sort(key="oldest", label="最早记录的在前"),
        ],
        search=Search(
            label="查找",
            hint="姓名或注册号，须完整一致；请勿输入证件号码",
            where=lambda typed: or_(
                Ban.person_id.in_(select(Person.id).where(Person.name == readings.name(typed))),
                Ban.person_id.in_(narrowing.registered_under(readings.number(typed))),
            ),
        ),
        filters=[
            Filter(
                key="state",
                label="状态",
                choices=[("stands", "有效"), ("over", "已届满")],
                where=lambda word: over if word == "over" else ~over,
            ),
            Filter(
                key="basis",
                label="依据",
                choices=[(basis.value, basis.label) for basis in Basis],
                where=lambda word: Ban.basis == word,
            ),
        ],
        unit="条",
        empty=Empty(text="没有禁止申请的人员。", advice="在【人员查询】中找到人员后可以新增。"),
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
        cases=_cases(person),
        bans=[_ban(ban) for ban in bans.of_person(session, person.id)],
        bases=[(basis.value, basis.label, "") for basis in Basis],
        may_propose=OfficerRole.REVIEWER in roles,
        may_correct=bool(roles & {OfficerRole.ACCEPTOR, OfficerRole.REVIEWER}),
        may_bar=OfficerRole.APPROVER in roles,
        faults=faults,
        typed=request.form,
    )


def _cases(person: Person) -> list[Application]:
    """Give the applications and cases of a person that the officer may open, newest first."""
    visible = lists.all_cases(g.visitor.actor).query.where(Application.person_id == person.id)
    query = select(Application).where(Application.id.in_(visible))
    return list(db.session().scalars(query.order_by(Application.id.desc())))


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
        bulk_reads.watch(session, g.visitor.actor.id, place.now())
