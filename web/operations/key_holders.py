"""数字证书持有人: operators unlock and revoke keys of others, one asks and another confirms.

The agency's seal stands here too: two of them enrol, renew and revoke it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, literal, or_, select, union, union_all
from werkzeug.wrappers import Response

from casework.keys import by_two, holders, reasons
from casework.keys.holders import KeyHolder
from casework.office import Office
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.authority import identities
from registry.enterprises.enterprises import Enterprise, fold_name
from registry.people import officers, persons
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.trail.asked import RequestState
from registry.trail.key_requests import KeyAct, KeyRequest
from signing import Role
from storage.database import writing
from storage.vault import current_vault
from web import display
from web.extensions import db, office
from web.lists import pages as listed
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.ui.wording import Tag
from web.visitors import access, once_more

bp = Blueprint("key_holders", __name__, url_prefix="/operations/key-holders")

LONGEST = 60  #: characters of what is looked for
_HOLDERS = {"person": "个人", "enterprise": "企业"}
_STATES = {
    RequestState.WAITING: Tag(text="等待确认", colour="yellow"),
    RequestState.CONFIRMED: Tag(text="已办理", colour="green"),
    RequestState.DECLINED: Tag(text="已撤销", colour="grey"),
}
_ROLES = {"person": Role.APPLICANT, "enterprise": Role.ENTERPRISE, "agency": Role.AGENCY}
_ACTS = {
    "unlock": KeyAct.UNLOCK,
    "revoke": KeyAct.REVOKE,
    "enrol": KeyAct.ENROL,
    "renew": KeyAct.RENEW,
}
_SETTLED = {
    "confirm": (by_two.confirm, "已办理，并已通知持有人。"),
    "decline": (by_two.decline, "已撤销该申请。"),
}


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str:
    """List what waits for another operator, and ask for whom to look."""
    return _front()


def _front(typed: str = "", fault: Fault | None = None) -> str:
    return render_template("operations/key_holders.html", list=None, fault=fault, **_around(typed))


def _around(typed: str) -> dict[str, Any]:
    """Give what the page shows beside the holders that were found."""
    waiting = KeyRequest.waiting(db.session())
    asked_by = [_officer_id(waits.asked_by) for waits in waiting]
    names = officers.names(db.session(), asked_by)
    return {
        "waiting": [_shown(waits, names) for waits in waiting],
        "typed": typed,
        "authority": office().policy.authority,
    }


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
def search() -> Response | str | tuple[str, int]:
    """Find a person by name or identity number, an enterprise by its code; each search is logged.

    The words are sent in the body: a number in an address would stand in logs and histories.
    """
    typed = request.form.get("q", "")[:LONGEST].strip()
    if len(typed) < 2:
        fault = Fault("请输入姓名、证件号码或者统一社会信用代码（须完整一致）。", "E_TOO_SHORT")
        return _front(typed, fault=fault), 422
    people = identities.find(db.session(), typed)
    employer = db.session.get(Enterprise, readings.number(typed))
    firms = [employer.uscc] if employer is not None else []
    found = len(people) + len(firms)
    _note("person.search", "person:*", hash=current_vault().blind_index(typed), found=found)
    return listed.show(
        _found([person.id for person in people], firms),
        "operations/key_holders.html",
        args=request.form,
        fault=None,
        **_around(typed),
    )


def _found(people: Sequence[str], firms: Sequence[str]) -> Listing:
    """List the persons and enterprises that were found."""
    of_people = select(Person.id.label("id"), literal("person").label("kind"))
    of_firms = select(Enterprise.uscc, literal("enterprise"))
    found = union_all(
        of_people.where(Person.id.in_(people)), of_firms.where(Enterprise.uscc.in_(firms))
    ).subquery()
    return Listing(
        key="key-holders",
        caption="数字证书持有人",
        query=select(found.c.id),
        id=found.c.id,
        rows=_holders,
        columns=[
            Column(key="name", head="持有人", classes="fold__name"),
            Column(key="number", head="证件号码或者统一社会信用代码"),
            Column(key="kind", head="类别"),
            Column(key="actions", head="操作", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(key="oldest", label="最早登记的在前"),
            Sort(key="newest", label="最近登记的在前", descending=True),
        ],
        filters=[
            Filter(
                key="kind",
                label="类别",
                choices=list(_HOLDERS.items()),
                where=lambda word: found.c.kind == word,
            )
        ],
        unit="个",
        size=50,
        empty=Empty(
            text="没有找到持有人。",
            advice="请核对后重新输入：姓名须与实名信息完全一致，证件号码和代码须完整。",
        ),
    )


def _holders(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    people = session.scalars(select(Person).where(Person.id.in_(ids)))
    firms = session.scalars(select(Enterprise).where(Enterprise.uscc.in_(ids)))
    return {
        person.id: _row("person", person.id, person.name, persons.mask_id(person.id_no))
        for person in people
    } | {firm.uscc: _row("enterprise", firm.uscc, firm.name, firm.uscc) for firm in firms}


def _row(kind: str, subject: str, name: str, number: str) -> Row:
    href = url_for("key_holders.holder", kind=kind, subject=subject)
    return {
        "name": name,
        "number": number,
        "kind": _HOLDERS[kind],
        "actions": [{"href": href, "text": "查看", "unseen": name}],
    }


@bp.get("/requests")
@access.officer(OfficerRole.OPERATOR)
def asked() -> Response | str | tuple[str, int]:
    """List everything that was ever asked for, the newest first."""
    return listed.show(_requests(), "operations/key_requests.html")


def _requests() -> Listing:
    return Listing(
        key="key-requests",
        caption="解除锁定和吊销的记录",
        query=select(KeyRequest.id),
        id=KeyRequest.id,
        rows=_request_rows,
        columns=[
            Column(
                key="act", head="事项", classes="fold__short", note="cause", note_head="吊销原因"
            ),
            Column(
                key="holder",
                head="持有人",
                classes="fold__path",
                note="serial",
                note_head="证书序列号",
            ),
            Column(key="reason", head="原因或者法律依据", note="proof", note_head="身份核实方式"),
            Column(key="asked_by", head="提出", note="asked_on", note_head="提出时间"),
            Column(key="settled_by", head="办理", note="settled_on", note_head="办理时间"),
            Column(key="state", head="状态", kind="tag", classes="fold__short"),
        ],
        sorts=[
            Sort(key="newest", label="最近提出的在前", descending=True),
            Sort(key="oldest", label="最早提出的在前"),
        ],
        search=Search(
            label="查找",
            hint="姓名、企业名称、信用代码或者证书序列号，须完整；请勿输入证件号码",
            where=_about,
        ),
        filters=[
            Filter(
                key="act",
                label="事项",
                choices=[(act.value, act.label) for act in KeyAct],
                where=lambda word: KeyRequest.act == word,
            ),
            Filter(
                key="state",
                label="状态",
                choices=[(state.value, tag.text) for state, tag in _STATES.items()],
                where=lambda word: KeyRequest.state == word,
            ),
        ],
        unit="条",
        empty=Empty(
            text="还没有解除锁定或者吊销的申请。",
            advice="在【数字证书持有人】中找到持有人后可以提出。",
        ),
    )


def _about(typed: str) -> ColumnElement[bool]:
    number = readings.number(typed)
    return or_(
        KeyRequest.serial == number.lower(),
        KeyRequest.subject.in_(
            union(
                select(Person.id).where(Person.name == readings.name(typed)),
                select(Enterprise.uscc).where(Enterprise.uscc == number),
                select(Enterprise.uscc).where(Enterprise.folded_name == fold_name(typed)),
            )
        ),
    )


def _request_rows(ids: Sequence[str]) -> dict[str, Row]:
    kept = db.session().scalars(select(KeyRequest).where(KeyRequest.id.in_(ids))).all()
    people = [_officer_id(by) for row in kept for by in (row.asked_by, row.settled_by) if by]
    names = officers.names(db.session(), people)
    return {
        row.id: _shown(row, names)
        | {
            "serial": row.serial.upper(),
            "asked_on": display.clock_time(row.asked_at),
            "settled_by": names.get(_officer_id(row.settled_by or "")),
            "settled_on": display.clock_time(row.settled_at) if row.settled_at else "",
            "state": _STATES[RequestState(row.state)],
        }
        for row in kept
    }


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
        is_seal=of.role is Role.AGENCY,
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
def settle(request_id: str) -> Response | str:
    """Confirm what another operator asked for, or decline it; to revoke is asked once more."""
    action = request.form.get("action", "")
    settled = _SETTLED.get(action)
    if settled is None:
        raise NotFound
    act, text = settled

    def do(place: Office) -> None:
        act(place, request_id, access.visitor().actor)

    asked = KeyRequest.get(db.session(), request_id)
    is_final = action == "confirm" and asked is not None and asked.act == KeyAct.REVOKE
    db.session.rollback()
    if is_final and (
        asks := once_more.unanswered(
            do,
            office(),
            "确认吊销",
            "吊销立即生效，不能撤销；此前签署的文件仍然有效。",
            yes="确认吊销",
            back=url_for("key_holders.front"),
        )
    ):
        return asks
    do(office())
    flash(text, "success")
    return redirect(url_for("key_holders.front"), 303)


def _of(kind: str, subject: str) -> KeyHolder:
    """Read an address. Raises: NotFound."""
    if (role := _ROLES.get(kind)) is None:
        raise NotFound
    return KeyHolder(role=role, subject=subject)


def _named(of: KeyHolder) -> str:
    """Say whose key it is. Raises: NotFound."""
    if of.role is Role.AGENCY:
        if of.subject == office().policy.authority or holders.of(office(), of) is not None:
            return f"{of.subject}电子印章"
    elif of.role is Role.ENTERPRISE:
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
