"""The daily duty of the authority: successors in time, the agency's seal, words to who must act.

1. Root, issuers, responders and time stamper have a successor a year before their end.
2. The certificate of the agency's seal is renewed; nothing but this service signs with it.
3. An enterprise's or a person's key is its holder's (Electronic Signature Law 13): he is told.
4. What was stamped by a predecessor is stamped anew, in batches of their own (`restamping`).
5. What an authority outside has not given yet, or was not told, is asked for anew (`outside`).
6. What was done, and what could not be, is told to the operators once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from casework.case import announcements
from casework.case.announcements import Word
from casework.keys import outside, restamping, stock
from casework.office import Office
from engine.actors import SYSTEM, role_inbox
from refusals.days import day_in_words
from registry.enterprises.enterprises import Enterprise
from registry.errors import Unavailable
from registry.people.officers import OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from signing import Role
from signing.errors import CertificateRevoked
from signing.keys.lifecycle import Ending
from storage.database import writing

ROLLED, RENEWED, UNDONE = "keys.roll", "keys.renew", "keys.undone"
SEAL_RENEWED_BEFORE = timedelta(days=90)
REMIND_DAYS = (60, 30)  #: before the end of a holder's certificate, once each
_INBOX = role_inbox(OfficerRole.OPERATOR)


def look_after(office: Office, at: datetime) -> int:
    """Do the duty of a day; return how much there was to do. A second time does nothing."""
    done = _roll(office, at) + renew_seals(office, at) + _remind(office, at)
    done += restamping.ask(office, at) + outside.look_after(office)
    _warn(office, at)
    return done


def _roll(office: Office, at: datetime) -> int:
    """See that every key has its successor; note those that came since the foundation.

    Whoever stamps or issues first in a last year rolls as well, so what is new is told from what
    is there and not from what this call made.
    """
    authority = office.signatures.authority
    authority.roll()
    founded = authority.founded_at() + timedelta(days=1)
    words = [
        Word(
            inbox=_INBOX,
            kind=ROLLED,
            text=f"{working.name}已更换密钥，新证书有效期至{day_in_words(working.not_after)}，"
            "此前签发的文件不受影响。",
            key=f"key-rolled/{working.serial}",
        )
        for working in authority.working()
        if working.since > founded
    ]
    return _note(office, words, ROLLED, at)


def renew_seals(office: Office, at: datetime) -> int:
    """Renew the seals of the agency, also one that is over already."""
    lifecycle, words = office.signatures.lifecycle, list[Word]()
    for facts in office.signatures.custody.of_role(Role.AGENCY):
        before = at + SEAL_RENEWED_BEFORE
        if facts.not_after >= before or facts.revoked_at is not None:
            continue
        try:
            fresh = lifecycle.renew(Role.AGENCY, facts.subject, ending_before=before)
        except CertificateRevoked:  # a moment ago; a revoked seal is people's to replace
            continue
        except Unavailable:  # an authority outside: tomorrow again, and `_warn` tells in time
            continue
        text = f"{facts.subject}的电子印章证书已更新，有效期至{day_in_words(fresh.not_after)}。"
        words.append(Word(inbox=_INBOX, kind=RENEWED, text=text, key=f"key-renewed/{fresh.serial}"))
    return _note(office, words, RENEWED, at)


def _remind(office: Office, at: datetime) -> int:
    """Tell enterprises and persons 60 and 30 days before their certificate ends."""
    lifecycle, told = office.signatures.lifecycle, 0
    for role in (Role.ENTERPRISE, Role.APPLICANT):
        ending = lifecycle.ending(role, before=at + timedelta(days=REMIND_DAYS[0]))
        for page in _pages(ending):
            with writing(office.sessions) as session:
                words = [word for paper in page if (word := _reminder(session, paper, at))]
                told += announcements.tell(session, words, at)
    return told


def _reminder(session: Session, ending: Ending, at: datetime) -> Word | None:
    """Say when a certificate ends and where it is renewed; None: we know no such holder."""
    days = min(limit for limit in REMIND_DAYS if ending.not_after <= at + timedelta(days=limit))
    key, last = f"key-ends/{ending.serial}/{days}", day_in_words(ending.not_after)
    if ending.role is Role.ENTERPRISE:
        employer = session.get(Enterprise, ending.subject)
        text = (
            f"贵企业的数字证书（电子签章）将于{last}到期，到期后不能签章。"
            "请登录“企业数字证书”用证书密码更新。"
        )
        return announcements.to_enterprise(ending.subject, employer, "key_ends", text, key)
    person = session.get(Person, ending.subject)
    if person is None:
        return None
    text = f"您的个人数字证书将于{last}到期，请登录“我的数字证书”更新；到期后也可以重新申领。"
    return announcements.to_person(person, "key_ends", text, key, sms=False)


def _warn(office: Office, at: datetime) -> None:
    """Tell the operators once what ought to be done already and is not."""
    words = [
        Word(inbox=_INBOX, kind=UNDONE, text=late.words, key=f"key-undone/{late.key}")
        for late in stock.of(office, at).late
    ]
    _note(office, words, UNDONE, at)


def _note(office: Office, words: list[Word], action: str, at: datetime) -> int:
    """Tell the operators and write the audit row of what was not told before."""
    told = 0
    for word in words:
        with writing(office.sessions) as session:
            if announcements.tell(session, [word], at):
                facts = {"what": word.text}
                audit.record(
                    session, action, actor=SYSTEM.id, subject=restamping.SUBJECT, at=at, facts=facts
                )
                told += 1
    return told


def _pages(ending: list[Ending], size: int = 500) -> Iterable[list[Ending]]:
    return (ending[begin : begin + size] for begin in range(0, len(ending), size))
