"""The words of the trade on screens: statuses, matters, roles. One word per thing."""

from __future__ import annotations

from dataclasses import dataclass

from pdfgen import errors
from refusals.hotline import HOTLINE as HOTLINE
from refusals.refusal import text_of
from registry.applications.statuses import Status


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A status for the eye: `colour` is a colour name of GOV.UK tags, `text` says it."""

    text: str
    colour: str


#: Colours of the statuses; their words are the register's (I1).
_COLOURS = {
    Status.DRAFT: "grey",
    Status.READY_TO_SIGN: "blue",
    Status.PERSONAL_SIGNED: "yellow",
    Status.RETURNED: "orange",
    Status.ENTERPRISE_SEALED: "yellow",
    Status.CORRECTION_REQUIRED: "orange",
    Status.ACCEPTED: "blue",
    Status.UNDER_REVIEW: "blue",
    Status.APPROVED: "green",
    Status.COMPLETED: "green",
    Status.REJECTED: "red",
    Status.NOT_ACCEPTED: "red",
    Status.WITHDRAWN: "grey",
    Status.CLOSED: "grey",
}
#: What each matter is for, on 【新增注册申请】.
MATTER_NOTES = {
    "INITIAL": "取得资格证书后首次申请注册，或注册失效、注销后重新申请注册。",
    "RENEWAL": "注册有效期届满需继续执业的，在届满前申请。",
    "CANCELLATION": "与聘用单位解除聘用关系，或不再执业的，申请注销。",
    "PAPER_EXCHANGE": "持有有效纸质注册证书的，换领电子证书。",
}
ROLES = {
    "applicant": "申请人",
    "enterprise": "聘用企业",
    "acceptor": "受理人员",
    "reviewer": "审查人员",
    "approver": "决定人员",
    "operator": "运行人员",
    "analyst": "流程分析人员",
    "publisher": "流程发布人员",
    "system": "系统",
}
TOKEN_TOOLS = "https://www.962600.com/resources/tools"  # noqa: S105 -- an address (R6)


#: What is said of a chosen file before it is sent, in the words of who refuses it.
UPLOADS = {
    "pdf": {"data-kind": "pdf", "data-wrong": text_of(errors.NotPdf)},
    "photo": {
        "data-kind": "photo",
        "data-wrong": text_of(errors.NotPhoto),
        "data-small": text_of(errors.PhotoTooSmall),
    },
}
EMPTY_FILE = {"data-empty": text_of(errors.FileEmpty)}


def status_tag(status: str) -> Tag:
    """Return the tag of an application status.

    >>> status_tag("PERSONAL_SIGNED")
    Tag(text='待企业确认', colour='yellow')
    """
    known = Status(status)
    return Tag(text=known.label, colour=_COLOURS[known])
