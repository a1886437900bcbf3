"""The lists of an applicant: 我的申请."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import or_

from registry import readings
from registry.applications import applications, case_messages
from registry.applications.applications import Application
from registry.applications.case_messages import Side
from registry.applications.statuses import APPLICATIONS, Status
from web.extensions import db
from web.lists import case_lines
from web.lists import cases as narrowing
from web.lists.listing import Column, Empty, Listing, Row, Search
from web.ui import cases


def mine(person_id: str, unread: Mapping[str, int]) -> Listing:
    """List a person's own applications, finished and in progress, newest first (R16, R17).

    `unread` are the messages of those of which the caller knows how many wait.
    """
    return Listing(
        key="applications",
        caption="申请记录",
        query=applications.listed_for(person_id),
        id=Application.id,
        rows=partial(_rows, unread),
        columns=[
            case_lines.NUMBER,
            case_lines.MATTER,
            case_lines.FIRM,
            Column(key="begun", head="申请日期", kind="day", classes="fold__short"),
            case_lines.with_messages(case_lines.STATUS),
            case_lines.ACTIONS,
        ],
        sorts=[case_lines.NEWEST, case_lines.OLDEST],
        search=Search(
            label="查找",
            hint="申请编号或者聘用企业名称",
            where=lambda typed: or_(
                Application.no.contains(readings.number(typed), autoescape=True),
                narrowing.says(Application.enterprise_name, typed),
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


def _rows(known: Mapping[str, int], ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    others = [key for key in ids if key not in known]
    unread = {**known, **case_messages.unread(session, others, Side.APPLICANT)}
    return {
        application.id: case_lines.line(application)
        | {
            "begun": application.created_at,
            "messages": case_lines.unread(unread.get(application.id, 0)),
            "actions": [
                case_lines.link(application, f"/applications/{application.id}", "查看进度")
            ],
        }
        for application in cases.applications_of(session, ids).values()
    }
