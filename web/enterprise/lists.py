"""The lists of an enterprise: what waits for it, names it, was confirmed by it, and its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import g, url_for
from sqlalchemy import ColumnElement, and_, or_, select

from casework.case import offered_professions
from casework.registration import invitation
from engine.actors import enterprise_inbox
from engine.tables import TaskStatus, UserTask
from professions.tasks import Task
from registry import readings
from registry.applications import applications, confirmations
from registry.applications.applications import Application, Status
from registry.applications.statuses import APPLICATIONS, CONFIRMED, END, UNSIGNED, Matter
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises.operators import Duty
from registry.enterprises.rename_items import Effect, ItemState, RenameItem
from registry.enterprises.renames import RenameBatch
from registry.people.persons import Person
from web.enterprise.seals import SEALABLE
from web.extensions import db, office
from web.lists import cases as narrowing
from web.lists.listing import Choose, Column, Empty, Filter, Listing, Row, Search, Sort
from web.ui import cases
from web.ui.wording import Tag

_NUMBER = Column(key="no", head="申请编号", classes="fold__number")
_NAME = Column(key="name", head="姓名", classes="fold__name")
_MATTER = Column(key="matter", head="申请事项", note="profession", note_head="注册类别")
_ACTIONS = Column(key="actions", head="操作", kind="actions", classes="fold__short")
_NEWEST = Sort(key="newest", label="最近申请的在前", descending=True)
_OLDEST = Sort(key="oldest", label="最早申请的在前")

#: What the enterprise does at a node that is no 【签名确认】.
_TO_DO: Mapping[str, str] = {
    Task.FILL_FORM: "继续填写",
    Task.CORRECT_FORM: "补正",
    Task.SEAL_REQUEST: "盖章",
    Task.ANSWER_AS_ENTERPRISE: "提出意见",
}


def waiting(uscc: str) -> Listing:
    """List what waits for this enterprise, the nearest deadline first (R49, I9)."""
    query = (
        select(UserTask.id)
        .outerjoin(Application, Application.id == UserTask.business_key)
        .outerjoin(Person, Person.id == Application.person_id)
        .where(UserTask.inbox == enterprise_inbox(uscc), UserTask.status == TaskStatus.OPEN)
    )
    return Listing(
        key="enterprise-waiting",
        caption="等待本企业确认的申请",
        query=query,
        id=UserTask.id,  # type: ignore[arg-type]  # a column, as the class says it
        rows=_waiting_rows,
        columns=[
            _NUMBER,
            _NAME,
            _MATTER,
            Column(key="status", head="当前状态", kind="status"),
            Column(key="due", head="确认期限", kind="due"),
            _ACTIONS,
        ],
        sorts=[
            Sort(key="due", label="期限近的在前", by=UserTask.due_by.expression),
            Sort(key="newest", label="最近到达的在前", descending=True),
        ],
        search=narrowing.search_of_enterprise(),
        filters=[
            narrowing.matters(APPLICATIONS),
            narrowing.of_profession(Application.type),
            narrowing.dues(office().today(), by=UserTask.due_by),
        ],
        choose=_TO_SEAL if g.visitor.may(Duty.SEAL) else None,
        empty=Empty(
            text="没有等待确认的申请。",
            advice="个人完成网上申请并签名后，申请会出现在这里；企业不能代个人发起申请。",
        ),
    )


#: What may be done with several rows at once, see `web.enterprise.seals`.
_TO_SEAL = Choose(
    post="/enterprise/seals",
    name="items",
    buttons=[("批量签章所选", "", ""), ("批量签章全部待确认（最多100件）", "all", "1")],
)


def _waiting_rows(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    tasks = session.scalars(select(UserTask).where(UserTask.id.in_(ids))).all()
    about = cases.applications_of(session, [task.business_key for task in tasks])
    return {
        task.id: _row(
            about[task.business_key], due=task.due_at, action=_TO_DO.get(task.node, "签名确认")
        )
        | {"choice": task.business_key if task.node in SEALABLE else None}
        if task.business_key in about
        else _rename_row(task)
        for task in tasks
    }


def _rename_row(task: UserTask) -> dict[str, Any]:
    """Give the line of a change of the enterprise's name, which is no application."""
    href = url_for("enterprise_rename.batch", batch_id=task.business_key)
    return {
        "no": "—",
        "name": "—",
        "profession": "",
        "matter": Matter.ENTERPRISE_RENAME.label,
        "status": None,
        "due": task.due_at,
        "choice": None,
        "actions": [{"href": href, "text": task.name, "unseen": "— —"}],
    }


def _row(
    application: Application, *, action: str, due: datetime | date | None = None
) -> dict[str, Any]:
    """Give one line; what is not signed yet is only a name, a matter and a status (I9)."""
    own = application.matter == Matter.ENTERPRISE_CANCELLATION
    unsigned = application.state in UNSIGNED and not own
    no, name = "—" if unsigned else application.no, application.person.name
    href = url_for("enterprise.review", application_id=application.id)
    return {
        "no": no,
        "name": name,
        "profession": offered_professions.of(office(), application).title,
        "matter": application.matter_label,
        "status": application.status,
        "due": due,
        "actions": [] if unsigned else [{"href": href, "text": action, "unseen": f"{name} {no}"}],
    }


