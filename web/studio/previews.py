"""Previews of a draft: a document with sample data, a form and a text as applicants see them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from casework.studio import drafts
from casework.studio.drafts import Draft
from casework.terms import periods
from pdfgen import given
from pdfgen.trial import rehearsal
from professions import documents, manifests
from professions.manifests import RegistrationType, RegistrationTypeRefused
from professions.texts import help_texts, wording
from professions.texts.help_texts import HelpText
from refusals.refusal import NotFound
from registry.people.officers import OfficerRole
from web.extensions import db, office
from web.forms import shown
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
        return render_template(
            "studio/preview.html", draft=draft.row, path=path, help=_help(draft, path), groups=[]
        )
    if path.startswith("forms/"):
        key = PurePosixPath(path).name.partition(".")[0]
        return render_template(
            "studio/preview.html", draft=draft.row, path=path, groups=_groups(draft, key)
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


def _help(draft: Draft, path: str) -> HelpText:
    """Read a help text with its periods and figures, as far as the draft can be read already."""
    text = draft.files[path].content.decode("utf-8-sig", "replace")
    with suppress(RegistrationTypeRefused):
        text = wording.fill(text, _facts(manifests.read(draft.package)))
    return help_texts.read(text)


def _groups(draft: Draft, key: str) -> Any:
    try:
        kind = manifests.read(draft.package)
        return shown.groups(kind.form(key), {}, facts=_facts(kind))
    except RegistrationTypeRefused as error:
        raise NotFound from error


def _facts(kind: RegistrationType) -> Mapping[str, str]:
    return periods.facts_of(office(), db.session(), kind)
