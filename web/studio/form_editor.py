"""The form editor: sections and fields of a form beside the renderer that applicants see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.studio import drafts
from casework.studio.drafts import Draft
from casework.studio.editing import form_edits, form_fields
from casework.studio.editing.form_edits import Pair
from casework.studio.editing.form_fields import KINDS, FieldAnswers
from casework.studio.refusals import SavedMeanwhile
from professions.forms import Form, FormUnusable
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people.officers import OfficerRole
from web.extensions import office
from web.forms import shown
from web.studio.drafts import told
from web.visitors import access

bp = Blueprint("studio_form_editor", __name__, url_prefix="/studio/drafts/<draft_id>/form")
works = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)


@bp.get("/<key>")
@reads
def edit(draft_id: str, key: str) -> str:
    """Show the fields by section, with the form as applicants see it; `field` names one to edit."""
    draft = drafts.open_(office(), draft_id)
    return _page(draft, _pair(draft, key))


@bp.post("/<key>")
@works
def save(draft_id: str, key: str) -> Response | tuple[str, int]:
    """Change one thing in both files of the form; what somebody else saved meanwhile stays."""
    draft = drafts.open_(office(), draft_id)
    pair = _pair(draft, key)
    act = _ACTS.get(request.form.get("act", ""))
    if act is None:
        raise NotFound
    seen = {path: _seen(number) for number, path in enumerate(pair.files)}
    try:
        try:
            changed = act(pair)
        except (KeyError, IndexError) as error:
            drafts.insist_seen(office(), draft, seen)  # it was there on the page
            raise NotFound from error
        contents = {path: text.encode() for path, text in changed.files.items()}
        drafts.save_all(office(), draft_id, contents, seen, access.visitor().actor)
    except NotFound:
        raise
    except Refusal as refusal:
        status = 409 if isinstance(refusal, SavedMeanwhile) else 422
        faults = {refusal.field or "content": Fault(str(refusal), refusal.code)}
        return _page(draft, pair, faults), status
    flash("已保存。", "success")
    return redirect(url_for("studio_form_editor.edit", draft_id=draft_id, key=key), 303)


def _change(pair: Pair) -> Pair:
    return form_edits.change(pair, request.form.get("name", ""), _answers(pair.form))


def _add(pair: Pair) -> Pair:
    posted = request.form
    return form_edits.add(
        pair,
        _number("section"),
        posted.get("name", "").strip(),
        posted.get("title", ""),
        posted.get("kind", ""),
    )


def _name_section(pair: Pair) -> Pair:
    posted = request.form
    number = _number("section")
    return form_edits.name_section(pair, number, posted.get("title", ""), posted.get("help", ""))


_ACTS: dict[str, Callable[[Pair], Pair]] = {
    "change": _change,
    "add": _add,
    "drop": lambda pair: form_edits.drop(pair, request.form.get("name", "")),
    "up": lambda pair: form_edits.move(pair, request.form.get("name", ""), -1),
    "down": lambda pair: form_edits.move(pair, request.form.get("name", ""), 1),
    "section": _name_section,
    "drop-section": lambda pair: form_edits.drop_section(pair, _number("section")),
}


def _answers(form: Form) -> FieldAnswers:
    """Read what was answered about a field; what was not asked stays as it is."""
    posted = request.form
    was = form_fields.answers_of(form, posted.get("name", ""))
    on, _, value = posted.get("condition", "").partition("=")
    return FieldAnswers(
        title=posted.get("title", ""),
        help=posted.get("help", ""),
        is_required="required" in posted,
        condition=(on, value) if on else None,
        longest=None if was.longest is None else posted.get("maxLength", was.longest),
        least=None if was.least is None else posted.get("minimum", was.least),
        most=None if was.most is None else posted.get("maximum", was.most),
        choices=None if was.choices is None else posted.get("choices", "").splitlines(),
        missing=posted.get("missing", ""),
    )


def _number(name: str) -> int:
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise NotFound
    return int(text)


def _seen(number: int) -> int:
    text = request.form.get(f"seen{number}", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _pair(draft: Draft, key: str) -> Pair:
    """Give both files of a form. Raises: NotFound, FormUnusable for what is no form."""
    texts = []
    for path in Pair(key=key, schema="", ui="").files:
        if path not in draft.files:
            raise NotFound
        try:
            texts.append(draft.files[path].content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise FormUnusable(form=key, reason=f"{path} 不是 UTF-8 编码的文字") from error
    return Pair(key=key, schema=texts[0], ui=texts[1])


def _page(draft: Draft, pair: Pair, faults: dict[str, Fault] | None = None) -> str:
    form = pair.form
    name = request.values.get("field") or request.form.get("name", "")
    named = {field.name: field for field in form.fields_by_name()}
    problems, too_much = told(draft)
    return render_template(
        "studio/form_editor.html",
        draft=draft.row,
        key=pair.key,
        form=form,
        numbers=[draft.number(path) for path in pair.files],
        paths=list(pair.files),
        field=named.get(name),
        answers=_shown(form, name) if name in named else None,
        conditions=form_fields.conditions(form, name) if name in named else [],
        kinds=[(kind, said[0]) for kind, said in KINDS.items()],
        groups=shown.groups(form, {}),
        problems=[problem for problem in problems if problem.file in pair.files],
        too_much=too_much,
        faults=faults or {},
        typed=request.form,
    )


def _shown(form: Form, name: str) -> dict[str, Any]:
    """Give what stands in the panel of a field: as it is, or as it was typed a moment ago."""
    was = form_fields.answers_of(form, name)
    condition = "=".join(was.condition) if was.condition else ""
    is_open = was.condition is not None or form.field(name).show_if is None
    said: dict[str, Any] = {
        "title": was.title,
        "help": was.help,
        "required": was.is_required,
        "condition": condition,
        "missing": was.missing,
        "maxLength": was.longest,
        "minimum": was.least,
        "maximum": was.most,
        "choices": None if was.choices is None else "\n".join(was.choices),
        "depends": is_open,
    }
    if request.form.get("act") == "change":
        said |= {key: text for key, text in request.form.items() if key in said}
        said["required"] = "required" in request.form
    return said