def named(uscc: str) -> Listing:
    """List everything that names this enterprise, newest first (R49, R81)."""
    return Listing(
        key="enterprise-all",
        caption="注册在本企业的全部申请",
        query=_with_person(applications.naming_enterprise(uscc)),
        id=Application.id,  # type: ignore[arg-type]  # a column, as the class says it
        rows=lambda ids: {
            application.id: _row(application, action="查看")
            for application in cases.applications_of(db.session(), ids).values()
        },
        columns=[
            _NUMBER,
            _NAME,
            _MATTER,
            Column(key="status", head="当前状态", kind="status"),
            _ACTIONS,
        ],
        sorts=[_NEWEST, _OLDEST],
        search=narrowing.search_of_enterprise(unsigned=Application.status.in_(_UNSIGNED)),
        filters=[
            narrowing.matters(APPLICATIONS),
            narrowing.of_profession(Application.type),
            narrowing.statuses(Status),
            _held_by(),
        ],
        empty=Empty(
            text="没有注册在本企业的申请。",
            advice="个人完成网上申请并签名后，申请会出现在这里；企业不能代个人发起申请。",
        ),
        kept={"view": "all"},
    )


_UNSIGNED = sorted(status.value for status in UNSIGNED)


def _with_person(query: Any) -> Any:
    return query.join(Person, Person.id == Application.person_id)


def _held_by() -> Filter:
    """Narrow by who has to act."""
    own = Application.matter == Matter.ENTERPRISE_CANCELLATION
    applicants = {*UNSIGNED, Status.RETURNED, Status.CORRECTION_REQUIRED, Status.APPROVED}
    agency = {Status.ENTERPRISE_SEALED, Status.ACCEPTED, Status.UNDER_REVIEW}

    def at(statuses: set[Status] | frozenset[Status]) -> ColumnElement[bool]:
        return Application.status.in_(sorted(status.value for status in statuses))

    where = {
        "applicant": and_(at(applicants), ~own),
        "enterprise": or_(Application.status == Status.PERSONAL_SIGNED, and_(at(applicants), own)),
        "agency": at(agency),
        "over": at(END),
    }
    return Filter(
        key="holder",
        label="在谁手里",
        choices=[
            ("applicant", "申请人"),
            ("enterprise", "本企业"),
            ("agency", "市住建委"),
            ("over", "已结束"),
        ],
        where=where.__getitem__,
    )


def confirmed(uscc: str) -> Listing:
    """List what this enterprise sealed or answered, with the progress of approval (R61)."""
    return Listing(
        key="enterprise-confirmed",
        caption="本企业已确认的申请",
        query=_with_person(confirmations.of_enterprise(uscc)),
        id=Application.id,  # type: ignore[arg-type]  # a column, as the class says it
        rows=_confirmed_rows,
        columns=[
            _NUMBER,
            _NAME,
            _MATTER,
            Column(key="said", head="本企业意见", classes="fold__short"),
            Column(key="status", head="审批进度", kind="status"),
            _ACTIONS,
        ],
        sorts=[_NEWEST, _OLDEST],
        search=narrowing.search_of_enterprise(),
        filters=[
            narrowing.matters(APPLICATIONS),
            narrowing.of_profession(Application.type),
            narrowing.statuses(CONFIRMED),
        ],
        empty=Empty(
            text="本企业还没有确认过的申请。",
            advice="在【待企业确认】中同意并盖章后，申请会出现在这里，可以随时查看进度和文件。",
        ),
    )


def _confirmed_rows(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    said = confirmations.all_said(session, ids)
    return {
        application.id: _row(application, action="查看进度与文件") | {"said": said[application.id]}
        for application in cases.applications_of(session, ids).values()
    }


EXPIRES_DAYS = (90, 60, 30)  #: how near the end of a registration the roster can be narrowed to


def roster(uscc: str, today: date) -> Listing:
    """List who is validly registered with this enterprise, whose end is nearest first."""
    ends = Registration.valid_to
    return Listing(
        key="roster",
        caption="在本企业有效注册的人员",
        query=registrations.held_with(uscc, on=today).join(
            Person, Person.id == Registration.person_id
        ),
        id=Registration.id,  # type: ignore[arg-type]  # a column, as the class says it
        rows=lambda ids: _roster_rows(uscc, today, ids),
        columns=[
            _NAME,
            Column(key="profession", head="注册类别"),
            Column(key="no", head="注册号", classes="fold__number"),
            Column(key="valid_to", head="有效期至", kind="day", note="left", note_head="剩余"),
            _ACTIONS,
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
        id=RenameItem.id,  # type: ignore[arg-type]  # a column, as the class says it
        rows=_rename_rows,
        columns=[
            Column(key="name", head="姓名", classes="fold__name"),
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
