"""Withdrawing an application before the decision (I18)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.case import trail
from casework.case.refusals import NotYourApplication
from casework.office import Office
from engine.actors import Actor
from engine.errors import NobodyWaits
from professions import messages
from refusals.refusal import Refusal
from registry.applications import applications, decisions
from registry.applications.decisions import DecisionStep
from registry.applications.statuses import Matter, Status


class TooLateToWithdraw(Refusal):
    """申请状态为“{status}”，已不能撤回。"""

    code = "E_WITHDRAW_LATE"


def withdraw(office: Office, application_id: str, actor: Actor, *, reason: str = "") -> None:
    """Withdraw: open tasks close, signed files are void but kept; a new start is possible.

    Raises `TooLateToWithdraw` once the decision is taken or the case has ended.
    """
    with office.sessions() as session:
        application = applications.get(session, application_id)
    if application.matter == Matter.ENTERPRISE_CANCELLATION:  # the enterprise asked for it
        is_own = actor.is_operator_of(application.uscc)
    else:
        is_own = actor.is_person(application.person_id)
    if not is_own:
        raise NotYourApplication
    if not application.state.is_open or application.state is Status.APPROVED:
        raise TooLateToWithdraw(status=application.state.label)

    def write(session: Session) -> None:
        if decisions.newest(session, application_id, DecisionStep.DECIDE) is not None:
            raise TooLateToWithdraw(status="已作出决定")
        text = f"提出撤回：{reason}" if reason else "提出撤回"
        trail.step(session, actor, "withdraw", text, application_id, office.now(), reason=reason)
        if application.revision == 0:  # nothing was ever saved: what was typed is nobody's any more
            applications.forget_draft(session, application_id)

    try:
        office.runner.message(messages.WITHDRAWN, application_id, {}, actor, write=write)
    except NobodyWaits as error:
        with office.sessions() as session:
            status = applications.get(session, application_id).state.label
        raise TooLateToWithdraw(status=status) from error
