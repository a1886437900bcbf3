"""Renewals and the end of the registration: in time or late, deemed or lapsed (domain C.2).

Licensing Law 50: filed thirty days before the registration ends, a renewal is decided before the
end; undecided then, it counts as granted. Filed later it may be decided after the end, and until
then the person may not practise. The day of filing is the day on which the sealed form reaches the
agency; after a correction, the day on which the corrected form does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from casework.office import Office, reading
from casework.terms import eligibility
from engine import operations
from engine.operations import CaseCall, Outcome
from refusals.days import day_in_words
from registry.applications import applications, attachments
from registry.applications.applications import Application
from registry.applications.statuses import EDITABLE, Matter, Status
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.law.calendars import Due, renewed_until, shanghai_day
from registry.people import persons

#: Who stands for the law in the record of a decision that nobody took.
BY_LAW = "行政许可法第五十条第二款"


@dataclass(frozen=True, kw_only=True)
class Window:
    """Where a day lies before the end of a registration."""

    phase: str  #: NOT_OPEN, OPEN, LATE or EXPIRED
    valid_to: date

    @property
    def in_time(self) -> bool:
        """Whether a renewal filed on that day has to be decided before the end."""
        return self.phase in ("NOT_OPEN", "OPEN")

    def caps(self, counted: Due) -> Due:
        """Give the last day for the decision: filed in time, it is decided before the end."""
        if not self.in_time or counted.day <= self.valid_to:
            return counted
        return Due(day=self.valid_to, provisional=counted.provisional)


def filed(office: Office, session: Session, application: Application) -> Window:
    """Give the window of a renewal on the day it was filed; today when it is not filed yet."""
    valid_to = renewed(session, application).valid_to
    return window(office, session, application.definition, application.filed_at, valid_to)


def window(
    office: Office, session: Session, definition: str, filed_at: datetime | None, valid_to: date
) -> Window:
    """Give what `filed` gives, of a renewal of a registration that ends on `valid_to`."""
    on = shanghai_day(filed_at) if filed_at else office.today()
    figures = office.figures(session, definition)
    phase = registrations.renewal_phase(
        valid_to,
        on,
        open_days=figures["renewal_open_days"],
        statutory_days=figures["renewal_statutory_days"],
    )
    return Window(phase=phase, valid_to=valid_to)


def decision_due(office: Office, session: Session, application: Application, counted: Due) -> Due:
    """Give the last day for the decision: a renewal filed in time is decided before the end."""
    if application.matter != Matter.RENEWAL:
        return counted
    return filed(office, session, application).caps(counted)


def new_end(office: Office, session: Session, application: Application) -> tuple[str, date]:
    """Give the number of the renewed registration, and its last day once it is renewed."""
    registration = renewed(session, application)
    years = office.figures(session, application.definition)["validity_years"]
    last = last_day_of(office, session, application)
    until = min(renewed_until(registration.valid_to, years), last or date.max)
    return registration.no, max(registration.valid_to, until)


def last_day_of(office: Office, session: Session, application: Application) -> date | None:
    """Give the day beyond which the person is not registered; None without such a day."""
    birth = persons.get(session, application.person_id).birth
    return eligibility.last_day(birth, office.type_of(application.definition))


def must_decide_by(office: Office, session: Session, application: Application) -> date | None:
    """Give the day beyond which silence renews; None where no such day is set."""
    if application.matter != Matter.RENEWAL:
        return None
    renewal = filed(office, session, application)
    return renewal.valid_to if renewal.in_time else None


def late_warning(office: Office, session: Session, application: Application) -> str:
    """Give what a person who renews in the last thirty days has to know; else nothing."""
    if application.matter != Matter.RENEWAL or application.state not in _UNDECIDED:
        return ""
    renewal = filed(office, session, application)
    if renewal.phase != "LATE":
        return ""
    return late_text(renewal.valid_to, statutory_days(office, session, application))


def statutory_days(office: Office, session: Session, application: Application) -> int:
    """Give how long before the end a renewal is filed in time (Licensing Law 50)."""
    figures = office.figures(session, str(application.definition))
    return int(figures["renewal_statutory_days"])


def late_text(valid_to: date, days: int) -> str:
    """Say what filing in the last `days` means.

    >>> late_text(date(2026, 12, 1), 30)[:37]
    '注册有效期至2026年12月1日，已不足30日：可能来不及在到期前作出决定'
    """
    day = day_in_words(valid_to)
    return (
        f"注册有效期至{day}，已不足{days}日：可能来不及在到期前作出决定。"
        "届满时未作决定的，不视为准予延续，届满后至准予延续前不得执业；"
        "届满前未受理的，须改按初始注册（逾期）办理。请尽快签署并提醒聘用企业盖章。"
    )


def to_examine(office: Office, session: Session, application: Application) -> list[str]:
    """Give what officers have to know of a renewal: the end it runs against, hours unproven."""
    if application.matter != Matter.RENEWAL or application.state not in _UNDECIDED:
        return []
    renewal = filed(office, session, application)
    day = day_in_words(renewal.valid_to)
    days = statutory_days(office, session, application)
    said = [
        f"注册有效期至{day}；届满时未作决定的，视为准予延续（{BY_LAW}）。"
        if renewal.in_time
        else f"注册有效期至{day}，不足{days}日提出，不适用“视为准予延续”。"
    ]
    revision = applications.current_revision(session, application.id)
    kinds = (
        [attachment["kind"] for attachment in revision.content["attachments"]] if revision else []
    )
    if attachments.AttachmentKind.CE_PROOF not in kinds:
        said.append("继续教育学时由申请人填报，未附证明文件，请核查。")
    return said


def why_closed(session: Session, application: Application, at: datetime) -> str:
    """Say for the record that a renewal was overtaken by the end; nothing for other closings."""
    if application.matter != Matter.RENEWAL or application.state is not Status.CLOSED:
        return ""
    registration = registrations.newest(session, application.person_id, application.type)
    over = registration is not None and shanghai_day(at) > registration.valid_to
    return "注册有效期届满前未受理，申请关闭" if over else ""


_UNDECIDED = EDITABLE | {Status.ACCEPTED, Status.UNDER_REVIEW}


def renewed(session: Session, application: Application) -> Registration:
    """Give the registration that a renewal renews."""
    registration = registrations.newest(session, application.person_id, application.type)
    if registration is None:
        raise LookupError(f"application {application.id} renews nothing")
    return registration


@operations.add("application/judge_filing", inline=True)
def judge_filing(office: Office, call: CaseCall) -> Outcome:
    """Tell whether a renewal was filed in time to be decided before the registration ends."""
    session = reading(call)
    application = applications.get(session, call.business_key)
    return Outcome(values={"in_time": filed(office, session, application).in_time})
