"""比较: what differs between a draft and its version, or between two versions, in words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

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


@bp.get("/drafts/<draft_id>/compare")
@access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
def draft(draft_id: str) -> str:
    """Say what a draft changes in the version that it stands on."""
    found = drafts.open_(office(), draft_id)
    base = found.row.base
    try:
        number = None if base is None else office().definitions.number(base)
    except NoSuchDefinition:
        number = None
    return _page(
        found.before,
        {path: file.content for path, file in found.files.items()},
        title=found.row.title,
        between=f"第{number}版 → 草稿" if number else "所依据的版本 → 草稿",
        back=(url_for("studio_drafts.package", draft_id=draft_id), "返回草稿"),
    )


@bp.get("/versions/<version>/compare/<other>")
@access.any_officer
def versions(version: str, other: str) -> str:
    """Say what differs from another version to this one; of one type the earlier comes first.

    Raises: NotFound.
    """
    old, new = (contents.of(office(), db.session(), key) for key in (other, version))
    if old.row.key == new.row.key and old.row.number > new.row.number:
        old, new = new, old
    told = [scenarios.of(db.session(), looked.row.hash)[0] for looked in (old, new)]
    if not all(told):  # not kept with one of them, which does not mean that it had none
        told = [{}, {}]
    return _page(
        {**old.kind.files, **told[0]},
        {**new.kind.files, **told[1]},
        title=new.kind.title,
        between=f"{_called(old, new)} → 第{new.row.number}版",
        back=(url_for("studio_versions.front", version=version), "返回版本"),
    )


def _called(old: Contents, new: Contents) -> str:
    other = "" if old.row.key == new.row.key else old.kind.title
    return f"{other}第{old.row.number}版"


def _page(old: Mapping[str, bytes], new: Mapping[str, bytes], **said: Any) -> str:
    found = comparison.compare(old, new)
    kinds = [
        {
            "title": kind,
            "files": [
                {
                    "title": title,
                    "path": path,
                    "differences": list(inside),
                    "pictures": _pictures(path, title, old.get(path), new.get(path)),
                }
                for (title, path), inside in groupby(
                    of_kind, key=lambda difference: (difference.title, difference.file)
                )
            ],
        }
        for kind, of_kind in groupby(found[:MOST_SHOWN], key=lambda difference: difference.kind)
    ]
    return render_template(
        "studio/comparison.html", kinds=kinds, count=len(found), most=MOST_SHOWN, **said
    )


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
