"""工作人员: operators see who is in post, ask for posts, confirm those asked for, and end one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Text, or_, select, type_coerce
from werkzeug.wrappers import Response

from casework import posts
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry import readings
from registry.people import officers
from registry.people.officers import Officer, OfficerRole
from registry.trail.post_requests import PostRequest
from web.extensions import db, office
from web.lists import pages
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.operations import factor_resets
from web.visitors import access

bp = Blueprint("posts", __name__, url_prefix="/operations/officers")

_SETTLED = {
    "confirm": (posts.confirm, "已确认，任职立即生效。"),
    "decline": (posts.decline, "已撤销该申请。"),
}


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> Response | str | tuple[str, int]:
    """List the officers, what waits for another operator, and ask who is to be appointed."""
    return _front({})


def _front(faults: dict[str, str], status: int = 200) -> Response | str | tuple[str, int]:
    session = db.session()
    listed = officers.everyone(session)
    names = {f"officer:{officer.id}": officer.name for officer in listed}
    operators = [row for row in listed if row.active and OfficerRole.OPERATOR in row.roles]
    return pages.show(
        _list(),
        "operations/officers.html",
        status=status,
        waiting=[_shown(waits, names) for waits in posts.waiting(session)],
        resets=factor_resets.waiting(names),
        roles=[(role.value, role.label) for role in OfficerRole],
        too_few=len(operators) < 2,
        faults=faults,
        typed=request.form,
        chosen=request.form.getlist("roles"),
    )


def _list() -> Listing:
    """List everybody who is or was in post."""
    return Listing(
        key="officers",
        caption="工作人员",
        query=select(Officer.id),
        id=Officer.id,
        rows=_rows,
        columns=[
            Column(key="name", head="姓名", classes="fold__name"),
            Column(key="login", head="登录名"),
            Column(key="roles", head="岗位"),
            Column(key="created_at", head="任命时间", kind="moment"),
            Column(key="state", head="状态", classes="fold__short"),
            Column(key="actions", head="操作", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(key="login", label="按登录名", by=Officer.login.expression),
            Sort(key="newest", label="最近任命的在前", descending=True),
        ],
        search=Search(
            label="查找",
            hint="姓名或者登录名",
            where=lambda typed: or_(
                Officer.name.contains(readings.name(typed), autoescape=True),
                Officer.login.contains(readings.line(typed), autoescape=True),
            ),
        ),
        filters=[
            Filter(
                key="role",
                label="岗位",
                choices=[(role.value, role.label) for role in OfficerRole],
                where=lambda word: type_coerce(Officer.roles, Text).contains(f'"{word}"'),
            ),
            Filter(
                key="state",
                label="状态",
                choices=[("active", "在任"), ("ended", "已停止任职")],
                where=lambda word: Officer.active.is_(word == "active"),
            ),
        ],
        unit="人",
        empty=Empty(
            text="没有工作人员。", advice="请在本页下方提出任命，由另一名运行维护人员确认。"
        ),
    )


def _rows(ids: Sequence[str]) -> dict[str, Row]:
    listed = db.session.scalars(select(Officer).where(Officer.id.in_(ids))).all()
    return {
        officer.id: _row(officer)
        | {
            "state": "在任" if officer.active else "已停止任职",
            "actions": [
                {
                    "href": url_for(".dismissing", login=officer.login),
                    "text": "停止任职",
                    "unseen": officer.name,
                },
                {
                    "href": url_for("factor_resets.asking", login=officer.login),
                    "text": "重置第二重验证",
                    "unseen": officer.name,
                },
            ]
            if officer.active
            else [],
        }
        for officer in listed
    }


def _row(officer: Officer) -> dict[str, Any]:
    return {
        "login": officer.login,
        "name": officer.name,
        "roles": _labels(officer.roles),
        "active": officer.active,
        "created_at": officer.created_at,
    }


def _shown(waits: PostRequest, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": waits.id,
        "login": waits.login,
        "name": waits.name,
        "roles": _labels(waits.roles),
        "reason": waits.reason,
        "asked_by": names.get(waits.asked_by, "—"),
        "asked_at": waits.asked_at,
        "is_own": waits.asked_by == access.visitor().actor.id,
    }


def _labels(roles: list[str]) -> str:
    return "、".join(role.label for role in OfficerRole if role in roles)


@bp.post("")
@access.officer(OfficerRole.OPERATOR)
def ask() -> Response | str | tuple[str, int]:
    """Ask to appoint somebody or to give an officer other roles; another operator confirms."""
    try:
        post = posts.read(
            office(),
            request.form.get("login", ""),
            request.form.get("name", ""),
            request.form.getlist("roles"),
        )
        reason = request.form.get("reason", "")
        posts.ask(office(), post, access.visitor().actor, reason=reason)
    except Refusal as refusal:
        return _front(Fault.by_field(refusal), 422)
    flash("已提出申请，等待另一名运行维护人员确认。", "success")
    return redirect(url_for(".front"), 303)


@bp.post("/requests/<request_id>")
@access.officer(OfficerRole.OPERATOR)
def settle(request_id: str) -> Response:
    """Confirm what another operator asked for, or decline it."""
    settled = _SETTLED.get(request.form.get("action", ""))
    if settled is None:
        raise NotFound
    act, text = settled
    act(office(), request_id, access.visitor().actor)
    flash(text, "success")
    return redirect(url_for(".front"), 303)


@bp.get("/<login>/dismiss")
@access.officer(OfficerRole.OPERATOR)
def dismissing(login: str) -> str:
    """Ask for the reason before a post is ended."""
    return _dismissing(login, {})


def _dismissing(login: str, faults: dict[str, str]) -> str:
    officer = officers.by_login(db.session(), login)
    if officer is None or not officer.active:
        raise NotFound
    return render_template(
        "operations/dismissal.html", officer=_row(officer), faults=faults, typed=request.form
    )


@bp.post("/<login>/dismiss")
@access.officer(OfficerRole.OPERATOR)
def dismiss(login: str) -> Response | tuple[str, int]:
    """End a post at once."""
    try:
        posts.dismiss(
            office(), login, access.visitor().actor, reason=request.form.get("reason", "")
        )
    except (posts.PostReasonMissing, posts.LastOperator) as refusal:
        return _dismissing(login, Fault.by_field(refusal)), 422
    except posts.NotInPost:
        if officers.by_login(db.session(), login) is None:
            raise  # nobody; whoever was dismissed already is dismissed
    flash("已停止任职：不能再登录，领取的事项退回待办。", "success")
    return redirect(url_for(".front"), 303)
