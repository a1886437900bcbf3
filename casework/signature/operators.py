"""Appointing and withdrawing who acts for an enterprise, with a trail of who did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from casework.office import Office
from engine.actors import Actor, person_inbox
from refusals.days import day_in_words
from refusals.refusal import Refusal
from registry import readings
from registry.enterprises import enterprises, operators
from registry.enterprises.enterprises import Operator, OperatorRole
from registry.identifiers import IdType
from registry.people import persons, second_factors
from registry.people.persons import Person, PersonStatus
from registry.trail import audit, notices
from storage.database import writing

LONGEST_DAYS = 366  #: for how long somebody may stand in


class OperatorUnknown(Refusal):
    """没有找到该姓名和证件号码的个人用户。请核对；对方须先以个人身份登录本系统并完成注册。"""

    code = "E_OPERATOR_UNKNOWN"


class OperatorRoleUnknown(Refusal):
    """请选择经办权限。"""

    code = "E_OPERATOR_ROLE"


class LastDayUnusable(Refusal):
    """权限截止日期应为今天至{latest}之间的日期，例如2027年1月31日。请重新填写。"""

    code = "E_OPERATOR_LAST_DAY"


class DeputyNeedsEnd(Refusal):
    """代为办理须有截止日期。请填写权限截止日期。"""

    code = "E_DEPUTY_LAST_DAY"


class OperatorNotActing(Refusal):
    """该经办人的权限已经撤销或者到期，不能调整。需要时请重新任命。"""

    code = "E_OPERATOR_NOT_ACTING"


class OwnFactors(Refusal):
    """本人的第二重验证不能由本人重置。请由本企业另一名管理员办理；没有的，请联系市住建委（电话见页面下方）。"""

    code = "E_FACTORS_OWN"
    is_denial = True


class FactorsNotHeld(Refusal):
    """“{name}”没有登记第二重验证，不需要重置。"""

    code = "E_FACTORS_NONE"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What an administrator typed of an appointment."""

    name: str = ""
    id_no: str = ""
    role: str = ""
    acts_until: str = ""  #: empty: until it is withdrawn
    deputy_for: str = ""  #: id of the operator whom he stands in for


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """An appointment that may be made."""

    person: Person
    role: OperatorRole
    acts_until: date | None
    deputy_for: Operator | None


def examine(office: Office, uscc: str, typed: Typed) -> Appointment:
    """Read an appointment before it is confirmed.

    Raises `OperatorUnknown`, `OperatorRoleUnknown`, `LastDayUnusable`, `DeputyNeedsEnd`, each on
    its field. Name and number have to belong together: nobody learns who is registered here.
    """
    with office.sessions() as session:
        person = _person(session, typed)
        deputy_for = operators.get(session, uscc, typed.deputy_for) if typed.deputy_for else None
    if person is None:
        raise OperatorUnknown("id_no")
    role = _role(deputy_for.role if deputy_for is not None else typed.role)
    until = last_day(office, typed.acts_until)
    if deputy_for is not None and until is None:
        raise DeputyNeedsEnd("acts_until")
    return Appointment(person=person, role=role, acts_until=until, deputy_for=deputy_for)


def appoint(office: Office, uscc: str, typed: Typed, actor: Actor) -> str:
    """Let a person act for the enterprise; he is told. Return the operator's id.

    Raises: as `examine`, and `LastAdministrator` when the last one is given less.
    """
    wanted = examine(office, uscc, typed)
    deputy_for = None if wanted.deputy_for is None else wanted.deputy_for.id
    terms = operators.Terms(role=wanted.role, acts_until=wanted.acts_until, deputy_for=deputy_for)
    with writing(office.sessions) as session:
        stands = operators.stands(session, uscc, wanted.person.id, terms)
        if stands is not None:
            return stands.id  # a second press
        operator = operators.appoint(
            session,
            uscc,
            person_id=wanted.person.id,
            name=wanted.person.name,
            role=wanted.role,
            acts_until=wanted.acts_until,
            deputy_for=deputy_for,
            at=office.now(),
        )
        _record(office, session, "operator.appoint", operator, actor)
        company = enterprises.get(session, uscc).name
        text = (
            f"{company}任命您为经办人，权限为“{wanted.role.label}”"
            f"{_until(wanted.acts_until)}。请在“我的申请”中选择代表企业办理。"
        )
        _tell(office, session, operator, text, "appointed")
        return operator.id


def change(office: Office, uscc: str, operator_id: str, typed: Typed, actor: Actor) -> None:
    """Give an operator another role or last day.

    Raises `OperatorNotActing`, `LastAdministrator`, and what `examine` says of role and day.
    """
    role, until = _role(typed.role), last_day(office, typed.acts_until)
    with writing(office.sessions) as session:
        operator = operators.get(session, uscc, operator_id)
        if not operators.acts_on(operator, office.today()):
            raise OperatorNotActing
        if (operator.role, operator.acts_until) == (role, until):
            return  # as it is, or a second press
        operators.change(session, operator, role=role, acts_until=until)
        _record(office, session, "operator.change", operator, actor)


