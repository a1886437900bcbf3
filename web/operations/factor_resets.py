"""重置第二重验证: one operator asks for an officer who lost what proves him, another confirms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.office import Office
from casework.second_factors import resets
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people import officers, second_factors
from registry.people.officers import Officer, OfficerRole
from registry.people.second_factors import LASTING, FactorKind
from registry.trail.factor_requests import FactorRequest
from web.extensions import db, office
from web.visitors import access, once_more, sessions

bp = Blueprint("factor_resets", __name__, url_prefix="/operations/officers")


def waiting(names: dict[str, str]) -> list[dict[str, Any]]:
    """Give what waits for another operator, for the page of the officers."""
    return [
        {
            "id": asked.id,
            "name": names.get(f"officer:{asked.officer_id}", "—"),
            "reason": asked.reason,
            "asked_by": names.get(asked.asked_by, "—"),
            "asked_at": asked.asked_at,
            "is_own": asked.asked_by == access.visitor().actor.id,
        }
        for asked in FactorRequest.waiting(db.session())
    ]


@bp.get("/<login>/second-factor")
@access.officer(OfficerRole.OPERATOR)
def asking(login: str) -> str:
    """Show what proves an officer, and ask for the reason to take it away."""
    return _asking(_officer(login), {})


def _officer(login: str) -> Officer:
    officer = officers.by_login(db.session(), login)
    if officer is None or not officer.active:
        raise NotFound
    return officer


def _asking(officer: Officer, faults: dict[str, str]) -> str:
    held = second_factors.of(db.session(), f"officer:{officer.id}")
    return render_template(
        "operations/factor_reset.html",
        officer=officer,
        held=[(FactorKind(row.kind).label, row) for row in held if row.kind in LASTING],
        faults=faults,
        typed=request.form,
    )


@bp.post("/<login>/second-factor")
@access.officer(OfficerRole.OPERATOR)
def ask(login: str) -> Response | tuple[str, int]:
    """Ask to reset; another operator confirms."""
    officer, reason = _officer(login), request.form.get("reason", "")
    try:
        resets.ask(office(), login, access.visitor().actor, reason=reason)
    except Refusal as refusal:
        return _asking(officer, Fault.by_field(refusal)), 422
    flash("已提出申请，等待另一名运行维护人员确认。", "success")
    return redirect(url_for("posts.front"), 303)


@bp.post("/resets/<request_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(request_id: str) -> Response | str:
    """Confirm what another operator asked for, or decline it."""
    actor, action = access.visitor().actor, request.form.get("action", "")
    if action == "decline":
        resets.decline(office(), request_id, actor)
        flash("已撤销该申请。", "success")
    elif action == "confirm":

        def act(place: Office) -> None:
            resets.confirm(place, request_id, actor)

        if asks := once_more.unanswered(
            act,
            office(),
            "重置第二重验证",
            "重置后其登记的方式和恢复码全部失效，不能恢复，登录全部结束。",
            yes="确认重置",
            back=url_for("posts.front"),
        ):
            return asks
        asked = FactorRequest.get(db.session(), request_id)
        act(office())
        if asked is not None:
            sessions.end_all_of(office().sessions, f"officer:{asked.officer_id}")
        flash("已重置：其登录全部结束，下次登录时重新登记。", "success")
    else:
        raise NotFound
    return redirect(url_for("posts.front"), 303)
