"""Signing in through the identity portal, and out again (R9–R14)."""

from __future__ import annotations

from datetime import date, datetime

import httpx
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session
from flask import url_for as to
from werkzeug.wrappers import Response

from adapters.errors import SignInRefused
from adapters.identity_portal import IdentityPortal, PortalIdentity
from registry.enterprises import enterprises, operators
from registry.errors import NotAnOperator
from registry.identifiers import IdType
from registry.people import officers, persons, second_factors
from storage.database import writing
from web.extensions import csrf, office, settings
from web.settings import Settings
from web.sign_in import opening, portal
from web.visitors import access, kept_forms, witness
from web.visitors.rate_limits import limit

bp = Blueprint("sign_in", __name__)

SIGN_INS_PER_MINUTE = 300  #: from one address: a whole office may share it
TABS = 5  #: sign-ins under way in one browser
_LEVELS = ("L2", "L3")  #: of the portal: verified persons
CLIENT = "zhuce_identity_portal"


def install(app: Flask, settings: Settings) -> None:
    """Hang the portal's client on the app; the twin is asked without leaving the process.

    A request to ourselves over the network would hold two threads; enough of them at once would
    wait for each other for ever.
    """
    is_twin = not settings.portal_issuer
    app.extensions[CLIENT] = IdentityPortal(
        settings.portal_issuer or portal.issuer_of(settings),
        settings.portal_secret or portal.client_secret_of(settings),
        redirect_uri=portal.redirect_uri_of(settings),
        clock=app.extensions["zhuce_office"].clock,
        transport=httpx.WSGITransport(app) if is_twin else None,
    )


def _client() -> IdentityPortal:
    client: IdentityPortal = current_app.extensions[CLIENT]
    return client


@bp.get("/sign-in")
@access.public
def choose() -> str:
    """Ask in which capacity somebody signs in."""
    return render_template("sign_in/choose.html", next=opening.inside(request.args.get("next")))


@bp.get("/sign-in/<any(person, enterprise, officer):kind>")
@access.public
def begin(kind: str) -> Response:
    """Send the visitor to the portal."""
    limit("sign-in", times=SIGN_INS_PER_MINUTE, per_s=60)
    if former := kept_forms.former():  # the next form of an open tab may bear its token
        session[kept_forms.FORMER] = former
    begun = _client().begin(kind)
    kept = {**begun.kept(), "next": opening.inside(request.args.get("next"), kind) or ""}
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
        witness.about(_named(identity))
        if identity.level not in _LEVELS:
            raise SignInRefused(cause="账号尚未完成实名认证（须达到L2级）")
        return _let_in(identity, opening.inside(begun.get("next"), identity.kind))
    except SignInRefused as error:
        limit("refused sign-in", times=20, per_s=60)
        cause = str(error.facts.get("cause", ""))
        subject = witness.known("anonymous")
        opening.note("sign_in", actor="anonymous", about=subject, result="DENIED", cause=cause)
        raise


def _named(identity: PortalIdentity) -> str:
    """Name who came from the portal, as operators look for him whatever becomes of it."""
    if identity.kind == "enterprise":
        return f"enterprise:{identity.claims['org_uscc']}"
    if identity.kind == "officer":
        return f"login:{identity.subject}"
    kind, number = IdType(identity.claims["id_type"]), str(identity.claims["id_no"])
    with office().sessions() as database:
        person = persons.by_identity(database, kind, number)
    return f"person:{person.id}" if person else "anonymous"


def _begun(state: str) -> dict[str, str]:
    """Take the sign-in that this answer belongs to; another tab's goes on (one slot a state)."""
    under_way = dict(session.get("sign_ins", {}))
    begun: dict[str, str] = under_way.pop(state, {})
    session["sign_ins"] = under_way
    return begun


@bp.post("/sign-out")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@access.public
def sign_out() -> Response:
    """End the session; who has none any more is out, and a page opened before ends it too."""
    if session.get("visitor"):
        if not kept_forms.owner_of_form():
            csrf.protect()
        opening.note("sign_out", actor=str(session["visitor"]))
    opening.own_session().renew()
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
            return _admit_operator(operator.id)
    raise NotAnOperator


def _today() -> date:
    return office().today()


def _let_in(identity: PortalIdentity, wanted: str | None) -> Response:
    place = office()
    now = place.now()
    if identity.kind == "person":
        return _let_person_in(identity, wanted)
    if identity.kind == "enterprise":
        return _admit_operator(_operator_id(identity, now), wanted)
    with place.sessions() as database:
        officer = officers.by_login(database, identity.subject)
        is_held = officer is not None and second_factors.is_held(database, f"officer:{officer.id}")
    if officer is None or not officer.active:
        raise SignInRefused(cause="该账号不是本系统的工作人员")
    return opening.admit(
        f"officer:{officer.id}",
        wanted,
        is_held=is_held,
        is_required=settings().requires_second_factor,
        home=opening.home_of(officer),
    )


def _admit_operator(operator_id: str, wanted: str | None = None) -> Response:
    """Let an operator in; he proves himself twice where he or his enterprise wants it."""
    key = f"operator:{operator_id}"
    with office().sessions() as database:
        is_held = second_factors.is_held(database, key)
        is_required = operators.requires_second_factor(database, operator_id)
    home = opening.HOMES["enterprise"]
    return opening.admit(key, wanted, is_held=is_held, is_required=is_required, home=home)


def _let_person_in(identity: PortalIdentity, wanted: str | None) -> Response:
    """Let a registered person in; whoever comes for the first time registers first (R12)."""
    kind, number = IdType(identity.claims["id_type"]), str(identity.claims["id_no"])
    with office().sessions() as database:
        person = persons.by_identity(database, kind, number)
    if person is None or person.realname_verified_at is None:  # taken over, never been here
        opening.own_session().renew()
        session["newcomer"] = {
            "name": identity.name,
            "id_type": kind.value,
            "id_no": number,
            "next": wanted or "",
        }
        return redirect(to("sign_up.form"), 303)
    if person.status != persons.PersonStatus.ACTIVE:
        raise SignInRefused(cause="账号已停用")
    opening.establish(f"person:{person.id}")
    return redirect(wanted or opening.HOMES["person"], 303)


def _operator_id(identity: PortalIdentity, now: datetime) -> str:
    """Find who acts with this certificate; the enterprise is what its register says today (R14)."""
    place = office()
    uscc = str(identity.claims["org_uscc"])
    facts = place.enterprises.by_uscc(uscc)
    if facts is None:
        raise SignInRefused(
            cause=f"企业登记信息中没有统一社会信用代码为{uscc}的企业。请核对营业执照；"
            "新设立或者刚变更的，请待登记信息更新后再登录"
        )
    with writing(place.sessions) as database:
        enterprises.record(database, facts, at=now)
        operator = enterprises.comes_with_certificate(
            database, uscc, subject=identity.subject, name=identity.name, at=now
        )
        return operator.id
