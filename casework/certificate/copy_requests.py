"""加注使用: the holder makes a time-limited copy of a claimed certificate (capabilities row 51).

Whoever gets the copy sees what it is for and until when, and verification knows both. Rendering
and sealing happen in a job; the page shows how far it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from casework.case import printed_data, trail
from casework.case.refusals import NotElectronic, NotYourApplication
from casework.certificate import certificate_data, offline, sealed_documents
from casework.certificate.sealed_documents import Paper
from casework.office import PATIENT, Office
from engine import operations
from engine.actors import Actor
from engine.jobs import queue
from engine.operations import Call, Outcome
from pdfgen import Qr, charset
from refusals.days import SHANGHAI, day_in_words
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from registry.applications import documents
from registry.applications.documents import Document, DocumentKind
from registry.certificates import certificates, copies, public_answers, registrations
from registry.certificates.certificates import Certificate, ClaimState, Validity
from registry.certificates.copies import Copy, CopyState, Making
from registry.errors import CertificateNotIssued, CertificateNotValid
from registry.law.calendars import last_day_under
from registry.people import persons
from storage.database import writing


class CopyFaults(Refusal):
    """加注有{count}处需要修改，请按提示更正后再提交。"""

    code = "E_COPY"

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = dict(faults)  #: field name → text (cause and remedy) with its code


class CopyNotReady(Refusal):
    """该加注副本当前状态为“{status}”，不能下载。如需使用，请在有效的证书上重新加注。"""

    code = "E_COPY_NOT_READY"


_SAID_BEFORE = re.compile(r"^(?:仅限|仅|只|限)?用于[：:]?\s*")
SHORTEST, LONGEST = 2, 50  #: characters of a purpose
A_DAY = 20  #: copies of one certificate
_REQUEST = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class CopyWindow:
    """From and until when a copy may be used, both days included."""

    first: date
    last: date


def usual(office: Office, certificate_id: str) -> CopyWindow:
    """Give the window that the form proposes: as long as it may be."""
    today = office.today()
    with office.sessions() as session:
        limit = _limit(office, session, certificates.get(session, certificate_id))
    return CopyWindow(first=today, last=min(today + timedelta(days=limit.days - 1), limit.end))


def most_days(office: Office, certificate_id: str) -> int:
    """Give how many days a copy may be used at most."""
    with office.sessions() as session:
        return _limit(office, session, certificates.get(session, certificate_id)).days


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How long a copy may be used: so many days, and no day after the end."""

    days: int
    end: date
    why: str  #: what ends on that day, for people


def _limit(office: Office, session: Session, certificate: Certificate) -> Limit:
    """Give what the profession says of its copies: days, the registration's end, the age limit."""
    registration = registrations.get(session, certificate.registration_id)
    kind = office.type_of(office.definitions.latest(registration.type).hash)
    end, why = registration.valid_to, "注册有效期"
    if kind.copies.until_maximum_age and kind.maximum_age is not None:
        birth = persons.get(session, certificate.person_id).birth
        last = last_day_under(birth, kind.maximum_age)
        if last < end:
            end, why = last, f"年满{kind.maximum_age}周岁的前一日"
    return Limit(days=kind.copies.days, end=end, why=why)


def insist(office: Office, certificate_id: str, actor: Actor) -> Certificate:
    """Give the actor's own certificate when copies of it may be made.

    Raises `NotYourApplication`, `NotElectronic`, `CertificateNotIssued`,
    `CertificateSuperseded`, `CertificateNotValid`.
    """
    with office.sessions() as session:
        certificate = certificates.get(session, certificate_id)
        _insist(office, session, certificate, actor)
    return certificate


def _insist(office: Office, session: Session, certificate: Certificate, actor: Actor) -> None:
    if not actor.is_person(certificate.person_id):
        raise NotYourApplication
    if certificate.form != certificates.ELECTRONIC or certificate.kind != "REGISTRATION":
        raise NotElectronic
    certificates.insist_valid(certificate)
    if certificate.claim_state != ClaimState.CLAIMED:
        raise CertificateNotIssued
    answer = public_answers.of(session, certificate, on=office.today())
    if answer.status is not Validity.VALID:
        raise CertificateNotValid(status=answer.status.label)


