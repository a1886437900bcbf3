"""What holds in the city on every day, whatever people did; the first thing that does not is told.

Each check reads the register as it stands in the morning, after the duties of the night, and
compares it with `law` or with another place that says the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from engine.tables import Job, JobKind, JobState, TaskStatus, UserTask
from registry.applications import documents
from registry.applications.applications import Application
from registry.applications.decisions import Decision
from registry.applications.documents import Document
from registry.applications.statuses import ACCEPTED, EDITABLE, OPEN, PERSONAL, UNSIGNED
from registry.applications.timeline import TimelineEntry
from registry.authority.bans import Ban
from registry.certificates import public_answers, registrations
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises.renames import RenameBatch
from registry.law.calendars import shanghai_day, start_of
from registry.people.persons import Person
from registry.ports import CertificateState
from registry.trail.notices import Notice
from tests import people
from tests.years import law
from tests.years.city import City
from web.public import verification


@dataclass(frozen=True, kw_only=True)
class Violation(Exception):
    """Something that does not hold."""

    kind: str  #: the name of the check
    text: str
    who: frozenset[int] = frozenset()  #: numbers of the persons concerned, where they are known

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


_AS_REGISTRATION = {
    "VALID": "VALID",
    "EXPIRED": "EXPIRED",
    "CANCELLED": "CANCELLED",
    "REVOKED": "REVOKED",
    "RESCINDED": "RESCINDED",
}
_FAR = timedelta(days=4000)


@dataclass
class Inspector:
    """Looks at a city each morning and remembers what it saw the day before."""

    city: City
    terms: dict[str, tuple[date, date]] = field(default_factory=dict)  #: of registrations, by id
    reminded: set[tuple[str, date, int]] = field(default_factory=set)
    seen: datetime | None = None  #: until when notices were looked at
    files: int = 0  #: that were verified
    verified: set[str] = field(default_factory=set)  #: digests of files of the daily samples

    def look(self, day: date) -> None:
        """Hold every invariant; raises `Violation`."""
        for check in CHECKS:
            for text, persons in check(self, day):
                numbers = frozenset(self.city.numbers[person] for person in persons if person)
                raise Violation(kind=check.__name__.strip("_"), text=text, who=numbers)

    def rows(self, query: Any) -> Sequence[Any]:
        """Give the rows of a query."""
        with self.city.town.office.sessions() as session:
            return session.execute(query).all()

    def is_to_decide(self, case: str) -> bool:
        """Tell whether silence could not grant a renewal, because something stands against it."""
        query = select(TimelineEntry.id).where(
            TimelineEntry.application_id == case, TimelineEntry.kind == "not_deemed"
        )
        return bool(self.rows(query))

    # -- files ------------------------------------------------------------------------------

    def verify(self, limit: int | None = None) -> None:
        """Verify current files: all, or what is new of the newest `limit`; raises `Violation`."""
        query = select(Document).where(Document.state == documents.DocumentState.CURRENT)
        query = query.order_by(Document.id.desc())
        office = self.city.town.office
        for (document,) in self.rows(query.limit(limit) if limit else query):
            if limit and document.sha256 in self.verified:
                continue
            self.verified.add(document.sha256)
            verdict = verification.examine(office, office.files.get(document.sha256))
            self.files += 1
            if not (verdict.report.ok or self._is_unsigned(document)) or verdict.standing is None:
                said = verdict.report.codes() or "no standing"
                with office.sessions() as session:
                    person = session.get_one(Application, document.application_id).person_id
                raise Violation(
                    kind="verify",
                    text=f"{document.title} of {document.created_at:%Y-%m-%d}: {said}",
                    who=frozenset({self.city.numbers[person]}),
                )

    def _is_unsigned(self, document: Document) -> bool:
        """Tell whether a file is a form that nobody has signed yet."""
        with self.city.town.office.sessions() as session:
            return not documents.signatures(session, document.id)


Found = Iterator[tuple[str, tuple[str, ...]]]


def _one_valid_registration(inspector: Inspector, day: date) -> Found:
    """One valid registration of a person in a profession; nothing valid beyond its last day."""
    query = (
        select(Registration.person_id, Registration.type, func.count())
        .where(Registration.status == "VALID")
        .group_by(Registration.person_id, Registration.type)
        .having(func.count() > 1)
    )
    for person, type_, count in inspector.rows(query):
        yield f"{count} valid registrations in {type_}", (person,)
    over = select(Registration).where(Registration.status == "VALID", Registration.valid_to < day)
    for (registration,) in inspector.rows(over):
        renewal = select(Application.filed_at, Application.id).where(
            Application.person_id == registration.person_id,
            Application.type == registration.type,
            Application.matter == "RENEWAL",
            Application.status.in_([status.value for status in ACCEPTED]),
        )
        late = registration.valid_to - timedelta(days=law.IN_TIME)
        undecided = [
            case
            for filed_at, case in inspector.rows(renewal)
            if filed_at is not None
            and (shanghai_day(filed_at) > late or inspector.is_to_decide(case))
        ]
        if not undecided:
            yield (
                f"{registration.no} is VALID after {registration.valid_to}",
                (registration.person_id,),
            )


def _one_open_application(inspector: Inspector, day: date) -> Found:
    """R20: one application of a person in progress in a profession."""
    query = (
        select(Application.person_id, Application.type, func.count())
        .where(
            Application.matter.in_([matter.value for matter in PERSONAL]),
            Application.status.in_([status.value for status in OPEN]),
        )
        .group_by(Application.person_id, Application.type)
        .having(func.count() > 1)
    )
    for person, type_, count in inspector.rows(query):
        yield f"{count} open applications in {type_}", (person,)


def _terms(inspector: Inspector, day: date) -> Found:
    """First and last day of each registration equal the count from the texts."""
    rows = inspector.rows(select(Registration, Person.birth).join(Person))
    for registration, birth in rows:
        now = (registration.valid_from, registration.valid_to)
        before = inspector.terms.get(registration.id)
        inspector.terms[registration.id] = now
        is_older = registration.no[2:6] == "1799"  # of the register before ours
        if before == now or (before is None and is_older):
            continue
        if before is None:
            right = law.granted(registration.valid_from, birth, registration.type)
        else:
            right = law.renewed(before[1], birth, registration.type)
        if registration.valid_to != right:
            told = f"{registration.no} from {now[0]} (before: {before}) ends {now[1]}, not {right}"
            yield told, (registration.person_id,)


def _due_dates(inspector: Inspector, day: date) -> Found:
    """Licensing Law 32, 42, 50: each period equals the count from the texts."""
    days = inspector.city.days
    query = (
        select(Application, Registration.valid_to)
        .outerjoin(
            Registration,
            (Registration.person_id == Application.person_id)
            & (Registration.type == Application.type)
            & (Registration.status == "VALID"),
        )
        .where(Application.status.in_([status.value for status in OPEN]))
    )
    for case, valid_to in inspector.rows(query):
        person = (case.person_id,)
        if case.accepted_on is not None and case.decided_on is None and case.due_on is not None:
            count = law.DECISION + (law.EXTENSION if case.extended else 0)
            right = days.after(case.accepted_on, count)
            filed = shanghai_day(case.filed_at) if case.filed_at else day
            is_renewal = case.matter == "RENEWAL" and valid_to is not None
            if is_renewal and filed <= valid_to - timedelta(days=law.IN_TIME):
                right = min(right, valid_to)
            if case.due_on != right:
                yield f"{case.no}: due on {case.due_on}, not {right}", person
        if case.status == "ENTERPRISE_SEALED" and case.filed_at is not None:
            limit = days.after(shanghai_day(case.filed_at), law.CHECK)
            if day > limit:
                yield f"{case.no}: not accepted and not refused by {limit}", person
        if case.status == "PERSONAL_SIGNED":
            limit = days.after(shanghai_day(case.status_since), law.SEALING)
            if day > limit:
                yield f"{case.no}: with the enterprise beyond {limit}", person


def _idle(inspector: Inspector, day: date) -> Found:
    """Nothing stays open that nobody goes on with: 90 days, 15 working days of a correction."""
    days = inspector.city.days
    editable = [status.value for status in EDITABLE]
    query = select(Application).where(Application.status.in_(editable))
    for (case,) in inspector.rows(query):
        since = case.status_since if case.status == "RETURNED" else case.saved_at
        idle = law.IDLE.get(case.status)
        if idle is not None and day > shanghai_day(since) + timedelta(days=idle):
            yield f"{case.no}: {case.status} since {since:%Y-%m-%d}", (case.person_id,)
        asked = inspector.rows(
            select(Decision.at)
            .where(
                Decision.application_id == case.id,
                Decision.step == "formal_check",
                Decision.outcome == "correct",
            )
            .order_by(Decision.at.desc())
        )
        if asked and not (case.filed_at is not None and case.filed_at > asked[0][0]):
            limit = days.after(shanghai_day(asked[0][0]), law.CORRECTION)
            if day > limit:
                yield f"{case.no}: not corrected by {limit}", (case.person_id,)


def _eligible(inspector: Inspector, day: date) -> Found:
    """Order 137 art. 16, Orders 147 and 153: the barred and the too old begin and get nothing.

    Who is barred has nothing undecided any more, and nobody was granted or deemed renewed while a
    ban stood or after the last day that his age leaves him.
    """
    barred: dict[str, list[Ban]] = defaultdict(list)
    for (ban,) in inspector.rows(select(Ban).where(Ban.lifted_at.is_(None))):
        barred[ban.person_id].append(ban)
    asked = select(Application).where(Application.matter.in_(["INITIAL", "RENEWAL"]))
    waiting = asked.where(
        Application.status.in_([status.value for status in OPEN]),
        Application.decided_on.is_(None),
    )
    for (case,) in inspector.rows(waiting):
        for ban in barred[case.person_id]:
            if ban.since <= day and (ban.until is None or ban.until > day):
                yield f"{case.no}: {case.status} while {ban.basis} stands", (case.person_id,)
    granted = (
        select(Application, Decision.at)
        .join(Decision)
        .where(
            Application.matter.in_(["INITIAL", "RENEWAL"]),
            Decision.step == "decide",
            Decision.outcome == "approve",
        )
    )
    deemed = (
        select(Application, TimelineEntry.at)
        .join(TimelineEntry)
        .where(Application.matter == "RENEWAL", TimelineEntry.kind == "deem")
    )
    for case, at in (*inspector.rows(granted), *inspector.rows(deemed)):
        on, birth = shanghai_day(at), inspector.city.births[case.person_id]
        if on > law.last_by_age(birth, case.type):
            yield f"{case.no}: granted on {on} to somebody born {birth}", (case.person_id,)
        for ban in barred[case.person_id]:
            if ban.since < on and (ban.until is None or ban.until > on):
                yield f"{case.no}: granted on {on} while {ban.basis} stands", (case.person_id,)


def _reminders(inspector: Inspector, day: date) -> Found:
    """I18, D.5: 90, 60, 30 and 7 days before the end, once each; whoever has filed is let alone."""
    told: Counter[tuple[str, str]] = Counter()
    query = select(Notice.inbox, Notice.text).where(
        Notice.kind == "renewal_reminder", Notice.created_at >= start_of(day)
    )
    for inbox, text in inspector.rows(query):
        told[inbox.partition(":")[2], text.partition("（")[2].partition("）")[0]] += 1
    on_way = {
        (row.person_id, row.type)
        for row in inspector.rows(
            select(Application.person_id, Application.type).where(
                Application.matter == "RENEWAL",
                Application.status.in_([status.value for status in OPEN - UNSIGNED]),
            )
        )
    }
    near = select(Registration).where(
        Registration.status == "VALID",
        Registration.valid_to >= day,
        Registration.valid_to <= day + timedelta(days=max(law.REMINDERS)),
    )
    for (registration,) in inspector.rows(near):
        stage = law.reminder((registration.valid_to - day).days)
        key = (registration.id, registration.valid_to, stage or 0)
        wanted = int(
            key not in inspector.reminded
            and (registration.person_id, registration.type) not in on_way
        )
        count = told.pop((registration.person_id, registration.no), 0)
        if count:
            inspector.reminded.add(key)
        if count != wanted:
            yield (
                f"{registration.no}: {count} reminders of day {stage}, not {wanted}",
                (registration.person_id,),
            )
    for (person, no), count in told.items():
        yield f"{no}: {count} reminders of nothing that ends", (person,)


def _notices_once(inspector: Inspector, day: date) -> Found:
    """Nobody reads the same text about the same case twice in one minute."""
    since = inspector.seen or inspector.city.town.clock() - _FAR
    query = select(
        Notice.inbox, Notice.application_id, Notice.text, Notice.created_at, Notice.kind
    ).where(Notice.created_at > since)
    inspector.seen = inspector.city.town.clock()
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for inbox, case, text, at, kind in inspector.rows(query):
        counts[inbox, case or "", text, f"{at:%Y-%m-%d %H:%M}", kind] += 1
    for (inbox, _, text, at, kind), count in counts.items():
        if count > 1:
            person = inbox.partition(":")[2]
            known = (person,) if person in inspector.city.numbers else ()
            yield f"{count} times {kind} at {at}: {text}", known


def _certificates(inspector: Inspector, day: date) -> Found:
    """I14: register, certificate, public answer and the store of certificates say the same."""
    world = inspector.city.town.world
    all_of_them = day.day == 1
    recent = inspector.city.town.clock() - timedelta(days=3)
    query = (
        select(Registration, Certificate, Person)
        .join(Certificate, Certificate.registration_id == Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .order_by(Certificate.version)
    )
    if not all_of_them:
        query = query.where((Registration.status == "VALID") | (Registration.status_since > recent))
    valid: dict[str, int] = defaultdict(int)
    found: dict[str, Registration] = {}
    with inspector.city.town.office.sessions() as session:
        for registration, certificate, person in session.execute(query):
            if certificate.kind != "REGISTRATION" or certificate.issued_at is None:
                continue
            found[registration.id] = registration
            valid[registration.id] += certificate.validity == "VALID"
            status = registration.status_on(day)
            is_newest = certificate.validity == "VALID"
            who = (person.id,)
            if certificate.validity not in ("SUPERSEDED", _AS_REGISTRATION[registration.status]):
                said = f"{registration.no} is {registration.status}"
                yield f"{said}, its certificate {certificate.no} {certificate.validity}", who
            answer = public_answers.of(session, certificate, on=day)
            right = _AS_REGISTRATION[status] if is_newest else certificate.validity
            if answer.status != right or answer.valid_to != registration.valid_to:
                yield f"{certificate.no}: the public reads {answer.status}, not {right}", who
            state = world.states.get(str(certificate.identifier))
            if (state == CertificateState.VALID) and not is_newest:
                yield f"{certificate.no}: the store says valid, we {certificate.validity}", who
            if not is_newest:
                continue
            if certificate.facts.get("name") != person.name:
                yield f"{certificate.no}: bears {certificate.facts.get('name')}", who
            is_paper = certificate.form == "PAPER"  # it bears what was printed on it
            employer = certificate.facts.get("enterprise_name")
            if employer != registration.enterprise_name and not is_paper:
                yield f"{certificate.no}: bears another employer than the register", who
    for id, count in valid.items():
        if count != (found[id].status == "VALID"):
            yield (
                f"{found[id].no} is {found[id].status} with {count} valid certificates",
                (found[id].person_id,),
            )


def _rosters(inspector: Inspector, day: date) -> Found:
    """R61: what an enterprise reads of its people is what the register says."""
    query = select(Registration.uscc, Registration.no, Registration.person_id).where(
        Registration.status == "VALID", Registration.valid_to >= day
    )
    here: dict[str, dict[str, str]] = defaultdict(dict)
    for uscc, no, person in inspector.rows(query):
        here[uscc][no] = person
    for number in range(1, inspector.city.size.enterprises + 1):
        uscc = people.uscc(number)
        with inspector.city.town.office.sessions() as session:
            ids = session.scalars(registrations.held_with(uscc, on=day)).all()
            listed = registrations.with_persons(session, ids)
            shown = {registration.no: person.id for registration, person in listed}
        for no in shown.keys() ^ here[uscc].keys():
            yield f"{no}: roster and register of {uscc} differ", ({**shown, **here[uscc]}[no],)


def _inboxes(inspector: Inspector, day: date) -> Found:
    """Each open case waits for somebody who can see it, or for work that is on its way."""
    cases = inspector.rows(
        select(
            Application.id,
            Application.no,
            Application.status,
            Application.uscc,
            Application.person_id,
        ).where(Application.status.in_([status.value for status in OPEN]))
    )
    waiting: dict[str, set[str]] = defaultdict(set)
    for case, inbox in inspector.rows(
        select(UserTask.business_key, UserTask.inbox).where(UserTask.status == TaskStatus.OPEN)
    ):
        waiting[case].add(inbox)
    at_work = {
        row[0]
        for row in inspector.rows(select(Job.business_key).where(Job.business_key.is_not(None)))
    }
    for id, no, status, uscc, person in cases:
        if not waiting[id] and id not in at_work:
            yield f"{no} is {status} and waits for nobody", (person,)
        if status == "PERSONAL_SIGNED" and f"enterprise:{uscc}" not in waiting[id]:
            yield f"{no} is {status}, its enterprise does not see it", (person,)
    known = {row[0] for row in cases} | {row[0] for row in inspector.rows(select(RenameBatch.id))}
    for id in waiting.keys() - known:
        if waiting[id]:
            yield f"a task of {id} is open, its case is not", ()


def _jobs(inspector: Inspector, day: date) -> Found:
    """No work fails, none is late, and the duties of tomorrow are asked for."""
    for operation, node, error in inspector.rows(
        select(Job.operation, Job.node, Job.error).where(Job.error.is_not(None))
    ):
        yield f"{operation} at {node}: {error}", ()
    late = select(Job.operation, Job.node, Job.due_at).where(
        Job.state == JobState.READY, Job.due_at <= inspector.city.town.clock()
    )
    for operation, node, due in inspector.rows(late):
        yield f"{operation} at {node} was due at {due}", ()
    duties = select(func.count()).where(Job.kind == JobKind.EFFECT, Job.operation.like("upkeep/%"))
    if inspector.rows(duties)[0][0] == 0:
        yield "no duty is asked for", ()


CHECKS: tuple[Callable[[Inspector, date], Found], ...] = (
    _jobs,
    _one_valid_registration,
    _one_open_application,
    _terms,
    _due_dates,
    _idle,
    _eligible,
    _reminders,
    _notices_once,
    _certificates,
    _rosters,
    _inboxes,
)
