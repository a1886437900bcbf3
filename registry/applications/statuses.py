"""The vocabulary of an application: its matters, statuses and the moves between them (B.4)."""

from __future__ import annotations

from enum import StrEnum


class Matter(StrEnum):
    """What a case is about. A registration type offers those that its manifest lists."""

    INITIAL = "INITIAL"
    RENEWAL = "RENEWAL"
    CANCELLATION = "CANCELLATION"
    PAPER_EXCHANGE = "PAPER_EXCHANGE"
    ENTERPRISE_CANCELLATION = "ENTERPRISE_CANCELLATION"
    EX_OFFICIO = "EX_OFFICIO"
    CORRECTION = "CORRECTION"
    REPORT = "REPORT"
    REOPENING = "REOPENING"
    REDECISION = "REDECISION"
    CLAIM = "CLAIM"
    ENTERPRISE_RENAME = "ENTERPRISE_RENAME"

    @property
    def label(self) -> str:
        """The Chinese name of the matter."""
        return _MATTERS[self]


_MATTERS = {
    Matter.INITIAL: "初始注册",
    Matter.RENEWAL: "延续注册",
    Matter.CANCELLATION: "注销注册",
    Matter.PAPER_EXCHANGE: "纸质证书换领电子证书",
    Matter.ENTERPRISE_CANCELLATION: "注销注册（企业提出）",
    Matter.EX_OFFICIO: "依职权处理",
    Matter.CORRECTION: "更正身份信息",
    Matter.REPORT: "信息有误报告",
    Matter.REOPENING: "撤销后重新办理",
    Matter.REDECISION: "重新作出决定",
    Matter.CLAIM: "领取电子证书",
    Matter.ENTERPRISE_RENAME: "企业名称变更",
}
#: What a person starts; at most one of these is open for a person (R20).
PERSONAL = frozenset({Matter.INITIAL, Matter.RENEWAL, Matter.CANCELLATION, Matter.PAPER_EXCHANGE})
#: What ends a registration because somebody asks for it.
CANCELLING = frozenset({Matter.CANCELLATION, Matter.ENTERPRISE_CANCELLATION})
#: What the agency works on by itself: no application of anybody's.
OF_AGENCY = (Matter.EX_OFFICIO, Matter.CORRECTION, Matter.REPORT, Matter.REOPENING)
#: Cases that people read as applications of theirs; a claim stands with its certificate.
APPLICATIONS = PERSONAL | {Matter.ENTERPRISE_CANCELLATION}


class Status(StrEnum):
    """Where an application stands; the vocabulary of 当前状态 (R17, I1)."""

    DRAFT = "DRAFT"
    READY_TO_SIGN = "READY_TO_SIGN"
    PERSONAL_SIGNED = "PERSONAL_SIGNED"
    RETURNED = "RETURNED"
    ENTERPRISE_SEALED = "ENTERPRISE_SEALED"
    CORRECTION_REQUIRED = "CORRECTION_REQUIRED"
    ACCEPTED = "ACCEPTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    WITHDRAWN = "WITHDRAWN"
    CLOSED = "CLOSED"

    @property
    def label(self) -> str:
        """The Chinese word that people read."""
        return _STATUSES[self]

    @property
    def is_open(self) -> bool:
        """Whether the application is still in progress (办结 = not open)."""
        return self in OPEN

    @property
    def is_editable(self) -> bool:
        """Whether the form may still be changed: until acceptance (R42)."""
        return self in EDITABLE

    @property
    def is_signed(self) -> bool:
        """Whether the person's signature stands."""
        return self in SIGNED


_STATUSES = {
    Status.DRAFT: "填写中",
    Status.READY_TO_SIGN: "待个人签名",
    Status.PERSONAL_SIGNED: "待企业确认",
    Status.RETURNED: "企业退回",
    Status.ENTERPRISE_SEALED: "待受理",
    Status.CORRECTION_REQUIRED: "待补正",
    Status.ACCEPTED: "已受理",
    Status.UNDER_REVIEW: "审查中",
    Status.APPROVED: "准予许可",
    Status.COMPLETED: "办结",
    Status.REJECTED: "不予许可",
    Status.NOT_ACCEPTED: "不予受理",
    Status.WITHDRAWN: "已撤回",
    Status.CLOSED: "已关闭",
}
END = frozenset(
    {
        Status.COMPLETED,
        Status.REJECTED,
        Status.NOT_ACCEPTED,
        Status.WITHDRAWN,
        Status.CLOSED,
    }
)
OPEN = frozenset(Status) - END
REFUSED = frozenset({Status.REJECTED, Status.NOT_ACCEPTED})
UNSIGNED = frozenset({Status.DRAFT, Status.READY_TO_SIGN})
SIGNED = frozenset(
    {
        Status.PERSONAL_SIGNED,
        Status.RETURNED,
        Status.ENTERPRISE_SEALED,
        Status.CORRECTION_REQUIRED,
    }
)
EDITABLE = UNSIGNED | SIGNED  #: before acceptance (R42)
ACCEPTED = OPEN - EDITABLE  #: accepted and not at its end
#: What an enterprise has confirmed: 企业已确认查询 (R61)
CONFIRMED = frozenset(Status) - UNSIGNED - {Status.PERSONAL_SIGNED, Status.RETURNED}

_REWORK = {Status.DRAFT, Status.READY_TO_SIGN}  #: R43: a changed form goes back to signing
_STOP = {Status.WITHDRAWN, Status.CLOSED}
MOVES: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.READY_TO_SIGN, Status.COMPLETED} | _STOP),
    Status.READY_TO_SIGN: frozenset(
        {Status.DRAFT, Status.PERSONAL_SIGNED, Status.ENTERPRISE_SEALED} | _STOP
    ),
    Status.PERSONAL_SIGNED: frozenset(
        {Status.RETURNED, Status.ENTERPRISE_SEALED} | _REWORK | _STOP
    ),
    Status.RETURNED: frozenset(
        {Status.PERSONAL_SIGNED, Status.ENTERPRISE_SEALED} | _REWORK | _STOP
    ),
    Status.ENTERPRISE_SEALED: frozenset(
        {Status.ACCEPTED, Status.CORRECTION_REQUIRED, Status.NOT_ACCEPTED} | _REWORK | _STOP
    ),
    Status.CORRECTION_REQUIRED: frozenset({Status.ENTERPRISE_SEALED} | _REWORK | _STOP),
    Status.ACCEPTED: frozenset({Status.UNDER_REVIEW, Status.COMPLETED} | _STOP),
    Status.UNDER_REVIEW: frozenset(  # what the agency starts ends without a licence
        {Status.APPROVED, Status.REJECTED, Status.COMPLETED} | _STOP
    ),
    Status.APPROVED: frozenset({Status.COMPLETED, Status.CLOSED}),
}
