"""The lists of an enterprise: what waits for it, names it and was confirmed by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import g, url_for
from sqlalchemy import select

from engine.actors import enterprise_inbox
from engine.tables import TaskStatus, UserTask
from professions.tasks import Task
from registry.applications import applications, confirmations
from registry.applications.applications import Application, Status
from registry.applications.statuses import APPLICATIONS, CONFIRMED, UNSIGNED, Matter
from registry.enterprises.operators import Duty
from registry.people.persons import Person
from storage.literals import literal
from web.enterprise.seals import SEALABLE
from web.extensions import db, office
from web.lists import case_lines
from web.lists import cases as narrowing
from web.lists.listing import Choose, Column, Empty, Listing, Row, Sort
from web.ui import cases

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
        .where(
            UserTask.inbox == enterprise_inbox(uscc), UserTask.status == literal(TaskStatus.OPEN)
        )
    )
    return Listing(
        key="enterprise-waiting",
        caption="等待本企业确认的申请",
        query=query,
        id=UserTask.id,
        rows=_waiting_rows,
        columns=[
            case_lines.NUMBER,
            case_lines.NAME,
            case_lines.MATTER,
            case_lines.STATUS,
            replace(case_lines.DUE, head="确认期限"),
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(key="due", label="期限近的在前", by=UserTask.due_by.expression),
            Sort(key="newest", label="最近到达的在前", descending=True),
        ],
        search=narrowing.search_of_enterprise(),
        filters=[
            narrowing.matters(APPLICATIONS),
            narrowing.of_profession(Application.type),
            narrowing.dues(office().today()),
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
        "no": Matter.ENTERPRISE_RENAME.label,  # heads a card, where a dash would say nothing
        "name": "—",
        "profession": "",
        "matter": Matter.ENTERPRISE_RENAME.label,
        "status": None,
        "due": task.due_at,
        "choice": None,
        "actions": [{"href": href, "text": task.name, "unseen": ""}],
    }


def _row(
    application: Application, *, action: str, due: datetime | date | None = None
) -> dict[str, Any]:
    """Give one line; what is not signed yet is only a name, a matter and a status (I9)."""
    own = application.matter == Matter.ENTERPRISE_CANCELLATION
    unsigned = application.state in UNSIGNED and not own
    href = url_for("enterprise.review", application_id=application.id)
    return case_lines.line(application) | {
        "no": "—" if unsigned else application.no,
        "due": due,
        "actions": [] if unsigned else [case_lines.link(application, href, action)],
    }


def named(uscc: str) -> Listing:
    """List everything that names this enterprise, newest first (R49, R81)."""
    return Listing(
        key="enterprise-all",
        caption="注册在本企业的全部申请",
        query=_with_person(applications.naming_enterprise(uscc)),
        id=Application.id,
        rows=lambda ids: {
            application.id: _row(application, action="查看")
            for application in cases.applications_of(db.session(), ids).values()
        },
        columns=[
            case_lines.NUMBER,
            case_lines.NAME,
            case_lines.MATTER,
            case_lines.STATUS,
            case_lines.ACTIONS,
        ],
        sorts=[case_lines.NEWEST, case_lines.OLDEST],
        search=narrowing.search_of_enterprise(unsigned=Application.status.in_(_UNSIGNED)),
        filters=[
            narrowing.matters(APPLICATIONS),
            narrowing.of_profession(Application.type),
            narrowing.statuses(Status),
            narrowing.holders("本企业"),
        ],
        empty=Empty(
            text="没有注册在本企业的申请。",
            advice="个人完成网上申请并签名后，申请会出现在这里；企业不能代个人发起申请。",
        ),
        kept={"view": "all"},
    )


_UNSIGNED = sorted(status.value for status in UNSIGNED)


def _with_person(query: Any) -> Any:
    """Let the person be searched; outer, so that whoever only counts does not read him."""
    return query.outerjoin(Person, Person.id == Application.person_id)


def confirmed(uscc: str) -> Listing:
    """List what this enterprise sealed or answered, with the progress of approval (R61)."""
    return Listing(
        key="enterprise-confirmed",
        caption="本企业已确认的申请",
        query=_with_person(confirmations.of_enterprise(uscc)),
        id=Application.id,
        rows=_confirmed_rows,
        columns=[
            case_lines.NUMBER,
            case_lines.NAME,
            case_lines.MATTER,
            Column(key="said", head="本企业意见", classes="fold__short"),
            replace(case_lines.STATUS, head="审批进度"),
            case_lines.ACTIONS,
        ],
        sorts=[case_lines.NEWEST, case_lines.OLDEST],
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
