"""The lists of an enterprise's people: registered, touched by a new name, acting for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, or_, select

from casework.case import offered_professions
from casework.registration import invitation
from registry import readings
from registry.applications import applications
from registry.applications.applications import Application
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises.enterprises import Operator
from registry.enterprises.rename_items import Effect, ItemState, RenameItem
from registry.enterprises.renames import RenameBatch
from registry.people.persons import Person
from registry.trail import audit
from registry.trail.audit import AuditEvent
from web import display
from web.extensions import db, office
from web.lists import case_lines
from web.lists import cases as narrowing
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.ui import trail_words
from web.ui.wording import Tag

EXPIRES_DAYS = (90, 60, 30)  #: how near the end of a registration the roster can be narrowed to


def roster(uscc: str, today: date) -> Listing:
    """List who is validly registered with this enterprise, whose end is nearest first."""
    ends = Registration.valid_to
    return Listing(
        key="roster",
        caption="在本企业有效注册的人员",
        # Outer: whoever only counts does not read the persons.
        query=registrations.held_with(uscc, on=today).outerjoin(
            Person, Person.id == Registration.person_id
        ),
        id=Registration.id,
        rows=lambda ids: _roster_rows(uscc, today, ids),
        columns=[
            case_lines.NAME,
            Column(key="profession", head="注册类别"),
            Column(key="no", head="注册号", classes="fold__number"),
            Column(key="valid_to", head="有效期至", kind="day", note="left", note_head="剩余"),
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(key="expiry", label="有效期近的在前", by=ends.expression),
            Sort(key="newest", label="最近注册的在前", descending=True),
            Sort(key="latest", label="有效期远的在前", by=ends.expression, descending=True),
        ],
        search=Search(label="查找", hint="姓名、注册号或证书编号", where=_on_roster),
        filters=[
            Filter(
                key="expires",
                label="有效期",
                choices=[(str(days), f"{days}天内届满") for days in EXPIRES_DAYS],
                where=lambda word: ends <= today + timedelta(days=int(word)),
            ),
            narrowing.of_profession(Registration.type),
        ],
        unit="人",
        empty=Empty(
            text="目前没有在本企业有效注册的人员。",
            advice="个人完成注册申请并经审批通过后，会出现在这里。",
        ),
    )


def _on_roster(typed: str) -> ColumnElement[bool]:
    name, number = readings.name(typed), readings.number(typed)
    return or_(
        Person.name.contains(name, autoescape=True),
        Registration.no.contains(number, autoescape=True),
        Registration.person_id.in_(narrowing.registered_under(number)),
    )


def _roster_rows(uscc: str, today: date, ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    listed = registrations.with_persons(session, ids)
    asked_for = applications.open_cancellations(session, uscc, [person.id for _, person in listed])
    invited = invitation.invited(session, [registration for registration, _ in listed])
    open_days = {
        kind: invitation.open_days(office(), session, kind)
        for kind in {registration.type for registration, _ in listed}
    }
    return {
        registration.id: {
            "name": person.name,
            "profession": offered_professions.title(office(), registration.type),
            "no": registration.no,
            "valid_to": registration.valid_to,
            "left": f"剩 {(registration.valid_to - today).days} 天",
            "actions": [
                action | {"unseen": f"{person.name} {registration.no}"}
                for action in (
                    *_inviting(
                        registration,
                        is_invited=registration.id in invited,
                        opens=registration.valid_to - timedelta(days=open_days[registration.type]),
                    ),
                    _ending(registration, asked_for.get((person.id, registration.type))),
                )
            ],
        }
        for registration, person in listed
    }


def _inviting(registration: Registration, *, is_invited: bool, opens: date) -> list[dict[str, Any]]:
    if is_invited:
        return [{"text": "已邀请延续"}]
    if office().today() < opens:
        return []
    place = url_for("roster.invite", registration_id=registration.id)
    return [{"post": place, "fields": {}, "text": "邀请延续"}]


def _ending(registration: Registration, running: Application | None) -> dict[str, Any]:
    if running is not None:
        said = f"继续办理注销（{running.state.label}）"
        return {"href": f"/enterprise/requests/{running.id}", "text": said}
    return {"href": f"/enterprise/people/{registration.id}/cancel", "text": "申请注销"}


_ITEM_COLOURS = {"PENDING": "grey", "DONE": "green", "FAILED": "red"}


def rename_items_of(batch: RenameBatch) -> Listing:
    """List what a change of the enterprise's name touches, with what became of each (R127)."""
    query = select(RenameItem.id).join(Person, Person.id == RenameItem.person_id)
    return Listing(
        key="rename-items",
        caption="受影响的人员",
        query=query.where(RenameItem.batch_id == batch.id),
        id=RenameItem.id,
        rows=_rename_rows,
        columns=[
            case_lines.NAME,
            Column(key="effect", head="影响", note="error", note_head="未完成的原因"),
            Column(key="state", head="结果", kind="tag", classes="fold__short"),
        ],
        sorts=[
            Sort(key="listed", label="按清单的顺序"),
            Sort(key="name", label="按姓名", by=Person.name.expression),
        ],
        search=Search(
            label="查找",
            hint="姓名",
            where=lambda typed: Person.name.contains(readings.name(typed), autoescape=True),
        ),
        filters=[
            Filter(
                key="effect",
                label="影响",
                choices=[(effect.value, effect.label) for effect in Effect],
                where=lambda word: RenameItem.effect == word,
            ),
            Filter(
                key="state",
                label="结果",
                choices=[(state.value, state.label) for state in ItemState],
                where=lambda word: RenameItem.state == word,
            ),
        ],
        unit="人",
        size=50,
        empty=Empty(text="没有受影响的人员。"),
    )


