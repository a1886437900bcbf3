"""Signing in through the identity portal, and out again (R9–R14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import httpx
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session
from flask import url_for as to
from werkzeug.wrappers import Response

from adapters.errors import SignInRefused
from adapters.identity_portal import IdentityPortal, PortalIdentity
from refusals.refusal import NotFound
from registry.enterprises import enterprises, operators
from registry.errors import NotAnOperator
from registry.identifiers import IdType
from registry.people import officers, persons
from registry.people.officers import CASEWORKERS, Officer, OfficerRole
from registry.trail import audit
from storage.database import writing
from web.extensions import office
from web.settings import Settings
from web.sign_in import portal
from web.visitors import access, kept_forms
from web.visitors.rate_limits import limit
from web.visitors.sessions import StoredSession

bp = Blueprint("sign_in", __name__)

SIGN_INS_PER_MINUTE = 300  #: from one address: a whole office may share it
TABS = 5  #: sign-ins under way in one browser
_LONGEST_AGENT = 300  #: characters of a browser's name for itself
_LEVELS = ("L2", "L3")  #: of the portal: verified persons
_HOMES = {"person": "/applications", "enterprise": "/enterprise/inbox", "officer": "/agency/inbox"}
_CLIENT = "zhuce_identity_portal"


def install(app: Flask, settings: Settings) -> None:
    """Hang the portal's client on the app; the twin is asked without leaving the process.

    A request to ourselves over the network would hold two threads; enough of them at once would
    wait for each other for ever.
    """
    is_twin = not settings.portal_issuer
    app.extensions[_CLIENT] = IdentityPortal(
        settings.portal_issuer or portal.issuer_of(settings),
        settings.portal_secret or portal.client_secret_of(settings),
        redirect_uri=portal.redirect_uri_of(settings),
        clock=app.extensions["zhuce_office"].clock,
        transport=httpx.WSGITransport(app) if is_twin else None,
    )


def _client() -> IdentityPortal:
    client: IdentityPortal = current_app.extensions[_CLIENT]
    return client


@bp.get("/sign-in")
@access.public
def choose() -> str:
    """Ask in which capacity somebody signs in."""
    return render_template("sign_in/choose.html", next=_inside(request.args.get("next")))


@bp.get("/sign-in/<any(person, enterprise, officer):kind>")
@access.public
def begin(kind: str) -> Response:
    """Send the visitor to the portal."""
    limit("sign-in", times=SIGN_INS_PER_MINUTE, per_s=60)
    if former := kept_forms.former():  # the next form of an open tab may bear its token
        session[kept_forms.FORMER] = former
    begun = _client().begin(kind)
    kept = {**begun.kept(), "next": _inside(request.args.get("next")) or ""}
    under_way = {**session.get("sign_ins", {}), begun.state: kept}
    session["sign_ins"] = dict(list(under_way.items())[-TABS:])
    return redirect(begun.url, 303)


@bp.get("/sign-in/callback")
@access.public
def callback() -> Response:
    """Receive the visitor back and open a session of his own."""
    begun = _begun(request.args.get("state", ""))
    try:
        identity = _client().complete(begun, request.args)
        if identity.level not in _LEVELS:
            raise SignInRefused(cause="账号尚未完成实名认证（须达到L2级）")
        return _let_in(identity, _inside(begun.get("next")))
    except SignInRefused as error:
        limit("refused sign-in", times=20, per_s=60)
        _note(
            "sign_in", actor="anonymous", result="DENIED", cause=str(error.facts.get("cause", ""))
        )
        raise


def _begun(state: str) -> dict[str, str]:
    """Take the sign-in that this answer belongs to; another tab's goes on (one slot a state)."""
    under_way = dict(session.get("sign_ins", {}))
    begun: dict[str, str] = under_way.pop(state, {})
    session["sign_ins"] = under_way
    return begun


@bp.post("/sign-out")
@access.public
def sign_out() -> Response:
    """End the session."""
    if session.get("visitor"):
        _note("sign_out", actor=str(session["visitor"]))
    _own_session().renew()
    return redirect(to("home.front"), 303)


@bp.get("/act-for")
@access.person_only
def act_for() -> str:
    """Show for which enterprises somebody may act under his own account."""
    with office().sessions() as database:
        appointed = operators.of_person(database, access.visitor().person_id or "", _today())
    return render_template("sign_in/act_for.html", appointed=appointed)


