"""What lists of cases have in common: how a case is found, and by what it is narrowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from engine.tables import UserTask
from registry import readings
from registry.applications.applications import Application
from registry.applications.statuses import END, UNSIGNED, Matter, Status
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.enterprises import enterprises
from registry.enterprises.enterprises import Enterprise
from registry.law.calendars import end_of
from registry.people.persons import Person
from web.extensions import db
from web.lists.asked import TooManyFound
from web.lists.listing import Filter, Search
from web.ui import professions

MOST_FOUND = 1000  #: cases that one search of the whole register may lead to
SOON_DAYS = 3
WEEK_DAYS = 7


def matters(wanted: Iterable[Matter]) -> Filter:
    """Narrow by what a case is about, among these matters."""
    known = set(wanted)
    choices = [(matter.value, matter.label) for matter in Matter if matter in known]
    return Filter(
        key="matter",
        label="申请事项",
        choices=choices,
        where=lambda word: Application.matter == word,
    )


def statuses(wanted: Iterable[Status]) -> Filter:
    """Narrow by where a case stands, among these statuses."""
    known = set(wanted)
    choices = [(status.value, status.label) for status in Status if status in known]
    return Filter(
        key="status",
        label="当前状态",
        choices=choices,
        where=lambda word: Application.status == word,
    )


def of_profession(column: InstrumentedAttribute[str]) -> Filter:
    """Narrow by profession; `column` has its key."""
    return Filter(
        key="profession",
        label="注册类别",
        choices=[(kind.key, kind.title) for kind in professions.all_offered()],
        # Looked up, it would give most of what there is, to be sorted.
        where=lambda word: column.concat("") == word,
    )


def dues(today: date) -> Filter:
    """Narrow tasks by how near the end of their own period is."""
    return _near(lambda word: _within(UserTask.due_by, word, today, end_of))


def task_dues(today: date) -> Filter:
    """Narrow tasks by how near the decision on their case is due, or else the task itself."""

    def where(word: str) -> Sequence[ColumnElement[bool]]:
        is_waited_for = Application.decided_on.is_(None) & Application.due_on.is_not(None)
        decision = is_waited_for & _within(Application.due_on, word, today)
        ids = list(db.session().scalars(select(Application.id).where(decision).limit(MOST_FOUND)))
        own = ~is_waited_for & _within(UserTask.due_by, word, today, end_of)
        if len(ids) == MOST_FOUND:  # of so many, those of a page come soon in the order of the list
            return [decision, own]
        return [UserTask.id.in_(_tasks_of(ids)), own] if ids else [own]

    return _near(where)


def decision_dues(today: date) -> Filter:
    """Narrow to cases in progress, by how near the day is by which they are to be decided."""
    # Not "in one of those": that would be looked up first, and is nearly every case.
    waits = Application.decided_on.is_(None) & Application.status.not_in(_ENDED)
    return _near(lambda word: waits & _within(Application.due_on, word, today))


_ENDED = sorted(status.value for status in END)


def _within(
    column: InstrumentedAttribute[Any],
    word: str,
    today: date,
    at: Callable[[date], Any] = lambda day: day,
) -> ColumnElement[bool]:
    """Tell whether what a column says is late or comes within days; `at` says when a day ends."""
    yesterday = at(today - timedelta(days=1))
    is_late: ColumnElement[bool] = column <= yesterday
    if word == "late":
        return is_late
    return and_(column > yesterday, column <= at(today + timedelta(days=int(word))))


def _near(where: Callable[[str], ColumnElement[bool] | Sequence[ColumnElement[bool]]]) -> Filter:
    return Filter(
        key="due",
        label="期限",
        choices=[
            ("late", "已超期"),
            (str(SOON_DAYS), f"{SOON_DAYS}天内到期"),
            (str(WEEK_DAYS), f"{WEEK_DAYS}天内到期"),
        ],
        where=where,
    )


def holders(enterprise: str) -> Filter:
    """Narrow by who has to act; `enterprise` is what the reader calls the employer."""
    own = Application.matter == Matter.ENTERPRISE_CANCELLATION
    applicants = {*UNSIGNED, Status.RETURNED, Status.CORRECTION_REQUIRED, Status.APPROVED}
    agency = {Status.ENTERPRISE_SEALED, Status.ACCEPTED, Status.UNDER_REVIEW}

    def at(statuses: set[Status] | frozenset[Status]) -> ColumnElement[bool]:
        return Application.status.in_(sorted(status.value for status in statuses))

    where = {
        "applicant": and_(at(applicants), ~own),
        "enterprise": or_(Application.status == Status.PERSONAL_SIGNED, and_(at(applicants), own)),
        "agency": at(agency),
        "over": at(END),
    }
    return Filter(
        key="holder",
        label="在谁手里",
        choices=[
            ("applicant", "申请人"),
            ("enterprise", enterprise),
            ("agency", "市住建委"),
            ("over", "已结束"),
        ],
        where=where.__getitem__,
    )


def on_day(where: Callable[[date], ColumnElement[bool]]) -> Filter:
    """Narrow to one day, which is typed."""

    def on(word: str) -> ColumnElement[bool]:
        day = readings.as_day(word)
        if day is None:  # `asked.read` has told it
            raise ValueError(word)
        return where(day)

    return Filter(key="day", label="日期", where=on)


def says(column: Any, typed: str) -> ColumnElement[bool]:
    """Narrow to texts that contain what is typed, however its names are spelt."""
    return or_(*(column.contains(way, autoescape=True) for way in readings.spellings(typed)))


def registered_under(number: str) -> Any:
    """Give the persons who hold this number of a registration or a certificate."""
    return union(
        select(Registration.person_id).where(Registration.no == number),
        select(Certificate.person_id).where(Certificate.no == number),
    )


def search_of_enterprise(unsigned: ColumnElement[bool] | None = None) -> Search:
    """Look among the cases of one enterprise: by a part of a name or of a number.

    The number of a case that is `unsigned` is not yet the enterprise's to know (I9).
    """

    def where(typed: str) -> ColumnElement[bool]:
        name, number = readings.name(typed), readings.number(typed)
        numbered = Application.no.contains(number, autoescape=True)
        return or_(
            Person.name.contains(name, autoescape=True),
            numbered if unsigned is None else and_(numbered, ~unsigned),
            Application.person_id.in_(registered_under(number)),
        )

    return Search(label="查找", hint="姓名、申请编号、注册号或证书编号", where=where)


def search_of_agency(*, tasks: bool = False) -> Search:
    """Look in the whole register for cases or `tasks` of cases: only what is equal is found."""
    return Search(
        label="查找",
        hint="姓名、申请编号、注册号、证书编号、企业名称或信用代码，须完整；请勿输入证件号码",
        where=(lambda typed: UserTask.id.in_(_tasks_of(found(typed))))
        if tasks
        else (lambda typed: Application.id.in_(found(typed))),
    )


def _tasks_of(case_ids: Iterable[str]) -> list[str]:
    query = select(UserTask.id).where(UserTask.business_key.in_(list(case_ids)))
    return list(db.session().scalars(query))


def found(typed: str) -> list[str]:
    """Give the ids of the cases that these words lead to; raises `TooManyFound`.

    Each way has its own index, and none looks at a list: it may be long.
    """
    name, number = readings.name(typed), readings.number(typed)
    firm = enterprises.fold_name(typed)
    case, person = select(Application.id), Application.person_id
    ways = union(
        case.where(Application.no == number),
        case.where(person.in_(select(Person.id).where(Person.name == name))),
        case.where(person.in_(registered_under(number))),
        case.where(
            Application.uscc.in_(
                union(
                    select(Enterprise.uscc).where(Enterprise.uscc == number),
                    select(Enterprise.uscc).where(Enterprise.folded_name == firm),
                )
            )
        ),
    )
    ids = list(db.session().scalars(ways.limit(MOST_FOUND + 1)))
    if len(ids) > MOST_FOUND:
        raise TooManyFound
    return ids
