"""【按初始注册（逾期）办理】: a renewal that its registration did not wait for goes on as initial.

What the person gave and what stands on record is carried over, so that nothing is typed twice
(domain C.2): employer, telephone, qualification, hours, proofs and photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from casework.application import form_entry, new_application
from casework.case import on_record
from casework.case.on_record import Standing
from casework.case.refusals import NotYourApplication
from casework.office import Office
from engine.actors import Actor
from refusals.refusal import Refusal
from registry.applications import applications, attachments
from registry.applications.applications import Application
from registry.applications.attachments import Attachment, AttachmentKind, Uploaded
from registry.applications.documents import StoredFile
from registry.applications.statuses import Matter, Status
from registry.certificates.registrations import RegistrationStatus


class NothingToContinue(Refusal):
    """该申请不能转为初始注册（注册尚未到期，或者已有正在办理的申请），请到“新增注册申请”中选择事项。"""

    code = "E_NOTHING_TO_CONTINUE"


_CARRIED = ("enterprise_phone", "ce_compulsory_hours", "ce_elective_hours")
_ON_RECORD = (
    *("enterprise_name", "qualification_region", "qualification_province"),
    *("qualification_no", "qualification_issued_on", "qualification_issuer"),
)


def is_offered(office: Office, session: Session, application: Application) -> bool:
    """Tell whether a closed renewal may go on as initial: registration over, nothing open.

    `session` reads; the person's other obstacles are told when the button is pressed.
    """
    if application.matter != Matter.RENEWAL or application.state is not Status.CLOSED:
        return False
    stands = on_record.of(session, application.person_id, application.type)
    if (
        stands is None
        or applications.open_for(session, application.person_id, application.type) is not None
    ):
        return False
    return stands.registration.status_on(office.today()) is RegistrationStatus.EXPIRED


def as_initial(office: Office, application_id: str, actor: Actor) -> str:
    """Start the initial registration with what is known, and return its id.

    Raises `NotYourApplication`, `NothingToContinue` when there is nothing to carry over (any
    more), and what `starting.start` raises.
    """
    with office.sessions() as session:
        renewal = applications.get(session, application_id)
        if not actor.is_person(renewal.person_id):
            raise NotYourApplication
        if not is_offered(office, session, renewal):
            raise NothingToContinue
        stands = on_record.of(session, renewal.person_id, renewal.type)
        typed = form_entry.typed_last(session, renewal.id)
        files = {file.id: file for file in attachments.of(session, renewal.id)}
    photo = str(stands.facts.get("photo") or "") if stands else ""
    size = len(office.files.get(photo)) if photo else 0

    def fill(session: Session, application: Application) -> None:
        """Write the first draft of the new application, in the transaction that starts it."""
        now = office.now()
        values = _values(typed, stands)
        values["ce_proof"] = [
            _copied(session, application, files[file_id], actor, now)
            for file_id in typed.get("ce_proof", [])
            if file_id in files
        ]
        own = files.get(str(typed.get("photo")))
        if own is not None:
            values["photo"] = _copied(session, application, own, actor, now)
        elif photo:
            kept = attachments.add(
                session,
                application.id,
                AttachmentKind.PHOTO,
                Uploaded(
                    filename="证书照片.jpg",
                    file=StoredFile(sha256=photo, size_bytes=size, media_type="image/jpeg"),
                ),
                actor=actor.id,
                at=now,
            )
            values["photo"] = kept.id
        given = {name: value for name, value in values.items() if value not in ("", [], None)}
        applications.save_draft(session, application, given, now)

    return new_application.start(
        office, renewal.person_id, Matter.INITIAL.value, actor, renewal.type, fill=fill
    )


def _values(typed: Mapping[str, Any], stands: Standing | None) -> dict[str, Any]:
    record = stands.fields if stands else {}
    known = {name: record[name] for name in _ON_RECORD if record.get(name) not in (None, "", "—")}
    return known | {name: typed[name] for name in _CARRIED if name in typed}


def _copied(
    session: Session, application: Application, attachment: Attachment, actor: Actor, at: Any
) -> str:
    """Let the new application have an upload of the old one; the bytes are kept once."""
    kept = attachments.add(
        session,
        application.id,
        attachment.kind,
        attachment.as_uploaded(),
        actor=actor.id,
        at=at,
    )
    return kept.id
