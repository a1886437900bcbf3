"""Taking over registrations of the register before ours, with their paper certificates (R116).

A row is text by the names of `COLUMNS`. Rows are judged each for itself: what is wrong is told
with its line and column, and the good ones are entered. Entering a row again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import cast

from sqlalchemy.orm import Session

from casework.office import Office
from pdfgen import charset
from refusals.days import SHANGHAI
from refusals.refusal import Refusal
from registry import readings
from registry.certificates import certificates, issuing, qualifications, registrations
from registry.certificates.qualifications import QualificationSource
from registry.certificates.registrations import Registration
from registry.identifiers import IdType, Sex, is_uscc
from registry.people import persons
from registry.ports import Identity
from registry.trail import audit
from storage.database import writing

#: Heading of each column → what a row calls it.
COLUMNS: Mapping[str, str] = {
    "姓名": "name",
    "性别": "sex",
    "出生日期": "birth",
    "证件类型": "id_type",
    "证件号码": "id_no",
    "手机号码": "mobile",
    "注册号": "registration_no",
    "证书编号": "certificate_no",
    "聘用企业": "enterprise_name",
    "统一社会信用代码": "uscc",
    "资格证书编号": "qualification_no",
    "资格证书签发日期": "qualification_issued_on",
    "资格证书签发机构": "qualification_issuer",
    "注册有效期起": "valid_from",
    "注册有效期止": "valid_to",
    "发证日期": "issued_on",
}
_TITLES = {name: title for title, name in COLUMNS.items()}
_DATES = ("birth", "qualification_issued_on", "valid_from", "valid_to", "issued_on")
_NUMBERS = ("id_no", "registration_no", "certificate_no", "uscc", "qualification_no")
#: How a column is read; the others are lines of text.
_READINGS: Mapping[str, Callable[[str], str]] = {
    "name": readings.name,
    "mobile": readings.telephone,
    **dict.fromkeys(_NUMBERS, readings.number),
    **dict.fromkeys(_DATES, readings.day),
}
_LONGEST: Mapping[str, int] = {
    "name": 50,
    "registration_no": 20,
    "certificate_no": 24,
    "enterprise_name": 100,
    "qualification_no": 40,
    "qualification_issuer": 100,
}
_SEXES = {sex.label: sex for sex in Sex}
_FORMER_REGISTER = "former register"  #: who vouches for what it had verified (trust B)


@dataclass(frozen=True)
class BadRow:
    """What is wrong with a row: its line in the file, the column where known, the words."""

    line: int
    column: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What came of a file."""

    entered: int
    known: int  #: rows whose certificate was on record before
    bad: tuple[BadRow, ...]


def take_over(
    office: Office, rows: Iterable[tuple[int, Mapping[str, str]]], type_key: str, *, dry: bool
) -> ImportReport:
    """Enter rows (line, values by heading) of a profession; with `dry` only judge them.

    Each row is a transaction of its own, so that a bad one keeps no other back.
    """
    title = office.type_of(office.definitions.latest(type_key).hash).face.title
    if not dry:
        return _judge(office, rows, lambda values: _enter(office, values, type_key, title))
    report: ImportReport | None = None
    try:
        with writing(office.sessions) as session:  # one for all: each row sees those before it
            report = _judge(office, rows, lambda values: _try(office, session, values, type_key))
            raise _DryRun
    except _DryRun:
        return cast("ImportReport", report)


def _judge(
    office: Office,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    enter: Callable[[Mapping[str, str]], bool],
) -> ImportReport:
    entered = known = 0
    bad: list[BadRow] = []
    for line, row in rows:
        values = {
            name: _READINGS.get(name, readings.line)(str(row.get(head) or ""))
            for head, name in COLUMNS.items()
        }
        faults = list(_faults(office, line, values))
        if faults:
            bad += faults
            continue
        try:
            is_new = enter(values)
        except Refusal as error:
            bad.append(BadRow(line, _TITLES.get(error.field or "", ""), str(error)))
            continue
        entered, known = entered + is_new, known + (not is_new)
    return ImportReport(entered=entered, known=known, bad=tuple(bad))


