"""The lists of the pages as JSON: the same rows, search, filters and order; only the form differs.

What a program may ask of a list is what the list itself declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from registry.applications.statuses import Matter, Status
from web.api.declared import Query, query
from web.api.schemas import one_of, text
from web.enterprise.people_lists import EXPIRES_DAYS
from web.extensions import db
from web.lists import asked as questions
from web.lists import query as lists
from web.lists.cases import SOON_DAYS, WEEK_DAYS
from web.lists.listing import Listing
from web.ui import professions

SEARCH = Query(name="q", about="查找：姓名或者编号", schema=text("查找内容", maxLength=60))
AFTER = Query(name="after", about="上一页给出的next", schema=text("位置", maxLength=200))
MATTER = Query(name="matter", about="申请事项", schema=one_of("申请事项", Matter))
STATUS = Query(name="status", about="当前状态", schema=one_of("当前状态", Status))
PROFESSION = Query(
    name="profession",
    about="注册类别的代号",
    schema=lambda: one_of("注册类别", [kind.key for kind in professions.all_offered()]),
)
DUE = Query(
    name="due",
    about="期限：已超期，或者几天内到期",
    schema=one_of("期限", ["late", str(SOON_DAYS), str(WEEK_DAYS)]),
)
EXPIRES = Query(
    name="expires",
    about="几天内有效期届满",
    schema=one_of("有效期", [str(days) for days in EXPIRES_DAYS]),
)


def sorts(*words: str) -> Query:
    """Describe the orders of a list."""
    return Query(name="sort", about="次序", schema=one_of("次序", words))


def page(listing: Listing, rows: Callable[[Sequence[str]], Mapping[str, Any]]) -> dict[str, Any]:
    """Give a page of a list, its rows as `rows` makes them of their ids.

    What the document allows and this reader's list does not hold, such as a matter that is none
    of his, is a page without rows. Raises `TooManyFound`.
    """
    asked = questions.read(listing, query())
    if asked.faults:
        return {"items": [], "total": 0, "is_capped": False, "next": None}
    shown = lists.page(db.session(), replace(listing, rows=rows), asked)
    return {
        "items": list(shown.rows),
        "total": min(shown.total, lists.CAP),
        "is_capped": shown.is_capped,
        "next": shown.after,
    }
