"""What stands in the register against what was signed: a row that somebody changed is found.

Each sealed certificate says what its row says. The newest certificate of a registration says what
the registration and its holder's record say today, unless the next version is on its way; what a
certificate does not print whole stands in the form that was signed for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.certificate import sealed_words
from casework.certificate.sealed_words import Difference, NotSealed, Watch, day
from casework.office import Office
from pdfgen import text_layer
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.documents import DocumentKind
from registry.applications.statuses import Status
from registry.authority import identities
from registry.certificates.certificates import CANCELLATION, REGISTRATION, Certificate, Validity
from registry.certificates.registrations import Registration, RegistrationStatus
from registry.identifiers import Sex
from registry.people import persons
from registry.people.persons import Person


def differences(office: Office, *, watch: Watch = iter) -> Iterator[Difference]:
    """Yield the first difference of each sealed certificate; `watch` hands their ids through."""
    issued = sa.select(Certificate.id).where(Certificate.sha256.is_not(None))
    with office.sessions() as session:
        listed = session.scalars(issued.order_by(Certificate.id)).all()
    yield from sealed_words.held(office, listed, partial(_difference, office), _named, watch)


def _named(session: Session, certificate_id: str) -> str:
    no = session.scalar(sa.select(Certificate.no).where(Certificate.id == certificate_id))
    return f"证书{no}"


def _difference(office: Office, session: Session, certificate_id: str) -> Difference | None:
    """Compare one certificate: is it sealed, does it say its row, and the register of today."""
    certificate = session.get_one(Certificate, certificate_id)
    named = f"证书{certificate.no}"
    try:
        printed = sealed_words.of(office, str(certificate.sha256))
    except NotSealed as why:
        return Difference(named=named, what=str(why))
    registration = session.get_one(Registration, certificate.registration_id)
    said = [*_of_row(certificate, registration), *_of_today(session, certificate, registration)]
    for what, value in said:
        if text_layer.folded(value) not in printed:
            return Difference(named=named, what=what, register=value)
    for what, value, form in _of_form(office, session, certificate, registration):
        if value not in form:
            return Difference(named=named, what=what, register=value, paper="申请表文件")
    return None


def _of_row(certificate: Certificate, registration: Registration) -> Iterator[tuple[str, str]]:
    """Give what the certificate's own row says, and what never changes of a registration."""
    facts: dict[str, Any] = certificate.facts
    yield "证书编号", certificate.no
    yield "电子证照标识", str(certificate.identifier)
    yield "证书名称", str(facts["title"])
    yield "注册号", registration.no
    yield "姓名", facts["name"]
    yield "证件号码", facts["id_no"]
    yield "聘用企业", facts["enterprise_name"]
    yield "资格证书", facts["qualification_no"]
    yield "有效期止", day(facts["valid_to"])
    if certificate.kind == CANCELLATION:
        yield "注销日期", day(facts["cancelled_on"])


def _of_today(
    session: Session, certificate: Certificate, registration: Registration
) -> Iterator[tuple[str, str]]:
    """Give what the register says today, of the certificate that stands for it."""
    if certificate.kind != REGISTRATION or not _stands(session, certificate, registration):
        return
    person = session.get_one(Person, registration.person_id)
    yield "姓名", person.name
    yield "证件号码", persons.mask_id(person.id_no)
    yield "性别", Sex(person.sex).label
    yield "出生日期", day(person.birth.isoformat())
    yield "聘用企业", registration.enterprise_name
    yield "有效期起", day(registration.valid_from.isoformat())
    yield "有效期止", day(registration.valid_to.isoformat())


def _of_form(
    office: Office, session: Session, certificate: Certificate, registration: Registration
) -> Iterator[tuple[str, str, str]]:
    """Give what only the signed form prints whole, with the words of that form."""
    case, person = registration.application_id, session.get_one(Person, registration.person_id)
    form = documents.current(session, case, DocumentKind.APPLICATION) if case else None
    if form is None or certificate.kind != REGISTRATION:
        return
    printed = text_layer.folded(text_layer.words(office.files.get(form.sha256)))
    yield "统一社会信用代码", registration.uscc, printed
    if not identities.former(session, person.id):  # else corrected since, by two officers
        yield "证件号码", person.id_no, printed


def _stands(session: Session, certificate: Certificate, registration: Registration) -> bool:
    """Tell whether a certificate is the newest of a valid registration, and none is being made."""
    if registration.status != RegistrationStatus.VALID or certificate.validity != Validity.VALID:
        return False
    later = sa.select(Certificate.id).where(
        Certificate.registration_id == registration.id, Certificate.version > certificate.version
    )
    granted = sa.select(Application.id).where(
        Application.person_id == registration.person_id,
        Application.type == registration.type,
        Application.status == Status.APPROVED,
        Application.id != certificate.application_id,
    )
    return session.scalar(sa.select(sa.exists(later) | sa.exists(granted))) is False
