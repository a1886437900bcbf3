"""Taking second factors away from whoever lost them: two operators, or the command of the host."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case import announcements, texts
from casework.case.two_operators import TwoOperators, note
from casework.office import Office
from casework.second_factors import trail
from engine.actors import Actor
from refusals.refusal import Refusal
from registry.people import officers, second_factors
from registry.people.officers import Officer, OfficerRole
from registry.trail import factor_requests
from registry.trail.asked import RequestState
from registry.trail.factor_requests import FactorRequest
from storage.database import writing


class ResetReasonMissing(Refusal):
    """请填写原因和怎样核实了本人身份（5至500个字），由另一名运行维护人员核对。"""

    code = "E_RESET_REASON"


class ResetOfNobody(Refusal):
    """没有登录名为“{login}”的工作人员，请核对登录名。"""

    code = "E_RESET_NOBODY"


class ResetNeedless(Refusal):
    """“{name}”没有登记第二重验证，不需要重置。"""

    code = "E_RESET_NEEDLESS"


class ResetAsked(Refusal):
    """{who}已于{when}提出重置“{name}”第二重验证的申请，等待确认。请先确认或者撤回该申请，再提出新的申请。"""

    code = "E_RESET_ASKED"


class ResetNeedsAnother(Refusal):
    """须由另一名运行维护人员确认。提出申请的人和被重置的本人都不能确认。"""

    code = "E_RESET_NEEDS_ANOTHER"
    is_denial = True


class ResetNotAsked(Refusal):
    """该申请已经撤回或者已经处理。请刷新页面，查看最新状态。"""

    code = "E_RESET_NOT_ASKED"


_BY_TWO = TwoOperators(needs_another=ResetNeedsAnother, not_asked=ResetNotAsked, waits=ResetAsked)


def reset(office: Office, login: str, actor: Actor, *, reason: str) -> str:
    """Take everything from an officer that proves him, at once, for the command; give his id.

    Raises: ResetReasonMissing, ResetNeedless, ResetOfNobody.
    """
    why = _why(office, reason)
    with writing(office.sessions) as session:
        officer = _holder(session, login)
        _reset(office, session, officer, actor, reason=why)
        return officer.id


def ask(office: Office, login: str, actor: Actor, *, reason: str) -> None:
    """Ask that an officer's factors be taken away; another operator confirms.

    Raises: ResetReasonMissing, ResetNeedless, ResetAsked, ResetOfNobody.
    """
    why = _why(office, reason)
    with writing(office.sessions) as session:
        officer = _holder(session, login)
        now = office.now()
        request_id = factor_requests.ask(session, officer.id, reason=why, actor=actor.id, at=now)
        if request_id is None:
            waits = FactorRequest.waiting_about(session, officer.id)
            _BY_TWO.again(session, waits, actor, {"reason": why}, name=officer.name)
            return
        subject, facts = f"officer:{officer.id}", {"request": request_id, "reason": why}
        note(office, session, trail.ASKED, actor, subject=subject, facts=facts)
        text = "有一份重置第二重验证的申请待另一名运行维护人员确认，请在“工作人员”页面办理。"
        word = announcements.to_role(OfficerRole.OPERATOR, "post", text, f"factor/{request_id}")
        announcements.tell(session, [word], now)


def confirm(office: Office, request_id: str, actor: Actor) -> None:
    """Do what another operator asked for, but nobody for himself.

    Raises: ResetNotAsked, ResetNeedsAnother.
    """
    with (
        _BY_TWO.once(office, FactorRequest, request_id, actor, RequestState.CONFIRMED),
        writing(office.sessions) as session,
    ):
        request = _BY_TWO.confirmable(session, FactorRequest.get(session, request_id), actor)
        if f"officer:{request.officer_id}" == actor.id:
            raise ResetNeedsAnother
        office.check(session)
        now = office.now()
        _BY_TWO.insist(FactorRequest.confirm(session, request_id, actor=actor.id, at=now))
        officer = officers.get(session, request.officer_id)
        asked = {"request": request_id, "asked_by": request.asked_by}
        _reset(office, session, officer, actor, reason=request.reason, **asked)


def decline(office: Office, request_id: str, actor: Actor) -> None:
    """Turn a request down, or take one's own back. Raises: ResetNotAsked."""
    with (
        _BY_TWO.once(office, FactorRequest, request_id, actor, RequestState.DECLINED),
        writing(office.sessions) as session,
    ):
        request = _BY_TWO.waiting(FactorRequest.get(session, request_id))
        now = office.now()
        _BY_TWO.insist(FactorRequest.decline(session, request_id, actor=actor.id, at=now))
        facts = {"request": request_id, "asked_by": request.asked_by}
        subject = f"officer:{request.officer_id}"
        note(office, session, trail.DECLINED, actor, subject=subject, facts=facts)


def waiting(session: Session) -> list[FactorRequest]:
    """Return the requests that nobody has settled, oldest first."""
    return FactorRequest.waiting(session)


def _holder(session: Session, login: str) -> Officer:
    officer = officers.by_login(session, login)
    if officer is None:
        raise ResetOfNobody(login=login)
    if not second_factors.is_held(session, f"officer:{officer.id}"):
        raise ResetNeedless(name=officer.name)
    return officer


def _reset(
    office: Office, session: Session, officer: Officer, actor: Actor, *, reason: str, **asked: str
) -> None:
    count = second_factors.remove(session, f"officer:{officer.id}")
    facts = {"reason": reason, "count": count, **asked}
    note(office, session, trail.RESET, actor, subject=f"officer:{officer.id}", facts=facts)
    text = f"{officer.name}的第二重验证已重置，下次登录时重新登记。"
    now = office.now()
    key = f"factor-reset/{officer.id}/{now.isoformat()}"
    word = announcements.to_role(OfficerRole.OPERATOR, "post", text, key)
    announcements.tell(session, [word], now)


def _why(office: Office, reason: str) -> str:
    why = "".join(texts.said(office, [reason], field="reason", most=1))
    if len(why) < texts.LEAST_REASON:
        raise ResetReasonMissing("reason")
    return why
