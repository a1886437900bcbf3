"""消息设置: how messages reach a person or an enterprise, besides 【消息】, which has them all."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from casework.notice import channels, topics
from engine.actors import enterprise_inbox, person_inbox
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.enterprises.operators import Duty
from registry.people import message_choices
from web.extensions import db, office
from web.visitors import access
from web.visitors.rate_limits import limit

bp = Blueprint("channels", __name__, url_prefix="/notices/channels")

_SAID = {
    "ask": "验证码已发送到该邮箱，请在下方填写。",
    "confirm": "电子邮箱已验证，可以选择用电子邮件接收的消息。",
    "drop": "已停用电子邮箱，今后不再发送电子邮件。",
}


@bp.get("")
@access.signed_in
def front() -> str:
    """Show what comes how."""
    return _page({})


@bp.post("")
@access.signed_in
def choose() -> Response | tuple[str, int]:
    """Keep what is to come how; what the law demands always comes by telephone."""
    try:
        channels.choose(
            office(),
            _own_acts(),
            telephone=[topics.DEMANDED, *request.form.getlist("telephone")],
            email=request.form.getlist("email"),
            actor=access.visitor().actor,
        )
    except Refusal as error:
        return _page(Fault.by_field(error)), 422
    flash("消息设置已保存，立即生效。", "success")
    return redirect("/notices/channels", 303)


@bp.post("/email")
@access.signed_in
def email() -> Response | tuple[str, int]:
    """Ask for a code, confirm it, or use no address any more."""
    owner, actor, act = _own_acts(), access.visitor().actor, request.form.get("action", "")
    if act not in _SAID:
        raise NotFound
    try:
        if act == "ask":
            limit("email-code", owner, times=10, per_s=3600)
            channels.ask_email(office(), owner, request.form.get("address", "")[:300], actor)
        elif act == "confirm":
            channels.confirm_email(office(), owner, request.form.get("code", "")[:20], actor)
        else:
            channels.drop_email(office(), owner, actor)
    except (channels.EmailWrong, channels.EmailCodeWrong) as error:
        return _page(Fault.by_field(error)), 422
    flash(_SAID[act], "success")
    return redirect("/notices/channels", 303)


def _owner() -> str:
    """Give the inbox whose messages are chosen about; officers read theirs at their desk."""
    visitor = access.visitor()
    if visitor.kind == "person" and visitor.person_id:
        return person_inbox(visitor.person_id)
    if visitor.kind == "enterprise":
        return enterprise_inbox(visitor.uscc)
    raise NotFound


def _own_acts() -> str:
    """Give the inbox to who may choose: an enterprise's administrator, a person for himself."""
    owner = _owner()
    if access.visitor().kind == "enterprise":
        access.require(Duty.APPOINT)
    return owner


def _page(faults: Mapping[str, str]) -> str:
    choice = message_choices.of(db.session(), _owner())
    typed, is_new = request.form, request.endpoint == "channels.choose"
    silent = set(choice.silent) if choice else set()
    return render_template(
        "notices/channels.html",
        topics=topics.TOPICS,
        telephone=typed.getlist("telephone") if is_new else set(topics.TOPICS) - silent,
        mailed=typed.getlist("email") if is_new else set(choice.mailed if choice else ()),
        email=choice.email if choice else None,
        asked=choice.asked_email if choice else None,
        may_choose=access.visitor().kind == "person" or access.visitor().may(Duty.APPOINT),
        faults=faults,
        typed=typed,
    )
