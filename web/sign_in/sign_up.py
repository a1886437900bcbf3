"""新用户注册: the first time a person comes from the portal (R12), with the six facts of R22."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, session
from flask import url_for as to
from werkzeug.wrappers import Response

from casework.privacy import said
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.identifiers import IdType
from registry.people import consents, persons
from registry.ports import Identity
from storage.database import writing
from web.display import month
from web.extensions import office
from web.sign_in.opening import establish
from web.visitors import access

bp = Blueprint("sign_up", __name__, url_prefix="/sign-up")


class RealNameMissing(Refusal):
    """实名制信息采集系统中没有与姓名、证件号一致的记录。请先完成个人身份证读卡和实名采集，或联系市住建委（电话见页面下方）。"""

    code = "E_REALNAME_NOT_FOUND"
    is_denial = True


@bp.get("")
@access.public
def form() -> str | Response:
    """Show what the real-name system knows, and ask for consent."""
    newcomer = _newcomer()
    if newcomer is None:
        return redirect(to("sign_in.choose"), 303)
    return _page(_identity(newcomer))


@bp.post("")
@access.public
def register() -> str | Response | tuple[str, int]:
    """Register the person and sign in."""
    newcomer = _newcomer()
    if newcomer is None:
        return redirect(to("sign_in.choose"), 303)
    identity = _identity(newcomer)
    asked = said.read()
    given = request.form.getlist("consents")
    if missing := [consent.key for consent in asked.consents if consent.key not in given]:
        return _page(identity, missing), 422
    place = office()
    now = place.now()
    with writing(place.sessions) as database:
        person = persons.register(database, identity, at=now)
        for consent in asked.consents:
            consents.give(database, person.id, consent.key, version=asked.version, at=now)
    establish(f"person:{person.id}")
    return redirect(newcomer.get("next") or "/readiness", 303)


def _newcomer() -> dict[str, Any] | None:
    newcomer: dict[str, Any] | None = session.get("newcomer")
    return newcomer


def _identity(newcomer: dict[str, Any]) -> Identity:
    """Ask the real-name system; what the portal says alone is not enough.

    Raises: RealNameMissing, or Unavailable from the adapter.
    """
    identity = office().realnames.check(
        IdType(newcomer["id_type"]), newcomer["id_no"], newcomer["name"]
    )
    if identity is None:
        raise RealNameMissing
    return identity


def _page(identity: Identity, missing: list[str] | None = None) -> str:
    texts = {consent.key: consent.text for consent in said.read().consents}
    faults = {
        f"consent-{name}": Fault(f"请勾选“{texts[name]}”", "E_CONSENT_REQUIRED")
        for name in missing or ()
    }
    return render_template(
        "sign_in/sign_up.html",
        facts=[
            ("姓名", identity.name),
            ("性别", identity.sex.label),
            ("出生年月", month(identity.birth)),
            ("证件类型", identity.id_type.label),
            ("证件号", persons.mask_id(identity.id_no)),
            ("个人手机号", persons.mask_mobile(identity.mobile)),
        ],
        consents=texts,
        given=request.form.getlist("consents"),
        faults=faults,
    )
