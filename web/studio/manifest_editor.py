"""清单: `type.toml` as a form; what it does not ask is edited as text."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.studio import drafts
from casework.studio.drafts import Draft
from casework.studio.editing import manifest_edits
from casework.studio.editing.manifest_edits import ManifestUnreadable
from casework.studio.refusals import SavedMeanwhile
from professions import manifests
from professions.folders import MANIFEST
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people.officers import OfficerRole
from web.extensions import office
from web.visitors import access

bp = Blueprint("studio_manifest_editor", __name__, url_prefix="/studio/drafts/<draft_id>/manifest")
works = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)


@bp.get("")
@reads
def edit(draft_id: str) -> str:
    """Ask for every entry that has a name in words."""
    return _page(drafts.open_(office(), draft_id))


@bp.post("")
@works
def save(draft_id: str) -> Response | tuple[str, int]:
    """Write what was answered otherwise; a manifest that nobody could read is not saved."""
    draft = drafts.open_(office(), draft_id)
    seen = request.form.get("seen", "")
    try:
        text = manifest_edits.changed(_text(draft), request.form)
        manifests.read({**draft.package, MANIFEST: text.encode()})
        drafts.save(
            office(),
            draft_id,
            MANIFEST,
            text.encode(),
            seen=int(seen) if seen.isascii() and seen.isdecimal() else 0,
            actor=access.visitor().actor,
        )
    except Refusal as refusal:
        status = 409 if isinstance(refusal, SavedMeanwhile) else 422
        return _page(draft, {refusal.field or "": Fault(str(refusal), refusal.code)}), status
    flash("已保存。", "success")
    return redirect(url_for("studio_manifest_editor.edit", draft_id=draft_id), 303)


def _text(draft: Draft) -> str:
    """Give the manifest. Raises NotFound, ManifestUnreadable."""
    if MANIFEST not in draft.files:
        raise NotFound
    try:
        return draft.files[MANIFEST].content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestUnreadable(reason="不是 UTF-8 编码的文字") from error


def _page(draft: Draft, faults: dict[str, Fault] | None = None) -> str:
    return render_template(
        "studio/manifest.html",
        draft=draft.row,
        path=MANIFEST,
        number=draft.number(MANIFEST),
        sections=manifest_edits.sections(_text(draft)),
        typed=request.form,
        faults=faults or {},
    )
