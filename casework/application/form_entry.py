"""Filling the application form: prefilled facts, uploads, and a save that checks everything.

A save with `finish` is the manual's 【保存】 (R34–R37): all rules are told at once, what was typed
is kept, and a changed save after signing sends the message that voids the signed file (R42–R44).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from casework.application import content as contents
from casework.application import corrections_asked, form_checks, form_rules
from casework.application.form_checks import CheckedForm
from casework.case import opened, trail
from casework.case.opened import Case
from casework.case.refusals import TooManyFiles
from casework.office import Office
from casework.tasks import open_tasks
from casework.terms import eligibility, moved_timers
from engine.actors import Actor
from engine.jobs import queue
from engine.running.asked import Then
from engine.tables import UserTask
from pdfgen import charset, portraits, uploads
from professions import messages
from professions.forms import Form
from professions.tasks import Task
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from registry.applications import applications, attachments
from registry.applications.applications import Application, FormDraft
from registry.applications.attachments import Attachment, AttachmentKind, Uploaded
from registry.applications.documents import StoredFile
from registry.applications.statuses import Matter
from registry.errors import ApplicationLocked, BanActive, StaleRevision, Unavailable
from registry.people import persons
from registry.ports import EnterpriseFacts
from storage.database import new_id, writing

_DROP = "retention/drop"  #: the job that drops files nobody refers to any more


class FormFaults(Refusal):
    """申请表有{count}处需要修改，请按提示逐项更正后再保存。"""

    code = "E_FORM"

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = dict(faults)  #: field name → text (cause and remedy) with its code (R35)


class FieldReadOnly(Refusal):
    """“{title}”由系统从权威数据取得，不能自行修改；如有错误请先在来源系统更正。"""

    code = "E_FIELD_READ_ONLY"


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a save did."""

    revision: int
    changed: bool
    voided: bool  #: signed files were voided: the applicant has to sign again (R43)
    draft: str | None = None  #: the `draft_version` of what was only kept


@dataclass(frozen=True, kw_only=True)
class Prefilled:
    """A form as its page shows it."""

    values: dict[str, Any]
    draft: str  #: the `draft_version` of what was typed last


def prefill(office: Office, application_id: str) -> dict[str, Any]:
    """Give the values of the form: what was saved or typed last, under the facts of registers.

    Raises `Unavailable` when the qualification register does not answer.
    """
    with office.sessions() as session:
        application = applications.get(session, application_id)
    return open_form(office, application).values


def open_form(office: Office, application: Application) -> Prefilled:
    """Give what the page of a form shows, as `prefill` does, and the name of what was typed.

    `application` was read before: a revision that was saved since makes the name an old one, and
    whoever saves over it is told.
    """
    with office.sessions() as session:
        draft = applications.draft_of(session, application.id)
        version = applications.version_of(application, draft)
        person = persons.get(session, application.person_id)
        values = _typed(session, application.id, draft)
    form = form_checks.form_of(office, application)
    if application.state.is_editable:
        form_checks.refresh_employer(office, application)
    names = {field.name for field in form.fields()}
    values = {name: value for name, value in values.items() if name in names}
    if "qualification_region" in names:
        values.setdefault("qualification_region", "SHANGHAI")
    register = form_checks.known(office, application, person, values)
    values |= register.values
    if "enterprise_phone" in names and "enterprise_phone" not in values:
        values |= _phone_of_last_time(office, application, str(values.get("enterprise_uscc", "")))
    rules = form_checks.rules_of(office, application, values, db_hit=register.db_hit)
    return Prefilled(values=values | form_checks.flags_of(form, rules), draft=version)


def _phone_of_last_time(office: Office, application: Application, uscc: str) -> dict[str, str]:
    """Give the telephone that the person's last form had for the same enterprise."""
    with office.sessions() as session:
        last = applications.last_form_for(
            session, application.person_id, application.uscc or uscc, but=application.id
        )
    phone = last.content["enterprise"].get("phone") if last is not None else None
    return {"enterprise_phone": phone} if phone else {}


def typed_last(session: Session, application_id: str) -> dict[str, Any]:
    """Give what the person typed last: the draft, or the form as it was saved."""
    return _typed(session, application_id, applications.draft_of(session, application_id))


def _typed(session: Session, application_id: str, draft: FormDraft | None) -> dict[str, Any]:
    if draft is not None:
        return dict(draft.content)
    revision = applications.current_revision(session, application_id)
    if revision is None:
        return {}
    return contents.values_of(revision.content, attachments.of(session, application_id))


def verify_enterprise(office: Office, name: str, kind: str = "") -> EnterpriseFacts:
    """R24: find the enterprise by its full name; each way of failing has its own refusal (I2)."""
    return form_checks.enterprise(office, name, kind)


