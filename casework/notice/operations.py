"""Operations that tell people something and that issue the letters of the authority."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import datetime
from string import Formatter
from typing import Any

from sqlalchemy.orm import Session

from casework.case import announcements, trail
from casework.case.announcements import Word
from casework.certificate import sealed_documents
from casework.certificate.sealed_documents import Paper
from casework.notice import channels, letters, notice_texts
from casework.notice.notice_texts import ENTERPRISE, PERSON, VOIDED_BY_RENAME, NoticeText
from casework.office import OUTAGE, PATIENT, Office
from casework.terms import clocks, periods
from engine import operations
from engine.operations import Call, CaseCall, Outcome
from pdfgen import Qr
from refusals.days import day_in_words
from registry.applications import applications, decisions, documents, timeline
from registry.applications.applications import Application
from registry.applications.documents import VoidReason
from registry.applications.statuses import Matter
from registry.authority import ex_officio
from registry.enterprises.enterprises import Enterprise
from registry.law.calendars import Due, shanghai_day
from registry.people import persons
from registry.people.persons import Person
from registry.trail import notices
from registry.trail.notices import SmsState
from storage.passing import recall

#: Reminders of a form that nobody goes on with: they count from the last time it was saved.
_SINCE_SAVE = frozenset({"draft_reminder", "sign_reminder"})
SUBJECT = "上海注册：办件消息"  #: of every e-mail; what it is about stands inside
SOON_WORKDAYS = 5  #: how long before a decision is due its officers are reminded


@operations.add("notice/send", inline=True, schema={"kind": str})
def send(office: Office, call: CaseCall, kind: str) -> Outcome:
    """Tell everybody whom this kind concerns, once for each passing of the token (D.5).

    The texts are made in the commit, because they tell what the action is about to write.
    """

    def commit(session: Session) -> None:
        application = applications.get(session, call.business_key)
        person = persons.get(session, application.person_id)
        employer = _employer(session, application.uscc)
        if not _is_timely(office, application, kind, call.now):
            return
        told = [
            wording
            for wording in _wording(session, application, kind)
            if wording.to != ENTERPRISE or employer is not None
        ]
        of = (person, employer)
        facts = periods.ToldPeriods(
            _facts(session, application, person, _named_in(told)),
            office=office,
            definition=application.definition,
            start=shanghai_day(call.now),
        )
        key = _since_save(office, application, kind, call.now) or call.key
        words = [
            _word(wording, kind, wording.text.format_map(facts), f"{key}/{number}", of)
            for number, wording in enumerate(told)
        ]
        words = [_outside(word, person) for word in words]
        announcements.tell(session, words, call.now, application_id=call.business_key)
        trail.audit(
            session, call.actor, "notice.send", application.id, call.now, kind=kind, to=len(told)
        )

    return Outcome(values={"kind": kind}, commit=commit)


def _employer(session: Session, uscc: str | None) -> Enterprise | None:
    """Give the enterprise that is told: as it was read a moment ago, if it was."""
    if uscc is None:
        return None
    return recall(session, (Enterprise, uscc), lambda: session.get(Enterprise, uscc))


def _wording(session: Session, application: Application, kind: str) -> tuple[NoticeText, ...]:
    """Give the texts of a kind; a new name of the enterprise voids for another reason."""
    if kind == "voided":
        voided = [
            document
            for document in documents.history(session, application.id)
            if document.void_reason
        ]
        if voided and voided[-1].void_reason == VoidReason.RENAMED:
            return VOIDED_BY_RENAME
    return notice_texts.told(kind, application.matter)


def _since_save(office: Office, application: Application, kind: str, at: datetime) -> str:
    """Give the key of a reminder that counts from the last save: once for each of its two days.

    Empty for other kinds.
    """
    if kind not in _SINCE_SAVE:
        return ""
    stage = "last" if at >= _ends(office, application, "DRAFT_LAST_REMINDER").at else "first"
    return f"{kind}/{application.id}/{shanghai_day(application.saved_at):%Y%m%d}/{stage}"


def _ends(office: Office, application: Application, clock: str) -> Due:
    """Give the end of a clock that counts from the last save."""
    start = shanghai_day(application.saved_at)
    return clocks.due_of(office, application.definition, clock, start)


def _is_timely(office: Office, application: Application, kind: str, at: datetime) -> bool:
    """Tell whether a word about a day is true now: it was extended, or the form saved, since."""
    if kind in _SINCE_SAVE:
        return at >= _ends(office, application, "DRAFT_REMINDER").at
    today = shanghai_day(at)
    if kind not in ("decision_due_soon", "decision_overdue") or application.due_on is None:
        return True
    if kind == "decision_overdue":
        return today > application.due_on
    return today <= application.due_on <= office.calendar.add_workdays(today, SOON_WORKDAYS).day


def _named_in(told: Iterable[NoticeText]) -> set[str]:
    """Give the names of the facts that the texts ask for."""
    return {str(part[1]) for word in told for part in Formatter().parse(word.text)}


def _facts(
    session: Session, application: Application, person: Person, named: Set[str]
) -> dict[str, Any]:
    """Give what fills the texts; results and returns are read where they are `named`."""
    newest = decisions.last(session, application.id) if named & {"outcome", "why"} else None
    lines = timeline.of(session, application.id) if "reason" in named else []
    returned = [line for line in lines if line.kind == "return"]
    due = application.due_on
    if application.matter == Matter.EX_OFFICIO:  # the day until which the person is heard
        due = ex_officio.get(session, application.id).hear_until
    return {
        "no": application.no,
        "matter": application.matter_label,
        "name": person.name,
        "enterprise": application.enterprise_name or "聘用企业",
        "reason": returned[-1].facts["reason"] if returned else "见申请详情",
        "outcome": newest.outcome_in(application.matter) if newest else "",
        "why": "；".join(newest.reasons) if newest and newest.reasons else "见案件记录。",
        "due": day_in_words(due) if due else "规定期限",
    }


def _word(
    wording: NoticeText, kind: str, text: str, key: str, of: tuple[Person, Enterprise | None]
) -> Word:
    """Address a text to whom it is for, with a short message where the wording has one."""
    person, employer = of
    if wording.to == PERSON:
        return announcements.to_person(person, kind, text, key, sms=wording.sms)
    if wording.to == ENTERPRISE and employer is not None:
        return announcements.to_enterprise(
            employer.uscc, employer, kind, text, key, sms=wording.sms
        )
    return Word(inbox=wording.to, kind=kind, text=text, key=key)


def _outside(word: Word, person: Person) -> Word:
    """Mask the applicant's name where others may read along: a telephone is no inbox."""
    if word.mobile is None or person.name not in word.text:
        return word
    return replace(word, outside=word.text.replace(person.name, persons.mask_name(person.name)))


