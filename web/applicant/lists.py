"""The lists of an applicant: 我的申请."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_

from casework.case import offered_professions
from registry import readings
from registry.applications import applications, case_messages
from registry.applications.applications import Application
from registry.applications.case_messages import Side
from registry.applications.statuses import APPLICATIONS, Status
from web.extensions import db, office
from web.lists import cases as narrowing
from web.lists.listing import Column, Empty, Listing, Row, Search, Sort
from web.ui import cases


def mine(person_id: str) -> Listing:
    """List a person's own applications, finished and in progress, newest first (R16, R17)."""
    return Listing(
        key="applications",
        caption="申请记录",
        query=applications.listed_for(person_id),
        id=Application.id,  # type: ignore[arg-type]  # a column, as the class says it
        rows=_rows,
        columns=[
            Column(key="no", head="申请编号", classes="fold__number"),
            Column(key="matter", head="申请事项", note="profession", note_head="注册类别"),
            Column(key="enterprise", head="聘用企业"),
            Column(key="begun", head="申请日期", kind="day", classes="fold__short"),
            Column(key="status", head="当前状态", kind="status", note="messages", note_head="留言"),
            Column(key="actions", head="操作", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(key="newest", label="最近申请的在前", descending=True),
            Sort(key="oldest", label="最早申请的在前"),
        ],
        search=Search(
            label="查找",
            hint="申请编号或者聘用企业名称",
            where=lambda typed: or_(
                Application.no.contains(readings.number(typed), autoescape=True),
                Application.enterprise_name.contains(readings.line(typed), autoescape=True),
            ),
        ),
        filters=[
            narrowing.matters(APPLICATIONS),
            narrowing.of_profession(Application.type),
            narrowing.statuses(Status),
        ],
        empty=Empty(
            text="您还没有注册申请。",
            advice="点击【新增注册申请】，选择申请事项后开始填写；填到一半可以保存，随时回来继续。",
        ),
    )


def _rows(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    unread = case_messages.unread(session, ids, Side.APPLICANT)
    return {
        application.id: {
            "no": application.no,
            "matter": application.matter_label,
            "profession": offered_professions.of(office(), application).title,
            "enterprise": application.enterprise_name,
            "begun": application.created_at,
            "status": application.status,
            "messages": f"{unread[application.id]}条未读留言" if application.id in unread else "",
            "actions": [
                {
                    "href": f"/applications/{application.id}",
                    "text": "查看进度",
                    "unseen": application.no,
                }
            ],
        }
        for application in cases.applications_of(session, ids).values()
    }
