"""A form that comes after its session has ended is kept until the same person has signed in again.

Whose form it was is told by the row of the ended session, and that it is a form of ours by the
token of that session. It is kept in the session of the browser that sent it, given back to nobody
else, and sent only when the person presses a button that says so. Passwords, codes and files are
not kept. What a person ended (sign-out, 结束登录) has no row any more, and keeps nothing.

Who signs in again in another tab has a new session while the form has the token of the one before:
a session knows the tokens of those that it followed in this browser, and whose they were.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session
from flask import url_for as to
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from refusals.refusal import Refusal
from web import tokens
from web.visitors import access
from web.visitors.sessions import StoredSession

bp = Blueprint("kept_forms", __name__, url_prefix="/kept")

KEPT = "kept_form"
FORMER = "former"  #: whose the sessions before were in this browser, with the token of each
_MOST_FORMER = 3
MOST = 200_000  #: characters of one form
_FIELD, _SALT = "csrf_token", "wtf-csrf-token"  #: as Flask-WTF names them
_SECRET = re.compile(r"(?:^|[_-])(?:pin|code|password|secret|token)(?:$|[_-])", re.I)
_KINDS = {"person": "person", "operator": "enterprise", "officer": "officer"}
_WORDY = re.compile(r"[\u3400-\u9fff]|\s|.{12}")  #: what a person typed, not what a page chose


def install(app: Flask) -> None:
    """Look at each form before its token is judged."""
    app.before_request(_keep)


class OtherAccount(Refusal):
    """您已在其他窗口以另一身份登录，本页是之前登录时打开的，没有提交。填写的内容已保留：请退出后以原来的身份重新登录，再次提交。"""

    code = "E_OTHER_ACCOUNT"
    is_denial = True


def _keep() -> Response | None:
    if request.method != "POST":
        return None
    kept = session.get(KEPT)
    if kept and kept["path"] == request.full_path.rstrip("?"):
        session.pop(KEPT)  # it was given back, and is sent now
    if request.url_rule is None or "HX-Request" in request.headers:
        return None
    owner = _owner()
    rule = access.rule_of(current_app, str(request.endpoint))
    kind = owner.partition(":")[0]
    if rule is None or not rule.kinds or kind not in _KINDS:
        return None
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != _FIELD and not _SECRET.search(name)
    ]
    if sum(len(name) + len(value) for name, value in fields) > MOST:
        return None
    present = session.get("visitor")
    session[KEPT] = {
        "visitor": owner,
        "path": request.full_path.rstrip("?"),
        "fields": fields,
        "had_files": any(file.filename for file in request.files.values()),
        "again": present == owner,
    }
    if present == owner:
        return redirect(to("kept_forms.give"), 303)
    if present:
        raise OtherAccount
    return redirect(to("sign_in.begin", kind=_KINDS[kind], next=to("kept_forms.give")), 303)


def _owner() -> str:
    """Give the visitor of a session before, whose token a form bears; "" for all other forms."""
    judge = URLSafeTimedSerializer(current_app.config[tokens.KEYS], salt=_SALT)
    try:
        token = str(judge.loads(tokens.unmasked(request.form.get(_FIELD, ""))))
    except BadData:
        return ""
    if hmac.compare_digest(token, str(session.get(_FIELD, ""))):
        return ""
    of_token = [visitor for visitor, known in former() if hmac.compare_digest(token, known)]
    return of_token[-1] if of_token else ""


def former() -> list[tuple[str, str]]:
    """Give whose the sessions before this one were, with their tokens, the newest last."""
    own = _own_session()
    known = [(str(visitor), str(token)) for visitor, token in session.get(FORMER, ())]
    for data in (own.ended or {}, session):
        if data.get("visitor") and data.get(_FIELD):
            known.append((str(data["visitor"]), str(data[_FIELD])))
    return list(dict.fromkeys(known))[-_MOST_FORMER:]


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