def ask(
    office: Office,
    certificate_id: str,
    *,
    request: str,
    purpose: str,
    first: date | None,
    last: date | None,
    actor: Actor,
) -> str:
    """Ask for a copy; return its id. The same `request` (32 hexadecimal digits) is the same copy.

    Raises `CopyFaults` ({field: text}) for purpose, window and the daily limit, and what
    `insist` raises.
    """
    insist(office, certificate_id, actor)
    purpose = _purpose(purpose)
    now = office.now()
    with writing(office.sessions) as session:
        certificate = certificates.get(session, certificate_id)
        session.refresh(certificate, with_for_update=True)
        _insist(office, session, certificate, actor)
        done = copies.of_request(session, certificate_id, request)
        if done is not None:
            return done.id
        office.check(session)
        faults = dict(_purpose_faults(office, purpose))
        faults |= _window_faults(office, session, certificate, first, last)
        if not _REQUEST.fullmatch(request):
            faults[""] = Fault("页面已过期，请刷新页面后重新填写。", "E_CSRF")
        if copies.count_since(session, certificate_id, _midnight(office)) >= A_DAY:
            text = f"每本证书每天最多加注{A_DAY}份，今天已达到上限，请明天再办理。"
            faults[""] = Fault(text, "E_TOO_MANY_COPIES")
        if faults or first is None or last is None:
            raise CopyFaults(faults)
        copy = copies.ask(
            session,
            certificate_id,
            request=request,
            purpose=purpose,
            valid_from=first,
            valid_to=last,
            at=now,
        )
        queue.add(session, "certificate/make_copy", {"copy_id": copy.id}, f"copy/{copy.id}", now)
        trail.audit(
            session,
            actor,
            "certificate.copy",
            str(certificate.application_id),
            now,
            copy=copy.id,
            valid_from=first.isoformat(),
            valid_to=last.isoformat(),
        )
        copy_id = copy.id
    office.runner.bell.ring()
    return copy_id


def _purpose(typed: str) -> str:
    """Read a purpose as it goes on after 仅限用于, which the copy says before it.

    >>> _purpose("仅限用于：上海某项目投标。"), _purpose("用于投标"), _purpose("投标")
    ('上海某项目投标', '投标', '投标')
    """
    return _SAID_BEFORE.sub("", readings.text(typed), count=1).rstrip("。；，")


def _purpose_faults(office: Office, purpose: str) -> Mapping[str, Fault]:
    if not SHORTEST <= len(purpose) <= LONGEST:
        text = f"请用{SHORTEST}至{LONGEST}个字写明用途，例如“上海某项目投标”。"
        return {"purpose": Fault(text, "E_PURPOSE")}
    if "\n" in purpose or "\t" in purpose or charset.hidden(purpose):
        return {"purpose": Fault("用途含有换行或不可见的字符，请重新输入。", "E_UNPRINTABLE")}
    if lost := charset.missing(purpose, office.fonts):
        shown = "、".join(f"“{character}”" for character in lost)
        return {"purpose": Fault(f"用途中的{shown}无法印制，请换一个字。", "E_UNPRINTABLE")}
    return {}


def _window(field: str, text: str) -> Mapping[str, Fault]:
    return {field: Fault(text, "E_COPY_WINDOW")}


