"""The front page, and the deep link that the department's page leads to (R10)."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.wrappers import Response

from adapters import world
from web.extensions import settings
from web.visitors import access

bp = Blueprint("home", __name__)


@bp.get("/")
@access.public
def front() -> str:
    """Say what can be done here and who may sign in."""
    return render_template(
        "home/front.html",
        demo=settings().demo,
        world=world,
        embedded=settings().is_embedded,
    )


@bp.get("/start/initial")
@access.public
def start_initial() -> Response:
    """Enter for 初始注册, as 【立即办理】 does; `type` names a profession other than the first."""
    kind = request.args.get("type", "")
    where = f"/applications/new?type={quote(kind, safe='')}" if kind else "/applications/new"
    if g.visitor is not None and g.visitor.kind == "person":
        return redirect(where, 303)
    return redirect(f"/sign-in/person?next={quote(where)}", 303)
