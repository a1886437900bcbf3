"""What a change of the employer's name does to one certificate or one case (table `rename_effect`).

Each item is decided anew by what is true when its turn comes: a form that was sealed meanwhile
keeps its file, one that was claimed meanwhile is claimed again. The item is marked done in the
transaction of its effect, so that it happens once, whatever is repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework.application import content as contents
from casework.case import trail
from casework.certificate import reissues
from casework.office import Office
from casework.tasks import open_tasks
from engine.actors import SYSTEM, person_inbox
from engine.errors import Busy, NobodyWaits, TaskNotOpen
from engine.running import store
from professions import messages
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import applications, attachments, documents
from registry.applications.applications import Application
from registry.applications.documents import VoidReason
from registry.applications.statuses import Status
from registry.certificates import registrations
from registry.certificates.certificates import Cause
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.enterprises import rename_items, renames
from registry.enterprises.rename_items import Effect, ItemKind, RenameItem
from registry.enterprises.renames import RenameBatch
from registry.trail import notices
from storage.database import writing

TRIES = 4  #: looks at a case that others are moving at the same moment
PAUSE_S = 0.25

log = structlog.get_logger(__name__)


class CaseMoving(Refusal):
    """该申请正在办理（{status}），暂时不能更新企业名称；请稍后点击【重试失败项】。"""

    code = "E_CASE_MOVING"


class NameChangedAgain(Refusal):
    """企业名称在此期间又有变更（现为“{name}”），本项不再办理；请重新发起企业名称变更。"""

    code = "E_NAME_CHANGED_AGAIN"


#: What passes by itself when somebody else acts on the same case at the same moment.
_PASSING = (CaseMoving, NobodyWaits, TaskNotOpen, Busy)


def effect_of(office: Office, batch: RenameBatch, kind: str, status: str) -> Effect:
    """Ask the table `rename_effect`."""
    given = {"object_kind": str(kind), "status": str(status)}
    return Effect(office.decide(batch.definition, "rename_effect", given))


def apply(office: Office, item_id: str) -> None:
    """Do one item, or note in its row why it could not be done; done items stay as they are."""
    try:
        for attempt in range(TRIES):
            try:
                _apply(office, item_id)
                return
            except _PASSING:
                if attempt == TRIES - 1:
                    raise
                time.sleep(PAUSE_S)
    except SQLAlchemyError:  # the database is in trouble, not the item: the job comes again
        raise
    except Exception as error:  # the border: whatever an item raises ends in its row
        log.warning("rename_item_failed", item=item_id, error=type(error).__name__)
        with writing(office.sessions) as session:
            rename_items.fail(session, item_id, _words(error))


def _words(error: Exception) -> str:
    """Give the Chinese text of a refusal; what nobody foresaw is named for the hotline."""
    if isinstance(error, Refusal):
        return str(error)
    remedy = "请重试；如仍有问题请联系市住建委（电话见页面下方）。"
    return f"系统未能处理本项（{type(error).__name__}），{remedy}"


def _apply(office: Office, item_id: str) -> None:
    with office.sessions() as session:
        opened = rename_items.opened(session, item_id)
    item, batch, employer = opened.item, opened.batch, opened.employer
    if item.state == rename_items.ItemState.DONE:
        return
    if employer is not None and employer.name != batch.new_name and _is_older(office, batch):
        raise NameChangedAgain(name=employer.name)
    if item.kind == ItemKind.CERTIFICATE:
        _certificate(office, batch, item, item.subject_id, known=opened.registration)
    else:
        _application(office, batch, item)


def _is_older(office: Office, batch: RenameBatch) -> bool:
    """Tell whether a later batch gave the enterprise yet another name."""
    with office.sessions() as session:
        return renames.is_overtaken(session, batch)


def _certificate(
    office: Office,
    batch: RenameBatch,
    item: RenameItem,
    registration_id: str,
    also: Callable[[Session], object] = lambda _: None,
    *,
    known: Registration | None = None,
) -> None:
    """Put the new name on record; who has an electronic certificate gets the next version."""
    with office.sessions() as session:
        registration = known or session.get_one(Registration, registration_id)
        held = rename_items.held_for(session, registration_id)
    over = registration.status_on(office.today()) is not RegistrationStatus.VALID
    if over or registration.enterprise_name == batch.new_name:
        with writing(office.sessions) as session:
            also(session)
            rename_items.finish(session, item.id, Effect.UNCHANGED, office.now())
        return
    effect = effect_of(office, batch, ItemKind.CERTIFICATE, held)

    def write(session: Session) -> None:
        also(session)
        current = registrations.locked(session, registration_id)
        current.enterprise_name = batch.new_name
        kept = effect if item.kind == ItemKind.CERTIFICATE else Effect(item.effect)
        rename_items.finish(session, item.id, kept, office.now())
        facts = {"registration": registration_id, "effect": effect.value}
        trail.audit_rename(session, SYSTEM, "rename.item", batch.id, office.now(), **facts)

    if effect is not Effect.UPDATE_RECORD_EXCHANGE_LATER:
        changes = {"enterprise_name": batch.new_name}
        reissues.start(
            office,
            registration_id,
            Cause.RENAME,
            SYSTEM,
            application_id=item.id,
            changes=changes,
            write=write,
            known=registration,
        )
        return
    text = (
        f"聘用企业名称已变更为{batch.new_name}，您的注册信息已更新；"
        "纸质证书换领电子证书时将使用新名称。"
    )
    with writing(office.sessions) as session:
        write(session)
        _tell(session, batch, item, text, office.now())


def _application(office: Office, batch: RenameBatch, item: RenameItem) -> None:
    with office.sessions() as session:
        application = applications.get(session, item.subject_id)
        granted = rename_items.left_behind(session, application, batch)
    effect = effect_of(office, batch, ItemKind.APPLICATION, application.status)
    if granted is not None and effect in (Effect.UNCHANGED, Effect.KEEP_FILE_ISSUE_NEW_NAME):
        _certificate(
            office,
            batch,
            item,
            granted,
            lambda session: _take_name(session, application, batch),
        )
    elif effect is Effect.UNCHANGED or application.enterprise_name == batch.new_name:
        with writing(office.sessions) as session:
            rename_items.finish(session, item.id, Effect.UNCHANGED, office.now())
    elif effect is Effect.KEEP_FILE_ISSUE_NEW_NAME:
        _keep(office, batch, item, application)
    elif application.status == Status.DRAFT:
        _update(office, batch, item, application)
    else:
        _sign_again(office, batch, item, application, effect)


def _take_name(session: Session, seen: Application, batch: RenameBatch) -> Application:
    """Give the case the new name, if it still stands where we saw it; the first commit wins."""
    store.touch(session, seen.id)
    current = session.get_one(Application, seen.id, with_for_update=True, populate_existing=True)
    if current.status != seen.status or current.revision != seen.revision:
        raise CaseMoving(status=current.state.label)
    current.enterprise_name = batch.new_name
    return current


def _keep(office: Office, batch: RenameBatch, item: RenameItem, application: Application) -> None:
    """Sealed or accepted: the signed file stays as evidence, the certificate bears the new name."""
    now = office.now()
    with writing(office.sessions) as session:
        current = _take_name(session, application, batch)
        rename_items.finish(session, item.id, Effect.KEEP_FILE_ISSUE_NEW_NAME, now)
        text = f"聘用企业更名为{batch.new_name}，已签章的申请表继续有效，证书将使用新名称"
        trail.step(session, SYSTEM, "rename", text, current.id, now, batch=batch.id)
        told = (
            f"聘用企业名称已变更为{batch.new_name}，您的{current.matter_label}申请"
            f"（{current.no}）继续办理，证书将使用新名称。"
        )
        _tell(session, batch, item, told, now, current.id)


def _update(office: Office, batch: RenameBatch, item: RenameItem, application: Application) -> None:
    """Not signed and open to edit: the form shows the new name."""
    if Task.FILL_FORM not in open_tasks.open_nodes(office, application.id):
        raise CaseMoving(status=application.state.label)
    now = office.now()
    with writing(office.sessions) as session:
        current = _take_name(session, application, batch)
        _patch_form(session, current, batch, now)
        rename_items.finish(session, item.id, Effect.UPDATE_NAME, now)
        text = f"聘用企业更名为{batch.new_name}，申请表已更新企业名称"
        trail.step(session, SYSTEM, "rename", text, current.id, now, batch=batch.id)
        told = (
            f"聘用企业名称已变更为{batch.new_name}，您的{current.matter_label}申请"
            f"（{current.no}）已更新企业名称，请核对后保存。"
        )
        _tell(session, batch, item, told, now, current.id)


def _sign_again(
    office: Office,
    batch: RenameBatch,
    item: RenameItem,
    application: Application,
    effect: Effect,
) -> None:
    """Void what was printed or signed under the old name; the form shows the new name.

    The diagram goes back to the form by the way of an edit; exactly one of this and a signature,
    seal or edit at the same moment wins, by the version of the instance.
    """
    applicant = SYSTEM.standing_in(person_inbox(application.person_id))

    def write(session: Session) -> None:
        now = office.now()
        current = _take_name(session, application, batch)
        documents.void_all(session, current.id, VoidReason.RENAMED, now)
        _patch_form(session, current, batch, now)
        rename_items.finish(session, item.id, effect, now)
        text = f"聘用企业更名为{batch.new_name}，按旧名称签署的申请表作废，须重新签名"
        trail.step(session, SYSTEM, "rename", text, current.id, now, batch=batch.id)

    nodes = open_tasks.open_nodes(office, application.id)
    if Task.FIX_OR_RESUBMIT in nodes:
        task, values = nodes[Task.FIX_OR_RESUBMIT], {"action": "edit"}
        office.runner.complete(task.id, applicant, values, write=write)
    elif Task.CORRECT_FORM in nodes:
        office.runner.complete(nodes[Task.CORRECT_FORM].id, applicant, {}, write=write)
    else:
        office.runner.message(messages.CHANGED, application.id, {}, SYSTEM, write=write)


def _patch_form(
    session: Session, application: Application, batch: RenameBatch, at: datetime
) -> None:
    """Put the new name into what the person will see in the form, typed or saved before."""
    values: dict[str, Any]
    draft = applications.draft_of(session, application.id)
    revision = applications.current_revision(session, application.id)
    if draft is not None:
        values = dict(draft.content)
    elif revision is not None:
        values = contents.values_of(revision.content, attachments.of(session, application.id))
    else:
        return
    if "enterprise_name" in values:
        named = values | {"enterprise_name": batch.new_name}
        applications.save_draft(session, application, named, at)


def _tell(
    session: Session,
    batch: RenameBatch,
    item: RenameItem,
    text: str,
    at: datetime,
    application_id: str | None = None,
) -> None:
    notices.tell(
        session,
        person_inbox(item.person_id),
        "renamed",
        text,
        key=f"rename/{item.id}",
        at=at,
        application_id=application_id,
    )
