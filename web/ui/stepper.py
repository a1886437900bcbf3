"""Words of the status page: states, steps and who has to act (I1, R17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.applications.statuses import END, Matter
from registry.people.officers import CASEWORKERS, OfficerRole

ENDED = frozenset(status.value for status in END)


@dataclass(frozen=True)
class StepperStep:
    """One step of the stepper."""

    name: str
    state: str  #: done, current, waiting or stopped


_USUAL = ("填写申请表", "个人签名", "企业确认", "受理", "审查决定", "领证")
#: Matters with steps of their own: a cancellation is complete with the seal (R107).
_STEPS: Mapping[str, tuple[str, ...]] = {
    Matter.PAPER_EXCHANGE: ("核对信息并上传照片", "生成电子证书"),
    Matter.CANCELLATION: ("填写申请表", "个人签名", "企业确认", "注销登记"),
    Matter.ENTERPRISE_CANCELLATION: (
        *("填写申请", "企业盖章", "受理"),
        *("本人意见", "审查决定", "注销登记"),
    ),
}
#: A cancellation that the person brings to the agency because the enterprise does not confirm.
_ALONE = (
    *("填写申请表", "个人签名", "提请市住建委处理"),
    *("受理", "企业意见", "审查决定", "注销登记"),
)
_AT_ALONE: Mapping[str, int] = {
    "RETURNED": 2,
    "CORRECTION_REQUIRED": 2,
    "ENTERPRISE_SEALED": 3,
    "NOT_ACCEPTED": 3,
    "ACCEPTED": 4,
    "UNDER_REVIEW": 5,
    "REJECTED": 5,
    "APPROVED": 6,
    "COMPLETED": 7,
}
_AT: dict[str, int] = {
    "DRAFT": 0,
    "CORRECTION_REQUIRED": 0,
    "RETURNED": 0,
    "READY_TO_SIGN": 1,
    "PERSONAL_SIGNED": 2,
    "ENTERPRISE_SEALED": 3,
    "ACCEPTED": 4,
    "UNDER_REVIEW": 4,
    "APPROVED": 5,
    "COMPLETED": 6,
    "NOT_ACCEPTED": 3,
    "REJECTED": 4,
}
_AT_OF: Mapping[str, dict[str, int]] = {
    Matter.PAPER_EXCHANGE: {"COMPLETED": 2},
    Matter.CANCELLATION: {
        "ENTERPRISE_SEALED": 3,
        "ACCEPTED": 3,
        "UNDER_REVIEW": 3,
        "APPROVED": 3,
        "COMPLETED": 4,
        "RETURNED": 2,
        "CORRECTION_REQUIRED": 3,
        "REJECTED": 3,
    },
    Matter.ENTERPRISE_CANCELLATION: {
        "ENTERPRISE_SEALED": 2,
        "NOT_ACCEPTED": 2,
        "ACCEPTED": 3,
    },
}


def steps(status: str, matter: str = Matter.INITIAL, *, alone: bool = False) -> list[StepperStep]:
    """Give the steps of a case in this status.

    `alone` is a cancellation that goes on without the enterprise: no step says that it confirmed.

    >>> [step.state for step in steps("PERSONAL_SIGNED")]
    ['done', 'done', 'current', 'waiting', 'waiting', 'waiting']
    """
    names = _ALONE if alone else _STEPS.get(matter, _USUAL)
    own = _AT_ALONE if alone else _AT_OF.get(matter, {})
    at = own.get(status, _AT.get(status, -1))
    here = "stopped" if status in ENDED else "current"
    return [
        StepperStep(name, "done" if number < at else here if number == at else "waiting")
        for number, name in enumerate(names)
    ]


def who(inbox: str, *, enterprise: str = "") -> str:
    """Say who has to act on a task of this inbox.

    >>> who("role:reviewer")
    '市住建委（审查）'
    """
    kind, _, subject = inbox.partition(":")
    if kind == "person":
        return "申请人"
    if kind == "enterprise":
        return f"聘用企业（{enterprise}）" if enterprise else "聘用企业"
    does = OfficerRole(subject).label if subject in CASEWORKERS else "办理"
    return f"市住建委（{does}）"
