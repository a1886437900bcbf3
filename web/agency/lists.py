"""The lists of officers: what waits for a role, what one has done, and every case one may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from casework.tasks import held_tasks
from engine import queries
from engine.actors import Actor, role_inbox
from engine.tables import TaskStatus, UserTask
from registry.applications import case_messages
from registry.applications.applications import Application
from registry.applications.case_messages import Side
from registry.applications.statuses import OF_AGENCY, UNSIGNED, Matter, Status
from registry.people import officers
from registry.people.officers import CASEWORKERS, OfficerRole
from storage.literals import ONE, literal
from web.extensions import db, office
from web.lists import case_lines
from web.lists import cases as narrowing
from web.lists.listing import Column, Empty, Filter, Listing, Row, Sort
from web.ui import cases

_MATTERS = frozenset(Matter) - {Matter.ENTERPRISE_RENAME}


def inbox(role: OfficerRole, actor: Actor) -> Listing:
    """List the open tasks of one role, the nearest deadline first."""
    return Listing(
        key=f"inbox-{role.value}",
        caption="待办列表",
        query=_open_tasks(role_inbox(role)),
        id=UserTask.id,
        rows=lambda ids: _inbox_rows(ids, actor),
        columns=[
            case_lines.NUMBER,
            case_lines.with_messages(case_lines.APPLICANT),
            case_lines.FIRM,
            case_lines.STEP,
            case_lines.DUE,
            Column(key="claimed", head="领取", classes="fold__short"),
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(key="due", label="期限近的在前", by=UserTask.due_by.expression),
            Sort(key="newest", label="最近到达的在前", descending=True),
        ],
        search=narrowing.search_of_agency(tasks=True),
        filters=[
            _held_by(actor),
            narrowing.matters(_MATTERS),
            narrowing.of_profession(Application.type),
            narrowing.task_dues(office().today()),
        ],
        empty=Empty(
            text="没有待办事项。",
            advice="新的事项到达后会出现在这里；您办结的在【已办事项】，其他案件在【案件查询】。",
        ),
        kept={"role": role.value},
    )


def _with_case(query: Select[str]) -> Select[str]:
    """Let the case of a task be narrowed by; outer, so that whoever only counts does not read it.

    The tasks of officers are all of cases.
    """
    return query.outerjoin(Application, Application.id == UserTask.business_key)


def _open_tasks(inbox: str) -> Select[str]:
    query = _with_case(select(UserTask.id))
    return query.where(UserTask.inbox == inbox, UserTask.status == literal(TaskStatus.OPEN))


def _held_by(actor: Actor) -> Filter:
    mine = UserTask.claimed_by == actor.id
    free = UserTask.claimed_by.is_(None)
    where: Mapping[str, ColumnElement[bool]] = {
        "doable": or_(mine, free) & ~queries.kept_from(actor.id),
        "mine": mine,
        "free": free,
        "others": UserTask.claimed_by.is_not(None) & ~mine,
    }
    return Filter(
        key="holder",
        label="领取",
        choices=[
            ("doable", "可以由我办理"),
            ("mine", "我已领取"),
            ("free", "未领取"),
            ("others", "他人已领取"),
        ],
        where=where.__getitem__,
    )


def _inbox_rows(ids: Sequence[str], actor: Actor) -> dict[str, Row]:
    session = db.session()
    tasks = session.scalars(select(UserTask).where(UserTask.id.in_(ids))).all()
    about = cases.applications_of(session, [task.business_key for task in tasks])
    held = holders(session, tasks)
    unread = case_messages.unread(session, about, Side.AGENCY)
    kept_out = set(
        session.scalars(
            select(UserTask.id).where(UserTask.id.in_(ids), queries.kept_from(actor.id))
        )
    )
    return {
        task.id: case_lines.line(about[task.business_key])
        | {
            "messages": case_lines.unread(unread.get(task.business_key, 0)),
            "task": task.name,
            "due": about[task.business_key].decision_due or task.due_at,
            "claimed": "须由他人办理（您已办理前一环节）"
            if task.id in kept_out
            else claimed(task, held, actor),
            "actions": _actions(
                task,
                about[task.business_key],
                may_claim=task.id not in held and task.id not in kept_out,
            ),
        }
        for task in tasks
    }


def _actions(task: UserTask, application: Application, *, may_claim: bool) -> list[dict[str, Any]]:
    do: dict[str, Any] = case_lines.link(application, f"/agency/tasks/{task.id}", "办理")
    actions = [do]
    if may_claim:
        take = {"post": f"/agency/tasks/{task.id}/claim", "text": "领取", "fields": {}}
        actions.append(take | {"unseen": do["unseen"]})
    return actions


def holders(session: Session, tasks: Sequence[UserTask]) -> dict[str, str]:
    """Give the names of those who hold tasks, by the tasks' ids."""
    ids = {
        task.id: task.claimed_by.partition(":")[2]
        for task in tasks
        if task.claimed_by and held_tasks.keeps(session, task.claimed_by, task.inbox)
    }
    names = officers.names(session, ids.values())
    return {task_id: names.get(officer_id, "其他工作人员") for task_id, officer_id in ids.items()}


