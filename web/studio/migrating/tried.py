"""The list of what a migration would make of each case."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from casework import corrections
from registry import readings
from registry.applications.applications import Application
from registry.trail.version_corrections import TriedCase
from web.extensions import db
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.ui.wording import Tag

_YES, _NO = Tag(text="可以", colour="green"), Tag(text="不可以", colour="red")


def cases(migration_id: str) -> Listing:
    """List of each case whether it would move, and why not."""
    return Listing(
        key="tried-cases",
        caption="逐件试算的结果",
        query=select(TriedCase.key).where(TriedCase.correction_id == migration_id),
        id=TriedCase.key,
        rows=_rows,
        columns=[
            Column(key="no", head="申请编号", classes="fold__number"),
            Column(key="state", head="能否改到新版本", kind="tag", classes="fold__short"),
            Column(key="stays", head="原因"),
        ],
        sorts=[
            Sort(key="oldest", label="按试算的顺序"),
            Sort(key="newest", label="最后试算的在前", descending=True),
        ],
        search=Search(
            label="查找",
            hint="申请编号，须完整",
            where=lambda typed: TriedCase.business_key.in_(
                select(Application.id).where(Application.no == readings.number(typed))
            ),
        ),
        filters=[
            Filter(
                key="state",
                label="结果",
                choices=[("stays", _NO.text), ("moves", _YES.text)],
                where=lambda word: (
                    TriedCase.stays.is_(None) if word == "moves" else TriedCase.stays.is_not(None)
                ),
            )
        ],
        empty=Empty(text="还没有试过申请。", advice="试算在后台逐批进行，请稍后刷新。"),
    )


def _rows(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    kept = session.scalars(select(TriedCase).where(TriedCase.key.in_(ids))).all()
    numbers = corrections.numbers(session, [case.business_key for case in kept])
    return {
        case.key: {
            "no": numbers.get(case.business_key),
            "state": _YES if case.stays is None else _NO,
            "stays": case.stays,
        }
        for case in kept
    }
