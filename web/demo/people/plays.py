"""What engineers and their companies did before the demonstration begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from casework.application import form_entry, withdrawal
from casework.certificate import copy_requests
from casework.registration import cancellation
from casework.rename import batches
from registry.applications.statements import Obstacle
from registry.applications.statuses import Matter
from storage.database import new_id
from web.demo import papers
from web.demo.people.engineer import Engineer

Play = Callable[[Engineer], None]


def initial(*steps: str) -> Play:
    """Make a play of an initial registration that goes so far."""

    def play(one: Engineer) -> None:
        case = one.starts("INITIAL")
        for step in steps:
            getattr(one, step)(case)

    return play


def registered(matter: str, *steps: str, ends_in: int, **values: Any) -> Play:
    """Make a play of a matter on a registration that goes so far."""

    def play(one: Engineer) -> None:
        one.is_practising(ends_in=ends_in)
        case = one.starts(matter)
        one.fills(case, **values)
        for step in steps:
            getattr(one, step)(case)

    return play


def practising(ends_in: int) -> Play:
    """Make a play of somebody who simply practises."""
    return lambda one: one.is_practising(ends_in=ends_in)


def correcting(one: Engineer) -> None:
    """Have the agency ask for corrections."""
    case = one.starts("INITIAL")
    one.fills_from_elsewhere(case)
    one.signs(case)
    one.seals(case)
    one.checked(case, "correct", "请补充上传资格证书的盖章页。", "请核对资格证书签发日期。")


def not_accepted(one: Engineer) -> None:
    """Have the agency refuse to accept."""
    case = one.starts("INITIAL")
    one.fills_from_elsewhere(case)
    one.signs(case)
    one.seals(case)
    one.checked(case, "refuse", "所持资格证书不属于本机关职权范围。")


def returned(one: Engineer) -> None:
    """Have the company send a form back."""
    case = one.starts("INITIAL")
    one.fills(case)
    one.signs(case)
    one.returned(case, "企业联系电话有误，请改为总机号码。")


def rejected(one: Engineer) -> None:
    """Have an application rejected."""
    case = one.starts("INITIAL")
    one.fills(case)
    one.signs(case)
    one.seals(case)
    one.reviewed(case, "reject")
    one.decided(case, "reject", "申请人提交的继续教育证明与学时记录不符。")


def withdrawn(one: Engineer) -> None:
    """Sign, then withdraw."""
    case = one.starts("INITIAL")
    one.fills(case)
    one.signs(case)
    withdrawal.withdraw(one.office, case, one.actor, reason="暂不办理")


def cancelled(one: Engineer) -> None:
    """Cancel with the company's seal."""
    one.is_practising(ends_in=500)
    case = one.starts("CANCELLATION")
    one.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    one.signs(case)
    one.seals(case)


def cancellation_returned(one: Engineer) -> None:
    """Have the company send a cancellation back."""
    one.is_practising(ends_in=150)
    case = one.starts("CANCELLATION")
    one.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    one.signs(case)
    one.returned(case, "项目尚未结束，请与人事部门联系后再办理。")


def copied(one: Engineer) -> None:
    """Make a copy for one purpose and time."""
    one.is_practising(ends_in=600)
    today = one.office.today()
    copy_requests.ask(
        one.office,
        one.certificate_id(),
        request=new_id(),
        purpose="用于示例工程项目投标",
        first=today,
        last=today + timedelta(days=179),
        actor=one.actor,
    )


def exchanging(one: Engineer) -> None:
    """Upload the photograph for an exchange, and stop."""
    one.was_registered(ends_in=700)
    one.exchanges(confirm=False)


def contested(one: Engineer) -> None:
    """Have the company refuse to confirm a cancellation, and ask the agency."""
    one.is_practising(ends_in=380)
    case = one.starts("CANCELLATION")
    one.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    one.signs(case)
    one.returned(case, "项目尚未结束，本单位不同意注销。")
    proof = cancellation.attach_proof(
        one.office, case, "解除劳动合同证明.pdf", papers.scan(), one.actor
    )
    cancellation.ask_alone(
        one.office,
        case,
        obstacle=Obstacle.REFUSED.value,
        text="劳动合同已经解除，多次联系企业，企业拒绝确认。",
        proofs=[proof.id],
        actor=one.actor,
    )
    one.checked(case, "accept")


def objected(one: Engineer) -> None:
    """Have the company object to a cancellation that the agency looks into."""
    contested(one)
    cancellation.answer(
        one.office,
        one.case_of(Matter.CANCELLATION),
        agrees=False,
        text="该人员负责的项目尚未办理移交。",
        actor=one.clerk,
    )


def unreachable(one: Engineer) -> None:
    """Have the company ask for a cancellation by itself; the person may answer."""
    one.is_practising(ends_in=410)
    case = cancellation.start_request(one.office, one.registration().id, one.clerk)
    proof = form_entry.attach(
        one.office, case, "cancel_proof", "解除劳动合同证明.pdf", papers.scan(), one.clerk
    )
    form_entry.save(
        one.office,
        case,
        form_entry.prefill(one.office, case)
        | {
            "cancel_reason": "UNREACHABLE",
            "explanation": "劳动合同已经终止，电话、信函均未能联系到本人。",
            "cancel_proof": [proof.id],
            "applicant_opinion": True,
        },
        expected_revision=0,
        actor=one.clerk,
        finish=True,
    )
    cancellation.seal_request(one.office, case, pin=str(one.company.pin), actor=one.clerk)
    one.checked(case, "accept")


def renamed(one: Engineer) -> None:
    """Have the company compute what its new name changes; nobody has confirmed it."""
    one.is_practising(ends_in=460)
    batches.compute(one.office, one.company.uscc, one.type, one.clerk)
