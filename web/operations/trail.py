"""审计记录: operators find who did, saw or was refused what, whence and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint
from werkzeug.wrappers import Response

from refusals.refusal import Refusal
from registry import readings
from registry.applications import applications
from registry.applications.applications import Application
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise, Operator
from registry.people.officers import Officer, OfficerRole
from registry.people.persons import Person
from registry.trail import audit
from registry.trail.audit import AuditEvent
from web.extensions import db
from web.lists import cases as narrowing
from web.lists import pages as listed
from web.lists.listing import Column, Empty, Filter, Listing, Search, Sort
from web.ui import trail_words as words
from web.visitors import access

bp = Blueprint("trail", __name__, url_prefix="/operations/trail")

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


class NameTooShort(Refusal):
    """请输入完整的姓名、登录名、企业名称或编号（至少2个字符）。"""

    code = "E_TOO_SHORT"


@bp.get("")
@access.officer(OfficerRole.OPERATOR)
def front() -> Response | str | tuple[str, int]:
    """List the trail, newest first, by person or case, kind and day."""
    return listed.show(listing(), "operations/trail.html")


def listing() -> Listing:
    """List every event of the trail."""
    return Listing(
        key="trail",
        caption="审计记录",
        query=sa.select(AuditEvent.id),
        id=AuditEvent.id,
        rows=_listed,
        columns=[
            Column(key="at", head="时间", kind="moment", classes="fold__number"),
            Column(key="who", head="人员", classes="fold__name"),
            Column(key="did", head="操作", note="code", note_head="代码"),
            Column(key="about", head="对象"),
            Column(key="result", head="结果", classes="fold__short", note="more", note_head="次数"),
            Column(key="whence", head="来源"),
        ],
        sorts=[
            Sort(
                key="newest",
                label="最近的在前",
                by=AuditEvent.at.expression,
                descending=True,
            ),
            Sort(key="oldest", label="最早的在前", by=AuditEvent.at.expression),
        ],
        search=Search(
            label="人员、企业或编号",
            hint="姓名、工作人员登录名、企业名称、统一社会信用代码，或申请、注册、证书的编号，须完整；请勿输入证件号码",
            where=_about_or_by,
        ),
        filters=[
            Filter(
                key="kind",
                label="类别",
                choices=[(key, label) for key, (label, _) in words.KINDS.items()],
                where=lambda word: [
                    AuditEvent.action == name
                    for name in audit.actions(db.session(), words.KINDS[word][1])
                ],
            ),
            narrowing.on_day(audit.on_day),
        ],
        unit="条",
        size=50,
        empty=Empty(text="没有审计记录。", advice="办理、查看、登录和被拒绝的操作会记录在这里。"),
    )


def _about_or_by(typed: str) -> sa.ColumnElement[bool]:
    if len(typed) < _SHORTEST:
        raise NameTooShort
    wanted = sorted(_names(typed))
    return sa.or_(AuditEvent.actor.in_(wanted), AuditEvent.subject.in_(wanted))


def _listed(ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.id.in_(ids))).all()
    return {event.id: asdict(row) for event, row in zip(events, rows(events), strict=True)}


def _names(typed: str) -> set[str]:
    """Give what actors and subjects may be called who or which goes by these words."""
    session = db.session()
    name, number = readings.name(typed), readings.number(typed)
    named = {typed}
    case = applications.by_no(session, number)
    if case is not None:
        named.add(f"application:{case.id}")
    people = sa.select(Person.id).where(Person.name == name).limit(_MOST_NAMED)
    named |= {f"person:{person_id}" for person_id in session.scalars(people)}
    named.add(f"login:{typed}")
    known = sa.or_(Officer.name == name, Officer.login == typed)
    named |= {
        f"officer:{officer_id}"
        for officer_id in session.scalars(sa.select(Officer.id).where(known).limit(_MOST_NAMED))
    }
    named |= _of_people({known.partition(":")[2] for known in named if known.startswith("person:")})
    named |= {
        f"{kind}:{id}"
        for kind, table in (("registration", Registration), ("certificate", Certificate))
        for id in session.scalars(sa.select(table.id).where(table.no == number))
    }
    for_firm = sa.select(Operator.id).join(Enterprise, Enterprise.uscc == Operator.uscc)
    for_firm = for_firm.where(
        sa.or_(Enterprise.folded_name == enterprises.fold_name(typed), Operator.uscc == number)
    )
    named |= {
        f"operator:{operator_id}" for operator_id in session.scalars(for_firm.limit(_MOST_NAMED))
    }
    firms = sa.select(Enterprise.uscc).where(
        sa.or_(Enterprise.folded_name == enterprises.fold_name(typed), Enterprise.uscc == number)
    )
    named |= {f"enterprise:{uscc}" for uscc in session.scalars(firms.limit(_MOST_NAMED))}
    return named


def _of_people(people: set[str]) -> set[str]:
    """Name what is on file about people: whoever has looked at one of it has looked at them."""
    session = db.session()
    return {
        f"{kind}:{id}"
        for kind, table in (
            ("application", Application),
            ("registration", Registration),
            ("certificate", Certificate),
        )
        for id in session.scalars(sa.select(table.id).where(table.person_id.in_(people)))
    }


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
    if name is None and subject.startswith("page:"):
        name = words.page(subject.partition(":")[2])
    if name is None and subject.startswith(("day:", "calendar:", "login:")):
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