@operations.add("notice/deliver_sms", schema={"sms_id": str}, retry=OUTAGE, small=True)
def deliver_sms(office: Office, call: Call, sms_id: str) -> Outcome:
    """Hand one message to the gateway; its id keeps a repetition from arriving twice.

    What its reader wants by e-mail too is queued as a message of its own, with its own job.
    """
    with office.sessions() as session:
        sms = notices.sms(session, sms_id)
        way = channels.way(session, sms.key)
    state = SmsState.SENT
    if sms.channel == notices.MAIL:
        office.sms.mail(sms.mobile, SUBJECT, sms.text, f"sms/{sms_id}")
    elif way.by_telephone:
        office.sms.send(sms.mobile, sms.text, f"sms/{sms_id}")
    else:
        state = SmsState.UNWANTED

    def commit(session: Session) -> None:
        notices.sms_done(session, sms_id, at=call.now, state=state)
        if way.email is not None and sms.channel != notices.MAIL:
            case = sms.application_id
            mail = [(way.email, sms.text, sms.key + notices.MAILED)]
            queued = notices.queue_all(
                session, mail, at=call.now, application_id=case, channel=notices.MAIL
            )
            announcements.deliver(session, queued, at=call.now, application_id=case)

    return Outcome(commit=commit)


@operations.add("document/issue_notice", schema={"kind": str}, retry=PATIENT)
def issue_notice(office: Office, call: CaseCall, kind: str) -> Outcome:
    """Issue a letter: reserve its number, print, seal, store; then one transaction (I11).

    A repetition finds the number reserved under the same key and makes the identical file.
    """
    letter = letters.reserve(office, call, kind)
    data = {"automatic": []} | letter.data | {"qr": Qr(letter.data["qr"])}
    rendered = office.templates(call.definition).render(kind, data, at=letter.at)
    sealed = sealed_documents.seal(office, call, sealed_documents.store(office, rendered))
    paper = Paper(
        application_id=letter.application_id,
        kind=kind,
        number=letter.number,
        revision=letter.revision,
    )

    def commit(session: Session) -> None:
        document = sealed_documents.keep(session, office, call, paper, sealed)
        text = f"出具{document.title}（{letter.number}）"
        trail.step(session, call.actor, kind, text, letter.application_id, call.now)

    return Outcome(values={"number": letter.number, "sha256": sealed.sha256}, commit=commit)
