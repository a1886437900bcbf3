"""The lists of operators about versions: what runs, what was corrected, what became of cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, select

from casework import corrections
from casework.corrections import COUNTED, Running
from engine.tables import DefinitionVersion
from registry import readings
from registry.applications.applications import Application
from registry.trail.version_corrections import (
    CorrectedCase,
    CorrectionState,
    VersionCorrection,
)
from web import display
from web.extensions import db
from web.lists.listing import Column, Empty, Filter, Listing, Row, Search, Sort
from web.ui.wording import Tag

_NO, _YES = Tag(text="没有改用", colour="red"), Tag(text="已改用", colour="green")


def running(versions: Sequence[Running], titles: Mapping[str, str]) -> Listing:
    """List the versions on which cases run, by type, the newest first."""
    by_hash = {version.version: version for version in versions}
    old = [version.version for version in versions if version.newest is not None]
    return Listing(
        key="versions",
        caption="在办申请所用的版本",
        query=select(DefinitionVersion.hash).where(DefinitionVersion.hash.in_(by_hash)),
        id=DefinitionVersion.hash,
        rows=lambda ids: {version: _running(by_hash[version], titles) for version in ids},
        columns=[
            Column(key="title", head="注册类型", classes="fold__name"),
            Column(key="number", head="版本"),
            Column(key="deployed_at", head="部署时间", kind="moment"),
            Column(key="cases", head="在办申请"),
            Column(key="state", head="状态"),
            Column(key="actions", head="办理", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(
                key="newest",
                label="最近部署的在前",
                by=DefinitionVersion.deployed_at.expression,
                descending=True,
            ),
            Sort(key="oldest", label="最早部署的在前", by=DefinitionVersion.deployed_at.expression),
        ],
        search=Search(
            label="查找", hint="注册类型的名称", where=_titled(DefinitionVersion.key, titles)
        ),
        filters=[
            _type(DefinitionVersion.key, titles),
            Filter(
                key="state",
                label="状态",
                choices=[("old", "有更新的版本"), ("newest", "最新版本")],
                where=lambda word: (
                    DefinitionVersion.hash.in_(old)
                    if word == "old"
                    else DefinitionVersion.hash.not_in(old)
                ),
            ),
        ],
        unit="个版本",
        empty=Empty(text="没有在办的申请。", advice="有申请办理时，它们所用的版本会出现在这里。"),
    )


def _running(version: Running, titles: Mapping[str, str]) -> Row:
    title, to = titles.get(version.key, version.key), version.newest_number
    href = url_for("versions.prospect", version=version.version)
    action = {"href": href, "text": f"改用第{to}版", "unseen": f"{title} 第{version.number}版"}
    return {
        "title": title,
        "number": f"第{version.number}版",
        "deployed_at": version.deployed_at,
        "cases": f"{display.capped(version.cases, COUNTED)}件",
        "state": "有更新的版本" if version.newest else "最新版本",
        "actions": [action] if version.newest else [],
    }


def _titled(column: Any, titles: Mapping[str, str]) -> Callable[[str], ColumnElement[bool]]:
    def where(typed: str) -> ColumnElement[bool]:
        words = readings.line(typed)
        known: ColumnElement[bool] = column.in_([key for key in titles if words in titles[key]])
        return known

    return where


def _type(column: Any, titles: Mapping[str, str]) -> Filter:
    return Filter(
        key="type",
        label="注册类型",
        choices=list(titles.items()),
        where=lambda word: column == word,
    )


_ASKED = [state for state in CorrectionState if state is not CorrectionState.TRIED]


def asked(
    titles: Mapping[str, str], shown: Callable[[Sequence[VersionCorrection]], dict[str, Row]]
) -> Listing:
    """List every correction, the newest first."""
    return Listing(
        key="corrections",
        caption="更正记录",
        query=select(VersionCorrection.id).where(VersionCorrection.state.in_(_ASKED)),
        id=VersionCorrection.id,
        rows=lambda ids: {
            key: {**row, "actions": _outcome(row)}
            for key, row in shown(
                db.session.scalars(
                    select(VersionCorrection).where(VersionCorrection.id.in_(ids))
                ).all()
            ).items()
        },
        columns=[
            Column(key="title", head="注册类型", classes="fold__name"),
            Column(key="what", head="事项", note="versions", note_head="改用"),
            Column(key="reason", head="原因"),
            Column(key="asked_by", head="提出人"),
            Column(key="asked_at", head="提出时间", kind="moment"),
            Column(key="settled_by", head="办理人"),
            Column(key="tag", head="状态", kind="tag", classes="fold__short"),
            Column(key="actions", head="操作", kind="actions", classes="fold__short"),
        ],
        sorts=[
            Sort(key="newest", label="最近提出的在前", descending=True),
            Sort(key="oldest", label="最早提出的在前"),
        ],
        search=Search(
            label="查找", hint="注册类型的名称", where=_titled(VersionCorrection.type_key, titles)
        ),
        filters=[
            _type(VersionCorrection.type_key, titles),
            Filter(
                key="state",
                label="状态",
                choices=[(state.value, state.label) for state in _ASKED],
                where=lambda word: VersionCorrection.state == word,
            ),
        ],
        unit="条",
        empty=Empty(
            text="还没有更正过版本。", advice="版本有误时，在【注册类型的版本】中提出更正。"
        ),
    )


def _outcome(row: Row) -> list[dict[str, str]]:
    if not row["done"]:
        return []
    href = url_for("versions.correction", correction_id=row["id"])
    return [{"href": href, "text": "各项申请的结果", "unseen": row["title"]}]


def outcomes(correction_id: str) -> Listing:
    """List what became of each case of a correction; those that stayed first."""
    return Listing(
        key="corrected-cases",
        caption="各项申请的结果",
        query=select(CorrectedCase.key).where(CorrectedCase.correction_id == correction_id),
        id=CorrectedCase.key,
        rows=_outcomes,
        columns=[
            Column(key="no", head="申请编号", classes="fold__number"),
            Column(key="state", head="结果", kind="tag", classes="fold__short"),
            Column(key="stayed", head="没有改用的原因"),
            Column(key="at", head="时间", kind="moment"),
        ],
        sorts=[
            Sort(key="oldest", label="按办理的顺序"),
            Sort(key="newest", label="最后办理的在前", descending=True),
        ],
        search=Search(
            label="查找",
            hint="申请编号，须完整",
            where=lambda typed: CorrectedCase.business_key.in_(
                select(Application.id).where(Application.no == readings.number(typed))
            ),
        ),
        filters=[
            Filter(
                key="state",
                label="结果",
                choices=[("stayed", _NO.text), ("moved", _YES.text)],
                where=lambda word: (
                    CorrectedCase.stayed.is_(None)
                    if word == "moved"
                    else CorrectedCase.stayed.is_not(None)
                ),
            )
        ],
        empty=Empty(text="还没有办理过申请。", advice="确认后逐件办理，请稍后刷新。"),
    )


def _outcomes(ids: Sequence[str]) -> dict[str, Row]:
    session = db.session()
    kept = session.scalars(select(CorrectedCase).where(CorrectedCase.key.in_(ids))).all()
    numbers = corrections.numbers(session, [case.business_key for case in kept])
    return {
        case.key: {
            "no": numbers.get(case.business_key),
            "state": _YES if case.stayed is None else _NO,
            "stayed": case.stayed,
            "at": case.at,
        }
        for case in kept
    }
