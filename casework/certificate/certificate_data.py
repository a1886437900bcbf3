"""What a certificate shows: frozen when its number is taken, so that a repetition is identical."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.application import form_checks
from casework.case import on_record, printed_data
from casework.case.opened import Case
from casework.certificate import offline
from casework.office import Office
from pdfgen import Qr
from professions.manifests import RegistrationType
from refusals.refusal import NotFound
from registry.applications import applications
from registry.applications.applications import Application
from registry.authority import identities
from registry.certificates import certificates, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.issuing import Numbers
from registry.certificates.registrations import Registration
from registry.identifiers import Sex
from registry.law.calendars import shanghai_day
from registry.people import persons
from storage.passing import recall


def snapshot(session: Session, application_id: str) -> dict[str, Any]:
    """Give the facts of the certificate from the content that was signed and sealed.

    What the form did not ask again (the photo of a renewal) is as on the certificate before; the
    employer's name is the present one, even when the form was sealed under a former (I16).
    """
    revision = applications.current_revision(session, application_id)
    if revision is None:
        raise NotFound
    content = revision.content
    application = applications.get(session, application_id)
    person = persons.get(session, application.person_id)
    photo, before = printed_data.photo_of(content), {}
    if photo is None or content["registration"]:
        stands = on_record.of(session, application.person_id, application.type)
        before = dict(stands.facts) if stands else {}
    qualification = {name: content["qualification"][name] for name in _QUALIFICATION}
    identity = dict(content["person"])
    if any(name.until > revision.saved_at for name in identities.former(session, person.id)):
        identity |= form_checks.person_facts(person)  # corrected since the form was signed (I20)
    return {
        "name": identity["name"],
        "sex": identity["sex"],
        "birth": identity["birth"],
        "id_no": persons.mask_id(identity["id_no"]),
        "enterprise_name": application.enterprise_name or content["enterprise"]["name"],
        "qualification": qualification,
        "qualification_no": content["qualification"]["no"],
        "answers": _answers(content, before),
        "photo": photo or before.get("photo"),
        "signature": person.signature_sha256,
    }


def _answers(content: Mapping[str, Any], before: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what the type asks beyond the house's fields; a renewal may leave it as it was."""
    kept = before.get("answers", ()) if content["registration"] else ()
    return list({answer["name"]: answer for answer in (*kept, *content["answers"])}.values())


def numbers(office: Office, kind: RegistrationType) -> Numbers:
    """Give what the numbers of a certificate of a type are made of.

    The type code is the profession's as it is now, whatever a case began with: one that was wrong
    is mended with the next version of each certificate.
    """
    offered = office.definitions.offered().get(kind.key)
    newest = office.type_of(offered or office.definitions.latest(kind.key).hash)
    return Numbers(
        type_code=newest.face.type_code,
        issuer_uscc=office.policy.authority_uscc,
        patterns=kind.numbers,
    )


_QUALIFICATION = ("region", "province", "no", "issued_on", "issuer")


def reserved(session: Session, application_id: str) -> Certificate:
    """Give the certificate of an application; raises `NotFound` before its number is taken."""
    certificate = certificates.of_application(session, application_id)
    if certificate is None:
        raise NotFound
    return certificate


#: Template by the kind of certificate, and what it is called in the record of a case.
TEMPLATES = {
    certificates.REGISTRATION: ("certificate", "电子注册证书"),
    certificates.CANCELLATION: ("cancellation-certificate", "注销注册证书"),
}


def of(office: Office, application_id: str) -> tuple[dict[str, Any], datetime]:
    """Give the data of the template, and the moment that the file is made for."""
    with office.sessions() as session:
        application = applications.get(session, application_id)
        return shown(office, session, reserved(session, application_id), application)


def to_print(session: Session, case: Case) -> tuple[Certificate, dict[str, Any], datetime]:
    """Give the certificate that was reserved a moment ago, with its data and moment as `of` does.

    Whether it still counts is asked anew by who publishes it.
    """
    slot = (Certificate, case.id)
    certificate = recall(session, slot, lambda: certificates.of_application(session, case.id))
    if certificate is None:
        raise NotFound
    return certificate, *shown(case.office, session, certificate, case.application)


def shown(
    office: Office, session: Session, certificate: Certificate, application: Application
) -> tuple[dict[str, Any], datetime]:
    """Give what `of` gives, of a certificate and an application that are at hand."""
    key = certificate.registration_id
    registration = recall(session, (Registration, key), lambda: registrations.get(session, key))
    if registration is None:
        raise NotFound
    facts = certificate.facts
    photo, signature = facts["photo"], facts["signature"]
    face = office.type_of(application.definition).face
    data = {
        "title": facts["title"],
        "english": face.english,
        "person": {
            "name": facts["name"],
            "sex": Sex(facts["sex"]).label,
            "birth": facts["birth"],
            "id_no": facts["id_no"],
        },
        "registration_no": registration.no,
        "certificate_no": certificate.no,
        "identifier": certificate.identifier,
        "enterprise_name": facts["enterprise_name"],
        "qualification_no": facts["qualification_no"],
        "answers": [
            {"title": answer["title"], "text": answer["text"]}
            for answer in facts.get("answers", [])
        ],
        "valid_from": registration.valid_from.isoformat(),
        "valid_to": facts.get("valid_to", registration.valid_to.isoformat()),
        "authority": office.policy.authority,
        "issued_on": shanghai_day(certificate.reserved_at).isoformat(),
        **printed_data.verification(office.policy.base_url, certificate.qr_token),
        "photo": office.files.get(photo) if photo else None,
        "signature_picture": office.files.get(signature) if signature else None,
        "watermark": office.policy.watermark,
        "copy": None,
    }
    data["qr"] = Qr(data["qr"])
    if certificate.kind == certificates.CANCELLATION:
        data |= {"reason": facts["reason"], "cancelled_on": facts["cancelled_on"]}
    data["offline"] = offline.code_of(office, data)
    return data, certificate.reserved_at
