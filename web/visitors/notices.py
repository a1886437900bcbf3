"""消息: what each inbox was told, also when a text message did not arrive (R45, D.5)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from registry.trail import notices
from registry.trail.notices import Notice
from storage.database import writing
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("notices", __name__, url_prefix="/notices")

PAGE = 20


@bp.get("")
@access.signed_in
def mine() -> str:
    """List what the visitor was told, newest first."""
    after = request.args.get("after")
    session = db.session()
    told: list[Notice] = []
    for inbox in _inboxes():
        told += notices.inbox(session, inbox, after=after, limit=PAGE + 1)
    told.sort(key=lambda notice: notice.id, reverse=True)
    return render_template(
        "notices/list.html",
        notices=told[:PAGE],
        unread=any(notice.read_at is None for notice in told),
        first="/notices" if after else None,
        next=f"/notices?after={told[PAGE - 1].id}" if told[PAGE:] else None,
    )


def _inboxes() -> list[str]:
    """Give the common inboxes of the visitor, and the own one."""
    actor = access.visitor().actor
    return sorted({*actor.inboxes, actor.id})


@bp.post("/read")
@access.signed_in
def read() -> Response:
    """Mark everything as read."""
    place = office()
    with writing(place.sessions) as session:
        for inbox in _inboxes():
            notices.mark_read(session, inbox, at=place.now())
    return redirect("/notices", 303)
