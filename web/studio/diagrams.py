"""A diagram of a version, live, with the cases that wait at each step; another one beside it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from casework.published import contents, waiting
from casework.published.contents import Contents, Diagram
from engine import definitions
from refusals.refusal import NotFound
from web.extensions import db, office
from web.studio.versions import looked_at
from web.visitors import access

bp = Blueprint("studio_diagrams", __name__, url_prefix="/studio/versions/<version>/diagrams")


@bp.get("/<process>")
@access.any_officer
def front(version: str, process: str) -> str:
    """Show a diagram with counts; `beside` names an older version of the type."""
    found = looked_at(version)
    session = db.session()
    others = [
        row for row in definitions.versions(session, found.row.key) if row.hash != found.row.hash
    ]
    asked = request.args.get("beside", "")
    other = next((row for row in others if row.hash == asked), None)
    drawings = [_drawing(found, process)]
    if other is not None:
        drawings.append(_drawing(contents.of(office(), session, other.hash), process))
    return render_template(
        "studio/diagram.html",
        found=found,
        title=diagram_of(found, process).title,
        drawings=drawings,
        flows=bool(diagram_of(found, process).matters),
        others=[("", "不对照"), *((row.hash, f"第{row.number}版") for row in others)],
        beside=asked,
    )


@bp.get("/<process>.bpmn")
@access.any_officer
def drawing(version: str, process: str) -> Response:
    """Give the file in which a process is drawn."""
    found = looked_at(version)
    drawn = found.kind.files[diagram_of(found, process).file]
    return Response(drawn, mimetype="application/xml")


def diagram_of(found: Contents, process: str) -> Diagram:
    """Give the diagram of a process. Raises: NotFound."""
    for diagram in found.diagrams:
        if diagram.process == process:
            return diagram
    raise NotFound


def _drawing(found: Contents, process: str) -> dict[str, Any]:
    """Give what a page draws, and the same in a table: the steps at which cases wait."""
    diagram = diagram_of(found, process)
    own = process if diagram.matters else None
    counted = waiting.at_nodes(office(), db.session(), found.row.hash, own)
    names = contents.names(office(), found, diagram)
    shown = {node: count for node, count in counted.value.items() if node in names}
    return {
        "version": found.row,
        "process": process,
        "counted": counted,
        "marks": json.dumps(
            {
                node: {"text": str(count), "title": f"{names[node]}：{count}件等待"}
                for node, count in shown.items()
            },
            ensure_ascii=False,
        ),
        "rows": [(names[node], count) for node, count in shown.items()],
    }
