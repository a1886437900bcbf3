"""业务说明: a published version explained from its own files, as a page and as a PDF."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from casework.published import drawn, explained, printed
from casework.published.contents import Contents
from casework.studio.comparing import comparison
from casework.studio.comparing.difference import Difference
from engine import definitions
from engine.tables import DefinitionVersion
from web.extensions import db, office
from web.studio.diagrams import diagram_of
from web.studio.versions import looked_at
from web.visitors import access, files

bp = Blueprint("studio_explanations", __name__, url_prefix="/studio/versions/<version>")


@bp.get("/explanation")
@access.any_officer
def front(version: str) -> str:
    """Explain every matter: steps, who and until when, what is asked, rules, papers, results."""
    found = looked_at(version)
    return render_template(
        "studio/explanation.html",
        found=found,
        explained=explained.of(office(), found),
        former=_former(found),
        legend=drawn.LEGEND,
    )


@bp.get("/explanation.pdf")
@access.any_officer
def document(version: str) -> Response:
    """Give the same on paper, with every picture and with what changed since the last version."""
    found = looked_at(version)
    former = _former(found)
    changes = () if former is None else _changes(former, found)
    pdf = printed.pdf(
        found,
        explained.of(office(), found),
        explained.pictures(office(), found),
        fonts=office().fonts,
        former=former.number if former else 0,
        changes=changes,
    )
    name = f"{found.kind.title}第{found.row.number}版业务说明.pdf"
    return files.send(pdf, name, "application/pdf", f"{version}-explanation")


@bp.get("/diagrams/<process>.svg")
@access.any_officer
def picture(version: str, process: str) -> Response:
    """Give a process as it is drawn, for whoever runs no scripts or keeps the picture."""
    found = looked_at(version)
    root = office().definitions.get(version).sources.diagrams[diagram_of(found, process).file]
    return Response(drawn.svg(root), mimetype="image/svg+xml")


def _former(found: Contents) -> DefinitionVersion | None:
    """Give the version of the type before this one, if there was any."""
    versions = definitions.versions(db.session(), found.row.key)
    return next((row for row in versions if row.number == found.row.number - 1), None)


def _changes(former: DefinitionVersion, found: Contents) -> list[Difference]:
    before = office().definitions.get(former.hash).files
    return comparison.compare(before, found.kind.files)
