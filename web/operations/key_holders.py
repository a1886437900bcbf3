"""数字证书持有人: operators unlock and revoke keys of others, one asks and another confirms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.keys import by_two, holders, reasons
from casework.keys.holders import KeyHolder
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.authority import identities
from registry.enterprises.enterprises import Enterprise
from registry.people import officers, persons
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.trail import key_requests as requests
from registry.trail.key_requests import KeyAct, KeyRequest
from signing import Role
from storage.database import writing
from storage.vault import current_vault
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("key_holders", __name__, url_prefix="/operations/key-holders")

LONGEST = 60  #: characters of what is looked for
_ROLES = {"person": Role.APPLICANT, "enterprise": Role.ENTERPRISE}
_ACTS = {"unlock": KeyAct.UNLOCK, "revoke": KeyAct.REVOKE}
_SETTLED = {
    "confirm": (by_two.confirm, "已办理，并已通知持有人。"),
    "decline": (by_two.decline, "已撤销该申请。"),
}


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str:
    """List what waits for another operator, and ask for whom to look."""
    return _front()


def _front(
    typed: str = "", rows: list[dict[str, str]] | None = None, fault: Fault | None = None
) -> str:
    waiting = requests.waiting(db.session())
    asked_by = [_officer_id(waits.asked_by) for waits in waiting]
    names = officers.names(db.session(), asked_by)
    return render_template(
        "operations/key_holders.html",
        waiting=[_shown(waits, names) for waits in waiting],
        typed=typed,
        rows=rows,
        fault=fault,
    )


def _shown(waits: KeyRequest, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": waits.id,
        "act": KeyAct(waits.act).label,
        "holder": _named(by_two.holder_of(waits)),
        "serial": waits.serial,
        "cause": reasons.words(waits.cause) if waits.cause else None,
        "reason": waits.reason,
        "proof": waits.proof,
        "asked_by": names.get(_officer_id(waits.asked_by), "—"),
        "asked_at": waits.asked_at,
        "is_own": waits.asked_by == access.visitor().actor.id,
    }


@bp.post("")
@access.officer(OfficerRole.OPERATOR)
def search() -> str | tuple[str, int]:
    """Find a person by name or identity number, an enterprise by its code; each search is logged.

    The words are sent in the body: a number in an address would stand in logs and histories.
    """
    typed = request.form.get("q", "")[:LONGEST].strip()
    if len(typed) < 2:
        fault = Fault("请输入姓名、证件号码或者统一社会信用代码（须完整一致）。", "E_TOO_SHORT")
        return _front(typed, fault=fault), 422
    people = identities.find(db.session(), typed)
    employer = db.session.get(Enterprise, readings.number(typed))
    rows = [
        _row("person", person.id, person.name, persons.mask_id(person.id_no)) for person in people
    ]
    if employer is not None:
        rows.append(_row("enterprise", employer.uscc, employer.name, employer.uscc))
    _note("person.search", "person:*", hash=current_vault().blind_index(typed), found=len(rows))
    return _front(typed, rows)


def _row(kind: str, subject: str, name: str, number: str) -> dict[str, str]:
    href = url_for("key_holders.holder", kind=kind, subject=subject)
    return {"href": href, "name": name, "number": number}


@bp.get("/<kind>/<subject>")
@access.officer(OfficerRole.OPERATOR)
def holder(kind: str, subject: str) -> str:
    """Show how the certificate of a holder stands and what may be asked for; the look is logged."""
    of = _of(kind, subject)
    _named(of)
    _note("keys.holder_view", of.name_in_trail)
    return _holder(kind, subject, {})


def _holder(kind: str, subject: str, faults: dict[str, str]) -> str:
    of = _of(kind, subject)
    return render_template(
        "operations/key_holder.html",
        kind=kind,
        subject=subject,
        name=_named(of),
        standing=holders.of(office(), of),
        words=reasons.words,
        causes=reasons.choices(),
        faults=faults,
        typed=request.form,
    )


@bp.post("/<kind>/<subject>")
@access.officer(OfficerRole.OPERATOR)
def ask(kind: str, subject: str) -> Response | tuple[str, int]:
    """Ask to unlock or to revoke; another operator confirms."""
    act = _ACTS.get(request.form.get("action", ""))
    of = _of(kind, subject)
    _named(of)
    if act is None:
        raise NotFound
    try:
        by_two.ask(
            office(),
            act,
            of,
            access.visitor().actor,
            shown=request.form.get("serial", ""),
            reason=request.form.get("reason", ""),
            proof=request.form.get("proof", ""),
            cause=request.form.get("cause", ""),
        )
    except Refusal as refusal:
        return _holder(kind, subject, Fault.by_field(refusal)), 422
    flash("已提出申请，等待另一名运行维护人员确认。", "success")
    return redirect(url_for("key_holders.front"), 303)


@bp.post("/requests/<request_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(request_id: str) -> Response:
    """Confirm what another operator asked for, or decline it."""
    settled = _SETTLED.get(request.form.get("action", ""))
    if settled is None:
        raise NotFound
    act, text = settled
    act(office(), request_id, access.visitor().actor)
    flash(text, "success")
    return redirect(url_for("key_holders.front"), 303)


def _of(kind: str, subject: str) -> KeyHolder:
    """Read an address. Raises: NotFound."""
    if (role := _ROLES.get(kind)) is None:
        raise NotFound
    return KeyHolder(role=role, subject=subject)


def _named(of: KeyHolder) -> str:
    """Say whose key it is. Raises: NotFound."""
    if of.role is Role.ENTERPRISE:
        employer = db.session.get(Enterprise, of.subject)
        if employer is not None:
            return f"{employer.name}（{employer.uscc}）"
    else:
        person = db.session.get(Person, of.subject)
        if person is not None:
            return f"{person.name}（{persons.mask_id(person.id_no)}）"
    raise NotFound


def _note(action: str, subject: str, **facts: object) -> None:
    place = office()
    g.look_is_noted = True
    with writing(place.sessions) as session:
        audit.record(
            session,
            action,
            actor=access.visitor().actor.id,
            role=OfficerRole.OPERATOR,
            subject=subject,
            at=place.now(),
            facts=facts,
        )


def _officer_id(actor: str) -> str:
    return actor.removeprefix("officer:")
