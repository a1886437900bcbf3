"""申报前的准备: card, certificate and signature image of a person (R1–R4).

The embedded profile reads a card and enrols a certificate here; each step may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from casework.case.refusals import StepNotOpen
from casework.keys import outside
from casework.keys.holding import KeyHolder
from casework.office import Office
from casework.signature import personal, readiness
from engine import actors, queries
from engine.errors import TaskNotOpen
from professions.tasks import Task
from registry.applications import applications
from registry.people import consents, persons
from registry.people.persons import Person, Readiness
from registry.trail import audit
from signing import Role
from storage.database import writing
from storage.vault import current_vault

SIGNATURE = "signature"  #: the step that makes or takes the picture of the signature
Record = Callable[[Person], None]
Prepare = Callable[[Office, Person, datetime], Record]


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One line of the checklist."""

    step: str
    title: str
    text: str
    action: str
    done_at: datetime | None
    picture: str | None = None  #: address of the signature image
    takes_picture: bool = False  #: an own image may be uploaded, also to replace the present one


def items(person: Person, has: Readiness) -> list[ChecklistItem]:
    """Give the checklist of a person in the order of the manual (line 2).

    `has` is what is usable now: a certificate that has ended is applied for again.
    """
    image = (
        f"/readiness/signature.png?v={person.signature_sha256[:12]}"
        if (person.signature_sha256)
        else None
    )
    return [
        ChecklistItem(
            step="card",
            title="个人身份证读卡",
            text="核验本人身份证件，只需一次。",
            action="读卡核验",
            done_at=person.card_read_at,
        ),
        ChecklistItem(
            step="certificate",
            title="申领个人数字证书",
            text="证书与本人账号绑定，密钥由云端密码设备保管，用于签署申请表。",
            action="申领数字证书",
            done_at=person.certificate_at if has.certificate else None,
        ),
        ChecklistItem(
            step=SIGNATURE,
            title="设置个人签名图片",
            text="签署后显示在申请表和电子注册证书上。可上传本人手写签名的照片或扫描图"
            "（PNG或JPEG，不超过2M，白底深色字迹），也可由系统按姓名书写。",
            action="由系统书写",
            done_at=person.signature_set_at,
            picture=image,
            takes_picture=True,
        ),
    ]


def take(office: Office, person_id: str, step: str, actor_id: str) -> bool:
    """Do one step; False when there is no such step. Doing it again changes nothing.

    Raises: where an authority outside issues, CertificateAwaited, EnrolmentRefused.

    The last one completes the task of the case that waits for it.
    """
    prepare = _STEPS.get(step)
    if prepare is None:
        return False
    _do(office, person_id, step, actor_id, prepare)
    return True


def upload_signature(office: Office, person_id: str, picture: bytes, actor_id: str) -> None:
    """Use the person's own signature image from now on; earlier files keep theirs (R3).

    Raises: PictureUnusable, ConsentWithdrawn.
    """
    sha256 = office.files.put(office.signatures.picture_png(picture))

    def prepare(_: Office, __: Person, now: datetime) -> Record:
        return lambda person: persons.set_signature(person, sha256, at=now)

    _do(office, person_id, SIGNATURE, actor_id, prepare)


def _do(office: Office, person_id: str, step: str, actor_id: str, prepare: Prepare) -> None:
    now = office.now()
    with office.sessions() as session:
        record = prepare(office, persons.get(session, person_id), now)
    with writing(office.sessions) as session:
        if step == SIGNATURE:
            consents.insist(session, person_id, consents.PORTRAIT)
        record(persons.get(session, person_id))
        subject = f"person:{person_id}"
        audit.record(session, f"readiness.{step}", actor=actor_id, subject=subject, at=now)
        outside.tell_endings(session, office)
    go_on(office, person_id)


def go_on(office: Office, person_id: str) -> None:
    """Lead the case that waits for this checklist on, once all of it is usable."""
    waiting = _case_at(office, person_id, Task.COMPLETE_READINESS)
    with office.sessions() as session:
        person = persons.get(session, person_id)
    if waiting is None or not readiness.of(office, person).complete:
        return
    with suppress(StepNotOpen, TaskNotOpen):  # another window was faster
        personal.get_ready(office, waiting, actors.person(person_id))


def waiting_case(office: Office, person_id: str) -> str | None:
    """Give the person's application that is signed once this checklist is complete."""
    return _case_at(office, person_id, Task.COMPLETE_READINESS, Task.PREVIEW_DOCUMENT)


def _case_at(office: Office, person_id: str, *nodes: Task) -> str | None:
    with office.sessions() as session:
        for current in applications.all_open_for(session, person_id):
            if any(queries.task_for(session, current.id, node) for node in nodes):
                return current.id
    return None


def _card(office: Office, person: Person, now: datetime) -> Record:
    return lambda holder: persons.read_card(holder, at=now)


def _certificate(office: Office, person: Person, now: datetime) -> Record:
    digest = current_vault().blind_index(person.id_no)
    holder = KeyHolder(role=Role.APPLICANT, subject=person.id)
    with outside.waited_for(office, holder, actors.person(person.id)):
        office.signatures.custody.enrol_person(person.id, person.name, digest)
    return lambda holder: persons.bind_certificate(holder, at=now)


def _signature(office: Office, person: Person, now: datetime) -> Record:
    sha256 = office.files.put(office.signatures.handwriting_png(person.name))
    return lambda holder: persons.set_signature(holder, sha256, at=now)


_STEPS: Mapping[str, Prepare] = {
    "card": _card,
    "certificate": _certificate,
    SIGNATURE: _signature,
}
