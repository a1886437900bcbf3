"""【个人数字签名】: the exact PDF, the one-time code, the confirmation (R38–R41)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, session
from werkzeug.wrappers import Response

from casework.signature import personal
from casework.signature import readiness as usable
from engine import queries
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from registry.applications.applications import Application, Status
from registry.people import persons
from registry.versions import Seen
from signing.keys.challenges import CODE_LIFE, RESEND_AFTER
from web.applicant import readiness
from web.errors import told
from web.extensions import anew, db, office
from web.ui import cases
from web.visitors import access
from web.visitors.rate_limits import limit
from web.visitors.seen import acting, look

bp = Blueprint("signing_steps", __name__, url_prefix="/applications/<application_id>/sign")


#: What the other click of a double click is told while the first one signs.
_OVERTAKEN = ("E_STEP_NOT_OPEN", "E_TASK_NOT_OPEN", "E_SMS_USED", "E_CHANGED_MEANWHILE")
_AT_WORK = Status.READY_TO_SIGN  #: the state that a case was in when such a click came
_MOMENT_S = 2.0  #: how long a click waits for the one before it


@bp.get("")
@access.person_only
def preview(application_id: str) -> str | Response:
    """Show the exact file that is going to be signed (R38)."""
    look(Seen.CASE, application_id)  # before anything of it is read
    application = access.own_application(application_id)
    nodes = _open_nodes(application)
    if Task.COMPLETE_READINESS in nodes:
        readiness.go_on(office(), g.visitor.person_id)  # all of it may be done by now
        nodes = _open_nodes(application)
    if Task.COMPLETE_READINESS in nodes:
        flash(f"签名前还须完成：{_missing()}。完成后回到这里继续签名。", "error")
        return redirect("/readiness", 303)
    if nodes.isdisjoint((Task.PREVIEW_DOCUMENT, Task.ENTER_CODE)):
        if application.state is Status.DRAFT:
            flash("申请表尚未生成：请先保存申请表，通过校验后再签名。", "error")
        return redirect(f"/applications/{application.id}", 303)
    return render_template("signing/preview.html", **_about(application))


def _missing() -> str:
    """Say which preparations keep the visitor from signing."""
    person = persons.get(db.session(), g.visitor.person_id)
    items = readiness.items(person, usable.of(office(), person))
    return "、".join(item.title for item in items if not item.done_at)


def _open_nodes(application: Application) -> set[str]:
    with office().sessions() as session:
        return {task.node for task in queries.tasks_of(session, application.id)}


def _about(application: Application) -> dict[str, object]:
    look(Seen.CASE, application.id)
    person = persons.get(db.session(), application.person_id)
    return {
        "case": cases.for_applicant(office(), application, db.session()),
        "document": personal.document(office(), application.id),
        "mobile": persons.mask_mobile(person.mobile),
    }


@bp.post("")
@access.person_only
def begin(application_id: str) -> Response:
    """【请点击此按钮完成签署】: fix the file and send the first code (R39, R40)."""
    application = access.own_application(application_id)
    if Task.ENTER_CODE in access.open_case(application).tasks:  # a code was sent already
        return redirect(f"/applications/{application.id}/sign/code", 303)
    shown = request.form.get("document_sha256", "")
    try:
        personal.begin(acting(Seen.CASE, application.id), application.id, shown, g.visitor.actor)
    except Refusal as error:
        if not _goes_on(application, error, lambda nodes: Task.ENTER_CODE in nodes):
            flash(told(error), "error")
            return redirect(f"/applications/{application.id}/sign", 303)
    _note_sending(application.id)
    return redirect(f"/applications/{application.id}/sign/code", 303)


@bp.get("/code")
@access.person_only
def code(application_id: str) -> str | Response:
    """Ask for the code, with the time that is left (R40)."""
    look(Seen.CASE, application_id)  # before anything of it is read
    application = access.own_application(application_id)
    if Task.ENTER_CODE not in _open_nodes(application):
        return redirect(f"/applications/{application.id}/sign", 303)
    return _code(application)


def _refused(application: Application, error: Refusal) -> Response | tuple[str, int]:
    """Show a refusal where the process goes on: at the code, or at the file when it begins anew."""
    goes_on = _goes_on(application, error, lambda nodes: Task.REVIEW_APPLICATION in nodes)
    anew(application)
    if goes_on or application.state is Status.PERSONAL_SIGNED:
        flash("已完成个人数字签名，进度见本页。")
        return redirect(f"/applications/{application.id}", 303)
    if Task.ENTER_CODE in _open_nodes(application):
        return _code(application, {"code": Fault.of(error)}), 422
    flash(told(error), "error")
    return redirect(f"/applications/{application.id}/sign", 303)


def _goes_on(
    application: Application, error: Refusal, is_there: Callable[[set[str]], bool]
) -> bool:
    """Tell whether another click took the step that this one is refused, waiting a moment for it.

    Only what the first click is still at work on is waited for: a step that was over when this
    click came is refused as it is.
    """
    if error.code not in _OVERTAKEN or application.state is not _AT_WORK:
        return False
    end = time.monotonic() + _MOMENT_S
    while not is_there(_open_nodes(application)):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _code(application: Application, faults: dict[str, str] | None = None) -> str:
    sent = _sent_at(application.id)
    now = office().now()
    return render_template(
        "signing/code.html",
        **_about(application),
        expires_in_s=_left(sent, CODE_LIFE, now),
        resend_in_s=_left(sent, RESEND_AFTER, now),
        faults=faults or {},
    )


@bp.post("/code")
@access.person_only
def resend(application_id: str) -> Response | tuple[str, int]:
    """【获取验证码】: a fresh code, not within 60 seconds (R40, I6)."""
    application = access.own_application(application_id)
    limit("code", g.visitor.person_id, times=30, per_s=600)
    try:
        personal.resend(acting(Seen.CASE, application.id), application.id, g.visitor.actor)
    except Refusal as error:
        return _refused(application, error)
    _note_sending(application.id)
    flash("新的验证码已发送，之前的验证码失效。")
    return redirect(f"/applications/{application.id}/sign/code", 303)


@bp.post("/confirm")
@access.person_only
def confirm(application_id: str) -> Response | tuple[str, int]:
    """【确定】: a right code signs the file (R41)."""
    application = access.own_application(application_id)
    limit("confirm", g.visitor.person_id, times=30, per_s=600)
    typed = readings.digits(request.form.get("code", ""))
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return _code(
            application, {"code": Fault("请输入短信中的 6 位数字验证码。", "E_FORMAT")}
        ), 422
    try:
        personal.confirm(acting(Seen.CASE, application.id), application.id, typed, g.visitor.actor)
    except Refusal as error:
        return _refused(application, error)
    flash(*_came_of_it(application))
    return redirect(f"/applications/{application.id}", 303)


def _came_of_it(application: Application) -> tuple[str, str]:
    """Say what came of a right code, and how that is shown: others may be slow, or have ended."""
    anew(application)
    if application.state is not _AT_WORK:
        return "个人数字签名完成，已通知注册企业进行企业确认。", "success"
    if Task.PREVIEW_DOCUMENT in _open_nodes(application):
        return "签名没有完成：数字证书或者本次授权已经失效。请核对数字证书后重新签名。", "error"
    return "验证码正确，正在签名。完成后通知注册企业进行企业确认，请稍后在本页查看结果。", "message"


def _note_sending(application_id: str) -> None:
    """Remember when a code was sent, for the countdowns of the page only."""
    session["code_sent"] = [application_id, office().now().isoformat()]


def _sent_at(application_id: str) -> datetime | None:
    of, at = session.get("code_sent", (None, None))
    return datetime.fromisoformat(at) if of == application_id else None


def _left(sent: datetime | None, span: timedelta, now: datetime) -> int:
    return max(0, int((sent + span - now).total_seconds())) if sent else 0