def withdraw(office: Office, uscc: str, operator_id: str, actor: Actor) -> None:
    """Let somebody act no more, from this moment on; again changes nothing.

    What he confirmed and was not begun stops by itself. Raises `LastAdministrator`.
    """
    with writing(office.sessions) as session:
        operator = operators.get(session, uscc, operator_id)
        if not operators.withdraw(session, operator):
            return
        second_factors.remove(session, f"operator:{operator.id}")
        _record(office, session, "operator.withdraw", operator, actor)
        company = enterprises.get(session, uscc).name
        _tell(office, session, operator, f"您在{company}的经办权限已被撤销。", "withdrawn")


def require_second_factor(office: Office, uscc: str, actor: Actor, *, is_required: bool) -> None:
    """Let nobody act for the enterprise by the portal alone, or let them again.

    Whoever is signed in by it alone is asked at his next step; again changes nothing.
    """
    with writing(office.sessions) as session:
        enterprise = enterprises.get(session, uscc)
        if enterprise.second_factor_required == is_required:
            return
        enterprise.second_factor_required = is_required
        audit.record(
            session,
            "operator.second_factor",
            actor=actor.id,
            subject=f"enterprise:{uscc}",
            at=office.now(),
            facts={"required": is_required},
        )


class NobodyOfThatName(Refusal):
    """统一社会信用代码为“{uscc}”的企业没有姓名为“{name}”的在任经办人，请核对代码和姓名。"""

    code = "E_OPERATOR_NAMED"


def named(office: Office, uscc: str, name: str) -> str:
    """Find who acts for the enterprise under a name; give his id. Raises: NobodyOfThatName."""
    with office.sessions() as session:
        for operator in operators.of_enterprise(session, uscc):
            if operator.active and persons.is_same_name(operator.name, name):
                return operator.id
    raise NobodyOfThatName(uscc=uscc, name=name)


def reset_factors(
    office: Office, uscc: str, operator_id: str, actor: Actor, *, reason: str = ""
) -> None:
    """Take away what proves somebody else who acts for the enterprise, so that he enrols anew.

    Raises: OwnFactors, FactorsNotHeld.
    """
    with writing(office.sessions) as session:
        operator = operators.get(session, uscc, operator_id)
        if actor.id == f"operator:{operator.id}":
            raise OwnFactors
        if not second_factors.remove(session, f"operator:{operator.id}"):
            raise FactorsNotHeld(name=operator.name)
        office.check(session)
        facts = {"reason": reason} if reason else {}
        _record(office, session, "operator.factor_reset", operator, actor, **facts)
        company = enterprises.get(session, uscc).name
        text = f"您在{company}的第二重验证已重置，下次登录时重新登记。不是您要求的，请联系管理员。"
        _tell(office, session, operator, text, "factors")


def has_reset_factors(office: Office, operator_id: str, actor: Actor) -> bool:
    """Tell whether somebody has reset these a moment ago: he presses a second time."""
    about = {"actor": actor.id, "subject": f"operator:{operator_id}"}
    since = office.now() - audit.SECOND_PRESS
    with office.sessions() as session:
        return audit.is_known(session, "operator.factor_reset", **about, since=since)


def last_day(office: Office, typed: str) -> date | None:
    """Read until when somebody acts; None: until it is withdrawn. Raises `LastDayUnusable`."""
    if not typed.strip():
        return None
    today = office.today()
    latest = date.fromordinal(today.toordinal() + LONGEST_DAYS)
    day = readings.as_day(readings.day(typed))
    if day is None or not today <= day <= latest:
        raise LastDayUnusable("acts_until", latest=latest.isoformat())
    return day


def _person(session: Session, typed: Typed) -> Person | None:
    number = readings.number(typed.id_no)
    found = (persons.by_identity(session, kind, number) for kind in IdType)
    for person in found:
        if person is not None and persons.is_same_name(person.name, typed.name):
            return person if person.status == PersonStatus.ACTIVE else None
    return None


def _role(typed: str) -> OperatorRole:
    if typed not in set(OperatorRole):
        raise OperatorRoleUnknown("role")
    return OperatorRole(typed)


def _until(day: date | None) -> str:
    return "" if day is None else f"，至{day_in_words(day)}止"


def _tell(office: Office, session: Session, operator: Operator, text: str, what: str) -> None:
    if operator.person_id is not None:
        key = f"operator/{operator.id}/{what}/{office.now().isoformat()}"
        inbox = person_inbox(operator.person_id)
        notices.tell(session, inbox, f"operator_{what}", text, key=key, at=office.now())


def _record(
    office: Office,
    session: Session,
    action: str,
    operator: Operator,
    actor: Actor,
    **facts: str,
) -> None:
    until = operator.acts_until
    audit.record(
        session,
        action,
        actor=actor.id,
        acting_for=operator.uscc,
        subject=f"operator:{operator.id}",
        at=office.now(),
        facts={
            "role": operator.role,
            "until": until.isoformat() if until else None,
            "deputy_for": operator.deputy_for,
            **facts,
        },
    )
