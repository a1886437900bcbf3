"""个人信息保护: what is kept about people, why, by which law, how long, who gets it (PIPL 17)."""

from __future__ import annotations

from flask import Blueprint, render_template

from casework.privacy import exports, said
from web.extensions import office
from web.visitors import access

bp = Blueprint("privacy", __name__, url_prefix="/privacy")


@bp.get("")
@access.public
def notice() -> str:
    """Show the notice, part by part, and which rights people have and where."""
    kept = said.read()
    return render_template(
        "privacy/notice.html",
        notice=kept,
        parts=[(part, said.periods(part)) for part in kept.parts],
        authority=office().policy.authority,
        days=exports.days(),
    )
