"""Tasks: what waits for whom the program acts for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from sqlalchemy import select

from engine.tables import UserTask
from refusals.refusal import NotFound
from registry.clients.clients import Scope
from registry.people.officers import CASEWORKERS
from web.agency import lists as agency_lists
from web.api import applications, listing
from web.api.applications import PARTIES, moment
from web.api.declared import Query, Reply, json_answer, query, route
from web.api.schemas import one_of
from web.enterprise import lists as enterprise_lists
from web.extensions import db
from web.lists.listing import Listing
from web.ui import cases
from web.visitors import access


def _shown(task: UserTask, about: Mapping[str, Any] | None) -> dict[str, Any]:
    mine = task.claimed_by == access.visitor().actor.id
    return {
        "id": task.id,
        "node": task.node,
        "name": task.name,
        "due_at": moment(task.due_by),
        "claimed": "free" if task.claimed_by is None else "mine" if mine else "other",
        "application": about,
    }


def _rows(ids: Sequence[str]) -> Mapping[str, Any]:
    session = db.session()
    tasks = session.scalars(select(UserTask).where(UserTask.id.in_(ids))).all()
    about = cases.applications_of(session, [task.business_key for task in tasks])
    return {
        task.id: _shown(
            task,
            applications.shown(about[task.business_key]) if task.business_key in about else None,
        )
        for task in tasks
    }


def shown_of(task: UserTask) -> Mapping[str, Any]:
    """Give one task."""
    told: Mapping[str, Any] = _rows([task.id])[task.id]
    return told


@route(
    "GET",
    "/tasks",
    tag="待办事项",
    scope=Scope.TASKS_READ,
    kinds=PARTIES,
    queries=(
        Query(
            name="role",
            about="工作人员的岗位；不填时为其第一个岗位",
            schema=one_of("岗位", CASEWORKERS),
        ),
        listing.SEARCH,
        listing.sorts("due", "newest"),
        listing.MATTER,
        listing.PROFESSION,
        listing.DUE,
        listing.AFTER,
    ),
    reply=Reply(about="一页待办事项，期限近的在前", schema="Tasks"),
)
def tasks() -> Response:
    """List what waits for the enterprise, or for one role of the officer."""
    return json_answer(listing.page(waiting(query().get("role")), _rows))


def waiting(asked: str | None = None) -> Listing:
    """Give what waits for the enterprise, or for a role of the officer: the first one unasked."""
    visitor = access.visitor()
    if visitor.kind == "enterprise":
        return enterprise_lists.waiting(str(visitor.uscc))
    own = [role for role in CASEWORKERS if role in visitor.roles]
    role = next((role for role in own if asked in (None, role.value)), None)
    if role is None:
        raise NotFound
    return agency_lists.inbox(role, visitor.actor)


@route(
    "GET",
    "/tasks/<task_id>",
    tag="待办事项",
    scope=Scope.TASKS_READ,
    kinds=PARTIES,
    reply=Reply(about="待办事项", schema="Task"),
)
def task(task_id: str) -> Response:
    """Show one open task."""
    return json_answer(shown_of(access.own_task(task_id)))
