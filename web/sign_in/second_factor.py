"""第二重验证: the second proof of officers and of operators of enterprises, and its enrolment.

Whoever is awaited may enrol here as long as he holds nothing; who holds something proves himself
with it first, also inside a session when the last proof is some time ago.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from casework.second_factors import enrolment, proofs
from pdfgen import pictures
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.enterprises import operators
from registry.enterprises.enterprises import Operator
from registry.people import second_factors
from registry.people.officers import Officer
from registry.people.second_factors import LASTING, FactorKind
from web.errors import TooManyAttempts
from web.extensions import db, office, settings
from web.sign_in import opening, passkeys
from web.ui.professions import site_name
from web.visitors import access, once_more
from web.visitors.rate_limits import limit

bp = Blueprint("second_factor", __name__, url_prefix="/second-factor")

TRIES, PER_S = 5, 300  #: codes of one officer
FRESH = timedelta(minutes=15)  #: for how long a proof lets change what proves
_SECRET = "authenticator_secret"  # noqa: S105  # the name of a slot in the session
_Page = str | Response | tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Holder:
    """An officer, or somebody who acts for an enterprise: signed in, or awaited."""

    key: str  #: as a visitor is named
    name: str
    login: str  #: what authenticators show beside the name of the service
    home: str
    is_required: bool
    is_awaited: bool
    wanted: str  #: where he goes next
    is_held: bool  #: he has something to prove himself with

    @property
    def is_officer(self) -> bool:
        """Tell whether he works for the agency: others reset what he lost."""
        return self.key.startswith("officer:")

    @property
    def user(self) -> passkeys.User:
        """Give what a passkey is called by."""
        return passkeys.User(id=self.key.partition(":")[2], login=self.login, name=self.name)


def _holder() -> Holder:
    """Know who asks; a stranger is sent to the sign-in."""
    visitor, awaited = g.visitor, opening.awaited()
    key, wanted = "", opening.inside(request.values.get("next")) or ""
    if visitor is not None and (visitor.officer or visitor.operator):
        key = visitor.actor.id
    elif awaited is not None:
        key, wanted = awaited
    holder = _known(key, wanted, is_awaited=visitor is None)
    if holder is None:
        kind = "enterprise" if key.startswith("operator:") else "officer"
        abort(redirect(url_for("sign_in.begin", kind=kind), 303))
    return holder


def _known(key: str, wanted: str, *, is_awaited: bool) -> Holder | None:
    """Read who somebody is; None: nobody who acts here today."""
    kind, _, known = key.partition(":")
    row: Officer | Operator | None = None
    if kind == "officer":
        row = db.session.get(Officer, known)
        is_here = row is not None and row.active
    else:
        row = db.session.get(Operator, known) if kind == "operator" else None
        is_here = row is not None and operators.acts_on(row, office().today())
    if row is None or not is_here:
        return None
    is_officer = isinstance(row, Officer)
    return Holder(
        key=key,
        name=row.name,
        login=row.login if isinstance(row, Officer) else row.name,
        home=opening.home_of(row) if isinstance(row, Officer) else opening.HOMES["enterprise"],
        is_required=settings().requires_second_factor
        if is_officer
        else operators.requires_second_factor(db.session(), row.id),
        is_awaited=is_awaited,
        wanted=wanted,
        is_held=second_factors.is_held(db.session(), key),
    )


def _enrolling() -> Holder:
    """Know who may change what proves him; who could prove himself does so first."""
    holder = _holder()
    if holder.is_held and (holder.is_awaited or not _is_fresh()):
        abort(
            redirect(url_for(".proof", next=None if holder.is_awaited else url_for(".front")), 303)
        )
    return holder


def _is_fresh() -> bool:
    proven_at = session.get(access.PROVEN_AT)
    return proven_at is not None and office().now() - datetime.fromisoformat(proven_at) < FRESH


# -- proving --------------------------------------------------------------------------------------


@bp.get("/proof")
@access.public
def proof() -> _Page:
    """Ask for a code or a passkey."""
    return _proof(_holder(), {})


def _proof(holder: Holder, faults: dict[str, str], status: int = 200) -> _Page:
    if not holder.is_held:
        return redirect(url_for(".front"), 303)
    held = proofs.passkeys(db.session(), holder.key)
    kinds = {row.kind for row in second_factors.of(db.session(), holder.key)}
    page = render_template(
        "second_factor/proof.html",
        holder=holder,
        has_authenticator=FactorKind.TOTP in kinds,
        options=passkeys.to_prove(settings(), held) if held else None,
        faults=faults,
    )
    return page, status


@bp.post("/proof")
@access.public
def prove() -> _Page:
    """Take a code; what is none is counted."""
    holder = _holder()
    _count(holder)
    try:
        proofs.prove(office(), holder.key, request.form.get("code", ""))
    except (proofs.CodeRefused, proofs.AuthenticatorLocked) as refusal:
        return _proof(holder, Fault.by_field(refusal), 422)
    return _let_in(holder)


@bp.post("/proof/passkey")
@access.public
def prove_by_passkey() -> _Page:
    """Take what a passkey has signed."""
    holder = _holder()
    _count(holder)
    held = proofs.passkeys(db.session(), holder.key)
    proven = passkeys.proven(settings(), held, request.form.get("credential", ""))
    if proven is None:
        return _refused_passkey(holder, lambda faults: _proof(holder, faults, 422))
    proofs.passkey_proved(office(), holder.key, *proven)
    return _let_in(holder)


def _refused_passkey(holder: Holder, page: Callable[[dict[str, str]], _Page]) -> _Page:
    try:
        proofs.passkey_refused(office(), holder.key)
    except proofs.PasskeyRefused as refusal:
        return page(Fault.by_field(refusal))
    raise AssertionError


def _count(holder: Holder) -> None:
    """Count a try of this holder, wherever it comes from. Raises: TooManyAttempts."""
    try:
        limit("second-factor", holder.key, times=TRIES, per_s=PER_S)
    except TooManyAttempts as refusal:
        proofs.turned_away(office(), holder.key, refusal)
        raise


def _let_in(holder: Holder) -> Response:
    if holder.is_awaited:
        opening.establish(holder.key, is_proven=True)
    else:
        session[access.PROVEN_AT] = office().now().isoformat()
    return redirect(holder.wanted or holder.home, 303)


# -- enrolling ------------------------------------------------------------------------------------


@bp.get("")
@access.public
def front() -> _Page:
    """List what proves somebody, and offer more."""
    return _front(_enrolling(), {})


def _front(holder: Holder, faults: dict[str, str], status: int = 200) -> _Page:
    rows = second_factors.of(db.session(), holder.key)
    page = render_template(
        "second_factor/front.html",
        holder=holder,
        held=[row for row in rows if row.kind in LASTING],
        labels={kind.value: kind.label for kind in FactorKind},
        codes=sum(row.kind == FactorKind.RECOVERY for row in rows),
        with_passkeys=passkeys.are_possible(settings()),
        is_required=holder.is_required,
        faults=faults,
    )
    return page, status


@bp.get("/authenticator")
@access.public
def authenticator() -> _Page:
    """Show the secret of an authenticator as a QR code, and ask for its first code."""
    holder = _enrolling()
    session[_SECRET] = proofs.new_secret()
    return _authenticator(holder, session[_SECRET], {})


def _authenticator(holder: Holder, secret: str, faults: dict[str, str], status: int = 200) -> _Page:
    address = proofs.address_of(secret, holder.login, site_name())
    picture = pictures.qr_svg(address, scale=5, margin=4)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    page = render_template(
        "second_factor/authenticator.html",
        holder=holder,
        picture=Markup(picture),  # noqa: S704  # drawn from numbers alone
        groups=groups,
        faults=faults,
    )
    return page, status


@bp.post("/authenticator")
@access.public
def enrol_authenticator() -> _Page:
    """Take the first code of an authenticator."""
    holder = _enrolling()
    secret = session.get(_SECRET)
    if secret is None:
        return redirect(url_for(".authenticator"), 303)
    _count(holder)
    try:
        codes = enrolment.enrol_authenticator(
            office(), holder.key, secret, request.form.get("code", "")
        )
    except proofs.CodeRefused as refusal:
        return _authenticator(holder, secret, Fault.by_field(refusal), 422)
    session.pop(_SECRET)
    return _enrolled(holder, codes)


@bp.get("/passkey")
@access.public
def passkey() -> _Page:
    """Ask the browser to make a passkey."""
    return _passkey(_enrolling(), {})


def _passkey(holder: Holder, faults: dict[str, str], status: int = 200) -> _Page:
    if not passkeys.are_possible(settings()):
        raise NotFound
    held = proofs.passkeys(db.session(), holder.key)
    options = passkeys.to_make(settings(), holder.user, held, site_name())
    page = render_template(
        "second_factor/passkey.html",
        holder=holder,
        options=options,
        typed=request.form,
        faults=faults,
    )
    return page, status


@bp.post("/passkey")
@access.public
def enrol_passkey() -> _Page:
    """Take the passkey that the browser has made."""
    holder = _enrolling()
    _count(holder)
    made = passkeys.made(settings(), request.form.get("credential", ""))
    if made is None:
        return _refused_passkey(holder, lambda faults: _passkey(holder, faults, 422))
    try:
        codes = enrolment.enrol_passkey(
            office(),
            holder.key,
            request.form.get("label", ""),
            handle=made.handle,
            stored=made.stored,
            counter=made.counter,
        )
    except enrolment.TooManyPasskeys as refusal:
        return _passkey(holder, Fault.by_field(refusal), 422)
    return _enrolled(holder, codes)


def _enrolled(holder: Holder, codes: list[str]) -> _Page:
    """Let in whoever was awaited, and show the recovery codes this once."""
    if holder.is_awaited:
        opening.establish(holder.key, is_proven=True)
    else:
        session[access.PROVEN_AT] = office().now().isoformat()
    on = holder.wanted or (holder.home if holder.is_awaited else url_for(".front"))
    if not codes:
        flash("已登记，下次登录时使用。", "success")
        return redirect(on, 303)
    return render_template("second_factor/codes.html", codes=codes, on=on)


@bp.post("/codes")
@access.public
def codes() -> _Page:
    """Give new recovery codes instead of those before."""
    holder = _enrolling()
    if not once_more.is_confirmed():
        return once_more.page(
            "重新生成恢复码",
            "以前的恢复码立即失效，不能恢复。新的恢复码只显示一次，请准备好保存。",
            yes="确认重新生成",
            back=url_for(".front"),
        )
    fresh = enrolment.renew_codes(office(), holder.key)
    return render_template("second_factor/codes.html", codes=fresh, on=url_for(".front"))


@bp.post("/<factor_id>/remove")
@access.public
def remove(factor_id: str) -> _Page:
    """Remove one factor, but not the last where one is required."""
    holder = _enrolling()
    if not once_more.is_confirmed():
        return once_more.page(
            "删除验证方式",
            "删除后不能再用它登录，需要时须重新登记。",
            yes="确认删除",
            back=url_for(".front"),
        )
    try:
        enrolment.remove(office(), holder.key, factor_id, is_required=holder.is_required)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _front(holder, Fault.by_field(refusal), 409)
    flash("已删除。", "success")
    return redirect(url_for(".front"), 303)
