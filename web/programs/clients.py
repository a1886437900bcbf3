"""程序: who lets which program speak for him, its secrets, when it was last used, and its end."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as to
from werkzeug.wrappers import Response as Answer

from casework.programs import clients as acts
from casework.programs.clients import MOST_OVERLAP_DAYS, Named, OverlapTooLong
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.clients import clients, webhooks
from registry.clients.clients import OVERLAP, SCOPES, Client, ClientParty, Scope
from registry.enterprises import operators
from registry.versions import Seen
from storage.database import new_id
from web.extensions import anew, db, office
from web.lists import pages as listed
from web.programs import lists, rights
from web.programs.rights import Right
from web.visitors import access
from web.visitors.rate_limits import limit
from web.visitors.seen import acting, look

bp = Blueprint("programs", __name__, url_prefix="/programs")

_HINTS = {
    ClientParty.ENTERPRISE: "代企业的一名经办人办理",
    ClientParty.AGENCY: "代一名工作人员办理",
    ClientParty.INTEGRATOR: "不代任何人办理，只能查验证书",
}
_FIELDS = ("name", "party", "uscc", "operator", "officer", "request")


@bp.get("")
@access.program_keeper
def front() -> Answer | str | tuple[str, int]:
    """List the programs that the visitor is shown."""
    return listed.show(lists.programs(), "programs/list.html", may_register=rights.may_register())


@bp.get("/new")
@access.program_keeper
def new() -> str:
    """Ask for whom a program is to act, and what it may ask for."""
    if not rights.may_register():
        raise NotFound
    return _new({})


def _new(faults: dict[str, str]) -> str:
    visitor, today = access.visitor(), office().today()
    typed = {name: request.form.get(name, "")[:200] for name in _FIELDS}
    clerks = operators.of_enterprise(db.session(), visitor.uscc) if visitor.uscc else []
    return render_template(
        "programs/new.html",
        faults=faults,
        typed={**typed, "request": typed["request"] or new_id()},
        chosen=request.form.getlist("scope"),
        scopes=[(scope.value, scope.about) for scope in _scopes()],
        parties=[(party.value, party.label, _HINTS[party]) for party in ClientParty],
        clerks=[clerk.name for clerk in clerks if operators.acts_on(clerk, today)],
        is_operator=rights.is_operator(),
    )


def _scopes() -> list[Scope]:
    """Give what the visitor's programs may ask for at most."""
    most = frozenset(Scope) if rights.is_operator() else SCOPES[ClientParty.ENTERPRISE]
    return [scope for scope in Scope if scope in most]


@bp.post("")
@access.program_keeper
def add() -> Answer | tuple[str, int]:
    """Register a program; whom it acts for draws its secret."""
    if not rights.may_register():
        raise NotFound
    visitor, form = access.visitor(), request.form
    key = _id(form.get("request", ""))
    limit("client", visitor.uscc or visitor.actor.id, times=60, per_s=3600)
    try:
        client_id = acts.register(
            office(),
            form.get("name", ""),
            _named(),
            form.getlist("scope"),
            visitor.actor,
            id=key,
        )
    except Refusal as refusal:
        return _new(Fault.by_field(refusal)), 422
    flash("已登记。程序取得密钥后才能使用。", "success")
    return redirect(to(".program", client_id=client_id), 303)


def _named() -> Named:
    """Read for whom: an enterprise's administrator registers for his own enterprise alone."""
    form, uscc = request.form, access.visitor().uscc
    if not rights.is_operator():
        return Named(uscc=uscc or "", operator=form.get("operator", ""))
    party = form.get("party", "")
    if party == ClientParty.ENTERPRISE:
        return Named(uscc=form.get("uscc", ""), operator=form.get("operator", ""))
    if party == ClientParty.AGENCY:
        return Named(officer=form.get("officer", ""))
    return Named(is_integrator=party == ClientParty.INTEGRATOR)


def _id(typed: str) -> str:
    """Read the id that a page has made up. Raises: NotFound."""
    if len(typed) == len(new_id()) and typed.isascii() and typed.isalnum():
        return typed
    raise NotFound


