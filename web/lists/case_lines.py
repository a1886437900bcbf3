"""What a line about a case says, and under which heads: the same words on every desk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from casework.case import offered_professions
from registry.applications.applications import Application
from web.extensions import office
from web.lists.listing import Column, Sort

NUMBER = Column(key="no", head="申请编号", classes="fold__number")
NAME = Column(key="name", head="姓名", classes="fold__name")
APPLICANT = Column(key="name", head="申请人", classes="fold__name")
FIRM = Column(key="enterprise", head="聘用企业", classes="fold__firm")
MATTER = Column(key="matter", head="申请事项", note="profession", note_head="注册类别")
ABOUT = Column(key="about", head="申请事项", classes="fold__about")
STEP = Column(key="task", head="环节", note="about", note_head="申请事项")
STATUS = Column(key="status", head="当前状态", kind="status")
DUE = Column(key="due", head="办理期限", kind="due")
ACTIONS = Column(key="actions", head="操作", kind="actions", classes="fold__short")

NEWEST = Sort(key="newest", label="最近申请的在前", descending=True)
OLDEST = Sort(key="oldest", label="最早申请的在前")


def with_messages(column: Column) -> Column:
    """Give a column that says below how many messages wait to be read."""
    return replace(column, note="messages", note_head="留言")


def line(application: Application) -> dict[str, Any]:
    """Give what a line may say of a case: names only, no numbers of persons (D.4)."""
    profession = offered_professions.of(office(), application).title
    return {
        "no": application.no,
        "name": application.person.name,
        "enterprise": application.enterprise_name,
        "matter": application.matter_label,
        "profession": profession,
        "about": f"{profession}{application.matter_label}",
        "status": application.status,
    }


def link(application: Application, href: str, text: str) -> dict[str, str]:
    """Give a link of a line, with whose case it is for those who hear it."""
    return {"href": href, "text": text, "unseen": f"{application.person.name} {application.no}"}


def unread(messages: int) -> str:
    """Say how many messages of a case wait to be read; nothing when there is none."""
    return f"{messages}条未读留言" if messages else ""
