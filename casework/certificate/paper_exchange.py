"""纸质证书换领电子证书: check the data, upload the photo, 【确定】 (R116–R123, C.5).

No enterprise, no approval, no signature: the electronic version is there at once, and the paper
one is recorded as replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.case import on_record, reasons, trail
from casework.case.on_record import Standing
from casework.case.refusals import NotYourApplication, StepNotOpen, StepRefused
from casework.certificate import reissues
from casework.office import Office, reading
from casework.tasks import open_tasks
from casework.terms import moved_timers
from engine import operations
from engine.actors import Actor
from engine.operations import CaseCall, Outcome
from pdfgen import charset, portraits
from professions.tasks import Task
from refusals.refusal import NotFound, Refusal
from registry.applications import applications, attachments
from registry.applications.applications import Application
from registry.applications.attachments import Attachment, AttachmentKind, Uploaded
from registry.applications.documents import StoredFile
from registry.applications.statuses import Matter
from registry.certificates import certificates
from registry.certificates.certificates import PAPER, Cause
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.errors import ApplicationLocked
from registry.people import persons
from registry.people.persons import Person


class ExchangeUnchecked(Refusal):
    """还不能确定换领：{missing}"""

    code = "E_EXCHANGE_UNCHECKED"


UPLOAD, CONFIRM = Task.UPLOAD_PHOTO, Task.CONFIRM_EXCHANGE
PHOTO = "photo"  #: the field that an upload is a fault of
MOST_PHOTOS = 20  #: of one case: the last counts


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What the page shows."""

    application: Application
    person: Person  #: whom the electronic certificate will show
    standing: Standing | None
    photo: Attachment | None  #: the last upload
    width: int  #: of the photo, pixels
    height: int


def of(office: Office, application_id: str) -> Exchange:
    """Give a case with the paper certificate that it is about; raises `NotFound`."""
    with office.sessions() as session:
        application = applications.get(session, application_id)
        if application.matter != Matter.PAPER_EXCHANGE:
            raise NotFound
        stands = on_record.of(session, application.person_id, application.type)
        photo = _photo(session, application_id)
        person = persons.get(session, application.person_id)
    width, height = office.type_of(application.definition).photo
    return Exchange(
        application=application,
        person=person,
        standing=stands,
        photo=photo,
        width=width,
        height=height,
    )


def _photo(session: Session, application_id: str) -> Attachment | None:
    photos = attachments.of(session, application_id, AttachmentKind.PHOTO)
    return photos[-1] if photos else None


def upload(
    office: Office, application_id: str, filename: str, data: bytes, actor: Actor
) -> Attachment:
    """【上传】: keep the photo of the certificate (R120); a later one replaces it.

    Raises the refusals of `pdfgen.portraits`, `ApplicationLocked`, `NotYourApplication`.
    """
    exchange = of(office, application_id)
    _insist_own(exchange.application, actor)
    if not exchange.application.state.is_editable:
        raise ApplicationLocked(status=exchange.application.state.label)
    size = (exchange.width, exchange.height)
    picture = portraits.normalise(data, field=PHOTO, size=size)
    sha256 = office.files.put(picture)

    def write(session: Session) -> None:
        now = office.now()
        application = applications.get(session, application_id)
        if not application.state.is_editable:
            raise ApplicationLocked(status=application.state.label)
        photo = Uploaded(
            filename=charset.printable(filename, office.fonts),
            file=StoredFile(sha256=sha256, size_bytes=len(picture), media_type="image/jpeg"),
        )
        said = (session, application_id, AttachmentKind.PHOTO, photo)
        if attachments.pressed_before(*said, actor=actor.id, at=now):
            return
        attachments.add(*said, actor=actor.id, at=now)
        trail.audit(session, actor, "attachment.add", application_id, now, sha256=sha256)

    def saved(session: Session) -> None:
        applications.get(session, application_id).saved_at = office.now()

    def again(session: Session) -> None:
        write(session)
        saved(session)

    if task := open_tasks.open_nodes(office, application_id).get(UPLOAD):
        office.runner.complete(task.id, actor, {}, write=write)
        moved_timers.saved(office, application_id, actor, saved)
    else:
        moved_timers.saved(office, application_id, actor, again)
    with office.sessions() as session:
        kept = _photo(session, application_id)
    if kept is None:
        raise NotFound
    return kept


def _insist_own(application: Application, actor: Actor) -> None:
    if not actor.is_person(application.person_id):
        raise NotYourApplication


def confirm(office: Office, application_id: str, *, checked: bool, actor: Actor) -> None:
    """【确定】: exchange, when the photo is there and the data were checked (R121).

    A second click is harmless. Raises `ExchangeUnchecked` naming what is missing, and
    `StepRefused` when the registration ended meanwhile; the case is closed then.
    """
    exchange = of(office, application_id)
    _insist_own(exchange.application, actor)
    with office.sessions() as session:
        if certificates.of_application(session, application_id) is not None:
            return
    if not exchange.application.state.is_open:
        raise StepNotOpen(status=exchange.application.state.label)
    if exchange.photo is None:
        raise ExchangeUnchecked(PHOTO, missing="请先上传照片，再点击【确定】。")
    if not checked:
        raise ExchangeUnchecked(
            "checked", missing="请核对证书信息，勾选“信息无误”后再点击【确定】。"
        )
    task = open_tasks.open_task(office, application_id, CONFIRM)

    def write(session: Session) -> None:
        trail.audit(session, actor, "exchange.confirm", application_id, office.now())

    office.runner.complete(task.id, actor, {}, write=write)
    with office.sessions() as session:
        if certificates.of_application(session, application_id) is None:
            raise StepRefused([reasons.explain("E_EXCHANGE_LAPSED")])


@operations.add("certificate/check_exchange", inline=True)
def check_exchange(office: Office, call: CaseCall) -> Outcome:
    """Tell whether there still is a valid paper certificate to exchange."""
    session = reading(call)
    application = applications.get(session, call.business_key)
    stands = on_record.of(session, application.person_id, application.type)
    ok = (
        stands is not None
        and stands.registration.status_on(office.today()) is RegistrationStatus.VALID
        and stands.certificate is not None
        and stands.certificate.form == PAPER
    )
    return Outcome(values={"ok": ok})


@operations.add("certificate/exchange", inline=True)
def exchange(office: Office, call: CaseCall) -> Outcome:
    """Take the numbers of the electronic version, with the new photo (R121, R123)."""
    application_id = call.business_key

    def commit(session: Session) -> None:
        application = applications.get(session, application_id)
        stands = on_record.of(session, application.person_id, application.type)
        photo = _photo(session, application_id)
        if stands is None or photo is None:
            raise NotFound
        registration = session.get_one(Registration, stands.registration.id, with_for_update=True)
        person = persons.get(session, application.person_id)
        changes = {  # what was corrected since, the paper certificate does not show
            "name": person.name,
            "sex": person.sex,
            "birth": person.birth.isoformat(),
            "id_no": persons.mask_id(person.id_no),
            "enterprise_name": registration.enterprise_name,
            "photo": photo.sha256,
            "signature": person.signature_sha256,
        }
        reissues.reserve(
            office, session, application, registration, Cause.EXCHANGE, changes, call.now
        )
        text = "核对证书信息并上传照片，换领电子证书"
        trail.step(session, call.actor, "exchange", text, application_id, call.now)

    return Outcome(commit=commit)