@bp.get("/<client_id>")
@access.program_keeper
def program(client_id: str) -> str:
    """Show a program: for whom it acts, what it may ask for, its secrets and addresses."""
    client = rights.own(client_id)
    return render_template(
        "programs/program.html",
        webhooks=webhooks.of_client(db.session(), client.id),
        **_around(client),
    )


def _around(client: Client) -> dict[str, Any]:
    people, firms = lists.names([client])
    return {
        "client": client,
        "state": lists.state(client),
        "party": ClientParty(client.party).label,
        "acts_as": people.get(client.acts_as or ""),
        "enterprise": firms.get(client.uscc or ""),
        "scopes": "、".join(Scope(scope).about for scope in client.scopes),
        "secrets": clients.secrets_of(db.session(), client.id, office().now()),
        "may": {right.value for right in rights.of(client)} if client.active else set(),
        "listens": Scope.WEBHOOKS in client.scopes,
    }


@bp.get("/<client_id>/secret")
@access.program_keeper
def ask_for_secret(client_id: str) -> str:
    """Ask how long the secret before counts, and say that the new one is shown once."""
    return _asking(client_id, {})


def _asking(client_id: str, faults: dict[str, str]) -> str:
    client = _active(client_id, Right.DRAW)
    days = request.form.get("overlap_days", str(OVERLAP.days))[:4]
    return render_template("programs/secret.html", faults=faults, days=days, **_around(client))


@bp.post("/<client_id>/secret")
@access.program_keeper
def give_secret(client_id: str) -> Response | tuple[str, int]:
    """Give a program a new secret, and show it this once."""
    client = _active(client_id, Right.DRAW)
    typed = request.form.get("overlap_days", "0").strip()
    days = int(typed) if typed.isdecimal() and len(typed) < 4 else -1  # refused with the others
    place = acting(Seen.CLIENT, client.id)
    try:
        secret = acts.rotate(place, client.id, access.visitor().actor, overlap_days=days)
    except OverlapTooLong:
        refusal = OverlapTooLong("overlap_days", most=MOST_OVERLAP_DAYS)
        return _asking(client_id, Fault.by_field(refusal)), 422
    return shown_once("programs/shown.html", id=client.id, secret=secret)


def shown_once(template: str, **facts: Any) -> Response:
    """Answer with a page that holds a secret, which nothing keeps."""
    answer = make_response(render_template(template, **facts))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/<client_id>/void")
@access.program_keeper
def ask_to_void(client_id: str) -> str:
    """Ask once more before the secrets are ended."""
    return _stopping(client_id, "void")


@bp.get("/<client_id>/end")
@access.program_keeper
def ask_to_end(client_id: str) -> str:
    """Ask once more before the whole program is ended."""
    return _stopping(client_id, "end")


def _stopping(client_id: str, act: str) -> str:
    client = _active(client_id, Right.STOP)
    look(Seen.CLIENT, client.id)
    return render_template("programs/stop.html", act=act, **_around(client))


@bp.post("/<client_id>/void")
@access.program_keeper
def void(client_id: str) -> Answer:
    """End the secrets and tokens of a program, which may be given a new one."""
    client = _active(client_id, Right.STOP)
    acts.void(acting(Seen.CLIENT, client.id), client.id, access.visitor().actor)
    flash("现有密钥和令牌已停用，立即生效。取得新的密钥后程序才能使用。", "success")
    return redirect(to(".program", client_id=client.id), 303)


@bp.post("/<client_id>/end")
@access.program_keeper
def end(client_id: str) -> Answer:
    """End a program with its secrets and tokens; pressed again, it is ended."""
    client = rights.own(client_id, Right.STOP)
    try:
        if client.active:
            acts.revoke(office(), client.id, access.visitor().actor)
    except acts.ClientUnknown:
        anew(client)
        if client.active:
            raise
    flash("程序已停用，立即生效。", "success")
    return redirect(to(".program", client_id=client.id), 303)


def _active(client_id: str, right: Right) -> Client:
    client = rights.own(client_id, right)
    if not client.active:
        raise NotFound
    return client
