"""A form that comes after its session has ended is kept until the same person has signed in again.

Whose form it was is told by the row of the ended session, and that it is a form of ours by the
token of that session. It is kept in the session of the browser that sent it, given back to nobody
else, and sent only when the person presses a button that says so. Passwords, codes and files are
not kept. What a person ended (sign-out, 结束登录) has no row any more, and keeps nothing.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session
from flask import url_for as to
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from web.visitors import access
from web.visitors.sessions import StoredSession

bp = Blueprint("kept_forms", __name__, url_prefix="/kept")

KEPT = "kept_form"
MOST = 200_000  #: characters of one form
_FIELD, _SALT = "csrf_token", "wtf-csrf-token"  #: as Flask-WTF names them
_SECRET = re.compile(r"(?:^|[_-])(?:pin|code|password|secret|token)(?:$|[_-])", re.I)
_KINDS = {"person": "person", "operator": "enterprise", "officer": "officer"}
_WORDY = re.compile(r"[\u3400-\u9fff]|\s|.{12}")  #: what a person typed, not what a page chose


def install(app: Flask) -> None:
    """Look at each form before its token is judged."""
    app.before_request(_keep)


def _keep() -> Response | None:
    if request.method != "POST":
        return None
    kept = session.get(KEPT)
    if kept and kept["path"] == request.full_path.rstrip("?"):
        session.pop(KEPT)  # it was given back, and is sent now
    ended = _own_session().ended
    if ended is None or request.url_rule is None or "HX-Request" in request.headers:
        return None
    rule = access.rule_of(current_app, str(request.endpoint))
    kind, _, _ = str(ended.get("visitor", "")).partition(":")
    if rule is None or kind not in _KINDS or not _is_ours(ended):
        return None
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != _FIELD and not _SECRET.search(name)
    ]
    if sum(len(name) + len(value) for name, value in fields) > MOST:
        return None
    session[KEPT] = {
        "visitor": ended["visitor"],
        "path": request.full_path.rstrip("?"),
        "fields": fields,
        "had_files": any(file.filename for file in request.files.values()),
    }
    return redirect(to("sign_in.begin", kind=_KINDS[kind], next=to("kept_forms.give")), 303)


def _is_ours(ended: dict[str, Any]) -> bool:
    """Tell whether the form bears the token of the session that has ended."""
    judge = URLSafeTimedSerializer(current_app.secret_key or b"", salt=_SALT)
    try:
        token = str(judge.loads(request.form.get(_FIELD, "")))
    except BadData:
        return False
    return hmac.compare_digest(token, str(ended.get(_FIELD, "")))


def of_visitor(kept: Any, visitor: str) -> dict[str, Any]:
    """Give what a fresh session of a visitor takes along of the one before: his own form."""
    return {KEPT: kept} if kept and kept["visitor"] == visitor else {}


@bp.get("")
@access.signed_in
def give() -> str | Response:
    """Show what is kept, with the button that sends it."""
    kept = session.get(KEPT)
    if not kept or kept["visitor"] != session.get("visitor"):
        flash("没有保留的内容。")
        return redirect("/", 303)
    return render_template(
        "sign_in/kept.html",
        kept=kept,
        typed=[value for _, value in kept["fields"] if _WORDY.search(value)],
    )


@bp.post("")
@access.signed_in
def forget() -> Response:
    """Forget what is kept."""
    session.pop(KEPT, None)
    flash("已放弃保留的内容。")
    return redirect("/", 303)


def _own_session() -> StoredSession:
    return session._get_current_object()  # type: ignore[attr-defined, no-any-return]  # a LocalProxy has it