def _window_faults(
    office: Office,
    session: Session,
    certificate: Certificate,
    first: date | None,
    last: date | None,
) -> Mapping[str, Fault]:
    if first is None or last is None:
        fault = Fault("请填写日期，格式如 2026-11-24。", "E_FORMAT")
        return {name: fault for name, day in (("first", first), ("last", last)) if not day}
    limit = _limit(office, session, certificate)
    if first < office.today():
        return _window("first", "使用期不能从过去的日期开始，请填写今天或以后的日期。")
    if last < first:
        return _window("last", "截止日期不能早于开始日期，使用期至少1天。")
    if last > limit.end:
        text = f"使用期不能超过{limit.why}（{day_in_words(limit.end)}），请提前截止日期。"
        return _window("last", text)
    if (last - first).days >= limit.days:
        text = f"使用期最长{limit.days}天，请提前截止日期；到期后可以重新加注。"
        return _window("last", text)
    return {}


def _midnight(office: Office) -> datetime:
    return datetime.combine(office.today(), time(), SHANGHAI)


def download(office: Office, copy_id: str, actor: Actor) -> tuple[bytes, Copy]:
    """Give the newest bytes of a copy that is or will be usable, and log it.

    Raises: as `downloaded`.
    """
    document, copy = downloaded(office, copy_id, actor)
    return office.files.get(document.sha256), copy


def downloaded(office: Office, copy_id: str, actor: Actor) -> tuple[Document, Copy]:
    """Log that a copy is handed out, in whichever form; give its paper.

    Raises `NotFound`, `NotYourApplication`, and `CopyNotReady` with its state otherwise.
    """
    now = office.now()
    with writing(office.sessions) as session:
        copy = copies.get(session, copy_id)
        certificate = certificates.get(session, copy.certificate_id)
        if not actor.is_person(certificate.person_id):
            raise NotYourApplication
        state = copies.public_answer(session, copy, on=office.today()).state
        if state not in (CopyState.VALID, CopyState.NOT_YET) or copy.document_id is None:
            raise CopyNotReady(status=state.label)
        certificates.downloaded(session, certificate, actor=actor.id, at=now, purpose=copy.purpose)
        document = documents.get(session, copy.document_id)
        trail.audit(
            session,
            actor,
            "certificate.copy_download",
            str(certificate.application_id),
            now,
            copy=copy.id,
        )
    return document, copy


@operations.add("certificate/make_copy", schema={"copy_id": str}, retry=PATIENT)
def make(office: Office, call: Call, copy_id: str) -> Outcome:
    """Print the certificate with purpose, window and a token of its own, and seal it.

    The type's newest template prints it. A certificate that ended meanwhile gets no copy.
    """
    with office.sessions() as session:
        copy = copies.get(session, copy_id)
        certificate = certificates.get(session, copy.certificate_id)
        registration = registrations.get(session, certificate.registration_id)
        answer = public_answers.of(session, certificate, on=office.today())
    if copy.making != Making.ASKED:
        return Outcome()
    if answer.status is not Validity.VALID:
        return Outcome(commit=lambda session: copies.refuse(session, copies.get(session, copy_id)))
    application_id = str(certificate.application_id)
    data, _ = certificate_data.of(office, application_id)
    data |= printed_data.verification(office.policy.base_url, copy.qr_token)
    data |= {
        "qr": Qr(data["qr"]),
        "copy": {
            "purpose": copy.purpose,
            "valid_from": copy.valid_from.isoformat(),
            "valid_to": copy.valid_to.isoformat(),
        },
    }
    data["offline"] = offline.code_of(office, data)
    definition = office.definitions.latest(registration.type).hash
    rendered = office.templates(definition).render("certificate", data, at=copy.asked_at)
    sealed = sealed_documents.seal(office, call, sealed_documents.store(office, rendered))
    paper = Paper(
        application_id=application_id, kind=DocumentKind.CERTIFICATE_COPY, number=certificate.no
    )

    def commit(session: Session) -> None:
        current = copies.get(session, copy_id)
        document = sealed_documents.keep(session, office, call, paper, sealed)
        copies.made(session, current, document.id, at=call.now)
        trail.audit(
            session, call.actor, "certificate.copy_made", application_id, call.now, copy=copy_id
        )

    return Outcome(values={"sha256": sealed.sha256}, commit=commit)