@bp.post("/act-for")
@access.person_only
def acts_for() -> Response:
    """Open a session as operator of the enterprise that has appointed this person."""
    with office().sessions() as database:
        appointed = operators.of_person(database, access.visitor().person_id or "", _today())
    chosen = request.form.get("operator")
    for operator, _ in appointed:
        if operator.id == chosen:
            establish(f"operator:{operator.id}")
            return redirect(_HOMES["enterprise"], 303)
    raise NotAnOperator


def _today() -> date:
    return office().today()


def establish(key: str) -> None:
    """Open a fresh session for a visitor (`person:<id>`, `operator:<id>`, `officer:<id>`)."""
    under_way, kept = session.get("sign_ins", {}), session.get(kept_forms.KEPT)
    former = kept_forms.former()
    _own_session().renew()
    session["visitor"], session["sign_ins"] = key, under_way  # another tab's goes on
    session[kept_forms.FORMER] = former
    session.update(kept_forms.of_visitor(kept, key))
    session["address"] = request.remote_addr or "—"
    session["agent"] = str(request.user_agent)[:_LONGEST_AGENT]
    _note("sign_in", actor=key)


def _let_in(identity: PortalIdentity, wanted: str | None) -> Response:
    place = office()
    now = place.now()
    if identity.kind == "person":
        return _let_person_in(identity, wanted)
    if identity.kind == "enterprise":
        establish(f"operator:{_operator_id(identity, now)}")
        return redirect(wanted or _HOMES["enterprise"], 303)
    with place.sessions() as database:
        officer = officers.by_login(database, identity.subject)
    if officer is None or not officer.active:
        raise SignInRefused(cause="该账号不是本系统的工作人员")
    establish(f"officer:{officer.id}")
    return redirect(wanted or _home_of(officer), 303)


def _home_of(officer: Officer) -> str:
    """Give where an officer begins: who has no part in cases begins elsewhere."""
    roles = set(officer.roles)
    if roles & set(CASEWORKERS):
        return _HOMES["officer"]
    return "/operations" if OfficerRole.OPERATOR in roles else "/studio"


def _let_person_in(identity: PortalIdentity, wanted: str | None) -> Response:
    """Let a registered person in; whoever comes for the first time registers first (R12)."""
    kind, number = IdType(identity.claims["id_type"]), str(identity.claims["id_no"])
    with office().sessions() as database:
        person = persons.by_identity(database, kind, number)
    if person is None or person.realname_verified_at is None:  # taken over, never been here
        _own_session().renew()
        session["newcomer"] = {
            "name": identity.name,
            "id_type": kind.value,
            "id_no": number,
            "next": wanted or "",
        }
        return redirect(to("sign_up.form"), 303)
    if person.status != persons.PersonStatus.ACTIVE:
        raise SignInRefused(cause="账号已停用")
    establish(f"person:{person.id}")
    return redirect(wanted or _HOMES["person"], 303)


def _operator_id(identity: PortalIdentity, now: datetime) -> str:
    """Find who acts with this certificate; the enterprise is what its register says today (R14)."""
    place = office()
    uscc = str(identity.claims["org_uscc"])
    facts = place.enterprises.by_uscc(uscc)
    if facts is None:
        raise NotFound
    with writing(place.sessions) as database:
        enterprises.record(database, facts, at=now)
        operator = enterprises.comes_with_certificate(
            database, uscc, subject=identity.subject, name=identity.name, at=now
        )
        return operator.id


def _note(action: str, *, actor: str, result: str = "OK", **facts: Any) -> None:
    """Write who came and went into the audit log."""
    place = office()
    with writing(place.sessions) as database:
        audit.record(
            database,
            action,
            actor=actor,
            subject=actor,
            at=place.now(),
            result=result,
            facts=facts,
        )


def _own_session() -> StoredSession:
    return session._get_current_object()  # type: ignore[attr-defined, no-any-return]  # a LocalProxy has it


def _inside(address: str | None) -> str | None:
    """Give the address when it lies in this service, so that nobody is sent elsewhere.

    Browsers leave out tabs and line ends, so that an address with one may become another's.
    """
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    return address if address.isprintable() and " " not in address else None
