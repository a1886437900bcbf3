"""Forms that a program fills in: read with their schema, kept as a draft, files added, filed.

What is filed passes the same checks as on the page. A client acts for an enterprise's operator at
most, so the forms are those of the enterprise's own requests; a person's form is the person's, who
signs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from casework.application import corrections_asked, form_checks, form_entry
from casework.application.form_entry import FormFaults
from casework.office import Office
from casework.registration import cancellation
from engine.actors import enterprise_inbox
from engine.tables import TaskStatus, UserTask
from professions.forms import Field, Form
from professions.tasks import Task
from refusals.refusal import NotFound, Refusal
from registry import versions
from registry.applications import attachments
from registry.applications.applications import Application
from registry.applications.attachments import Attachment
from registry.certificates.registrations import Registration
from registry.clients.clients import Scope
from registry.enterprises.operators import Duty
from registry.errors import ApplicationLocked
from registry.versions import Seen
from storage.literals import literal
from web.api.declared import Reply, body, json_answer, route
from web.api.tasks import shown_of
from web.extensions import db, office
from web.forms import typed
from web.ui import cases
from web.visitors import access
from web.visitors.rate_limits import limit

_ENTERPRISE = ("enterprise",)
_FILLED_AT = frozenset({Task.FILL_FORM, Task.CORRECT_FORM})


class FieldsUnknown(Refusal):
    """所给的内容中有表单没有的项目或者类型不对的内容。请读取该事项的form，按其schema给出values。"""

    code = "E_API_FIELDS"


class FileMissing(Refusal):
    """请以multipart/form-data在file中给出一个文件，不要给出其他内容。"""

    code = "E_API_FILE"


def is_filled_at(task: UserTask) -> bool:
    """Tell whether a task is to fill in a form."""
    return task.node in _FILLED_AT


def described(application: Application | None) -> Mapping[str, Any] | None:
    """Give the form of a case: its schema, what is known and was typed last, its files."""
    if application is None:
        return None
    draft = form_entry.draft_version(office(), application.id)  # before what it names is read
    form = form_checks.form_of(office(), application)
    values = form_entry.prefill(office(), application.id)
    with office().sessions() as session:
        kept = attachments.of(session, application.id)
        wanted = cases.corrections(session, application)
        items = corrections_asked.of(session, application) if wanted else []
    return {
        "title": form.title,
        "schema": form.schema,
        "values": values,
        "files": [_file(file) for file in kept],
        "draft": draft,
        "corrections": [
            {"text": item.text, "field": item.field or None, "answer": item.answer}
            for item in items
        ],
    }


def _file(file: Attachment) -> dict[str, Any]:
    return {
        "id": file.id,
        "filename": file.filename,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def _filled(task_id: str) -> tuple[UserTask, Application, Form]:
    """Give a task at which a form is filled in, its case and its form; raises `NotFound`."""
    task = access.own_task(task_id)
    application = db.session.get(Application, task.business_key)
    if application is None or not is_filled_at(task):
        raise NotFound
    if not application.state.is_editable:
        raise ApplicationLocked(status=application.state.label)
    return task, application, form_checks.form_of(office(), application)


def _read(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """Read values as those of a page are. Raises: FieldsUnknown with the places."""
    fields = {field.name: field for field in form.fields()}
    posted: MultiDict[str, str] = MultiDict()
    faults: dict[str, str] = {}
    for name, value in values.items():
        if name not in fields:
            faults[f"values/{name}"] = "表单没有这一项"
        elif (texts := _texts(fields[name], value)) is None:
            faults[f"values/{name}"] = "类型与表单的schema不符"
        else:
            posted.setlist(f"{name}.id" if fields[name].is_file else name, texts)
    if faults:
        raise FieldsUnknown(faults=faults)
    return typed.values(form, posted)


def _texts(field: Field, value: Any) -> list[str] | None:
    """Write a value as a page posts it; None for one of another type."""
    kind = field.schema.get("type")
    if kind == "boolean":
        return (["true"] if value else []) if isinstance(value, bool) else None
    if kind == "array":
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return value if is_list else None
    if kind in ("number", "integer") and isinstance(value, int | float):
        return None if isinstance(value, bool) else [str(value)]
    return [value] if isinstance(value, str) else None


def fill(task: UserTask, place: Office, sent: Mapping[str, Any]) -> None:
    """File a form as 【保存】 does: everything is checked, each fault told at its place."""
    access.require(Duty.AGREE)
    application = db.session.get_one(Application, task.business_key)
    values = _read(form_checks.form_of(office(), application), sent["values"])
    _answer(application, sent)
    try:
        form_entry.save(
            place,
            application.id,
            values,
            expected_revision=application.revision,
            actor=access.visitor().actor,
            finish=True,
            draft_seen=sent.get("draft"),
        )
    except FormFaults as refusal:
        places = {_place(name): fault for name, fault in refusal.faults.items()}
        refusal.facts = {**refusal.facts, "faults": places}
        raise


def _answer(application: Application, sent: Mapping[str, Any]) -> None:
    """Keep what was answered to each item that the agency asked to correct."""
    said = {f"{corrections_asked.FIELD}{n}": text for n, text in enumerate(sent.get("answers", ()))}
    corrections_asked.answer(office(), application.id, said, actor=access.visitor().actor)


def _place(name: str) -> str:
    """Say where in what was sent a field of the page stands."""
    if name.startswith(corrections_asked.FIELD):
        return name.replace(corrections_asked.FIELD, "answers/")
    return f"values/{name}"


@route(
    "POST",
    "/tasks/<task_id>/form/draft",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=_ENTERPRISE,
    duty=Duty.AGREE,
    acts=True,
    body="FilledForm",
    reply=Reply(about="已暂存", schema="KeptForm"),
)
def keep_draft(task_id: str) -> Response:
    """Keep what was filled in so far; nothing is checked but that the fields are the form's."""
    actor = access.visitor().actor
    limit("autosave", actor.id, times=900, per_s=3600)
    _, application, form = _filled(task_id)
    saved = form_entry.save(
        office(),
        application.id,
        _read(form, body()["values"]),
        expected_revision=0,  # a draft is no version
        actor=actor,
        finish=False,
        draft_seen=body().get("draft"),
    )
    _answer(application, body())
    return json_answer({"draft": saved.draft})


