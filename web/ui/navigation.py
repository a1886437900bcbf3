"""The main menu of each kind of visitor, in the manual's own words (R15, R49, R61, R112)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from registry.people.officers import CASEWORKERS, OfficerRole

Item = dict[str, object]  #: what GOV.UK's service navigation takes: text, href, active


class SeenVisitor(Protocol):
    """The part of a visitor that decides which menu he sees."""

    @property
    def kind(self) -> str:
        """Return "person", "enterprise" or "officer"."""

    @property
    def roles(self) -> Iterable[str]:
        """Return the roles of an officer."""


NOTICES = "/notices"
_MENUS = {
    "person": [
        ("/applications", "我的申请"),
        ("/overview", "办事概览"),
        ("/certificates", "电子注册证书管理"),
        ("/readiness", "申报前的准备"),
        ("/digital-certificate", "我的数字证书"),
        ("/change", "变更指南"),
        (NOTICES, "消息"),
        ("/verify", "证书查验"),
    ],
    "enterprise": [
        ("/enterprise/inbox", "待企业确认"),
        ("/enterprise/confirmed", "企业已确认查询"),
        ("/enterprise/overview", "概览"),
        ("/enterprise/rename", "企业名称变更"),
        ("/enterprise/people", "本企业注册人员"),
        ("/enterprise/operators", "经办人"),
        ("/digital-certificate", "企业数字证书"),
        (NOTICES, "消息"),
        ("/verify", "证书查验"),
    ],
    "officer": [
        ("/agency/inbox", "待办事项"),
        ("/agency/done", "已办事项"),
        ("/agency/cases", "案件查询"),
        ("/agency/people", "人员查询"),
        (NOTICES, "消息"),
        ("/verify", "证书查验"),
    ],
    "guest": [("/", "首页"), ("/change", "变更指南"), ("/verify", "证书查验")],
}
_CASEWORK = (
    ("/agency/inbox", "待办事项"),
    ("/agency/done", "已办事项"),
    ("/agency/cases", "案件查询"),
    ("/agency/people", "人员查询"),
)
_APPROVER = (
    ("/agency/held", "已领取事项"),
    ("/agency/bans", "禁止申请"),
    ("/agency/holidays", "放假安排"),
    ("/agency/templates", "意见模板"),
    ("/agency/workload", "工作量"),
)
_STUDIO = ("/studio", "注册类型工作室")
_OPERATOR = (("/operations", "运行监视"), ("/operations/trail", "审计记录"))


def _active(path: str, href: str) -> bool:
    return path == href if href == "/" else path.startswith(href)


def items(visitor: SeenVisitor | None, path: str, *, unread: str = "") -> list[Item]:
    """Return the menu for this visitor; the entry that `path` belongs to is active.

    `unread` says how many messages wait.
    """
    menu = list(_MENUS["guest" if visitor is None else str(visitor.kind)])
    is_officer = visitor is not None and visitor.kind == "officer"
    if visitor is not None and is_officer and not set(CASEWORKERS) & set(visitor.roles):
        menu = [entry for entry in menu if entry not in _CASEWORK]
    if visitor is not None and OfficerRole.APPROVER in visitor.roles:
        menu += _APPROVER
    if visitor is not None and OfficerRole.OPERATOR in visitor.roles:
        menu += _OPERATOR
    if is_officer:
        menu.append(_STUDIO)
    nearest = max((href for href, _ in menu if _active(path, href)), key=len, default="")
    return [
        {
            "text": f"{text}（{unread}）" if unread and href == NOTICES else text,
            "href": href,
            "active": href == nearest,
            "current": path == href,
        }
        for href, text in menu
    ]