def attach(
    office: Office,
    application_id: str,
    field: str,
    filename: str,
    data: bytes,
    actor: Actor,
    *,
    known: Application | None = None,
) -> Attachment:
    """Check an upload by its content and keep it (R26, R29, R33); PDFs up to 2 MiB inclusive.

    `field` is a file field of the form. A photo becomes the JPEG of the certificate. `known` is the
    application where the caller has it; whether it may be edited is asked again.
    Raises the refusals of `pdfgen.uploads` and `pdfgen.portraits`, `ApplicationLocked`.
    """
    application = known
    if application is None:
        with office.sessions() as session:
            application = applications.get(session, application_id)
    asked = form_checks.form_of(office, application).field(field)
    if asked.schema.get("contentMediaType") != "image/jpeg":
        return keep_pdf(office, application_id, field, asked.title, filename, data, actor)
    size = office.type_of(application.definition).photo
    data = portraits.normalise(data, field=field, size=size)
    return _keep_upload(office, application_id, field, asked.title, filename, data, None, actor)


def keep_pdf(
    office: Office,
    application_id: str,
    field: str,
    title: str,
    filename: str,
    data: bytes,
    actor: Actor,
) -> Attachment:
    """Check a PDF by its content and keep it with a case; `title` names it in a refusal."""
    facts = uploads.check_pdf(data, field=field)
    return _keep_upload(
        office, application_id, field, title, filename, facts.content, facts.pages, actor
    )


def _keep_upload(
    office: Office,
    application_id: str,
    field: str,
    title: str,
    filename: str,
    data: bytes,
    pages: int | None,
    actor: Actor,
) -> Attachment:
    """Store the bytes of an upload, then put it on record; a photo has no pages.

    A form may be filled in and saved as often as somebody wants; what was only tried makes room.
    """
    sha256, now = office.files.put(data), office.now()
    with writing(office.sessions) as session:
        kind = form_rules.kind_of(field)
        application, kept_before = attachments.kept_with(session, application_id, kind)
        if not application.state.is_editable:
            raise ApplicationLocked(status=application.state.label)
        upload = Uploaded(
            filename=charset.printable(filename, office.fonts),
            file=StoredFile(
                sha256=sha256,
                size_bytes=len(data),
                media_type="image/jpeg" if pages is None else "application/pdf",
            ),
            pages=pages,
        )
        said = (session, application_id, kind, upload)
        if kept_before and (again := attachments.pressed_before(*said, actor=actor.id, at=now)):
            return again
        is_full = kept_before >= form_rules.UPLOAD_LIMIT
        if is_full and kind is AttachmentKind.CANCEL_PROOF:  # all that came belongs to the request
            raise TooManyFiles(field, title=title, limit=form_rules.UPLOAD_LIMIT)
        if is_full and (tried := attachments.drop_unused(session, application_id, kind)):
            queue.add(session, _DROP, {"digests": tried}, f"{_DROP}/{new_id()}", now)
        kept = attachments.add(*said, actor=actor.id, at=now)
        trail.audit(session, actor, "attachment.add", application_id, now, sha256=sha256)
    return kept


def save(
    office: Office,
    application_id: str,
    values: Mapping[str, Any],
    *,
    expected_revision: int,
    actor: Actor,
    finish: bool,
    draft_seen: str | None = None,
) -> Saved:
    """Keep what was typed; with `finish` check everything and make it the content to sign.

    Raises `FormFaults` ({field: text}, typed input kept), `FieldReadOnly` for forged fields,
    `StaleRevision` when another window saved in between, `ApplicationLocked` after acceptance.
    With `draft_seen` (see `draft_version`) what another window has only kept is not overwritten
    either: `StaleDraft`.
    """
    # 1. What was typed, without what a register says: it is kept whatever comes after.
    case = opened.open_(office, application_id)
    application, revision = case.application, case.revision
    form = form_checks.form_of(office, application)
    fixed = {field.name for field in form.fields() if field.read_only}
    typed = {name: value for name, value in values.items() if name not in fixed}
    if not finish:
        draft = _keep(office, application_id, typed, actor, draft_seen)
        return Saved(revision=application.revision, changed=False, voided=False, draft=draft)
    # 2. Checks, registers and tables; what fails here is kept as a draft and told beside its field.
    try:
        eligibility.refuse_barred(case)
        with office.sessions() as session:
            files = attachments.of(session, application_id)
        checked = form_checks.form(case, typed, files)
        filled = contents.values_of(checked.content, files) if checked.content else typed
        left = corrections_asked.left_in_form(office, application, filled, files)
        _refuse_forged(form, values, checked.register)
    except (Unavailable, FieldReadOnly, BanActive):
        _keep(office, application_id, typed, actor, draft_seen)
        raise
    if checked.content is None or left:
        _keep(office, application_id, typed, actor, draft_seen)
        raise FormFaults({**left, **checked.faults})
    # 3. Whether the content is another one, and what that does to the signature (edit_effect).
    changed = revision is None or revision.content_hash != applications.content_hash(
        checked.content
    )
    given = {"status": application.status, "changed": changed}
    effect = office.decide(application.definition, "edit_effect", given)
    if not effect["allowed"]:
        raise ApplicationLocked(status=application.state.label)
    # 4. Content, void signature and the next step of the diagram: one action, or none of it.
    number = _submit(case, checked, changed, expected_revision, actor)
    voided = changed and effect["void_personal_signature"]
    return Saved(revision=number, changed=changed, voided=voided)


