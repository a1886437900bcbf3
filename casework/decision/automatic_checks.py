"""What the machine has checked of a case for its officers: result, source, and who overrides it.

What fails cannot be granted by anybody. What needs a look can, by who writes down what he found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from casework.application import qualification
from casework.case import texts
from casework.case.opened import Case
from casework.decision import lawfulness
from casework.signature import revoked_signers
from refusals.refusal import Refusal
from registry.applications import decisions, documents
from registry.applications.applications import Application
from registry.applications.decisions import DecisionStep
from registry.applications.documents import DocumentKind
from registry.applications.statuses import OF_AGENCY, Matter
from registry.enterprises.enterprises import Enterprise, EnterpriseStatus
from signing import Role
from storage.passing import recall


class CheckResult(StrEnum):
    """How a check came out."""

    PASSED = "PASSED"
    ATTENTION = "ATTENTION"
    FAILED = "FAILED"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return {"PASSED": "通过", "ATTENTION": "请核实", "FAILED": "不能准予"}[self]


_NUMBER = "资格证书编号"
_EXAMINED = "对自动核对事项的核实："  #: begins the line of an opinion


@dataclass(frozen=True, kw_only=True)
class AutomaticCheck:
    """One check as it comes out now."""

    title: str
    source: str  #: whose word it is
    result: CheckResult
    detail: str = ""


class OverrideRequired(Refusal):
    """自动核对有需要核实的事项（{titles}），请写明核实情况（至少5个字）后再提交。"""

    code = "E_OVERRIDE_REQUIRED"


def of(case: Case, session: Session) -> list[AutomaticCheck]:
    """Check a case that officers examine; nothing of the cases that the agency starts itself."""
    if case.application.matter in OF_AGENCY:
        return []
    application = case.application
    return [
        _lawful(case, session),
        _signed(case, session, application),
        *_qualified(session, application),
        *_employed(session, application),
    ]


def to_examine(case: Case, session: Session, step: DecisionStep) -> list[str]:
    """Give the titles of what needs a look at a step, before anybody goes on.

    At acceptance all of it. At the review what nobody has examined yet: it came since. At the
    decision another application with the same number.
    """
    if step is DecisionStep.DECIDE:
        return [_NUMBER] if case.other_claimant[1] else []
    checks = of(case, session)
    titles = [check.title for check in checks if check.result is CheckResult.ATTENTION]
    if step not in decisions.REVIEWS or not titles:
        return titles
    examined = "".join(
        line.rpartition("（")[2]
        for decision in decisions.of(session, case.application.id)
        for line in decision.opinion.splitlines()
        if line.startswith(_EXAMINED)
    )
    return [title for title in titles if title not in examined]


def override(case: Case, session: Session, typed: str, step: DecisionStep) -> str:
    """Give for the record what an officer found of what needs a look; "" without a word.

    Raises `OverrideRequired` when nothing was written that can be acted upon.
    """
    titles = to_examine(case, session, step)
    said = "".join(texts.said(case.office, [typed], field="override"))
    if titles and len(said) < texts.LEAST_REASON:
        raise OverrideRequired("override", titles="、".join(titles))
    about = f"（{'、'.join(titles)}）" if titles else ""
    return f"{_EXAMINED}{said}{about}" if said else ""


def _lawful(case: Case, session: Session) -> AutomaticCheck:
    title, source = "注册条件", "本系统注册登记和禁止申请名单"
    try:
        lawfulness.refuse(case, session)
    except Refusal as refusal:
        return AutomaticCheck(
            title=title, source=source, result=CheckResult.FAILED, detail=str(refusal)
        )
    return AutomaticCheck(title=title, source=source, result=CheckResult.PASSED)


def _signed(case: Case, session: Session, application: Application) -> AutomaticCheck:
    form = documents.current(session, application.id, DocumentKind.APPLICATION)
    signed = documents.signatures(session, form.id) if form is not None else []
    roles = {Role(signature.role) for signature in signed}
    revoked = revoked_signers.warnings(case.office, session, application)
    who = {Role.APPLICANT: "个人签名", Role.ENTERPRISE: "企业签章"}
    return AutomaticCheck(
        title="签名和签章",
        source="数字证书吊销名单",
        result=CheckResult.ATTENTION if revoked else CheckResult.PASSED,
        detail="".join(revoked) or "、".join(who[role] for role in who if role in roles),
    )


def _qualified(session: Session, application: Application) -> Iterator[AutomaticCheck]:
    if application.matter != Matter.INITIAL:
        return
    told = qualification.warnings(session, application)
    yield AutomaticCheck(
        title=_NUMBER,
        source="本系统资格登记和在办申请",
        result=CheckResult.ATTENTION if told else CheckResult.PASSED,
        detail="".join(told),
    )


def _employed(session: Session, application: Application) -> Iterator[AutomaticCheck]:
    if application.matter not in (Matter.INITIAL, Matter.RENEWAL) or application.uscc is None:
        return
    uscc = application.uscc
    employer = recall(session, (Enterprise, uscc), lambda: session.get(Enterprise, uscc))
    if employer is None:
        return
    result, detail = CheckResult.PASSED, ""
    if employer.name != application.enterprise_name:
        result, detail = CheckResult.ATTENTION, f"企业登记的名称为“{employer.name}”。"
    if employer.status != EnterpriseStatus.ACTIVE:
        result = CheckResult.FAILED
        detail += f"企业登记状态为“{EnterpriseStatus(employer.status).label}”。"
    yield AutomaticCheck(title="聘用企业", source="企业登记系统", result=result, detail=detail)
