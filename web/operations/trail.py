"""审计记录: operators find who did, saw or was refused what, whence and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for

from refusals.faults import Fault
from registry import readings
from registry.applications import applications
from registry.applications.applications import Application
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises.enterprises import Enterprise, Operator
from registry.people.officers import Officer, OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.trail.audit import AuditEvent
from web.extensions import db
from web.ui import trail_words as words
from web.visitors import access

bp = Blueprint("trail", __name__, url_prefix="/operations/trail")

PAGE = 50
_MOST_NAMED = 100  #: people of one name that are looked for
_SHORTEST = 2


@dataclass(frozen=True, kw_only=True)
class Row:
    """One event as an operator reads it."""

    at: Any
    who: str
    did: str
    code: str  #: of a refusal, else the name of the action
    about: str
    result: str
    refused: bool
    more: str
    whence: str


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> str | tuple[str, int]:
    """List the trail, newest first, by person or case, kind and day."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "kind", "day")}
    after, faults = request.args.get("after"), _faults(asked)
    events: Sequence[AuditEvent] = ()
    if not faults:
        events = audit.find(
            db.session(),
            names=_names(asked["q"]) if asked["q"] else None,
            beginnings=words.KINDS[asked["kind"]][1] if asked["kind"] else (),
            on=readings.as_day(asked["day"]),
            after=after,
            limit=PAGE + 1,
        )
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    page = render_template(
        "operations/trail.html",
        rows=rows(events[:PAGE]),
        kinds=[("", "全部"), *((key, label) for key, (label, _) in words.KINDS.items())],
        typed=asked,
        faults=faults,
        first=url_for(".front", **kept) if after else None,
        next=url_for(".front", after=events[PAGE - 1].id, **kept) if events[PAGE:] else None,
    )
    return (page, 422) if faults else page


def _faults(asked: dict[str, str]) -> dict[str, Fault]:
    faults = {}
    if asked["q"] and len(asked["q"]) < _SHORTEST:
        faults["q"] = Fault("请输入完整的姓名、登录名或申请编号（至少2个字符）。", "E_TOO_SHORT")
    if asked["kind"] and asked["kind"] not in words.KINDS:
        faults["kind"] = Fault("请从列表中选择类别。", "E_FORMAT")
    if asked["day"] and readings.as_day(asked["day"]) is None:
        faults["day"] = Fault("请填写日期，形如 2026-11-24。", "E_FORMAT")
    return faults


def _names(typed: str) -> set[str]:
    """Give what actors and subjects may be called who or which goes by these words."""
    session, name = db.session(), readings.name(typed)
    named = {typed}
    case = applications.by_no(session, typed)
    if case is not None:
        named.add(f"application:{case.id}")
    people = sa.select(Person.id).where(Person.name == name).limit(_MOST_NAMED)
    named |= {f"person:{person_id}" for person_id in session.scalars(people)}
    known = sa.or_(Officer.name == name, Officer.login == typed)
    named |= {
        f"officer:{officer_id}"
        for officer_id in session.scalars(sa.select(Officer.id).where(known).limit(_MOST_NAMED))
    }
    for_firm = sa.select(Operator.id).join(Enterprise, Enterprise.uscc == Operator.uscc)
    for_firm = for_firm.where(sa.or_(Enterprise.name == name, Operator.uscc == typed))
    named |= {
        f"operator:{operator_id}" for operator_id in session.scalars(for_firm.limit(_MOST_NAMED))
    }
    return named


def rows(events: Iterable[AuditEvent]) -> list[Row]:
    """Give events as an operator reads them, with the names that their ids stand for."""
    events = list(events)
    names = _names_of({text for event in events for text in (event.actor, event.subject)})
    return [
        Row(
            at=event.at,
            who=names.get(event.actor, words.actor(event.actor)),
            did=words.action(event.action),
            code=words.fault_code(event.action),
            about=_about(event.subject, names),
            result=words.RESULTS.get(event.result, event.result),
            refused=event.result != audit.Result.OK,
            more=_more(event),
            whence=words.origin(event.origin),
        )
        for event in events
    ]


def _about(subject: str, names: dict[str, str]) -> str:
    kind, name = words.subject(subject), names.get(subject)
    if name is None and subject.startswith(("page:", "day:", "calendar:")):
        name = subject.partition(":")[2]
    return f"{kind} {name}" if name else kind


def _more(event: AuditEvent) -> str:
    count = event.facts.get("repeated")
    return f"一分钟内另有 {count} 次" if count else ""


def _names_of(ids: set[str]) -> dict[str, str]:
    """Give names of people, enterprises and cases, numbers of registrations and certificates."""
    session = db.session()
    sources: tuple[tuple[str, Any, Any], ...] = (
        ("person", Person.id, Person.name),
        ("officer", Officer.id, Officer.name),
        ("operator", Operator.id, Operator.name),
        ("application", Application.id, Application.no),
        ("registration", Registration.id, Registration.no),
        ("certificate", Certificate.id, Certificate.no),
        ("enterprise", Enterprise.uscc, Enterprise.name),
    )
    named: dict[str, str] = {}
    for kind, identifier, name in sources:
        wanted = {text.partition(":")[2] for text in ids if text.startswith(f"{kind}:")}
        if wanted:
            listed = session.execute(sa.select(identifier, name).where(identifier.in_(wanted)))
            named |= {f"{kind}:{row[0]}": row[1] for row in listed}
    return named


def case_numbers(cases: Iterable[str | None]) -> dict[str, str]:
    """Give the numbers of applications by their ids; what is no application is left out."""
    named = _names_of({f"application:{case}" for case in cases if case})
    return {subject.partition(":")[2]: no for subject, no in named.items()}
