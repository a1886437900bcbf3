"""比较: what differs between a draft and its version, or between two versions, in words.

Diagrams are drawn with what became of their elements, documents shown as pages side by side.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import PurePosixPath

from flask import Blueprint, render_template, url_for
from markupsafe import Markup

from casework.published import contents, drawn
from casework.published.contents import Contents
from casework.published.drawn import Paint
from casework.studio import drafts
from casework.studio.comparing import comparison, diagrams
from casework.studio.comparing.diagrams import Change
from engine.errors import NoSuchDefinition, XmlRefused
from engine.language.xml import read_xml
from pdfgen import given
from pdfgen.trial import versions as set_versions
from professions import documents
from professions.folders import EXAMPLES
from refusals.refusal import NotFound
from registry.packages import scenarios
from registry.people.officers import OfficerRole
from web.extensions import db, office
from web.visitors import access

bp = Blueprint("studio_comparisons", __name__, url_prefix="/studio")

MOST_SHOWN = 1000  #: differences
_COLOURS = {
    Change.ADDED: "#1a7f37",
    Change.REMOVED: "#b4232c",
    Change.CHANGED: "#b25c00",
    Change.MOVED: "#0b5cad",
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """Two packages held against each other, and what a page says of them."""

    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    title: str
    between: str
    back: tuple[str, str]  #: address and text
    here: str  #: the address of the comparison


@bp.get("/drafts/<draft_id>/compare")
@access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
def draft(draft_id: str) -> str:
    """Say what a draft changes in the version that it stands on."""
    return _page(_of_draft(draft_id))


@bp.get("/drafts/<draft_id>/compare/<document>")
@access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
def draft_pages(draft_id: str, document: str) -> str:
    """Show the pages of a document of a draft beside those of the version that it stands on."""
    return _beside(_of_draft(draft_id), document)


@bp.get("/versions/<version>/compare/<other>")
@access.any_officer
def versions(version: str, other: str) -> str:
    """Say what differs from another version to this one; of one type the earlier comes first."""
    return _page(_of_versions(version, other))


@bp.get("/versions/<version>/compare/<other>/<document>")
@access.any_officer
def version_pages(version: str, other: str, document: str) -> str:
    """Show the pages of a document of two versions side by side."""
    return _beside(_of_versions(version, other), document)


def _of_draft(draft_id: str) -> Held:
    found = drafts.open_(office(), draft_id)
    base = found.row.base
    try:
        number = None if base is None else office().definitions.number(base)
    except NoSuchDefinition:
        number = None
    return Held(
        old=found.before,
        new={path: file.content for path, file in found.files.items()},
        title=found.row.title,
        between=f"第{number}版 → 草稿" if number else "所依据的版本 → 草稿",
        back=(url_for("studio_drafts.package", draft_id=draft_id), "返回草稿"),
        here=url_for("studio_comparisons.draft", draft_id=draft_id),
    )


def _of_versions(version: str, other: str) -> Held:
    """Hold two versions against each other. Raises: NotFound."""
    here = url_for("studio_comparisons.versions", version=version, other=other)
    old, new = (contents.of(office(), db.session(), key) for key in (other, version))
    if old.row.key == new.row.key and old.row.number > new.row.number:
        old, new = new, old
    told = [scenarios.of(db.session(), looked.row.hash)[0] for looked in (old, new)]
    if not all(told):  # not kept with one of them, which does not mean that it had none
        told = [{}, {}]
    return Held(
        old={**old.kind.files, **told[0]},
        new={**new.kind.files, **told[1]},
        title=new.kind.title,
        between=f"{_called(old, new)} → 第{new.row.number}版",
        back=(url_for("studio_versions.front", version=version), "返回版本"),
        here=here,
    )


def _called(old: Contents, new: Contents) -> str:
    other = "" if old.row.key == new.row.key else old.kind.title
    return f"{other}第{old.row.number}版"


def _page(held: Held) -> str:
    old, new = held.old, held.new
    found = comparison.compare(old, new)
    looks = set_versions.changed(_package(old), _package(new))
    kinds = [
        {
            "title": kind,
            "files": [
                {
                    "title": title,
                    "path": path,
                    "differences": list(inside),
                    "pictures": _pictures(path, title, old.get(path), new.get(path)),
                    "documents": [
                        name
                        for name, files in looks.items()
                        if path.endswith(".typ") and PurePosixPath(path).name in files
                    ],
                }
                for (title, path), inside in groupby(
                    of_kind, key=lambda difference: (difference.title, difference.file)
                )
            ],
        }
        for kind, of_kind in groupby(found[:MOST_SHOWN], key=lambda difference: difference.kind)
    ]
    return render_template(
        "studio/comparison.html", held=held, kinds=kinds, count=len(found), most=MOST_SHOWN
    )


def _beside(held: Held, document: str) -> str:
    """Show a document that differs as pages. Raises: NotFound, SampleFailed."""
    old, new = _package(held.old), _package(held.new)
    if document not in set_versions.changed(old, new):
        raise NotFound
    known = {*given.kinds(), *documents.given_to(old), *documents.given_to(new)}
    pair = min((pair for pair in known if pair[0] == document), default=None)
    if pair is None:
        raise NotFound
    before, after = set_versions.pages(old, new, pair, fonts=office().fonts)
    return render_template(
        "studio/pages.html",
        held=held,
        document=document,
        is_same=before == after,
        counts=(len(before), len(after)),
        pages=[
            [None if page is None else base64.b64encode(page).decode() for page in both]
            for both in zip_longest(before, after)
        ],
    )


def _package(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Leave out the scenarios, which are no part of what is deployed."""
    return {path: text for path, text in files.items() if not path.startswith(f"{EXAMPLES}/")}


def _pictures(
    path: str, title: str, before: bytes | None, after: bytes | None
) -> list[tuple[str, Markup]]:
    """Draw both diagrams, with what became of their elements painted over them."""
    if not path.endswith(".bpmn") or before is None or after is None:
        return []
    try:
        changes = diagrams.changed(before, after)
        roots = read_xml(before), read_xml(after)
    except XmlRefused:
        return []  # the words say that it cannot be read
    paints = {
        key: Paint(colour=_COLOURS[change], word=change.value, dashed=change is Change.REMOVED)
        for key, change in changes.items()
    }
    return [
        (name, Markup(drawn.svg(root, paints, f"{title}，{name}")))  # noqa: S704 - it escapes
        for root, name in zip(roots, ("原来", "现在"), strict=True)
    ]