def claimed(task: UserTask, held: Mapping[str, str], actor: Actor) -> str:
    """Say in words who holds a task."""
    if task.id not in held:
        return "未领取"
    return "我已领取" if task.claimed_by == actor.id else f"{held[task.id]}已领取"


def next_task(session: Session, role: OfficerRole, actor: Actor) -> str | None:
    """Return the task that this officer can do next: his own first, then the nearest deadline."""
    own, doable = _next(role_inbox(role), actor.id)
    return session.scalar(own) or session.scalar(doable)


@lru_cache(maxsize=500)
def _next(inbox: str, actor_id: str) -> tuple[Select[str], Select[str]]:
    """Give what looks for the next task of an officer: among his own, among all that he may do."""
    mine = UserTask.claimed_by == actor_id
    doable = or_(mine, UserTask.claimed_by.is_(None)) & ~queries.kept_from(actor_id)
    waiting = _open_tasks(inbox).order_by(UserTask.due_by, UserTask.id).limit(ONE)
    return waiting.where(mine), waiting.where(doable)


def done(actor: Actor) -> Listing:
    """List what an officer has done, the last first, with where the case stands now."""
    query = _with_case(select(UserTask.id))
    return Listing(
        key="done",
        caption="已办列表",
        query=query.where(
            UserTask.closed_by == actor.id, UserTask.status == literal(TaskStatus.DONE)
        ),
        id=UserTask.id,
        rows=_done_rows,
        columns=[
            case_lines.NUMBER,
            case_lines.APPLICANT,
            case_lines.FIRM,
            case_lines.STEP,
            Column(key="closed_at", head="办结时间", kind="moment"),
            case_lines.STATUS,
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(
                key="newest",
                label="最近办结的在前",
                by=UserTask.closed_at.expression,
                descending=True,
            ),
            Sort(key="oldest", label="最早办结的在前", by=UserTask.closed_at.expression),
        ],
        search=narrowing.search_of_agency(tasks=True),
        filters=[
            Filter(
                key="step",
                label="环节",
                choices=[(role.value, role.label) for role in CASEWORKERS],
                where=lambda word: UserTask.inbox == role_inbox(word),
            ),
            narrowing.matters(_MATTERS),
            narrowing.of_profession(Application.type),
            narrowing.statuses(frozenset(Status) - UNSIGNED),
        ],
        empty=Empty(
            text="您还没有办结的事项。",
            advice="在【待办事项】中提交处理结果后，可以在这里查看案件的进展。",
        ),
    )


def _done_rows(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    tasks = session.scalars(select(UserTask).where(UserTask.id.in_(ids))).all()
    about = cases.applications_of(session, [task.business_key for task in tasks])
    return {
        task.id: case_lines.line(about[task.business_key])
        | {
            "task": task.name,
            "closed_at": task.closed_at,
            "actions": [_look(about[task.business_key])],
        }
        for task in tasks
    }


def _look(application: Application) -> dict[str, str]:
    return case_lines.link(application, f"/agency/cases/{application.id}", "查看")


def all_cases(actor: Actor) -> Listing:
    """List every case that is or was a task of one of the officer's roles, finished ones too."""
    concerned = exists().where(
        UserTask.business_key == Application.id, UserTask.inbox.in_(sorted(actor.inboxes))
    )
    of_agency = Application.matter.in_([matter.value for matter in OF_AGENCY])
    return Listing(
        key="cases",
        caption="案件列表",
        query=select(Application.id).where(or_(concerned, of_agency)),
        id=Application.id,
        rows=lambda ids: {
            application.id: case_lines.line(application)
            | {
                "begun": application.filed_at or application.created_at,
                "due": application.decision_due if application.state.is_open else None,
                "actions": [_look(application)],
            }
            for application in cases.applications_of(db.session(), ids).values()
        },
        columns=[
            case_lines.NUMBER,
            case_lines.APPLICANT,
            case_lines.FIRM,
            case_lines.ABOUT,
            Column(key="begun", head="收到日期", kind="day"),
            case_lines.DUE,
            case_lines.STATUS,
            case_lines.ACTIONS,
        ],
        sorts=[
            Sort(key="newest", label="最近的在前", descending=True),
            Sort(key="oldest", label="最早的在前"),
        ],
        search=narrowing.search_of_agency(),
        filters=[
            narrowing.matters(_MATTERS),
            narrowing.of_profession(Application.type),
            narrowing.statuses(Status),
            narrowing.holders("聘用企业"),
            narrowing.decision_dues(office().today()),
        ],
        empty=Empty(
            text="还没有您的岗位办理过的案件。",
            advice="企业签章提交后，案件到达受理、审查或者决定环节时会出现在这里。",
        ),
    )