def _refuse_forged(form: Form, posted: Mapping[str, Any], register: Mapping[str, Any]) -> None:
    """Refuse what differs from the register whose word it is (R22, R24, R31, R71).

    A page does not post such fields; a number typed before its register answered may differ too.
    """
    for field in form.fields():
        told = register.get(field.name)
        if told is not None and field.name in posted and posted[field.name] != told:
            raise FieldReadOnly(field.name, title=field.title)


def draft_version(office: Office, application_id: str) -> str:
    """Name what is kept of a form's typed input now, for the page that is made of it."""
    with office.sessions() as session:
        return applications.draft_version(session, applications.get(session, application_id))


def _keep(
    office: Office,
    application_id: str,
    typed: dict[str, Any],
    actor: Actor,
    seen: str | None = None,
) -> str:
    """Store typed input that is not (yet) content to sign; return its `draft_version`."""
    now, kept = office.now(), ""

    def write(session: Session) -> None:
        nonlocal kept
        application = applications.get(session, application_id)
        draft = applications.save_draft(session, application, typed, now, seen=seen)
        kept = applications.version_of(application, draft)
        trail.audit(session, actor, "form.draft", application_id, now)

    moved_timers.saved(office, application_id, actor, write)
    return kept


def _submit(
    case: Case, checked: CheckedForm, changed: bool, expected_revision: int, actor: Actor
) -> int:
    """Store the content and go on with it, in one action of the diagram; return its revision."""
    content, now = checked.content or {}, case.office.now()
    number = case.application.revision + (1 if changed else 0)

    def write(session: Session) -> None:
        current = applications.get(session, case.id)
        current.uscc, current.enterprise_name = checked.uscc, content["enterprise"]["name"]
        if current.matter == Matter.INITIAL:
            number = readings.number(content["qualification"].get("no", ""))
            current.qualification_no = number or None
        saved = applications.save_revision(session, current, content, expected_revision, now)
        if saved is None and changed:  # another click was faster: nothing is to be voided twice
            raise StaleRevision(current=current.revision, expected=expected_revision)
        of = current.revision
        trail.audit(session, actor, "form.save", case.id, now, revision=of)

    if not changed and Task.FILL_FORM not in case.tasks:  # nothing to void, nothing to go on with
        moved_timers.saved(case.office, case.id, actor, write)
        return number
    values = {"revision": number, "form": dict(checked.rules.facts), "uscc": checked.uscc}
    try:
        _advance(case.saves(content, now), case.tasks, values, actor, write)
    except Refusal:
        if not _is_saved(case, content):  # by the other click of a double click
            raise
    return number


def _is_saved(case: Case, content: dict[str, Any]) -> bool:
    with case.office.sessions() as session:
        revision = applications.current_revision(session, case.id)
    return revision is not None and revision.content_hash == applications.content_hash(content)


def _advance(
    case: Case,
    tasks: Mapping[str, UserTask],
    values: dict[str, Any],
    actor: Actor,
    write: Callable[[Session], None],
) -> None:
    """Store the form, void what was signed under the one before, and complete the form task.

    A returned or corrected application passes through its own task; one that was signed gets the
    message. Each leads the diagram to `fill_form`, where the same action goes on. In this order:
    """
    runner, filled = case.office.runner, Then(node=Task.FILL_FORM, values=values)
    # 1. The form as it was typed is what the diagram checks: `case` shows it before it is stored.
    # 2. One transaction stores it, voids the signed file and opens the next step, or none of it.
    if Task.FILL_FORM in tasks:
        runner.complete(tasks[Task.FILL_FORM].id, actor, values, write, case=case)
    elif Task.CORRECT_FORM in tasks:
        task_id = tasks[Task.CORRECT_FORM].id
        runner.complete(task_id, actor, values, write, then=filled, case=case)
    elif Task.FIX_OR_RESUBMIT in tasks:
        task_id, edit = tasks[Task.FIX_OR_RESUBMIT].id, values | {"action": "edit"}
        runner.complete(task_id, actor, edit, write, then=filled, case=case)
    else:
        runner.message(messages.CHANGED, case.id, values, actor, write, then=filled, case=case)


def resubmit(office: Office, application_id: str, actor: Actor) -> None:
    """Send a returned application to the enterprise again as it is; its signature stands."""
    task = open_tasks.open_task(office, application_id, Task.FIX_OR_RESUBMIT)

    def write(session: Session) -> None:
        text = "原样再次提交企业确认"
        trail.step(session, actor, "resubmit", text, application_id, office.now())

    office.runner.complete(task.id, actor, {"action": "resubmit"}, write=write)
