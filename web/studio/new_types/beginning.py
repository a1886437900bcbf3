"""新建注册类型: which type to start from, and what no two types have alike."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.studio.new_types import beginning
from casework.studio.new_types.beginning import ASKED, AnswerRefused
from casework.studio.refusals import KeyRefused
from refusals.faults import Fault
from refusals.refusal import NotFound
from registry.people.officers import OfficerRole
from web.extensions import office
from web.visitors import access

bp = Blueprint("studio_new_types", __name__, url_prefix="/studio/new")
works = access.officer(OfficerRole.ANALYST)


@bp.get("")
@works
def front() -> str:
    """Choose the type to start from; then show what it says to each question."""
    return _page()


@bp.post("")
@works
def begin() -> Response | tuple[str, int]:
    """Begin the draft of a new type, and go on to what may differ."""
    answers = {question.name: request.form.get(question.name, "") for question in ASKED}
    key = request.form.get("key", "").strip()
    try:
        draft_id = beginning.begin(office(), _version(), key, answers, access.visitor().actor)
    except (AnswerRefused, KeyRefused) as refusal:
        return _page({refusal.field or "": Fault(str(refusal), refusal.code)}), 422
    flash("已新建注册类型的草稿，请继续核对应当不同的内容。", "success")
    return redirect(url_for("studio_new_steps.facts", draft_id=draft_id), 303)


def _version() -> str:
    version = office().definitions.offered().get(request.values.get("from", ""))
    if version is None:
        raise NotFound
    return version


def _page(faults: dict[str, Fault] | None = None) -> str:
    offered = office().definitions.offered()
    chosen = request.values.get("from", "")
    said = beginning.answers_of(office(), _version()) if chosen else {}
    if request.method == "POST":
        said |= {name: request.form.get(name, "") for name in said}
    return render_template(
        "studio/new.html",
        types=[(key, office().type_of(version).title) for key, version in sorted(offered.items())],
        chosen=chosen,
        key=request.form.get("key", ""),
        questions=ASKED,
        said=said,
        faults=faults or {},
    )
