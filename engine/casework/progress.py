"""Words of the status page: states, steps and who has to act (I1, R17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.statuses import END

ENDED = frozenset(status.value for status in END)


@dataclass(frozen=True)
class Step:
    """One step of the stepper."""

    name: str
    state: str  #: done, current, waiting or stopped


_STEPS = ("填写申请表", "个人签名", "企业确认", "受理", "审查决定", "领证")
_AT: Mapping[str, int] = {
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


def steps(status: str) -> list[Step]:
    """Give the six steps of an application in this status.

    >>> [step.state for step in steps("PERSONAL_SIGNED")]
    ['done', 'done', 'current', 'waiting', 'waiting', 'waiting']
    """
    at = _AT.get(status, -1)
    here = "stopped" if status in ENDED else "current"
    return [
        Step(name, "done" if number < at else here if number == at else "waiting")
        for number, name in enumerate(_STEPS)
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
    role = {"acceptor": "受理", "reviewer": "审查", "approver": "决定"}.get(subject, "办理")
    return f"市住建委（{role}）"
