"""Checking a form against schema, registers and tables: every rule is told at once (R34, R35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.application import content as contents
from casework.application import form_rules, qualification
from casework.case import on_record, texts
from casework.case.on_record import Standing
from casework.case.opened import Case
from casework.office import Office
from casework.terms import eligibility
from professions.forms import Form
from refusals.faults import Fault
from refusals.refusal import Refusal
from registry import readings
from registry.applications.applications import Application
from registry.applications.attachments import Attachment
from registry.applications.statuses import Matter
from registry.certificates import registrations
from registry.certificates.registrations import Registration
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus
from registry.errors import Unavailable
from registry.identifiers import IdType
from registry.law import parameters
from registry.law.calendars import shanghai_day
from registry.people.persons import Person
from registry.ports import EnterpriseFacts
from storage.database import writing


class RegistrationMissing(Refusal):
    """您目前没有可以办理该事项的注册，请先办理初始注册；如有疑问请联系市住建委（电话见页面下方）。"""

    code = "E_NOT_REGISTERED"


#: Matters in which the enterprise is going to employ the person: it must be active and qualified.
EMPLOYING = frozenset({Matter.INITIAL, Matter.RENEWAL})


@dataclass(frozen=True, kw_only=True)
class FormRules:
    """What the tables say about a form."""

    facts: Mapping[str, Any]  #: days_after_limit, registered_before, issue_region, db_hit
    source: Mapping[str, Any]  #: outputs of `qualification_source`
    education: Mapping[str, Any]  #: outputs of `continuing_education`

    @property
    def flags(self) -> dict[str, bool]:
        """The fields of a form that show or hide others."""
        return {
            "scan_required": self.source["scan_required"],
            "hours_required": self.education["hours_required"],
            "proof_pdf_required": self.education["proof_pdf_required"],
        }


@dataclass(frozen=True, kw_only=True)
class Known:
    """What registers say about a form: its read-only values, and what stands behind them."""

    values: Mapping[str, Any]
    db_hit: bool  #: the qualification is in the database, or the registration already rests on it
    standing: Standing | None  #: for a form about a registration


@dataclass(frozen=True, kw_only=True)
class CheckedForm:
    """What checking gave: faults by field, or the content that may be signed."""

    faults: Mapping[str, Fault]
    content: dict[str, Any] | None
    register: Mapping[str, Any]  #: the values of the form that registers give, not the person
    rules: FormRules
    uscc: str | None


def person_facts(person: Person) -> dict[str, str]:
    """Give the six read-only fields of the real-name system (R22)."""
    return {
        "name": person.name,
        "sex": person.sex,
        "birth": person.birth.isoformat(),
        "id_type": person.id_type,
        "id_no": person.id_no,
        "mobile": person.mobile,
    }


def qualification_facts(
    office: Office, person: Person, profession: str, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Give the qualification fields from the register of Shanghai, None when it has none (R31).

    What entitles to another profession does not count.

    Raises `Unavailable`.
    """
    if values.get("qualification_region", "SHANGHAI") != "SHANGHAI":
        return None
    held = office.qualifications.find(IdType(person.id_type), person.id_no)
    entitling = [credential for credential in held if credential.entitles(profession)]
    if not entitling:
        return None
    return {
        "qualification_region": "SHANGHAI",
        "qualification_no": entitling[0].certificate_no,
        "qualification_issued_on": entitling[0].issued_on.isoformat(),
        "qualification_issuer": entitling[0].issuer,
    }


def known(
    office: Office, application: Application, person: Person, typed: Mapping[str, Any]
) -> Known:
    """Give what the registers know of a form, which wins over what was typed (R22, R31, R71).

    Raises `Unavailable`, `RegistrationMissing` for a form about a registration that is not.
    """
    names = {field.name for field in form_of(office, application).fields()}
    facts: dict[str, Any] = dict(person_facts(person))
    if "registration_no" in names:
        with office.sessions() as session:
            stands = on_record.of(session, person.id, application.type)
        if stands is None:
            raise RegistrationMissing
        facts |= stands.fields | {"photo_required": not stands.facts.get("photo")}
        return Known(values=_in(names, facts), db_hit=True, standing=stands)
    profession = office.type_of(application.definition).title
    registered = qualification_facts(office, person, profession, typed)
    facts |= registered or {}
    return Known(values=_in(names, facts), db_hit=registered is not None, standing=None)


