"""情景走到哪里: what the scenarios of a draft reach in diagrams and tables, and what they miss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from casework.studio import drafts, noticings, trials
from casework.studio.drafts import Draft
from casework.studio.trials import Came
from engine.language import parsing
from engine.language.parsing import bpmn
from refusals.refusal import NotFound
from registry.people.officers import OfficerRole
from web.extensions import office
from web.visitors import access

bp = Blueprint("studio_coverage", __name__, url_prefix="/studio/drafts/<draft_id>")
works = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)


@bp.get("/coverage/<path:path>")
@reads
def front(draft_id: str, path: str) -> str:
    """Paint a diagram or a table of a draft by what its scenarios reach. Raises: NotFound."""
    draft = drafts.open_(office(), draft_id)
    if path not in draft.package or not path.endswith((".bpmn", ".dmn")):
        raise NotFound
    came, noticed = trials.of(office(), draft), noticings.of(office(), draft)
    is_current = came is not None and came.is_current
    untold = (
        [place for place in came.untold if place["file"] == path] if came and is_current else []
    )
    known = noticed is not None and noticed.is_current
    silent = (
        [change for change in noticed.unnoticed if change["file"] == path]
        if noticed and known
        else []
    )
    sources = parsing.read_sources(draft.package)
    is_drawn = path.endswith(".bpmn")
    return render_template(
        "studio/coverage.html",
        draft=draft.row,
        path=path,
        came=came,
        noticed=noticed,
        untold=untold,
        silent=silent,
        marks=_marks(draft, path, came if is_current else None, untold, silent)
        if is_drawn
        else None,
        tables=[] if is_drawn else list(_tables(sources, path, came if is_current else None)),
    )


@bp.post("/notice")
@works
def notice(draft_id: str) -> Response:
    """Look for the small changes that nobody would notice."""
    noticings.ask(office(), draft_id, access.visitor().actor)
    flash("已开始查找，结果显示在下面。", "success")
    return redirect(url_for("studio_drafts.package", draft_id=draft_id, _anchor="noticing"), 303)


@bp.get("/noticing")
@reads
def noticing(draft_id: str) -> str:
    """Say how far that is: the part of the page that asks again."""
    draft = drafts.open_(office(), draft_id)
    return render_template(
        "studio/_noticing.html", draft=draft.row, noticed=noticings.of(office(), draft)
    )


def _marks(
    draft: Draft,
    path: str,
    came: Came | None,
    untold: Sequence[Mapping[str, Any]],
    silent: Sequence[Mapping[str, Any]],
) -> str:
    """Give the marks of a diagram, as drawing.js reads them."""
    marks: dict[str, dict[str, str]] = {}
    root = parsing.read_sources(draft.package).diagrams.get(path)
    if root is None:
        raise NotFound
    if came is not None:
        missed = {place["element"] for place in untold}
        flows = {flow.get("id") for flow in root.iter(bpmn("sequenceFlow"))} - missed
        for element in (*came.reached["nodes"], *flows):
            if element:
                marks[element] = {"state": "done"}
        marks |= {element: {"state": "missed"} for element in missed}
    for change in silent:
        title = f"{change['kind']}：{change['before']} → {change['after']}"
        marks[change["element"]] = {"state": "silent", "text": "?", "title": title}
    return json.dumps(marks, ensure_ascii=False)


def _tables(sources: parsing.Sources, path: str, came: Came | None) -> Iterator[dict[str, Any]]:
    reached = came.reached["rows"] if came is not None else frozenset()
    for table in sources.tables.values():
        if sources.table_files.get(table.id) == path:
            yield {
                "name": table.name,
                "headings": [column.heading for column in (*table.read, *table.said)],
                "rules": [
                    {
                        "number": rule.number,
                        "cells": [*rule.cells, *rule.said],
                        "is_reached": f"{table.id}#{rule.number}" in reached,
                    }
                    for rule in table.rules
                ],
            }
