"""消息: what each inbox was told, also when a text message did not arrive (R45, D.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, redirect
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

from casework.notice import topics
from engine.tables import UserTask
from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import APPLICATIONS, OF_AGENCY, UNSIGNED, Matter
from registry.authority.ex_officio import Proposal
from registry.enterprises.renames import RenameBatch
from registry.law.calendars import start_of
from registry.people.languages import Language
from registry.trail import notices
from registry.trail.notices import Notice, SmsState
from storage.database import writing
from web import display
from web.english import language
from web.extensions import db, office
from web.lists import cases as narrowing
from web.lists import pages as listed
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.visitors import access
from web.visitors.access import Visitor

bp = Blueprint("notices", __name__, url_prefix="/notices")


@bp.get("")
@access.signed_in
def mine() -> Response | str | tuple[str, int]:
    """List what the visitor was told, newest first."""
    visitor = access.visitor()
    return listed.show(
        of_visitor(visitor, office().today()),
        "notices/list.html",
        unread=notices.unread(db.session(), *visitor.actor.told_in, cap=1) > 0,
        chooses=visitor.kind != "officer",
    )


def of_visitor(visitor: Visitor, today: date) -> Listing:
    """List what somebody was told."""
    return Listing(
        key="notices",
        caption="消息",
        query=select(Notice.id).where(Notice.inbox.in_(visitor.actor.told_in)),
        id=Notice.id,
        rows=lambda ids: _rows(visitor, ids),
        columns=[
            Column(key="at", head="时间", kind="moment", classes="fold__short"),
            Column(key="state", head="状态", classes="fold__short"),
            Column(key="text", head="消息", note="sent", note_head="另行发送"),
            Column(key="actions", head="操作", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(key="newest", label="最近的在前", descending=True),
            Sort(key="oldest", label="最早的在前"),
        ],
        search=Search(
            label="查找",
            hint="消息中的姓名、编号或者其他文字",
            where=lambda typed: narrowing.says(Notice.text, typed),
        ),
        filters=[
            Filter(
                key="state",
                label="状态",
                choices=[("new", "未读"), ("read", "已读")],
                where=lambda word: (
                    Notice.read_at.is_(None) if word == "new" else Notice.read_at.is_not(None)
                ),
            ),
            Filter(
                key="topic",
                label="种类",
                choices=[(key, topic.label) for key, topic in topics.TOPICS.items()],
                where=_of_topic,
            ),
            Filter(
                key="matter",
                label="申请事项",
                choices=[(matter.value, matter.label) for matter in Matter],
                where=lambda word: Notice.application_id.in_(
                    select(Application.id).where(
                        Application.id == Notice.application_id, Application.matter == word
                    )
                ),
            ),
            Filter(
                key="days",
                label="时间",
                choices=[("7", "最近7天"), ("30", "最近30天"), ("90", "最近90天")],
                where=lambda word: (
                    Notice.created_at >= start_of(today - timedelta(days=int(word) - 1))
                ),
            ),
        ],
        unit="条",
        empty=Empty(
            text="还没有消息。", advice="办件有进展、需要您办理或者期限临近时，会在这里告知。"
        ),
    )


def _of_topic(word: str) -> ColumnElement[bool]:
    chosen = Notice.kind.in_(topics.TOPICS[word].kinds)
    known = {kind for topic in topics.TOPICS.values() for kind in topic.kinds}
    return Notice.kind.not_in(known) if word == topics.DEMANDED else chosen


def _rows(visitor: Visitor, ids: Sequence[str]) -> dict[str, Row]:
    told = db.session().scalars(select(Notice).where(Notice.id.in_(ids))).all()
    places = _places(visitor, {notice.application_id for notice in told if notice.application_id})
    sent = _sent([notice.key for notice in told]) if visitor.kind != "officer" else {}
    return {
        notice.id: {
            "at": notice.created_at,
            "sent": sent.get(notice.key, ""),
            "state": "已读" if notice.read_at else "未读",
            "text": notice.text,
            "actions": [
                {"href": f"/notices/{notice.id}", "text": "查看办件", "unseen": _short(notice.text)}
            ]
            if notice.application_id in places
            else [],
        }
        for notice in told
    }


def _short(text: str) -> str:
    """Give the beginning of a message; all of it to who reads it in another language."""
    return text if language.reads() is Language.ENGLISH else text[:20]


_STATES = {
    SmsState.QUEUED: "正在发送",
    SmsState.SENT: "已发送",
    SmsState.FAILED: "没有送达",
    SmsState.UNWANTED: "按您的设置不发送",
}
_CHANNELS = {notices.TELEPHONE: "短信", notices.MAIL: "电子邮件"}


def _sent(keys: Sequence[str]) -> dict[str, str]:
    """Say of each notice how it went out, by its key."""
    said: dict[str, list[str]] = {}
    for message in notices.sent(db.session(), keys):
        key = message.key.removesuffix(notices.MAILED)
        at = f"（{display.clock_time(message.sent_at)}）" if message.sent_at else ""
        words = f"{_CHANNELS[message.channel]}{_STATES[SmsState(message.state)]}{at}"
        said.setdefault(key, []).append(words)
    return {key: "，".join(words) for key, words in said.items()}


@bp.get("/<notice_id>")
@access.signed_in
def follow(notice_id: str) -> Response:
    """Lead to what a message is about, which is then read; to the list where it is about nothing.

    Raises: NotFound for what others were told.
    """
    visitor, place = access.visitor(), office()
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.inbox not in visitor.actor.told_in:
        raise NotFound
    about = notice.application_id
    href = _places(visitor, {about}).get(about, "/notices") if about else "/notices"
    if notice.kind == "case_message" and href != "/notices":
        href = f"/case-messages/{about}"
    with writing(place.sessions) as session:
        notices.mark_read(session, notice.inbox, at=place.now(), only=notice.id)
    return redirect(href, 303)


def _places(visitor: Visitor, ids: set[str]) -> dict[str, str]:
    """Give the pages of cases that the visitor may open, by id; of others none."""
    if not ids:
        return {}
    session = db.session()
    about = session.scalars(select(Application).where(Application.id.in_(ids))).all()
    if visitor.kind == "person":
        return {case.id: href for case in about if (href := _of_person(visitor, case))}
    if visitor.kind == "enterprise":
        batches = select(RenameBatch.id).where(
            RenameBatch.id.in_(ids), RenameBatch.uscc == visitor.uscc
        )
        renamed = {batch: f"/enterprise/rename/{batch}" for batch in session.scalars(batches)}
        return renamed | {case.id: href for case in about if (href := _of_firm(visitor, case))}
    concerned = select(UserTask.business_key).where(
        UserTask.business_key.in_(ids), UserTask.inbox.in_(sorted(visitor.actor.inboxes))
    )
    known = set(session.scalars(concerned.distinct()))
    return {case.id: f"/agency/cases/{case.id}" for case in about if case.id in known}


def _of_person(visitor: Visitor, case: Application) -> str | None:
    """Give the page of a person's case, as `access.own_application` opens it."""
    if case.person_id != visitor.person_id:
        return None
    if case.matter == Matter.EX_OFFICIO:
        heard = db.session.get(Proposal, case.id)
        return f"/hearings/{case.id}" if heard and heard.hear_until else None
    asked_alone = case.matter == Matter.ENTERPRISE_CANCELLATION and case.accepted_on is None
    return None if case.matter in OF_AGENCY or asked_alone else f"/applications/{case.id}"


def _of_firm(visitor: Visitor, case: Application) -> str | None:
    """Give the page of a case, as `access.enterprise_application` opens it."""
    own = case.matter == Matter.ENTERPRISE_CANCELLATION
    unsigned = case.state in UNSIGNED and not own
    if case.uscc != visitor.uscc or case.matter not in APPLICATIONS or unsigned:
        return None
    return f"/enterprise/applications/{case.id}"


@bp.post("/read")
@access.signed_in
def read() -> Response:
    """Mark everything as read."""
    place = office()
    with writing(place.sessions) as session:
        for inbox in access.visitor().actor.told_in:
            notices.mark_read(session, inbox, at=place.now())
    return redirect("/notices", 303)
