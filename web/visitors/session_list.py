"""我的登录: where one is signed in; end one of them, or all others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session
from werkzeug.wrappers import Response

from refusals.refusal import NotFound
from registry.trail import audit
from storage.database import writing
from web.extensions import office
from web.visitors import access, sessions
from web.visitors.sessions import StoredSession

bp = Blueprint("sessions", __name__, url_prefix="/sessions")

#: Word of a user agent → what people call it; the first that is there counts.
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge 浏览器"),
    ("Firefox", "Firefox 浏览器"),
    ("Chrome", "Chrome 浏览器"),
    ("Safari", "Safari 浏览器"),
)
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """Say with what somebody signed in, from the words of his browser.

    >>> device("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36")
    'Windows，Chrome 浏览器'
    >>> device("curl/8")
    '未知设备'
    """
    named = [
        next((words for word, words in table if word in agent), None)
        for table in (_SYSTEMS, _BROWSERS)
    ]
    return "，".join(word for word in named if word) or "未知设备"


@bp.get("")
@access.signed_in
def mine() -> str:
    """List the visitor's sessions, the one in use first."""
    place = office()
    listed = sessions.of_visitor(place.sessions, str(session["visitor"]), place.now())
    return render_template("sessions/list.html", sessions=_in_order(listed))


def _in_order(listed: Sequence[sessions.Listed]) -> list[dict[str, object]]:
    own = _own()
    rows = [
        {
            "id": row.id_hash,
            "device": device(row.agent),
            "address": row.address,
            "since": row.created_at,
            "used": row.seen_at,
            "is_own": row.id_hash == own,
        }
        for row in listed
    ]
    return sorted(rows, key=lambda row: not row["is_own"])


def _own() -> str:
    """Give the name in the table of the session in use."""
    return sessions.id_hash_of(_session().token or "")


def _session() -> StoredSession:
    return session._get_current_object()  # type: ignore[attr-defined, no-any-return]  # a LocalProxy has it


@bp.get("/left")
@access.signed_in
def left() -> dict[str, int]:
    """Tell a page how many seconds of this sign-in are left; asking does not prolong it."""
    return {"left": sessions.seconds_left(_session(), office().now())}


@bp.post("/stay")
@access.signed_in
def stay() -> dict[str, int]:
    """Prolong this sign-in, as pressing any button does; tell how many seconds are left then."""
    return {"left": sessions.seconds_left(_session(), office().now(), used=True)}


def seconds_left() -> int:
    """Give how long this sign-in lasts when nothing more is pressed on the page."""
    return sessions.seconds_left(_session(), office().now(), used=True)


@bp.post("/end")
@access.signed_in
def end() -> Response:
    """End one session of the visitor's, once for two presses; raises NotFound for others'."""
    chosen = request.form.get("session", "")
    if chosen == _own():
        return redirect("/sessions", 303)  # that is what 【退出】 is for
    if sessions.end_of(office().sessions, str(session["visitor"]), chosen):
        _note("session.end", 1)
    elif sessions.stands(office().sessions, chosen):
        raise NotFound
    flash("该登录已结束，那台设备上的页面不能再使用。", "success")
    return redirect("/sessions", 303)


@bp.post("/end-others")
@access.signed_in
def end_others() -> Response:
    """End all sessions of the visitor's but the one in use."""
    count = sessions.end_others_of(office().sessions, str(session["visitor"]), _own())
    _note("session.end_others", count)
    flash(f"已结束其他 {count} 处登录。" if count else "没有其他登录。", "success")
    return redirect("/sessions", 303)


def _note(action: str, count: int) -> None:
    place, actor = office(), access.visitor().actor
    with writing(place.sessions) as database:
        audit.record(
            database,
            action,
            actor=actor.id,
            acting_for=actor.uscc,
            subject=actor.id,
            at=place.now(),
            facts={"count": count},
        )


_SEND_NOW = "请现在提交或者暂存正在填写的内容，再退出重新登录。"
_STILL_HERE = "已填写的内容仍在本页：请照常提交，需要重新登录的，登录后即可取回。"
#: What the warning says when there is nothing to prolong: when, heading, text.
_ENDS = (
    (
        "full",
        "登录不能再延长",
        f"连续使用满{sessions.LONGEST // timedelta(hours=1)}小时须重新登录。{_SEND_NOW}",
    ),
    (
        "over",
        "登录已经结束",
        "已填写的内容仍在本页：请照常提交，重新登录后即可取回。",
    ),
    (
        "lost",
        "没有能够延长登录",
        f"网络可能中断，或者您已在其他窗口重新登录。{_STILL_HERE}",
    ),
)
bp.record(
    lambda state: state.app.jinja_env.globals.update(session_left=seconds_left, session_ends=_ENDS)
)
