"""【经办人】: who acts for the enterprise, who did what, appointing and withdrawing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.office import Office
from casework.signature import operators as acts
from casework.signature.operators import Typed
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.enterprises import operators
from registry.enterprises.enterprises import Operator, OperatorRole
from registry.enterprises.operators import DUTIES, Duty
from registry.people import persons, second_factors
from web.enterprise import people_lists
from web.errors import told
from web.extensions import db, office
from web.forms.typed import is_ticked
from web.lists import pages as listed
from web.ui.wording import Tag
from web.visitors import access, once_more
from web.visitors.rate_limits import limit

bp = Blueprint("enterprise_operators", __name__, url_prefix="/enterprise/operators")


@bp.get("")
@access.enterprise_only
def front() -> str:
    """List who acts and acted for this enterprise."""
    return _front()


def _front(faults: dict[str, str] | None = None) -> str:
    known = operators.of_enterprise(db.session(), g.visitor.uscc)
    names = {operator.id: operator.name for operator in known}
    rows = [_row(operator, names) for operator in known]
    return render_template(
        "enterprise/operators.html",
        rows=rows,
        acting=[row for row in rows if row["acts"]],
        roles=_roles(),
        typed=_typed(),
        must_prove=g.visitor.must_prove,
        faults=faults or {},
    )


def _roles() -> list[tuple[str, str, str]]:
    """Give the roles with what each may do."""
    return [
        (role.value, role.label, "、".join(duty.label for duty in Duty if duty in DUTIES[role]))
        for role in OperatorRole
    ]


def _row(operator: Operator, names: dict[str, str] | None = None) -> dict[str, Any]:
    acts_now = operators.acts_on(operator, office().today())
    ended = "已撤销" if not operator.active else "已到期"
    return {
        "id": operator.id,
        "name": operator.name,
        "role": operator.role,
        "role_label": OperatorRole(operator.role).label,
        "own_account": operator.person_id is not None,
        "deputy_for": (names or {}).get(operator.deputy_for or ""),
        "until": operator.acts_until,
        "since": operator.created_at,
        "acts": acts_now,
        "is_me": operator.id == g.visitor.operator.id,
        "tag": Tag(text="在任" if acts_now else ended, colour="green" if acts_now else "grey"),
    }


def _typed() -> Typed:
    names = ("name", "id_no", "role", "acts_until", "deputy_for")
    return Typed(**{name: request.form.get(name, "")[:60] for name in names})


@bp.post("")
@access.enterprise(Duty.APPOINT)
def appoint() -> Response | str | tuple[str, int]:
    """Show whom the administrator is about to appoint; with 【确认任命】 appoint him."""
    limit("appoint", g.visitor.uscc, times=20, per_s=600)
    typed = _typed()
    try:
        if request.form.get("action") != "confirm":
            wanted = acts.examine(office(), g.visitor.uscc, typed)
            return render_template(
                "enterprise/operator_appoint.html",
                wanted=wanted,
                masked=persons.mask_id(wanted.person.id_no),
                duties="、".join(duty.label for duty in Duty if duty in DUTIES[wanted.role]),
                typed=typed,
            )
        acts.appoint(office(), g.visitor.uscc, typed, g.visitor.actor)
    except Refusal as refusal:
        return _front(Fault.by_field(refusal)), 422
    flash("已任命。对方以个人身份登录后，可以在【我的申请】中选择代表本企业办理。", "success")
    return redirect(url_for(".front"), 303)


@bp.post("/second-factor")
@access.enterprise(Duty.APPOINT)
def require_second_factor() -> Response:
    """Let nobody act for the enterprise by the portal alone, or let them again."""
    is_required = is_ticked(request.form.get("required"))
    acts.require_second_factor(office(), g.visitor.uscc, g.visitor.actor, is_required=is_required)
    flash("已保存。经办人下次办理时须先登记。" if is_required else "已保存。", "success")
    return redirect(url_for(".front"), 303)


@bp.post("/<operator_id>/second-factor")
@access.enterprise(Duty.APPOINT)
def reset_factors(operator_id: str) -> Response | str:
    """Take away what proves another operator, who lost it."""
    known = operators.get(db.session(), g.visitor.uscc, operator_id)
    uscc, actor = g.visitor.uscc, g.visitor.actor

    def act(place: Office) -> None:
        acts.reset_factors(place, uscc, operator_id, actor)

    try:
        if asks := once_more.unanswered(
            act,
            office(),
            f"重置{known.name}的第二重验证",
            "重置后登记的方式和恢复码全部失效，不能恢复，对方下次登录时重新登记。请先核实是本人提出。",
            yes="确认重置",
            back=url_for(".operator", operator_id=operator_id),
        ):
            return asks
        act(office())
        flash("已重置，对方下次登录时重新登记。", "success")
    except Refusal as refusal:
        if acts.has_reset_factors(office(), operator_id, actor):
            flash("已重置，对方下次登录时重新登记。", "success")
        else:
            flash(told(refusal), "error")
    return redirect(url_for(".operator", operator_id=operator_id), 303)


@bp.get("/<operator_id>")
@access.enterprise_only
def operator(operator_id: str) -> Response | str | tuple[str, int]:
    """Show what an operator did for this enterprise, and how far he may go."""
    return _operator(operators.get(db.session(), g.visitor.uscc, operator_id))


def _operator(
    known: Operator, faults: dict[str, str] | None = None
) -> Response | str | tuple[str, int]:
    return listed.show(
        people_lists.acts_of(known, g.visitor.uscc),
        "enterprise/operator.html",
        status=422 if faults else 200,
        row=_row(known),
        holds=second_factors.is_held(db.session(), f"operator:{known.id}"),
        roles=_roles(),
        typed=_typed() if request.method == "POST" else None,
        faults=faults or {},
    )


@bp.post("/<operator_id>")
@access.enterprise(Duty.APPOINT)
def change(operator_id: str) -> Response | str | tuple[str, int]:
    """Give an operator another role or last day."""
    known = operators.get(db.session(), g.visitor.uscc, operator_id)
    try:
        acts.change(office(), g.visitor.uscc, known.id, _typed(), g.visitor.actor)
    except Refusal as refusal:
        return _operator(known, Fault.by_field(refusal))
    flash("权限已调整，立即生效。", "success")
    return redirect(url_for(".operator", operator_id=known.id), 303)


@bp.get("/<operator_id>/withdraw")
@access.enterprise(Duty.APPOINT)
def ask_to_withdraw(operator_id: str) -> str:
    """Ask before somebody may act no more."""
    known = operators.get(db.session(), g.visitor.uscc, operator_id)
    return render_template("enterprise/operator_withdraw.html", row=_row(known))


@bp.post("/<operator_id>/withdraw")
@access.enterprise(Duty.APPOINT)
def withdraw(operator_id: str) -> Response:
    """Let somebody act no more."""
    known = operators.get(db.session(), g.visitor.uscc, operator_id)
    try:
        acts.withdraw(office(), g.visitor.uscc, known.id, g.visitor.actor)
        stops = "其确认而尚未开始的批量签章自动停止"
        flash(f"已撤销{known.name}的经办权限，立即生效；{stops}。", "success")
    except Refusal as refusal:
        flash(told(refusal), "error")
    return redirect(url_for(".front"), 303)
