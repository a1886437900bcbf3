"""【我的数字证书】 and 【企业数字证书】: how it stands; renew, revoke, change the PIN (§keys 2)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.keys import holders, reasons
from casework.keys.holders import KeyHolder
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.enterprises.operators import Duty
from signing import Role
from signing.errors import CertificateAwaited, CertificateReplaced
from web.applicant import readiness
from web.extensions import office
from web.forms.typed import is_ticked
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("digital_certificate", __name__, url_prefix="/digital-certificate")


_OF_NEW_PIN = frozenset({"E_PIN_MALFORMED", "E_PIN_UNCHANGED"})


class PinsDiffer(Refusal):
    """两次输入的新密码不一致，请重新输入。"""

    code = "E_PINS_DIFFER"


class NotConfirmed(Refusal):
    """吊销不能撤销。请先阅读并勾选确认，再提交。"""

    code = "E_REVOCATION_NOT_CONFIRMED"


def _holder() -> KeyHolder:
    visitor = access.visitor()
    if visitor.uscc is not None:
        return KeyHolder(role=Role.ENTERPRISE, subject=visitor.uscc)
    return KeyHolder(role=Role.APPLICANT, subject=str(visitor.person_id))


@bp.get("")
@access.key_holder
def mine() -> str:
    """Show the certificate and what may be done with it."""
    return _mine({})


def _mine(faults: dict[str, str]) -> str:
    return _page("digital_certificate/mine.html", faults)


def _page(template: str, faults: dict[str, str]) -> str:
    holder = _holder()
    standing = holders.of(office(), holder)
    return render_template(
        template,
        title="我的数字证书" if holder.role is Role.APPLICANT else "企业数字证书",
        has_pin=holder.role is Role.ENTERPRISE,
        standing=standing,
        awaited=office().signatures.lifecycle.awaited(holder.role, holder.subject),
        why=reasons.words(standing.facts.reason) if standing else "",
        causes=[(cause.value, reasons.TITLES[cause]) for cause in reasons.OF_HOLDERS],
        faults=faults,
        typed=request.form,
    )


@bp.post("/renew")
@access.key_user
def renew() -> Response | tuple[str, int]:
    """Give a new key and certificate; an enterprise proves itself by its PIN."""
    holder = _limited()
    try:
        holders.renew(office(), holder, access.visitor().actor, shown=_shown(), pin=_typed("pin"))
    except CertificateAwaited as awaited:  # it comes by itself
        return _done(holder, str(awaited))
    except CertificateReplaced:  # by another window, or by a first click
        return _done(holder, "数字证书已经更新，请核对有效期。")
    except Refusal as refusal:
        return _mine({"pin" if _has_pin() else "": Fault.of(refusal)}), 422
    return _done(holder, "数字证书已更新，此前签署的文件不受影响。")


@bp.post("/pin")
@access.enterprise(Duty.SEAL)
def change_pin() -> Response | tuple[str, int]:
    """Set a new PIN, given the old one."""
    holder, new = _limited(), _typed("new_pin")
    if new != _typed("again_pin"):
        return _mine({"again_pin": Fault.of(PinsDiffer())}), 422
    try:
        holders.change_pin(
            office(), holder.subject, access.visitor().actor, old=_typed("old_pin"), new=new
        )
    except Refusal as refusal:
        field = "new_pin" if refusal.code in _OF_NEW_PIN else "old_pin"
        return _mine({field: Fault.of(refusal)}), 422
    return _done(holder, "证书密码已修改。")


@bp.get("/revoke")
@access.key_holder
def ask_to_revoke() -> str | Response:
    """Say what a revocation means and cannot undo, before it is done."""
    standing = holders.of(office(), _holder())
    if standing is None or standing.state != "GOOD":
        return redirect(url_for("digital_certificate.mine"), 303)  # which says how it stands
    return _page("digital_certificate/revoke.html", {})


@bp.post("/revoke")
@access.key_user
def revoke() -> Response | tuple[str, int]:
    """Revoke the certificate that was shown, for good."""
    holder = _limited()
    try:
        reason = reasons.read(_typed("cause"), reasons.OF_HOLDERS)
        if not is_ticked(request.form.get("confirmed")):
            raise NotConfirmed("confirmed")
        actor, pin = access.visitor().actor, _typed("pin")
        holders.revoke(office(), holder, actor, shown=_shown(), reason=reason, pin=pin)
    except Refusal as refusal:
        return _page("digital_certificate/revoke.html", Fault.by_field(refusal)), 422
    return _done(holder, "数字证书已吊销，不能再用于签署。此前签署的文件仍然有效。")


@bp.post("/apply")
@access.enterprise(Duty.SEAL)
def apply() -> Response | tuple[str, int]:
    """Give an enterprise a certificate with a PIN: the first, or after a revocation (R5)."""
    holder, new = _limited(), _typed("new_pin")
    if new != _typed("again_pin"):
        return _mine({"again_pin": Fault.of(PinsDiffer())}), 422
    try:
        holders.apply(office(), holder.subject, access.visitor().actor, pin=new)
    except CertificateAwaited as awaited:  # it comes by itself
        return _done(holder, str(awaited))
    except Refusal as refusal:
        return _mine({"new_pin": Fault.of(refusal)}), 422
    return _done(holder, "已申领企业数字证书，可以签章。")


def _limited() -> KeyHolder:
    holder = _holder()
    limit("key", holder.subject, times=30, per_s=600)
    return holder


def _done(holder: KeyHolder, text: str) -> Response:
    flash(text, "success")
    if holder.role is Role.APPLICANT:
        readiness.go_on(office(), holder.subject)
    return redirect(url_for("digital_certificate.mine"), 303)


def _has_pin() -> bool:
    return _holder().role is Role.ENTERPRISE


def _shown() -> str:
    """Give the serial of the certificate that the page showed."""
    return _typed("serial") or "-"


def _typed(name: str) -> str:
    return str(request.form.get(name, ""))