def _rename_rows(ids: Sequence[str]) -> dict[str, Row]:
    listed = (
        select(RenameItem, Person.name)
        .join(Person, Person.id == RenameItem.person_id)
        .where(RenameItem.id.in_(ids))
    )
    return {
        item.id: {
            "name": name,
            "effect": item.effect_label,
            "error": item.error if item.state == ItemState.FAILED else "",
            "state": Tag(text=item.state_label, colour=_ITEM_COLOURS[item.state]),
        }
        for item, name in db.session.execute(listed)
    }


def acts_of(operator: Operator, uscc: str) -> Listing:
    """List what an operator did for this enterprise, and what was done about him, newest first."""
    name = f"operator:{operator.id}"
    by_or_about = or_(AuditEvent.actor == name, AuditEvent.subject == name)
    here = or_(AuditEvent.acting_for.is_(None), AuditEvent.acting_for == uscc)
    return Listing(
        key="operator-acts",
        caption=f"{operator.name}的办理记录",
        query=select(AuditEvent.id).where(by_or_about, here),
        id=AuditEvent.id,
        rows=_acts,
        columns=[
            Column(key="at", head="时间", kind="moment", classes="fold__number"),
            Column(key="did", head="办理"),
            Column(key="result", head="结果"),
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(key="newest", label="最近的在前", descending=True),
            Sort(key="oldest", label="最早的在前"),
        ],
        search=Search(
            label="查找",
            hint="申请编号，须完整",
            where=lambda typed: AuditEvent.subject.in_(_subjects(typed)),
        ),
        filters=[
            Filter(
                key="result",
                label="结果",
                choices=list(trail_words.RESULTS.items()),
                where=lambda word: AuditEvent.result == word,
            ),
            narrowing.on_day(audit.on_day),
        ],
        unit="条",
        empty=Empty(text="还没有办理记录。", advice="查看、签署意见和盖章以后会记录在这里。"),
    )


def _subjects(typed: str) -> list[str]:
    query = select(Application.id).where(Application.no == readings.number(typed))
    return [f"application:{case_id}" for case_id in db.session.scalars(query)]


#: What an act was about → where the enterprise sees it.
_PAGES = {
    "application": "/enterprise/applications/",
    "seals": "/enterprise/seals/",
    "rename": "/enterprise/rename/",
}


def _acts(ids: Sequence[str]) -> dict[str, Row]:
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.id.in_(ids))).all()
    return {
        event.id: {
            "at": event.at,
            "did": trail_words.action(event.action),
            "result": trail_words.RESULTS[event.result],
            "actions": _look(event),
        }
        for event in events
    }


def _look(event: AuditEvent) -> list[dict[str, str]]:
    kind, _, key = event.subject.partition(":")
    if kind not in _PAGES:
        return []
    did = trail_words.action(event.action)
    unseen = f"{did} {display.clock_time(event.at)}"
    return [{"href": _PAGES[kind] + key, "text": "查看", "unseen": unseen}]
