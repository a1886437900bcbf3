"""Starting a matter: which may be started, with every reason why not, and the start itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from casework.case import moot, offered_professions, on_record, reasons, stopping
from casework.case.opening import About, FirstLine, open_case
from casework.case.reasons import Reason
from casework.office import Office
from casework.terms import eligibility, renewal
from engine.actors import SYSTEM, Actor
from engine.running import answers
from professions.manifests import RegistrationType
from refusals.refusal import NotFound, Refusal
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.statuses import PERSONAL, UNSIGNED, Matter, Status
from registry.authority.bans import Ban, Basis
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises import renames
from registry.errors import AccountClosed
from registry.people import persons
from registry.people.persons import Person, PersonStatus
from storage.database import writing


class NotAvailable(Refusal):
    """该事项现在不能申请：{reasons}"""

    code = "E_NOT_AVAILABLE"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(reasons="".join(reason.text for reason in reasons))
        self.reasons = tuple(reasons)


NOT_OFFERED = "E_NOT_OFFERED"
_GIVES_WAY = "本人已提出注销注册申请，请在“待企业确认”中办理，企业的申请自动结束"


@dataclass(frozen=True, kw_only=True)
class MatterChoice:
    """A matter of the dialog 【新增注册申请】; without reasons its button works (R18, R19)."""

    matter: str
    title: str
    reasons: list[Reason]
    warning: str = ""  #: what to know before starting it now

    @property
    def is_available(self) -> bool:
        """Whether the matter may be started."""
        return not self.reasons


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the registers say before a matter is started."""

    facts: Mapping[str, Any]  #: inputs of `menu_availability`
    told: Mapping[str, Any]  #: what fills the texts of its reasons
    against: Mapping[Matter, Sequence[Reason]]  #: age and employer: data of the type
    stopped: Mapping[str, str]  #: matter → why nothing new starts for now


def availability(office: Office, person_id: str, type_key: str) -> list[MatterChoice]:
    """Give every matter with all the reasons against starting it now (R19, R20)."""
    definition = office.definitions.latest(type_key)
    kind = office.type_of(definition.hash)
    with office.sessions() as session:
        asked = _facts(office, session, person_id, kind, definition.hash)
        statutory = office.figures(session, definition.hash)["renewal_statutory_days"]
    items = []
    for matter in Matter:
        if matter not in PERSONAL:
            continue
        against = _against(office, definition.hash, matter, asked)
        phase = asked.facts["renewal_phase"]
        late = matter is Matter.RENEWAL and phase == "LATE" and not against
        items.append(
            MatterChoice(
                matter=matter,
                title=matter.label,
                reasons=against,
                warning=renewal.late_text(date.fromisoformat(asked.told["valid_to"]), statutory)
                if late
                else "",
            )
        )
    return items


def start(
    office: Office,
    person_id: str,
    matter: str,
    actor: Actor,
    type_key: str,
    *,
    fill: Callable[[Session, Application], None] | None = None,
) -> str:
    """Open an application and its process; return its id. `fill` may write a first draft.

    Raises `NotAvailable` with all reasons, `OpenApplicationExists` when another start won (R20),
    `NoSuchProfession` when the profession is offered no more, `AccountClosed`.
    """
    definition = offered_professions.insist(office, type_key)
    kind = office.type_of(definition.hash)
    with office.sessions() as session:
        asked = _facts(office, session, person_id, kind, definition.hash)
        figures = office.figures(session, definition.hash)
    try:
        _refuse(office, definition.hash, matter, asked)
    except NotAvailable:
        _keep_answer(office, person_id, definition.hash, matter, asked)
        raise

    def refuse(session: Session) -> None:
        # Whoever bars him or closes his account waits, or we do.
        person = session.get_one(Person, person_id, with_for_update=True)
        if person.status == PersonStatus.CLOSED:
            raise AccountClosed
        # That nothing is stopped was the first thing that `open_case` asked.
        now_asked = _facts(office, session, person_id, kind, definition.hash, is_stop_asked=True)
        _refuse(office, definition.hash, matter, now_asked)

    def started(session: Session, application: Application) -> FirstLine:
        if fill is not None:
            fill(session, application)
        return FirstLine(kind="start", text=f"新增{application.matter_label}申请")

    data = dict(asked.facts) | {
        "item": matter,
        "revision": 0,
        "acceptance_mode": office.policy.acceptance_mode,
        "policy_rereg_ce": figures["policy_rereg_ce"],
    }
    started_id = open_case(
        office,
        About(matter=Matter(matter), type=type_key, person_id=person_id),
        actor,
        refuse=refuse,
        fill=started,
        status=Status.DRAFT,
        data=data,
    )
    if matter == Matter.CANCELLATION:
        _take_the_place(office, person_id, type_key)
    return started_id


def _keep_answer(
    office: Office, person_id: str, definition: str, matter: str, asked: _Asked
) -> None:
    """Write down by which row a person was refused: there is no case that could have it."""
    given = {**asked.facts, "item": Matter(matter).value}
    answer = office.answer(definition, "menu_availability", given)
    row = answers.row(f"person:{person_id}", definition, answer, at=office.now())
    with writing(office.sessions) as session:
        answers.add(session, [row])


