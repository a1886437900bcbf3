"""注册类型工作室: the registration types, and who published which version when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template

from casework import corrections
from casework.corrections import Running
from engine import definitions
from engine.tables import DefinitionVersion
from registry.people import officers
from web import display
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("studio", __name__, url_prefix="/studio")


@bp.get("")
@access.any_officer
def front() -> str:
    """List the types with their versions, the newest first."""
    session = db.session()
    rows = definitions.versions(session)
    used = corrections.running(session, office().now(), at_most=corrections.COUNTED + 1)
    running = {version.version: version for version in used}
    names = officers.names(session, [_id(row.author) for row in rows])
    types: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        types.setdefault(row.key, []).append(_row(row, running, names))
    described = [(office().type_of(found[0]["hash"]), found) for found in types.values()]
    described.sort(key=lambda pair: pair[0].order)
    listed = [
        {"key": kind.key, "title": kind.title, "versions": found} for kind, found in described
    ]
    return render_template("studio/front.html", types=listed)


def _row(
    row: DefinitionVersion, running: Mapping[str, Running], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "hash": row.hash,
        "number": row.number,
        "author": names.get(_id(row.author), "系统"),
        "at": row.deployed_at,
        "withdrawn_at": row.withdrawn_at,
        "files": len(row.manifest),
        "running": display.capped(used.cases, corrections.COUNTED)
        if (used := running.get(row.hash))
        else "0",
        "is_behind": used is not None and used.newest is not None,
    }


def _id(author: str) -> str:
    return author.removeprefix("officer:")
