"""Deciding a refused application anew once its refusal was annulled (domain C.8, decision 10).

A reviewer proposes with the ruling, its number, date and text; another officer, an approver,
confirms. The old decision stays on record as annulled, and the application with its form,
signatures and seals is accepted on that day, see `operations_reopening`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from casework.case import evidence, texts
from casework.case.evidence import Upload
from casework.case.opening import About, FirstLine, open_case
from casework.office import Office
from casework.tasks import officer_results
from casework.terms import eligibility
from engine.actors import Actor
from engine.errors import NotYourTask
from professions.tasks import Task
from refusals.refusal import Refusal
from registry.applications import applications
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep, Result
from registry.applications.statuses import REFUSED, Matter
from registry.authority import reopenings
from registry.authority.reopenings import Reopening, Ruling, RulingSource
from registry.certificates import registrations
from registry.law.calendars import shanghai_day
from registry.people import persons
from registry.people.officers import OfficerRole


class NotReopenable(Refusal):
    """{matter}申请当前状态为“{status}”，不能重新办理：只有不予许可或者不予受理的初始注册申请可以。其他事项请当事人重新提出申请。"""

    code = "E_NOT_REOPENABLE"


class ReopeningRunning(Refusal):
    """该申请已有撤销后重新办理的案件（{no}）正在办理，请在该案件中办理。"""

    code = "E_REOPENING_RUNNING"


class PersonBusy(Refusal):
    """申请人另有正在办理的{matter}申请（{application_no}，{status}），不能同时重新办理原申请；请先办结该申请，或者由申请人撤回。"""

    code = "E_PERSON_BUSY"


class RegisteredMeanwhile(Refusal):
    """申请人已另行取得注册（{no}，有效期至{valid_to}），原申请不需要重新办理；请放弃或者不予重新办理，并告知申请人。"""

    code = "E_REGISTERED_MEANWHILE"


class NotEligibleMeanwhile(Refusal):
    """申请人现在不能注册：{reasons}请放弃或者不予重新办理，并告知申请人；原因消除后可以再次提出。"""

    code = "E_NOT_ELIGIBLE_MEANWHILE"


class RulingIncomplete(Refusal):
    """请对照文书填写完整：文书种类、决定结果和文号（4至60字）。"""

    code = "E_RULING_INCOMPLETE"


class RulingDateWrong(Refusal):
    """请填写文书的日期，形如 2026-11-27：不早于原决定（{refused_on}），不晚于今天。"""

    code = "E_RULING_DATE"


class RulingKeepsRefusal(Refusal):
    """只有撤销原决定并责令重新作出决定的，才能重新办理；其他结果请按文书内容办理，不在此提出。"""

    code = "E_RULING_KEEPS_REFUSAL"


LONGEST_NO = 60  #: characters of the number of a ruling
LEAST_NO = 4


def propose(
    office: Office,
    refused_id: str,
    *,
    source: str,
    ruling: str,
    ruling_no: str,
    ruled_on: date | None,
    files: Sequence[Upload],
    actor: Actor,
) -> str:
    """Open a case about a refused application; return its id. It waits to be checked.

    Raises `NotYourTask` for who is no reviewer, `RulingIncomplete`, `RulingDateWrong`,
    `RulingKeepsRefusal`, `EvidenceRequired`, and what `refuse_moot` refuses.
    """
    if not actor.has_role(OfficerRole.REVIEWER):
        raise NotYourTask
    number = "".join(texts.said(office, [ruling_no], field="ruling_no", most=1))
    _check_ruling(source, ruling, number)
    with office.sessions() as session:
        refused = applications.get(session, refused_id)
        refuse_moot(office, session, refused)
    refused_on = shanghai_day(refused.closed_at or refused.status_since)
    if ruled_on is None or not refused_on <= ruled_on <= office.today():
        raise RulingDateWrong("ruled_on", refused_on=refused_on.isoformat())
    kept = evidence.check(office, files)

    def refuse(session: Session) -> None:
        current = session.get_one(Application, refused_id, with_for_update=True)
        refuse_moot(office, session, current)
        if (other := reopenings.running(session, refused_id)) is not None:
            raise ReopeningRunning(no=other.no)

    def fill(session: Session, case: Application) -> FirstLine:
        reopening = Reopening(
            application_id=case.id,
            refused_id=refused_id,
            source=RulingSource(source),
            ruling_no=number,
            ruled_on=ruled_on,
        )
        session.add(reopening)
        evidence.keep(session, case.id, kept, actor, office.now())
        return FirstLine(kind="open_reopening", text=f"收到{reopening.reference}")

    about = About(
        matter=Matter.REOPENING,
        type=refused.type,
        person_id=refused.person_id,
        uscc=refused.uscc,
        enterprise_name=refused.enterprise_name,
    )
    return open_case(office, about, actor, refuse=refuse, fill=fill)


def _check_ruling(source: str, ruling: str, number: str) -> None:
    """Refuse a ruling that is not named, or that does not have the application decided anew."""
    if source not in RulingSource.__members__:
        raise RulingIncomplete("source")
    if ruling not in Ruling.__members__:
        raise RulingIncomplete("ruling")
    if not LEAST_NO <= len(number) <= LONGEST_NO:
        raise RulingIncomplete("ruling_no")
    if ruling != Ruling.ANNULLED:
        raise RulingKeepsRefusal("ruling")


def refuse_moot(office: Office, session: Session, refused: Application) -> None:
    """Refuse what cannot be decided anew.

    Only 初始注册 is reopened: a renewal, cancellation or exchange hangs on a registration that
    went its own way since. Who was barred since, or is too old, could only be refused again.
    Raises `NotReopenable`, `PersonBusy`, `RegisteredMeanwhile`, `NotEligibleMeanwhile`.
    """
    if refused.matter != Matter.INITIAL or refused.state not in REFUSED:
        raise NotReopenable(matter=refused.matter_label, status=refused.state.label)
    if (other := applications.open_for(session, refused.person_id, refused.type)) is not None:
        raise PersonBusy(
            matter=other.matter_label, application_no=other.no, status=other.state.label
        )
    registration = registrations.valid_for(
        session, refused.person_id, refused.type, on=office.today()
    )
    if registration is not None:
        raise RegisteredMeanwhile(no=registration.no, valid_to=registration.valid_to.isoformat())
    person = persons.get(session, refused.person_id)
    kind = office.type_of(refused.definition)
    against = eligibility.against(session, person, kind, today=office.today())
    if against.reasons:
        raise NotEligibleMeanwhile(reasons="".join(reason.text for reason in against.reasons))


def submit(office: Office, task_id: str, outcome: str, *, actor: Actor) -> None:
    """Submit the checked proposal to the confirming officer, or drop it."""
    officer_results.submit(office, task_id, Task.PROPOSE_REOPENING, outcome, actor)


def decide(
    office: Office, task_id: str, outcome: str, *, reasons: Sequence[str] = (), actor: Actor
) -> None:
    """Confirm, or keep the refusal with reasons; the one who proposed may not (four eyes).

    Raises `FourEyes`, `ReasonRequired`, and what `refuse_moot` refuses.
    """
    officer_results.insist(Task.CONFIRM_REOPENING, "verdict", outcome)
    said = officer_results.reasons(office, reasons, "reasons") if outcome == "keep" else []
    case = officer_results.case_at(office, task_id, Task.CONFIRM_REOPENING)
    result = Result(step=DecisionStep.DECIDE, outcome=outcome, reasons=said)
    write = officer_results.storing(office, case, result, actor)

    def decided(session: Session) -> None:
        write(session)
        applications.get(session, case.id).decided_on = office.today()

    office.runner.complete(task_id, actor, {"verdict": outcome}, write=decided)
