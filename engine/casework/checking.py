"""Checking a form against schema, registers and tables: every rule is told at once (R34, R35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import registration_types
from engine.casework import content as contents
from engine.casework import form_rules
from engine.casework.office import Office
from registry import enterprises, parameters, registrations
from registry.applications import Application
from registry.attachments import Attachment
from registry.calendars import shanghai_day
from registry.database import writing
from registry.enterprises import Enterprise, EnterpriseStatus
from registry.errors import Refusal, RegisterUnavailable
from registry.identifiers import IdType
from registry.persons import Person
from registry.ports import EnterpriseFacts


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the tables say about a form."""

    facts: Mapping[str, Any]  #: days_after_limit, registered_before, issue_region, db_hit
    source: Mapping[str, Any]  #: outputs of `qualification_source`
    education: Mapping[str, Any]  #: outputs of `continuing_education`

    @property
    def flags(self) -> dict[str, bool]:
        """The fields of the form that show or hide others."""
        return {
            "scan_required": self.source["scan_required"],
            "hours_required": self.education["hours_required"],
            "proof_pdf_required": self.education["proof_pdf_required"],
        }


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What checking gave: faults by field, or the content that may be signed."""

    faults: Mapping[str, str]
    content: dict[str, Any] | None
    rules: Rules
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
    office: Office, person: Person, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Give the qualification fields from the register of Shanghai, None when it has none (R31).

    Raises `RegisterUnavailable`.
    """
    if values.get("qualification_region", "SHANGHAI") != "SHANGHAI":
        return None
    found = office.qualifications.find(IdType(person.id_type), person.id_no)
    if not found:
        return None
    return {
        "qualification_region": "SHANGHAI",
        "qualification_no": found[0].certificate_no,
        "qualification_issued_on": found[0].issued_on.isoformat(),
        "qualification_issuer": found[0].issuer,
    }


def enterprise(office: Office, name: str) -> EnterpriseFacts:
    """Look the enterprise up and keep what the register said; refusals as `enterprises.verify`.

    While the register is down, an answer of the last 24 hours holds (domain D.2).
    """
    try:
        facts = enterprises.verify(office.enterprises, name).facts
    except RegisterUnavailable:
        known = _verified_lately(office, name)
        if known is None:
            raise
        return known
    with writing(office.sessions) as session:
        enterprises.record(session, facts, at=office.now())
    return facts


def _verified_lately(office: Office, name: str) -> EnterpriseFacts | None:
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
    if row is None or not enterprises.is_qualified(row, on=office.today()):
        return None
    return EnterpriseFacts(name=row.name, uscc=row.uscc, status=row.status)


def rules(
    office: Office,
    session: Session,
    application: Application,
    *,
    region: str,
    issued_on: date | None,
    db_hit: bool,
    at: datetime,
) -> Rules:
    """Ask the tables of the case's definition about a form.

    Overdue is judged on the day of the first signature, so that a later correction cannot make a
    timely application late (domain B.4).
    """
    figures = parameters.load(session, at=at)
    before = registrations.newest(session, application.person_id, application.type)
    on, late = application.first_signed_on or shanghai_day(at), 0
    if issued_on is not None:
        late = office.calendar.days_late(issued_on, on, years=figures["qualification_years"])
    facts = {
        "days_after_limit": late,
        "registered_before": before is not None,
        "issue_region": "OTHER" if region == "OTHER" else "SHANGHAI",
        "db_hit": db_hit,
    }
    given = {
        "form": facts,
        "matter": application.matter,
        "policy_rereg_ce": figures["policy_rereg_ce"],
    }
    return Rules(
        facts=facts,
        source=office.decide(application.definition, "qualification_source", given),
        education=office.decide(application.definition, "continuing_education", given),
    )


def rules_of(
    office: Office, application: Application, values: Mapping[str, Any], *, db_hit: bool
) -> Rules:
    """Ask the tables about values as typed, with the register's facts over them."""
    with office.sessions() as session:
        return rules(
            office,
            session,
            application,
            region=str(values.get("qualification_region")),
            issued_on=form_rules.as_date(values.get("qualification_issued_on")),
            db_hit=db_hit,
            at=office.now(),
        )


def form(
    office: Office,
    application: Application,
    person: Person,
    typed: Mapping[str, Any],
    files: Sequence[Attachment],
) -> Checked:
    """Check the typed fields, under the facts of the registers, by every rule."""
    kind = registration_types.read(office.definitions.get(str(application.definition)).files)
    matter = kind.matter(application.matter)
    registered = qualification_facts(office, person, typed)
    told = rules_of(office, application, {**typed, **(registered or {})}, db_hit=bool(registered))
    found, fault = _enterprise(office, typed)
    values = {**typed, **(registered or {}), **person_facts(person), **told.flags}
    values["enterprise_uscc"] = found.uscc if found else "—"
    asked = office.form(str(application.definition), matter.form)
    faults = asked.validate(values)
    if fault is not None:
        faults["enterprise_name"] = fault
    faults.pop("enterprise_uscc", None)
    today = office.today()
    for more in (
        form_rules.person(person, today),
        form_rules.qualification(values, today),
        form_rules.education(values, told.education),
        form_rules.files(values, files),
        form_rules.unprintable(values, office.fonts, leave_out=faults),
    ):
        faults = more | faults
    if faults or found is None:
        return Checked(faults=faults, content=None, rules=told, uscc=None)
    content = contents.build(
        asked.typed(values),
        title=f"{kind.title}{matter.title}申请表",
        person=person_facts(person),
        enterprise={"name": found.name, "uscc": found.uscc},
        files=files,
        education=told.education,
        source=told.source,
    )
    return Checked(faults={}, content=content, rules=told, uscc=found.uscc)


def _enterprise(
    office: Office, values: Mapping[str, Any]
) -> tuple[EnterpriseFacts | None, str | None]:
    """Give the enterprise of the typed name, or why there is none."""
    name = str(values.get("enterprise_name") or "").strip()
    if not name:
        return None, None
    try:
        return enterprise(office, name), None
    except Refusal as refusal:
        return None, str(refusal)
