"""A form that comes after its session has ended is kept until the same person has signed in again.

Whose form it was is told by the row of the ended session, and that it is a form of ours by the
token of that session. It is kept in the session of the browser that sent it, given back to nobody
else, and sent only when the person presses a button that says so. Its files wait beside the session
and come with it; passwords and codes are not kept. What a person ended (sign-out, 结束登录) has no
row any more, and keeps nothing.

Who signs in again in another tab has a new session while the form has the token of the one before:
a session knows the tokens of those that it followed in this browser, and whose they were.
"""

from __future__ import annotations

import hmac
import io
import re
import secrets
from typing import Any, cast

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session
from flask import url_for as to
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from refusals.refusal import Refusal
from registry.applications import attachments
from web import tokens
from web.extensions import csrf, office
from web.forms.entries import Entries, ReadRequest
from web.visitors import access, sessions
from web.visitors.sessions import StoredSession

bp = Blueprint("kept_forms", __name__, url_prefix="/kept")

KEPT = "kept_form"
FORMER = "former"  #: whose the sessions before were in this browser, with the token of each
_MOST_FORMER = 3
MOST = 200_000  #: characters of one form
MOST_BYTES = 20 * 2**20  #: of its files together
FILES = "kept_files"  #: field that names the files which come with a form
_FIELD, _SALT = "csrf_token", "wtf-csrf-token"  #: as Flask-WTF names them
_SECRET = re.compile(r"(?:^|[_-])(?:pin|code|password|secret|token)(?:$|[_-])", re.I)
_LATE = "页面停留过久，内容没有提交。请重新登录后再填写。"
_KINDS = {"person": "person", "operator": "enterprise", "officer": "officer"}
_WORDY = re.compile(r"[\u3400-\u9fff]|\s|.{12}")  #: what a person typed, not what a page chose


def install(app: Flask) -> None:
    """Look at each form before its token is judged."""
    app.before_request(_keep)
    app.jinja_env.filters["secret_name"] = secret_name


def secret_name(name: str) -> str:
    """Give the name of a field for a password; a name that would be kept raises ValueError.

    >>> secret_name("new_pin")
    'new_pin'
    """
    if not _SECRET.search(name):
        raise ValueError(f"{name}: what is typed here would be kept with the form")
    return name


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
    owner = owner_of_form()
    _bring_files(owner or str(session.get("visitor", "")))
    rule = access.rule_of(current_app, str(request.endpoint))
    kind = owner.partition(":")[0]
    if rule is not None and not rule.kinds and _is_too_late():
        return _begins_again()
    if rule is None or not rule.kinds or kind not in _KINDS:
        return None
    if request.accept_mimetypes.best == "application/json":
        return Response(status=401)  # a script holds what was typed, and asks again
    fields = [
        (name, value)
        for name, value in cast("Entries", request.form).as_sent.items(multi=True)
        if name not in (_FIELD, FILES) and not _SECRET.search(name)
    ]
    if sum(len(name) + len(value) for name, value in fields) > MOST:
        return None
    present = session.get("visitor")
    session[FORMER] = former()  # another tab may hold a form of the same session
    session[KEPT] = {
        "visitor": owner,
        "path": request.full_path.rstrip("?"),
        "fields": fields,
        **keep_files(owner),
        "again": present == owner,
    }
    if present == owner:
        return redirect(to("kept_forms.give"), 303)
    if present:
        raise OtherAccount
    return redirect(to("sign_in.begin", kind=_KINDS[kind], next=to("kept_forms.give")), 303)


def _is_too_late() -> bool:
    """Tell whether this is a form of the sign-in itself, whose session has ended meanwhile.

    Nobody is known yet whose form could be kept; what everybody may send asks for no token.
    """
    ended = _own_session().ended or {}
    return csrf.is_asked() and _bears(str(ended.get(_FIELD, "")))


def _begins_again() -> Response:
    """Lead back to the sign-in, and say why."""
    flash(_LATE)
    return redirect(to("sign_in.choose"), 303)


def keep_files(owner: str, *, most: int = MOST_BYTES) -> dict[str, Any]:
    """Put the files of a form aside; tell what they are called, and the name of them together."""
    sent = [
        (field, str(file.filename), file.mimetype, _whole(file))
        for field, file in request.files.items(multi=True)
        if file.filename
    ]
    is_too_much = sum(len(content) for *_, content in sent) > most
    if is_too_much or not sent:
        return {"lost_files": is_too_much, "files": "", "filenames": []}
    name, place = secrets.token_urlsafe(16), office()
    sessions.set_aside(place.sessions, owner, {"name": name, "files": sent}, place.now())
    filenames = [attachments.safe_filename(filename) for _, filename, *_ in sent]
    return {"lost_files": False, "files": name, "filenames": filenames}


def _whole(file: FileStorage) -> bytes:
    file.seek(0)  # whoever judged it has read it
    return bytes(file.read())


def _bring_files(visitor: str) -> None:
    """Give a form back the files that were put aside with it, as if it had brought them."""
    name = request.form.get(FILES)
    aside = sessions.aside(office().sessions, visitor) if name and visitor else None
    if aside is not None and aside["name"] == name:
        cast("ReadRequest", request).bring(
            FileStorage(io.BytesIO(content), filename, field, content_type=media)
            for field, filename, media, content in aside["files"]
        )


def owner_of_form() -> str:
    """Give the visitor of a session before, whose token a form bears; "" for all other forms."""
    if _bears(str(session.get(_FIELD, ""))):
        return ""
    of_token = [visitor for visitor, known in former() if _bears(known)]
    return of_token[-1] if of_token else ""


def _bears(token: str) -> bool:
    """Tell whether the form of this request bears the token of a session."""
    judge = URLSafeTimedSerializer(current_app.config[tokens.KEYS], salt=_SALT)
    try:
        sent = str(judge.loads(tokens.unmasked(request.form.get(_FIELD, ""))))
    except BadData:
        return False
    return bool(token) and hmac.compare_digest(sent, token)


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
    sessions.drop_aside(office().sessions, str(session["visitor"]))
    flash("已放弃保留的内容。")
    return redirect("/", 303)


def _own_session() -> StoredSession:
    return session._get_current_object()  # type: ignore[attr-defined, no-any-return]  # a LocalProxy has it
