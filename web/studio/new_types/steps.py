"""The stations of a new type after its beginning: each shows what is, and saves what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.studio import drafts
from casework.studio.drafts import Draft
from casework.studio.new_types import facts as known_facts
from casework.studio.new_types import hours as known_hours
from casework.studio.new_types import steps
from casework.studio.new_types import wording as known_wording
from casework.studio.new_types.steps import Step
from casework.studio.refusals import SavedMeanwhile
from professions.folders import MANIFEST
from refusals.faults import Fault
from refusals.refusal import NotFound, Refusal
from registry.people.officers import OfficerRole
from web.extensions import office
from web.visitors import access

bp = Blueprint("studio_new_steps", __name__, url_prefix="/studio/drafts/<draft_id>/new-type")
works = access.officer(OfficerRole.ANALYST)
reads = access.officer(OfficerRole.ANALYST, OfficerRole.PUBLISHER)
_NEXT = {Step.FACTS: "hours", Step.HOURS: "front", Step.WORDING: "front"}
Changes = Callable[[Draft], Mapping[str, bytes]]


@bp.get("")
@reads
def front(draft_id: str) -> str:
    """Say how far each station is, with the way to it."""
    draft = _draft(draft_id)
    return render_template(
        "studio/new_steps.html",
        draft=draft.row,
        stands=steps.stands(office(), draft),
        forms=list(dict.fromkeys(key for key, _ in _own_fields(draft))) or ["initial"],
        manifest=MANIFEST,
        certificate=steps.CERTIFICATE,
    )


@bp.get("/facts")
@reads
def facts(draft_id: str) -> str:
    """Ask for ages, photo and years."""
    return _facts(_draft(draft_id))


@bp.post("/facts")
@works
def save_facts(draft_id: str) -> Response | tuple[str, int]:
    """Write what is answered otherwise."""
    answers = {question.name: request.form.get(question.name) for question in known_facts.QUESTIONS}
    given = {name: value for name, value in answers.items() if value is not None}
    return _saved(draft_id, Step.FACTS, lambda draft: known_facts.changes(draft, given), _facts)


@bp.get("/hours")
@reads
def hours(draft_id: str) -> str:
    """Ask for the hours of each rule."""
    return _hours(_draft(draft_id))


@bp.post("/hours")
@works
def save_hours(draft_id: str) -> Response | tuple[str, int]:
    """Write the numbers of the table, and what its examples say of them."""

    def changes(draft: Draft) -> Mapping[str, bytes]:
        files = {path: file.content for path, file in draft.files.items()}
        return known_hours.changes(files, request.form)

    return _saved(draft_id, Step.HOURS, changes, _hours)


@bp.get("/wording")
@reads
def wording(draft_id: str) -> str:
    """Show each text that speaks of the old profession, with what is proposed."""
    return _wording(_draft(draft_id))


@bp.post("/wording")
@works
def save_wording(draft_id: str) -> Response | tuple[str, int]:
    """Write the texts anew."""

    def changes(draft: Draft) -> Mapping[str, bytes]:
        olds, news = request.form.getlist("old"), request.form.getlist("new")
        written = dict(zip(olds, news, strict=False))
        said = dict(
            zip(request.form.getlist("message"), request.form.getlist("english"), strict=False)
        )
        return known_wording.changes(draft, written, said)

    return _saved(draft_id, Step.WORDING, changes, _wording)


def _draft(draft_id: str) -> Draft:
    draft = drafts.open_(office(), draft_id)
    if not steps.is_walked(office(), draft):
        raise NotFound
    return draft


def _saved(
    draft_id: str, step: Step, changes: Changes, page: Callable[..., str]
) -> Response | tuple[str, int]:
    """Save what changes, against what the page showed, and go on to the next station."""
    draft = _draft(draft_id)
    try:
        changed = changes(draft)
        seen = _seen(draft, changed)
        drafts.save_all(office(), draft_id, dict(changed), seen, access.visitor().actor)
    except Refusal as refusal:
        status = 409 if isinstance(refusal, SavedMeanwhile) else 422
        return page(draft, {refusal.field or "": Fault(str(refusal), refusal.code)}), status
    flash("已保存，请继续。" if changed else "没有修改。", "success")
    return redirect(url_for(f"studio_new_steps.{_NEXT[step]}", draft_id=draft_id), 303)


def _seen(draft: Draft, changed: Mapping[str, bytes]) -> dict[str, int]:
    """Give the saves on which the page stood: when anything was saved since, nothing is."""
    if request.form.get("mark") == draft.mark:
        return {path: draft.number(path) for path in changed}
    return dict.fromkeys(changed, -1)


def _own_fields(draft: Draft) -> list[tuple[str, str]]:
    try:
        return list(known_wording.own_fields(draft.package))
    except Refusal:
        return []


def _facts(draft: Draft, faults: dict[str, Fault] | None = None) -> str:
    said = known_facts.answers_of(draft.package)
    typed = {name: request.form.get(name, value) for name, value in said.items()}
    return render_template(
        "studio/new_facts.html",
        draft=draft.row,
        mark=draft.mark,
        questions=known_facts.QUESTIONS,
        chosen=known_facts.CHOSEN,
        typed=typed,
        faults=faults or {},
    )


def _hours(draft: Draft, faults: dict[str, Fault] | None = None) -> str:
    file = draft.files.get(known_hours.PATH)
    return render_template(
        "studio/new_hours.html",
        draft=draft.row,
        mark=draft.mark,
        path=known_hours.PATH,
        asked=known_hours.of(file.content) if file else [],
        typed=request.form,
        faults=faults or {},
    )


def _wording(draft: Draft, faults: dict[str, Fault] | None = None) -> str:
    return render_template(
        "studio/new_wording.html",
        draft=draft.row,
        mark=draft.mark,
        sentences=known_wording.sentences(draft),
        typed=dict(zip(request.form.getlist("old"), request.form.getlist("new"), strict=False)),
        faults=faults or {},
    )