def _take_the_place(office: Office, person_id: str, type_key: str) -> None:
    """End what the enterprise asks for and has not sealed: it confirms the person's own."""
    with office.sessions() as session:
        request = applications.open_of(session, person_id, type_key, Matter.ENTERPRISE_CANCELLATION)
    if request is not None and request.state in UNSIGNED:
        moot.end_case(office, request.id, SYSTEM, why=_GIVES_WAY)


def _refuse(office: Office, definition: str, matter: str, asked: _Asked) -> None:
    if against := _against(office, definition, matter, asked):
        raise NotAvailable(against)


def _against(office: Office, definition: str, matter: str, asked: _Asked) -> list[Reason]:
    """Give all that is against starting a matter."""
    given = {**asked.facts, "item": Matter(matter).value}
    codes = list(office.decide(definition, "menu_availability", given))
    if not office.type_of(definition).offers(matter):
        codes.append(NOT_OFFERED)
    told = reasons.explain_all(codes, asked.told)
    if (notice := asked.stopped.get(Matter(matter).value)) is not None:
        told.append(reasons.explain("E_MATTER_STOPPED", {"notice": notice}))
    return told + [more for more in asked.against.get(Matter(matter), ()) if more not in told]


def not_offered() -> NotAvailable:
    """Give the refusal of a matter that the registration type does not have."""
    return NotAvailable([reasons.explain(NOT_OFFERED)])


def _at_once(
    session: Session, person_id: str, type_key: str
) -> tuple[Person, Application | None, Registration | None, list[Ban]]:
    """Read a person, his open application and last registration in a profession, and his bans."""
    rows = session.execute(_AT_ONCE, {"b_person": person_id, "b_type": type_key}).all()
    if not rows:
        raise NotFound
    person, current, last, _ = rows[0]
    return person, current, last, [row[-1] for row in rows if row[-1] is not None]


_NEWEST = (
    select(func.max(Registration.id))
    .where(
        Registration.person_id == bindparam("b_person"), Registration.type == bindparam("b_type")
    )
    .scalar_subquery()
)
#: One row for each ban that was not lifted, one in all where there is none.
_AT_ONCE = (
    select(Person, Application, Registration, Ban)
    .select_from(Person)
    .outerjoin(
        Application,
        (Application.person_id == Person.id)
        & (Application.type == bindparam("b_type"))
        & applications.is_own_and_open,
    )
    .outerjoin(Registration, Registration.id == _NEWEST)
    .outerjoin(Ban, (Ban.person_id == Person.id) & Ban.lifted_at.is_(None))
    .where(Person.id == bindparam("b_person"))
    .order_by(Ban.id)
)


def _facts(
    office: Office,
    session: Session,
    person_id: str,
    kind: RegistrationType,
    definition: str,
    *,
    is_stop_asked: bool = False,
) -> _Asked:
    """Ask the registers all that decides whether matters may be started now.

    With `is_stop_asked` somebody has insisted already that the matter is not stopped.
    """
    today = office.today()
    person, current, last, standing = _at_once(session, person_id, kind.key)
    stands = None if last is None else on_record.standing(session, last)
    registration = stands.registration if stands else None
    fresh = eligibility.against(session, person, kind, today=today, standing=standing)
    ban, bar = fresh.ban, fresh.bar
    anew = [] if fresh.age is None else [fresh.age]
    further: list[Reason] = []
    figures = office.figures(session, definition)
    facts: dict[str, Any] = {
        "has_open_application": current is not None,
        "registration_status": "NONE",
        "renewal_phase": "NOT_OPEN",
        "certificate_form": "NONE",
        "realname_verified": persons.readiness(person).registered,
        "ban_active": ban is not None,
        "barred": bar is not None,
        "enterprise_renaming": False,
    }
    told: dict[str, Any] = {"registration_status": "未注册", "profession": kind.title}
    if stands is not None and registration is not None:
        status = registration.status_on(today)
        if status is registrations.RegistrationStatus.VALID:
            uscc = registration.uscc
            again = eligibility.against(
                session,
                person,
                kind,
                today=today,
                renewed=registration,
                uscc=uscc,
                standing=standing,
            )
            further = [reason for reason in (again.age, again.employer) if reason is not None]
        facts["registration_status"] = status.value
        facts["enterprise_renaming"] = renames.is_busy(session, registration.uscc, kind.key)
        certificate = stands.certificate
        facts["certificate_form"] = certificate.form if certificate else "NONE"
        facts["renewal_phase"] = registrations.renewal_phase(
            registration.valid_to,
            today,
            open_days=figures["renewal_open_days"],
            statutory_days=figures["renewal_statutory_days"],
        )
        opens = registration.valid_to - timedelta(days=figures["renewal_open_days"])
        told |= {
            "registration_status": status.label,
            "enterprise": registration.enterprise_name,
            "valid_to": registration.valid_to.isoformat(),
            "open_on": opens.isoformat(),
            "open_days": figures["renewal_open_days"],
        }
    if current is not None:
        told["matter"], told["application_no"] = current.matter_label, current.no
        told["status"] = current.state.label
    if ban is not None:
        told |= {"basis": Basis(ban.basis).label, "until": f"{ban.until}"}
    if bar is not None:
        told["ground"] = Basis(bar.basis).label
    against = {Matter.INITIAL: anew, Matter.RENEWAL: further}
    stopped = {} if is_stop_asked else stopping.notices(session, kind.key, Matter)
    return _Asked(facts=facts, told=told, against=against, stopped=stopped)
