"""Who may be registered, asked in one place: age, bans, employer, as the type's data say.

The same conditions hold where a matter is offered, where people are reminded, when a form is
saved, when it is decided, by an officer or by silence, and for the last day of a registration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from casework.case import reasons
from casework.case.opened import Case
from casework.case.reasons import Reason
from professions.manifests import RegistrationType
from registry.applications.statuses import CANCELLING, Matter
from registry.authority import bans
from registry.authority.bans import Ban, Basis
from registry.certificates.registrations import Registration
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus
from registry.errors import BanActive
from registry.law import calendars
from registry.people.persons import Person
from storage.passing import recall

#: Matters that register somebody: the others ask for no age and no employer.
REGISTERING = frozenset({Matter.INITIAL, Matter.RENEWAL})


@dataclass(frozen=True, kw_only=True)
class Against:
    """What stands against registering a person on a day; nothing of it: the person may be."""

    age: Reason | None
    ban: Ban | None  #: for a time (Licensing Law 78, 79)
    bar: Ban | None  #: as long as its ground lasts
    employer: Reason | None

    @property
    def reasons(self) -> list[Reason]:
        """All of it, for people."""
        told = [self.age, self.employer]
        if self.ban is not None:
            facts = {"basis": Basis(self.ban.basis).label, "until": f"{self.ban.until}"}
            told.append(reasons.explain("E_BAN_ACTIVE", facts))
        if self.bar is not None:
            told.append(reasons.explain("E_BARRED", {"ground": Basis(self.bar.basis).label}))
        return [reason for reason in told if reason is not None]


def refuse_barred(case: Case) -> None:
    """Refuse a step of somebody barred since he began; a cancellation is open to everybody.

    Asked when a form is saved, signed and sealed, so that no case of his comes to a decision.
    Raises `BanActive`.
    """
    if case.application.matter in CANCELLING:
        return
    for ban in bans.on_day(case.bans, case.office.today()):
        until = ban.until.isoformat() if ban.until else "解除限制"
        raise BanActive(basis=Basis(ban.basis).label, until=until)


def against(
    session: Session,
    person: Person,
    kind: RegistrationType,
    *,
    today: date,
    renewed: Registration | None = None,
    uscc: str | None = None,
    standing: Iterable[Ban] | None = None,
) -> Against:
    """Give what stands against registering `person`, or against renewing what is `renewed`.

    A renewal is judged on the first day that it gives. `uscc` is the employer, as the enterprise
    register said last; `standing` are the bans not lifted, where the caller has them.
    """
    stands = bans.standing(session, person.id) if standing is None else standing
    counting = bans.on_day(stands, today)
    first = today if renewed is None else max(today, renewed.valid_to + timedelta(days=1))
    employer = None
    if uscc:
        slot = (Enterprise, uscc)
        employer = recall(session, slot, lambda: session.get(Enterprise, uscc))
    return Against(
        age=age(person.birth, kind, today=today, first=first),
        ban=next((ban for ban in counting if Basis(ban.basis).is_ban), None),
        bar=next((ban for ban in counting if not Basis(ban.basis).is_ban), None),
        employer=None if employer is None else _inactive(employer),
    )


def age(birth: date, kind: RegistrationType, *, today: date, first: date) -> Reason | None:
    """Give why a registration that begins on `first` is against the ages of the type."""
    most = kind.maximum_age
    if calendars.age(birth, today) < kind.minimum_age:
        return reasons.explain("E_MINIMUM_AGE", {"age": kind.minimum_age})
    if most is not None and calendars.age(birth, today) >= most:
        return reasons.explain("E_MAXIMUM_AGE", {"age": most})
    if most is not None and calendars.age(birth, first) >= most:
        return reasons.explain("E_AGE_AT_END", {"age": most})
    return None


def may_register(person: Person, kind: RegistrationType, *, on: date) -> bool:
    """Tell whether the ages of the type let a registration begin on that day."""
    return age(person.birth, kind, today=on, first=on) is None


def last_day(birth: date, kind: RegistrationType) -> date | None:
    """Give the day beyond which nobody born on `birth` is registered; None without such a day."""
    if not kind.ends_at_maximum_age or kind.maximum_age is None:
        return None
    return calendars.last_day_under(birth, kind.maximum_age)


def _inactive(employer: Enterprise) -> Reason | None:
    if employer.status == EnterpriseStatus.ACTIVE:
        return None
    label = EnterpriseStatus(employer.status).label
    return reasons.explain("E_ENTERPRISE_INACTIVE", {"enterprise_status": label})
