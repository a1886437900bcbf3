"""The words of the trade on screens: statuses, matters, roles. One word per thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A status for the eye: `colour` is a colour name of GOV.UK tags, `text` says it."""

    text: str
    colour: str


#: I1: the status vocabulary that applicants, enterprises and officers see.
STATUSES = {
    "DRAFT": Tag(text="填写中", colour="grey"),
    "READY_TO_SIGN": Tag(text="待个人签名", colour="blue"),
    "PERSONAL_SIGNED": Tag(text="待企业确认", colour="yellow"),
    "RETURNED": Tag(text="企业退回", colour="orange"),
    "ENTERPRISE_SEALED": Tag(text="待受理", colour="yellow"),
    "CORRECTION_REQUIRED": Tag(text="待补正", colour="orange"),
    "ACCEPTED": Tag(text="已受理", colour="blue"),
    "UNDER_REVIEW": Tag(text="审查中", colour="blue"),
    "APPROVED": Tag(text="准予注册·待领证", colour="green"),
    "COMPLETED": Tag(text="已办结", colour="green"),
    "REJECTED": Tag(text="不予注册", colour="red"),
    "NOT_ACCEPTED": Tag(text="不予受理", colour="red"),
    "WITHDRAWN": Tag(text="已撤回", colour="grey"),
    "CLOSED": Tag(text="已关闭", colour="grey"),
}
MATTERS = {
    "INITIAL": "初始注册",
    "RENEWAL": "延续注册",
    "CANCELLATION": "注销注册",
    "PAPER_EXCHANGE": "纸质证书换领电子证书",
}
ROLES = {
    "applicant": "申请人",
    "enterprise": "聘用企业",
    "acceptor": "受理人员",
    "reviewer": "审查人员",
    "approver": "决定人员",
    "operator": "运行人员",
    "system": "系统",
}
SEXES = {"M": "男", "F": "女"}
ID_TYPES = {
    "RESIDENT_ID": "居民身份证",
    "HMT_RESIDENCE": "港澳台居民居住证",
    "HM_PERMIT": "港澳居民来往内地通行证",
    "TW_PERMIT": "台湾居民来往大陆通行证",
    "FOREIGN_PR": "外国人永久居留身份证",
    "PASSPORT": "护照",
}
HOTLINE = "021-962600"  #: R7: manual line 4
TOKEN_TOOLS = "https://www.962600.com/resources/tools"  # noqa: S105 -- an address (R6)


def status_tag(status: str) -> Tag:
    """Return the tag of an application status; an unknown one is shown as it is."""
    return STATUSES.get(str(status), Tag(text=str(status), colour="grey"))


def matter(code: str) -> str:
    """Return the Chinese name of a matter.

    >>> matter("INITIAL")
    '初始注册'
    """
    return MATTERS.get(str(code), str(code))
