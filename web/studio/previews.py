"""Previews of a draft: a document with sample data, a form and a text as applicants see them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from casework.studio import drafts
from casework.studio.drafts import Draft
from pdfgen import given
from pdfgen.trial import rehearsal
from professions import documents, manifests
from professions.manifests import RegistrationTypeRefused
from refusals.refusal import NotFound
from registry.people.officers import OfficerRole
from web.extensions import office
from web.forms import shown
from web.public.guide import blocks
from web.visitors import access, files

bp = Blueprint("studio_previews", __name__, url_prefix="/studio/drafts/<draft_id>/preview")
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)


@bp.get("/<path:path>")
@reads
def preview(draft_id: str, path: str) -> Response | str:
    """Show what comes of a file; a document is set in a process with little time and memory."""
    draft = drafts.open_(office(), draft_id)
    if path not in draft.files:
        raise NotFound
    if path.endswith(".typ"):
        return _document(draft, path)
    if path.startswith("help/"):
        text = draft.files[path].content.decode("utf-8-sig", "replace")
        return render_template(
            "studio/preview.html", draft=draft.row, path=path, blocks=blocks(text), groups=[]
        )
    if path.startswith("forms/"):
        key = PurePosixPath(path).name.partition(".")[0]
        return render_template(
            "studio/preview.html", draft=draft.row, path=path, blocks=[], groups=_groups(draft, key)
        )
    raise NotFound


def kind_of_data(draft: Draft, path: str) -> tuple[str, str] | None:
    """Name the document that a template is, and the kind of data it is given; None: a part."""
    name = PurePosixPath(path).stem
    known = {*given.kinds(), *documents.given_to(draft.package)}
    return min((pair for pair in known if pair[0] == name), default=None)


def values_of(draft: Draft, path: str) -> list[str]:
    """List the values that a document is given, by name."""
    pair = kind_of_data(draft, path)
    return [] if pair is None else sorted(name.rstrip("?") for name in given.shape(pair[1]))


def can_be_shown(draft: Draft, path: str) -> bool:
    """Tell whether there is a preview of a file."""
    if path.endswith(".typ"):
        return kind_of_data(draft, path) is not None
    return path.startswith(("help/", "forms/")) and path in draft.files


def _document(draft: Draft, path: str) -> Response:
    pair = kind_of_data(draft, path)
    if pair is None:
        raise NotFound
    pdf = rehearsal.show(draft.package, pair, fonts=office().fonts)
    return files.send(pdf, f"{pair[0]}（草稿样例）.pdf", "application/pdf", draft.mark)


def _groups(draft: Draft, key: str) -> Any:
    try:
        form = manifests.read(draft.package).form(key)
    except RegistrationTypeRefused as error:
        raise NotFound from error
    return shown.groups(form, {})
