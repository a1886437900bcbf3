"""What programs do at tasks: the same functions as the pages, upon the version that was read.

What a person has to do himself stays on the pages: see decision 16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from casework.case.opened import Case
from casework.decision import officer_tasks
from casework.office import Office
from casework.registration import cancellation
from casework.signature import enterprise_seal
from engine.tables import UserTask
from professions.tasks import Task
from refusals.refusal import Refusal
from registry import versions
from registry.applications import applications
from registry.applications.applications import Application
from registry.clients.clients import Scope
from registry.enterprises.operators import Duty
from registry.versions import Seen
from web.agency import tasks as agency_tasks
from web.api import declared, forms
from web.api.applications import PARTIES
from web.api.declared import Reply, body, json_answer, route
from web.api.tasks import shown_of
from web.extensions import db, office
from web.ui import sheets
from web.visitors import access, programs
from web.visitors.rate_limits import limit
from web.visitors.seen import acting


class PersonalAct(Refusal):
    """“{task}”须由本人在页面上办理，不能由程序办理。请登录系统，在待办事项中办理。"""

    code = "E_API_PERSONAL_ACT"
    is_denial = True


class NotWhatIsTaken(Refusal):
    """办理“{task}”需要给出的内容与所给的不同。请读取该事项的form，按其takes给出内容。"""

    code = "E_API_COMPLETION"


@dataclass(frozen=True, kw_only=True)
class Completion:
    """How a program completes the tasks at a node."""

    schema: str  #: name in `SCHEMAS` of what it sends
    act: Callable[[UserTask, Office, Mapping[str, Any]], None]


def _formal_check(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    officer_tasks.formal_check(
        place,
        task.id,
        sent["outcome"],
        items=sent.get("reasons", []),
        marks=sent.get("marks", {}),
        override=sent.get("override", ""),
        actor=access.visitor().actor,
    )


def _review(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    officer_tasks.review(
        place,
        task.id,
        sent["outcome"],
        opinion=sent.get("opinion", ""),
        override=sent.get("override", ""),
        actor=access.visitor().actor,
        at=Task(task.node),
    )


def _agree(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    access.require(Duty.AGREE)
    case, actor = task.business_key, access.visitor().actor
    if "pin" not in sent:
        enterprise_seal.agree(place, case, opinion_ticked=sent["is_agreed"], actor=actor)
        return
    _may_seal()
    enterprise_seal.agree_and_seal(
        place, case, opinion_ticked=sent["is_agreed"], pin=sent["pin"], actor=actor
    )


def _seal(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    _may_seal()
    enterprise_seal.seal(place, task.business_key, pin=sent["pin"], actor=access.visitor().actor)


def _seal_request(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    _may_seal()
    actor = access.visitor().actor
    cancellation.seal_request(place, task.business_key, pin=sent["pin"], actor=actor)


def _may_seal() -> None:
    """Refuse who may not seal; every PIN is counted as on the page."""
    programs.require(Scope.TASKS_SEAL)
    access.require(Duty.SEAL)
    limit("seal", access.visitor().uscc, times=600, per_s=600)


def _answer(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    access.require(Duty.AGREE)
    cancellation.answer(
        place,
        task.business_key,
        agrees=sent["outcome"] == "agree",
        text=sent.get("text", ""),
        actor=access.visitor().actor,
    )


COMPLETIONS: Mapping[str, Completion] = {
    Task.FILL_FORM: Completion(schema="FilledForm", act=forms.fill),
    Task.CORRECT_FORM: Completion(schema="FilledForm", act=forms.fill),
    Task.SEAL_REQUEST: Completion(schema="Seal", act=_seal_request),
    Task.FORMAL_CHECK: Completion(schema="FormalCheck", act=_formal_check),
    Task.REVIEW: Completion(schema="Review", act=_review),
    Task.SECOND_REVIEW: Completion(schema="Review", act=_review),
    Task.REVIEW_APPLICATION: Completion(schema="Agreement", act=_agree),
    Task.SEAL_DOCUMENT: Completion(schema="Seal", act=_seal),
    Task.ANSWER_AS_ENTERPRISE: Completion(schema="Answer", act=_answer),
}


@route(
    "GET",
    "/tasks/<task_id>/form",
    tag="待办事项",
    scope=Scope.TASKS_READ,
    kinds=PARTIES,
    reply=Reply(about="申请内容和办理时需要给出的内容；ETag用作If-Match", schema="TaskForm"),
)
def task_form(task_id: str) -> Response:
    """Show what was filed, and what completing the task takes."""
    task = access.own_task(task_id)
    version = versions.of(db.session(), Seen.CASE, task.business_key)  # before it is read
    completion = COMPLETIONS.get(task.node)
    application = db.session.get(Application, task.business_key)
    answer = json_answer(
        {
            "task": shown_of(task),
            "version": version,
            "is_personal": completion is None,
            "takes": completion.schema if completion else None,
            "content": _content(application),
            "checks": _checks(task, application),
            "form": forms.described(application) if forms.is_filled_at(task) else None,
        }
    )
    answer.set_etag(version)
    return answer


def _checks(task: UserTask, application: Application | None) -> list[dict[str, Any]]:
    """Give what the machine has checked; what needs a look is overridden by who says why."""
    if application is None:
        return []
    known = agency_tasks.checks_of(
        task, Case(office(), db.session(), application.id, application=application)
    )
    return [
        {
            "title": check.title,
            "source": check.source,
            "result": check.result.value,
            "detail": check.detail,
            "needs_override": check.title in known["to_override"],
        }
        for check in known["checks"]
    ]


def _content(application: Application | None) -> list[dict[str, Any]]:
    if application is None:
        return []
    groups = sheets.of_revision(office(), db.session(), application)
    return [
        {
            "title": group.title,
            "fields": [
                {
                    "name": field.name,
                    "title": field.title,
                    "value": "" if field.files else str(field.shown or ""),
                    "files": [file.filename for file in field.files],
                }
                for field in group.fields
            ],
        }
        for group in groups
    ]


@route(
    "POST",
    "/tasks/<task_id>/claim",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=("officer",),
    acts=True,
    reply=Reply(about="已领取", schema="Task"),
)
def claim(task_id: str) -> Response:
    """Take a task, so that no colleague works on it too."""
    officer_tasks.claim_task(office(), access.own_task(task_id).id, access.visitor().actor)
    return _left(task_id)


@route(
    "POST",
    "/tasks/<task_id>/release",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=("officer",),
    acts=True,
    reply=Reply(about="已放回", schema="Task"),
)
def release(task_id: str) -> Response:
    """Put a task back for any colleague."""
    officer_tasks.release_task(office(), access.own_task(task_id).id, access.visitor().actor)
    return _left(task_id)


def _left(task_id: str) -> Response:
    db.session.rollback()
    return json_answer(shown_of(access.own_task(task_id)))


@route(
    "POST",
    "/tasks/<task_id>/complete",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=PARTIES,
    acts=True,
    is_upon_version=True,
    body="Completion",
    reply=Reply(about="已办理", schema="Done"),
)
def complete(task_id: str) -> Response:
    """Do what a task asks for, as its form tells; a seal needs the PIN."""
    task = access.own_task(task_id)
    completion = COMPLETIONS.get(task.node)
    if completion is None:
        raise PersonalAct(task=task.name)
    if faults := declared.faults(completion.schema, body()):
        raise NotWhatIsTaken(task=task.name, faults=faults)
    completion.act(task, acting(Seen.CASE, task.business_key), body())
    return _done(task)


@route(
    "POST",
    "/tasks/<task_id>/return",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=("enterprise",),
    duty=Duty.AGREE,
    acts=True,
    is_upon_version=True,
    body="Return",
    reply=Reply(about="已退回申请人", schema="Done"),
)
def send_back(task_id: str) -> Response:
    """Return an application to its applicant with a reason."""
    task = access.own_task(task_id)
    if task.node != Task.REVIEW_APPLICATION:
        raise PersonalAct(task=task.name)
    place, actor = acting(Seen.CASE, task.business_key), access.visitor().actor
    enterprise_seal.send_back(place, task.business_key, reason=body()["reason"], actor=actor)
    return _done(task)


def _done(task: UserTask) -> Response:
    """Tell how the case stands after an act."""
    db.session.rollback()
    application = applications.get(db.session(), task.business_key)
    return json_answer(
        {
            "task_id": task.id,
            "application_id": application.id,
            "status": application.status,
            "status_text": application.state.label,
        }
    )
