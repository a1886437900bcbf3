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

    def play(engineer: Engineer) -> None:
        case = engineer.starts("INITIAL")
        for step in steps:
            getattr(engineer, step)(case)

    return play


def registered(matter: str, *steps: str, ends_in: int, **values: Any) -> Play:
    """Make a play of a matter on a registration that goes so far."""

    def play(engineer: Engineer) -> None:
        engineer.is_practising(ends_in=ends_in)
        case = engineer.starts(matter)
        engineer.fills(case, **values)
        for step in steps:
            getattr(engineer, step)(case)

    return play


def practising(ends_in: int) -> Play:
    """Make a play of somebody who simply practises."""
    return lambda engineer: engineer.is_practising(ends_in=ends_in)


def correcting(engineer: Engineer) -> None:
    """Have the agency ask for corrections."""
    case = engineer.starts("INITIAL")
    engineer.fills_from_elsewhere(case)
    engineer.signs(case)
    engineer.seals(case)
    engineer.checked(case, "correct", "请补充上传资格证书的盖章页。", "请核对资格证书签发日期。")


def not_accepted(engineer: Engineer) -> None:
    """Have the agency refuse to accept."""
    case = engineer.starts("INITIAL")
    engineer.fills_from_elsewhere(case)
    engineer.signs(case)
    engineer.seals(case)
    engineer.checked(case, "refuse", "所持资格证书不属于本机关职权范围。")


def returned(engineer: Engineer) -> None:
    """Have the company send a form back."""
    case = engineer.starts("INITIAL")
    engineer.fills(case)
    engineer.signs(case)
    engineer.returned(case, "企业联系电话有误，请改为总机号码。")


def rejected(engineer: Engineer) -> None:
    """Have an application rejected."""
    case = engineer.starts("INITIAL")
    engineer.fills(case)
    engineer.signs(case)
    engineer.seals(case)
    engineer.reviewed(case, "reject")
    engineer.decided(case, "reject", "申请人提交的继续教育证明与学时记录不符。")


def withdrawn(engineer: Engineer) -> None:
    """Sign, then withdraw."""
    case = engineer.starts("INITIAL")
    engineer.fills(case)
    engineer.signs(case)
    withdrawal.withdraw(engineer.office, case, engineer.actor, reason="暂不办理")


def cancelled(engineer: Engineer) -> None:
    """Cancel with the company's seal."""
    engineer.is_practising(ends_in=500)
    case = engineer.starts("CANCELLATION")
    engineer.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    engineer.signs(case)
    engineer.seals(case)


def cancellation_returned(engineer: Engineer) -> None:
    """Have the company send a cancellation back."""
    engineer.is_practising(ends_in=150)
    case = engineer.starts("CANCELLATION")
    engineer.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    engineer.signs(case)
    engineer.returned(case, "项目尚未结束，请与人事部门联系后再办理。")


def copied(engineer: Engineer) -> None:
    """Make a copy for one purpose and time."""
    engineer.is_practising(ends_in=600)
    today = engineer.office.today()
    copy_requests.ask(
        engineer.office,
        engineer.certificate_id(),
        request=new_id(),
        purpose="示例工程项目投标",
        first=today,
        last=today + timedelta(days=179),
        actor=engineer.actor,
    )


def exchanging(engineer: Engineer) -> None:
    """Upload the photograph for an exchange, and stop."""
    engineer.was_registered(ends_in=700)
    engineer.exchanges(confirm=False)


def contested(engineer: Engineer) -> None:
    """Have the company refuse to confirm a cancellation, and ask the agency."""
    engineer.is_practising(ends_in=380)
    case = engineer.starts("CANCELLATION")
    engineer.fills(case, cancel_reason="EMPLOYMENT_ENDED")
    engineer.signs(case)
    engineer.returned(case, "项目尚未结束，本单位不同意注销。")
    proof = cancellation.attach_proof(
        engineer.office, case, "解除劳动合同证明.pdf", papers.scan(), engineer.actor
    )
    cancellation.ask_alone(
        engineer.office,
        case,
        obstacle=Obstacle.REFUSED.value,
        text="劳动合同已经解除，多次联系企业，企业拒绝确认。",
        proofs=[proof.id],
        actor=engineer.actor,
    )
    engineer.checked(case, "accept")


def objected(engineer: Engineer) -> None:
    """Have the company object to a cancellation that the agency looks into."""
    contested(engineer)
    cancellation.answer(
        engineer.office,
        engineer.case_of(Matter.CANCELLATION),
        agrees=False,
        text="该人员负责的项目尚未办理移交。",
        actor=engineer.clerk,
    )


def unreachable(engineer: Engineer) -> None:
    """Have the company ask for a cancellation by itself; the person may answer."""
    engineer.is_practising(ends_in=410)
    case = cancellation.start_request(engineer.office, engineer.registration().id, engineer.clerk)
    proof = form_entry.attach(
        engineer.office, case, "cancel_proof", "解除劳动合同证明.pdf", papers.scan(), engineer.clerk
    )
    form_entry.save(
        engineer.office,
        case,
        form_entry.prefill(engineer.office, case)
        | {
            "cancel_reason": "UNREACHABLE",
            "explanation": "劳动合同已经终止，电话、信函均未能联系到本人。",
            "cancel_proof": [proof.id],
            "applicant_opinion": True,
        },
        expected_revision=0,
        actor=engineer.clerk,
        finish=True,
    )
    cancellation.seal_request(
        engineer.office, case, pin=str(engineer.company.pin), actor=engineer.clerk
    )
    engineer.checked(case, "accept")


def renamed(engineer: Engineer) -> None:
    """Have the company compute what its new name changes; nobody has confirmed it."""
    engineer.is_practising(ends_in=460)
    batches.compute(engineer.office, engineer.company.uscc, engineer.type, engineer.clerk)