@route(
    "POST",
    "/tasks/<task_id>/form/files/<field>",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=_ENTERPRISE,
    duty=Duty.AGREE,
    acts=True,
    body="FormFile",
    media="multipart/form-data",
    reply=Reply(about="已上传；把id放在values的该项中", schema="KeptFile", status=201),
)
def add_file(task_id: str, field: str) -> Response:
    """Add a file for a field of the form; it is checked by its content as on the page."""
    actor = access.visitor().actor
    limit("upload", actor.id, times=60, per_s=3600)
    _, application, form = _filled(task_id)
    if field not in {known.name for known in form.fields() if known.is_file}:
        raise NotFound
    sent = request.files.getlist("file")
    is_one = len(sent) == 1 and bool(sent[0].filename)
    if not is_one or request.form or list(request.files) != ["file"]:
        raise FileMissing(faults={"file": "须是一个文件"})
    name, content = str(sent[0].filename), sent[0].read()
    kept = form_entry.attach(
        office(), application.id, field, name, content, actor, known=application
    )
    db.session.rollback()
    answer = json_answer(
        {**_file(kept), "version": versions.of(db.session(), Seen.CASE, application.id)}, 201
    )
    answer.set_etag(str(answer.json["version"]))  # type: ignore[index]  # it is an object
    return answer


@route(
    "POST",
    "/cancellations",
    tag="待办事项",
    scope=Scope.TASKS_WRITE,
    kinds=_ENTERPRISE,
    duty=Duty.AGREE,
    acts=True,
    body="CancellationRequest",
    reply=Reply(about="等待填写申请表的事项", schema="Task", status=201),
)
def start_cancellation() -> Response:
    """Ask to cancel a registration with the enterprise, or go on with the open request."""
    visitor, number = access.visitor(), body()["registration_no"]
    session = db.session()
    named = select(Registration.id).where(
        Registration.no == number, Registration.uscc == visitor.uscc
    )
    if (registration_id := session.scalar(named)) is None:
        raise NotFound
    case = cancellation.start_request(office(), registration_id, visitor.actor)
    session.rollback()
    waits = select(UserTask).where(
        UserTask.business_key == case,
        UserTask.status == literal(TaskStatus.OPEN),
        UserTask.inbox == enterprise_inbox(visitor.uscc),
    )
    task = session.scalars(waits.order_by(UserTask.id)).first()
    if task is None:
        raise NotFound
    return json_answer(shown_of(task), 201)