def _faults(office: Office, line: int, values: Mapping[str, str]) -> Iterator[BadRow]:
    """Yield everything that is wrong with a row by itself."""
    for name, text in values.items():
        if not text:
            yield BadRow(line, _TITLES[name], "没有填写")
        elif name in _DATES and readings.as_day(text) is None:
            yield BadRow(line, _TITLES[name], f"“{text}”不是日期，应写作 2026-11-24")
        elif len(text) > _LONGEST.get(name, 200):
            yield BadRow(line, _TITLES[name], f"超过{_LONGEST.get(name, 200)}个字符")
        elif lost := charset.missing(text, office.fonts):
            yield BadRow(line, _TITLES[name], f"有无法印制的字符 U+{ord(lost[0]):04X}")
    if values["sex"] and values["sex"] not in _SEXES:
        yield BadRow(line, "性别", "应为男或女")
    if values["id_type"] and _id_type(values["id_type"]) is None:
        kinds = "、".join(id_type.label for id_type in IdType)
        yield BadRow(line, "证件类型", f"应为：{kinds}")
    if values["uscc"] and not is_uscc(values["uscc"]):
        yield BadRow(line, "统一社会信用代码", "应为18位且校验码正确的统一社会信用代码")
    first, last = readings.as_day(values["valid_from"]), readings.as_day(values["valid_to"])
    if first and last and last < first:
        yield BadRow(line, "注册有效期止", "早于注册有效期起")


def _id_type(label: str) -> IdType | None:
    return next((id_type for id_type in IdType if label in (id_type.label, id_type.value)), None)


class _DryRun(Exception):
    """Thrown to undo what a trial wrote."""


def _enter(office: Office, values: Mapping[str, str], type_key: str, title: str) -> bool:
    """Enter one good row; True when its certificate was not on record before."""
    with writing(office.sessions) as session:
        return _write(office, session, values, type_key, title)


def _try(office: Office, session: Session, values: Mapping[str, str], type_key: str) -> bool:
    """Enter a row in a transaction that is undone at the end; a refused one leaves no trace."""
    with session.begin_nested():
        return _write(office, session, values, type_key, "")


def _write(
    office: Office, session: Session, values: Mapping[str, str], type_key: str, title: str
) -> bool:
    now = office.now()
    identity = Identity(
        name=values["name"],
        sex=_SEXES[values["sex"]],
        birth=date.fromisoformat(values["birth"]),
        id_type=_id_type(values["id_type"]) or IdType.RESIDENT_ID,
        id_no=values["id_no"],
        mobile=values["mobile"],
    )
    person = persons.take_over(session, identity, at=now)
    earlier = registrations.Earlier(
        no=values["registration_no"],
        person_id=person.id,
        type=type_key,
        uscc=values["uscc"],
        enterprise_name=values["enterprise_name"],
        valid_from=date.fromisoformat(values["valid_from"]),
        valid_to=date.fromisoformat(values["valid_to"]),
    )
    registration = registrations.take_over(session, earlier, at=now)
    if certificates.newest(session, registration.id) is not None:
        return False
    shown = qualifications.Shown(
        type=type_key,
        certificate_no=values["qualification_no"],
        issued_on=date.fromisoformat(values["qualification_issued_on"]),
        issuer=values["qualification_issuer"],
        source=QualificationSource.MANUAL,
        verified_by=_FORMER_REGISTER,
    )
    qualifications.record(session, person.id, shown, at=now)
    issuing.take_over_paper(
        session,
        registration,
        no=values["certificate_no"],
        issued_at=_morning(date.fromisoformat(values["issued_on"])),
        facts=_facts(identity, registration, values, title),
        at=now,
    )
    audit.record(
        session,
        "registration.take_over",
        actor="system",
        subject=f"registration:{registration.id}",
        at=now,
        facts={"no": registration.no},
    )
    return True


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), SHANGHAI).astimezone(UTC)


def _facts(
    identity: Identity, registration: Registration, values: Mapping[str, str], title: str
) -> dict[str, object]:
    """Give the snapshot in the shape of `certificate_data.snapshot`; paper has no photo here."""
    return {
        "title": title,
        "name": identity.name,
        "sex": identity.sex.value,
        "birth": identity.birth.isoformat(),
        "id_no": persons.mask_id(identity.id_no),
        "enterprise_name": registration.enterprise_name,
        "qualification": {
            "region": "SHANGHAI",
            "province": "",
            "no": values["qualification_no"],
            "issued_on": values["qualification_issued_on"],
            "issuer": values["qualification_issuer"],
        },
        "qualification_no": values["qualification_no"],
        "answers": [],
        "photo": None,
        "signature": None,
    }
