"""What GovStack's Registration Building Block reads, answered from ours: an adapter, no more.

The operations, names and shapes are those of its API (f439f80): services, eForms, tasks and
applications. A service is a matter of a profession, an e-form is its form. Who may see what is
decided as everywhere else here; the header Information-Mediator-Client is the gateway's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response
from sqlalchemy import ColumnElement, select

from casework.case import offered_professions
from engine.tables import UserTask
from professions.manifests import MatterOffer, RegistrationType
from refusals.refusal import NotFound
from registry.applications.applications import Application
from registry.applications.statuses import END, Status
from registry.clients.clients import Scope
from web.agency import lists as agency_lists
from web.api import tasks as own_tasks
from web.api.applications import PARTIES, is_hidden, moment, readable
from web.api.declared import Query, Reply, json_answer, query, route
from web.api.schemas import FLAG, MOMENT, SCHEMAS, Schema, listed, of, one_of, text, thing
from web.enterprise import lists as enterprise_lists
from web.extensions import db, office
from web.lists import query as lists
from web.lists.asked import Asked
from web.lists.listing import Listing, Sort
from web.ui import cases
from web.ui import professions as offered
from web.visitors import access
from web.visitors.rate_limits import limit

_TAG = "GovStack Registration"
_MOST = 100  #: rows of one answer
_DEEPEST = 900  #: how many rows may be left out before them

_SENT_BACK = frozenset({Status.RETURNED, Status.CORRECTION_REQUIRED})
_GRANTED = frozenset({Status.APPROVED, Status.COMPLETED})
_REFUSED = frozenset({Status.REJECTED, Status.NOT_ACCEPTED})

_SERVICE: dict[str, Schema] = {
    "id": text("serviceId：注册类别和事项"),
    "name": text("名称"),
    "version": text("版本"),
    "type": one_of("总是Public", ["Public"]),
    "isExecutable": FLAG,
    "isClosed": FLAG,
}
_FORM: dict[str, Schema] = {
    "eFormId": text("eFormId：注册类别和事项"),
    "name": text("名称"),
    "version": text("版本"),
    "latest": FLAG,
}
_CASE: dict[str, Schema] = {
    "fileId": text("申请"),
    "serviceId": text("注册类别和事项"),
    "serviceName": text("名称"),
    "applicantId": text("申请人在本系统的编号"),
    "status": of("GovStackStatus"),
}
_WORK: dict[str, Schema] = {
    "taskId": text("待办事项"),
    "mainTaskId": text("所在的流程"),
    "name": text("环节"),
    "roleId": text("由谁办理"),
    "created": MOMENT,
    "fileId": text("申请"),
}
SCHEMAS.update(
    {
        "GovStackStatus": thing(
            "状态；撤回和关闭的申请没有code",
            {"title": text("当前状态")},
            code=one_of("状态", ["PENDING", "APPROVED", "SENDBACK", "REJECTED"]),
        ),
        "GovStackService": thing("一项服务", _SERVICE),
        "GovStackServices": listed("GovStackService", "服务"),
        "GovStackEFormListItem": thing("一份表单", _FORM),
        "GovStackEForms": listed("GovStackEFormListItem", "表单"),
        "GovStackEForm": thing("一份表单和其JSON Schema", {**_FORM, "schema": {"type": "object"}}),
        "GovStackApplication": thing("一件申请", _CASE, created=MOMENT, registered=MOMENT),
        "GovStackApplications": listed("GovStackApplication", "申请"),
        "GovStackApplicationFile": thing(
            "一件申请的内容",
            {
                "fileId": text("申请"),
                "serviceId": text("注册类别和事项"),
                "serviceName": text("名称"),
                "applicantId": text("申请人在本系统的编号"),
                "status": of("GovStackStatus"),
                "ended": FLAG,
                "applicationData": of("GovStackApplicationData"),
            },
            registered=MOMENT,
        ),
        "GovStackApplicationData": thing(
            "申请人提交的内容", {"applicantId": text("申请人在本系统的编号"), "created": MOMENT}
        ),
        "GovStackTask": thing(
            "一项待办事项",
            _WORK,
            assigneeId=text("由谁领取"),
            serviceId=text("注册类别和事项"),
            serviceName=text("名称"),
            status=of("GovStackStatus"),
        ),
        "GovStackTasks": listed("GovStackTask", "待办事项"),
    }
)


def _services() -> Iterator[tuple[RegistrationType, MatterOffer]]:
    """Give what can be applied for."""
    for kind in offered.all_offered():
        yield from ((kind, matter) for matter in kind.matters if matter.help is not None)


def _id(kind: str, matter: str) -> str:
    return f"{kind}.{matter}"


def _service(kind: RegistrationType, matter: MatterOffer) -> dict[str, Any]:
    return {
        "id": _id(kind.key, matter.code),
        "name": f"{kind.title}{matter.title}",
        "version": _version(kind.key),
        "type": "Public",
        "isExecutable": True,
        "isClosed": True,
    }


def _version(key: str) -> str:
    return office().definitions.latest(key).hash[:12]


def _named(service_id: str) -> tuple[RegistrationType, MatterOffer]:
    for kind, matter in _services():
        if _id(kind.key, matter.code) == service_id:
            return kind, matter
    raise NotFound


def _open() -> None:
    limit("api open", times=120, per_s=60)


@route(
    "GET",
    "/govstack/services",
    tag=_TAG,
    scope=None,
    queries=(Query(name="name", about="名称", schema=text("名称", maxLength=200)),),
    reply=Reply(about="服务", schema="GovStackServices"),
)
def govstack_services() -> Response:
    """List the services, or those of one name."""
    _open()
    told = [_service(*known) for known in _services()]
    wanted = query().get("name")
    return json_answer([service for service in told if wanted in (None, service["name"])])


@route(
    "GET",
    "/govstack/services/<service_id>",
    tag=_TAG,
    scope=None,
    reply=Reply(about="服务", schema="GovStackService"),
)
def govstack_service(service_id: str) -> Response:
    """Show one service."""
    _open()
    return json_answer(_service(*_named(service_id)))


def _form(kind: RegistrationType, matter: MatterOffer) -> dict[str, Any]:
    return {
        "eFormId": _id(kind.key, matter.code),
        "name": kind.form(str(matter.form)).title,
        "version": _version(kind.key),
        "latest": True,
    }


@route(
    "GET",
    "/govstack/services/<service_id>/eForms",
    tag=_TAG,
    scope=None,
    reply=Reply(about="表单", schema="GovStackEForms"),
)
def govstack_service_forms(service_id: str) -> Response:
    """List the forms of a service."""
    _open()
    kind, matter = _named(service_id)
    return json_answer([_form(kind, matter)] if matter.form else [])


@route(
    "GET",
    "/govstack/eForms/<form_id>",
    tag=_TAG,
    scope=None,
    reply=Reply(about="表单", schema="GovStackEForm"),
)
def govstack_form(form_id: str) -> Response:
    """Show one form with its JSON Schema."""
    _open()
    kind, matter = _named(form_id)
    if not matter.form:
        raise NotFound
    schema = kind.form(matter.form).schema
    return json_answer({**_form(kind, matter), "schema": dict(schema)})


def _text(name: str, about: str) -> Query:
    return Query(name=name, about=about, schema=text(about, maxLength=200))


_PLACES = (
    Query(
        name="firstResult",
        about=f"从第几条开始，0至{_DEEPEST}",
        schema=text("数", pattern="^([0-9]|[1-9][0-9]|[1-8][0-9][0-9]|900)$"),
    ),
    Query(
        name="maxResult",
        about=f"最多几条，1至{_MOST}",
        schema=text("数", pattern="^([1-9]|[1-9][0-9]|100)$"),
    ),
    Query(name="sortBy", about="只能按created", schema=one_of("次序", ["created"])),
    Query(name="sortOrder", about="次序", schema=one_of("次序", ["asc", "desc"])),
)


def _slice(
    listing: Listing,
    narrowed: Mapping[str, Callable[[str], Any]],
    rows: Callable[[Sequence[str]], Mapping[str, Any]],
) -> list[Any]:
    """Give the rows of one of our lists that were asked for."""
    for name, where in narrowed.items():
        if (word := query().get(name)) is not None:
            listing = replace(listing, query=listing.query.where(where(word)))
    first, most = int(query().get("firstResult", "0")), int(query().get("maxResult", _MOST))
    order = Sort(
        key="created", label="", by=None, descending=query().get("sortOrder", "desc") == "desc"
    )
    asked = Asked(q="", filters={}, sort=order, page=1, after=None, faults={}, typed={})
    wanted = replace(listing, size=first + most, rows=rows)
    return list(lists.page(db.session(), wanted, asked).rows)[first:]


def _of_service(word: str) -> ColumnElement[bool]:
    kind, _, matter = word.rpartition(".")
    return (Application.type == kind) & (Application.matter == matter)


def _status(application: Application) -> dict[str, str]:
    state = application.state
    told = {"title": state.label}
    for code, states in (
        ("SENDBACK", _SENT_BACK),
        ("APPROVED", _GRANTED),
        ("REJECTED", _REFUSED),
    ):
        if state in states:
            return {**told, "code": code}
    return told if state in END else {**told, "code": "PENDING"}


def _head(application: Application) -> dict[str, Any]:
    profession = offered_professions.of(office(), application).title
    told: dict[str, Any] = {
        "fileId": application.id,
        "serviceId": _id(application.type, application.matter),
        "serviceName": f"{profession}{application.matter_label}",
        "applicantId": application.person_id,
        "status": _status(application),
    }
    if application.filed_at is not None:
        told["registered"] = moment(application.filed_at)
    return told


def _case_rows(ids: Sequence[str]) -> Mapping[str, Any]:
    return {
        key: _head(case) | ({} if is_hidden(case) else {"created": moment(case.created_at)})
        for key, case in cases.applications_of(db.session(), ids).items()
    }


@route(
    "GET",
    "/govstack/applications",
    tag=_TAG,
    scope=Scope.APPLICATIONS_READ,
    kinds=PARTIES,
    queries=(_text("serviceId", "服务"), _text("applicantId", "申请人"), *_PLACES),
    reply=Reply(about="申请", schema="GovStackApplications"),
)
def govstack_applications() -> Response:
    """List application files."""
    visitor = access.visitor()
    if visitor.kind == "officer":
        wanted = agency_lists.all_cases(visitor.actor)
    else:
        wanted = enterprise_lists.named(str(visitor.uscc))
    by_person = {"serviceId": _of_service, "applicantId": Application.person_id.__eq__}
    return json_answer(_slice(wanted, by_person, _case_rows))


@route(
    "GET",
    "/govstack/applications/<application_id>",
    tag=_TAG,
    scope=Scope.APPLICATIONS_READ,
    kinds=PARTIES,
    reply=Reply(about="申请", schema="GovStackApplicationFile"),
)
def govstack_application(application_id: str) -> Response:
    """Show one application file."""
    case = readable(application_id)
    data = {"applicantId": case.person_id, "created": moment(case.created_at)}
    return json_answer({**_head(case), "ended": not case.state.is_open, "applicationData": data})


def _task_rows(ids: Sequence[str]) -> Mapping[str, Any]:
    session = db.session()
    tasks = session.scalars(select(UserTask).where(UserTask.id.in_(ids))).all()
    about = cases.applications_of(session, [task.business_key for task in tasks])
    return {task.id: _task(task, about.get(task.business_key)) for task in tasks}


def _task(task: UserTask, case: Application | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "taskId": task.id,
        "mainTaskId": task.instance_id,
        "name": task.name,
        "roleId": task.inbox.partition(":")[2],
        "created": moment(task.entered_at),
        "fileId": task.business_key,
    }
    if task.claimed_by is not None:
        told["assigneeId"] = task.claimed_by
    if case is not None:
        head = _head(case)
        told |= {name: head[name] for name in ("serviceId", "serviceName", "status")}
    return told


@route(
    "GET",
    "/govstack/tasks",
    tag=_TAG,
    scope=Scope.TASKS_READ,
    kinds=PARTIES,
    queries=(
        _text("mainTaskId", "所在的流程"),
        _text("fileId", "申请"),
        _text("assigneeId", "由谁领取"),
        *_PLACES,
    ),
    reply=Reply(about="待办事项", schema="GovStackTasks"),
)
def govstack_tasks() -> Response:
    """List open tasks."""
    narrowed = {
        "mainTaskId": UserTask.instance_id.__eq__,
        "fileId": UserTask.business_key.__eq__,
        "assigneeId": UserTask.claimed_by.__eq__,
    }
    return json_answer(_slice(own_tasks.waiting(), narrowed, _task_rows))


@route(
    "GET",
    "/govstack/tasks/<task_id>",
    tag=_TAG,
    scope=Scope.TASKS_READ,
    kinds=PARTIES,
    reply=Reply(about="待办事项", schema="GovStackTask"),
)
def govstack_task(task_id: str) -> Response:
    """Show one open task."""
    return json_answer(_task_rows([access.own_task(task_id).id])[task_id])