def _in(names: set[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in names}


def form_of(office: Office, application: Application) -> Form:
    """Give the form of a case, in the version that the case runs on."""
    definition = application.definition
    key = office.type_of(definition).matter(application.matter).form
    if key is None:
        raise LookupError(f"{application.matter} has no form")
    return office.form(definition, key)


def wanted_of(office: Office, application: Application) -> str:
    """Give the qualification that an enterprise needs to employ in the case's profession."""
    return office.type_of(str(application.definition)).qualification


def enterprise(office: Office, name: str, kind: str = "") -> EnterpriseFacts:
    """Look the enterprise up and keep what the register said; refusals as `enterprises.verify`.

    What no name is (`TextTooLong`, `Unprintable`) is refused before the register is asked.
    While the register is down, an answer of the last 24 hours holds (domain D.2).
    """
    texts.said(office, [name], field="enterprise_name", most=1)
    try:
        facts = enterprises.verify(office.enterprises, name, kind=kind).facts
    except Unavailable:
        known = _verified_lately(office, name, kind)
        if known is None:
            raise
        return known
    with writing(office.sessions) as session:
        enterprises.record(session, facts, at=office.now())
    return facts


def _verified_lately(office: Office, name: str, kind: str) -> EnterpriseFacts | None:
    now = office.now()
    with office.sessions() as session:
        hours = parameters.load(session, at=now)["verified_name_hours"]
        row = session.scalar(
            select(Enterprise).where(
                Enterprise.folded_name == enterprises.fold_name(name),
                Enterprise.checked_at > now - timedelta(hours=hours),
                Enterprise.status == EnterpriseStatus.ACTIVE,
            )
        )
    if row is None or not enterprises.is_qualified(row, on=office.today(), kind=kind):
        return None
    return EnterpriseFacts(name=row.name, uscc=row.uscc, status=row.status)


def rules(
    office: Office,
    session: Session,
    application: Application,
    before: Registration | None,
    *,
    region: str,
    issued_on: date | None,
    db_hit: bool,
    at: datetime,
) -> FormRules:
    """Ask the tables of the case's definition about a form.

    Overdue is judged on the day of the first signature, so that a later correction cannot make a
    timely application late (domain B.4). `before` is the person's last
    registration in the profession.
    """
    figures = office.figures(session, application.definition)
    on, late = application.first_signed_on or shanghai_day(at), 0
    if issued_on is not None and application.matter == Matter.INITIAL:
        late = office.calendar.days_late(issued_on, on, years=figures["qualification_years"])
    facts = {
        "days_after_limit": late,
        "registered_before": before is not None,
        "issue_region": "OTHER" if region == "OTHER" and not db_hit else "SHANGHAI",
        "db_hit": db_hit,
    }
    given = {
        "form": facts,
        "matter": application.matter,
        "policy_rereg_ce": figures["policy_rereg_ce"],
    }
    return FormRules(
        facts=facts,
        source=office.decide(application.definition, "qualification_source", given),
        education=office.decide(application.definition, "continuing_education", given),
    )


def rules_of(
    office: Office,
    application: Application,
    values: Mapping[str, Any],
    *,
    db_hit: bool,
    case: Case | None = None,
) -> FormRules:
    """Ask the tables about values as typed, with the register's facts over them.

    `case` is what the caller has opened.
    """
    with office.sessions() as session:
        if case is None:
            before = registrations.newest(session, application.person_id, application.type)
        else:
            before = next(iter(case.registrations), None)
        return rules(
            office,
            session,
            application,
            before,
            region=str(values.get("qualification_region")),
            issued_on=readings.as_day(values.get("qualification_issued_on")),
            db_hit=db_hit,
            at=office.now(),
        )


def flags_of(form: Form, told: FormRules) -> dict[str, bool]:
    """Give the flags of the tables that a form asks for."""
    names = {field.name for field in form.fields()}
    return {name: value for name, value in told.flags.items() if name in names}


def form(case: Case, typed: Mapping[str, Any], files: Sequence[Attachment]) -> CheckedForm:
    """Check the typed fields, under the facts of the registers, by every rule."""
    office, application, person = case.office, case.application, case.person
    kind = office.type_of(application.definition)
    matter, asked = kind.matter(application.matter), form_of(office, application)
    register = known(office, application, person, typed)
    values = {**typed, **register.values}
    told = rules_of(office, application, values, db_hit=register.db_hit, case=case)
    values |= flags_of(asked, told)
    employer, fault = _enterprise(office, application, register, typed)
    if register.standing is None:
        values["enterprise_uscc"] = employer.uscc if employer else "—"
    from_registers = {**register.values} | ({"enterprise_uscc": employer.uscc} if employer else {})
    faults = asked.validate(values)
    if register.standing is None:
        faults.pop("enterprise_uscc", None)
    today = office.today()
    employing = application.matter in EMPLOYING
    with office.sessions() as session:
        renewed = register.standing.registration if register.standing else None
        against = eligibility.against(
            session, person, kind, today=today, renewed=renewed, standing=case.bans
        )
    for more in (
        form_rules.person(against) if employing else {},
        form_rules.qualification(values, today),
        qualification.faults(office, application, values),
        form_rules.education(values, told.education),
        form_rules.files(asked, values, files),
        form_rules.unprintable(asked, values, office.fonts, leave_out=faults),
        {"enterprise_name": fault} if fault else {},
    ):
        faults = more | faults
    if faults or employer is None:
        return CheckedForm(
            faults=faults, content=None, register=from_registers, rules=told, uscc=None
        )
    facts = contents.Facts(
        person=person_facts(person),
        enterprise={"name": employer.name, "uscc": employer.uscc},
        registration=register.standing.content if register.standing else {},
        qualification=register.standing.fields if register.standing else values,
        education=told.education,
        source=told.source,
    )
    content = contents.build(
        asked,
        asked.typed(values),
        facts,
        title=f"{kind.title}{matter.title}申请表",
        files=files,
        confirmation=matter.confirmation,
    )
    return CheckedForm(
        faults={}, content=content, register=from_registers, rules=told, uscc=employer.uscc
    )


def _enterprise(
    office: Office, application: Application, register: Known, values: Mapping[str, Any]
) -> tuple[EnterpriseFacts | None, Fault | None]:
    """Give the enterprise of a form, or why there is none."""
    if register.standing is not None:
        return _employer(office, application, register.standing)
    name = str(values.get("enterprise_name") or "").strip()
    if not name:
        return None, None
    try:
        return enterprise(office, name, wanted_of(office, application)), None
    except Refusal as refusal:
        return None, Fault.of(refusal)


def refresh_employer(office: Office, application: Application) -> None:
    """Ask the register how the employer of a registration is called now, before a form shows it.

    When the register does not answer, the form shows the name known last; the save asks again.
    """
    if application.matter != Matter.RENEWAL:
        return
    with office.sessions() as session:
        stands = on_record.of(session, application.person_id, application.type)
    if stands is None:
        return
    with suppress(Unavailable):
        facts = office.enterprises.by_uscc(stands.registration.uscc)
        if facts is not None and facts.name != stands.enterprise_name:
            with writing(office.sessions) as session:
                enterprises.record(session, facts, at=office.now())


def _employer(
    office: Office, application: Application, stands: Standing
) -> tuple[EnterpriseFacts | None, Fault | None]:
    """Give the enterprise of a registration as the register has it now (domain C.2).

    Who cancels needs no enterprise that is active, nor one that the register still knows.
    """
    registration = stands.registration
    if application.matter not in EMPLOYING:
        return _as_known(office, stands), None
    facts = office.enterprises.by_uscc(registration.uscc)
    if facts is None:
        text = f"企业登记中已没有“{stands.enterprise_name}”，请与聘用企业核实。"
        return None, Fault(text, "E_ENTERPRISE_NOT_FOUND")
    with writing(office.sessions) as session:
        enterprises.record(session, facts, at=office.now())
    try:
        enterprises.check(facts, kind=wanted_of(office, application))
    except Refusal as refusal:
        return None, Fault.of(refusal)
    return facts, None


def _as_known(office: Office, stands: Standing) -> EnterpriseFacts:
    """Give the enterprise as the register has it, else as the registration does."""
    kept = EnterpriseFacts(
        name=stands.enterprise_name, uscc=stands.registration.uscc, status="ACTIVE"
    )
    try:
        facts = office.enterprises.by_uscc(kept.uscc)
    except Unavailable:
        return kept
    if facts is None:
        return kept
    with writing(office.sessions) as session:
        enterprises.record(session, facts, at=office.now())
    return facts
