"""意见模板: approvers keep the words that officers take at their steps."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.decision import opinion_templates
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry.authority import opinion_templates as kept
from registry.people.officers import OfficerRole
from web.extensions import db, office
from web.visitors import access, once_more

bp = Blueprint("opinion_templates", __name__, url_prefix="/agency/templates")


@bp.get("")
@access.officer(OfficerRole.APPROVER)
def front() -> str:
    """Show what is offered at each step, and the form for one more."""
    return _page({})


@bp.post("")
@access.officer(OfficerRole.APPROVER)
def add() -> Response | tuple[str, int]:
    """Offer one more; a refusal keeps what was typed."""
    typed = request.form
    try:
        opinion_templates.add(
            office(),
            typed.get("step", ""),
            typed.get("title", ""),
            typed.get("text", ""),
            actor=g.visitor.actor,
        )
    except Refusal as error:
        return _page(Fault.by_field(error)), 422
    flash("模板已保存，工作人员在办理页面可以选用。", "success")
    return redirect("/agency/templates", 303)


@bp.post("/<template_id>/drop")
@access.officer(OfficerRole.APPROVER)
def drop(template_id: str) -> Response | str:
    """Offer one no more."""
    if not once_more.is_confirmed():
        return once_more.page(
            "停用意见模板",
            "停用后所有工作人员不能再选用，不能恢复；需要时须重新填写。",
            yes="确认停用",
            back="/agency/templates",
        )
    opinion_templates.drop(office(), template_id, actor=g.visitor.actor)
    flash("模板已停用。", "success")
    return redirect("/agency/templates", 303)


def _page(faults: Mapping[str, str]) -> str:
    session = db.session()
    return render_template(
        "agency/templates.html",
        groups=[
            (label, kept.offered(session, step)) for step, label in opinion_templates.STEPS.items()
        ],
        steps=[(step.value, label) for step, label in opinion_templates.STEPS.items()],
        faults=faults,
        typed=request.form,
    )
