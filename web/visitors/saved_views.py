"""Keeping the question of a list by name, and dropping it again."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, g, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.urls import uri_to_iri
from werkzeug.wrappers import Response

from refusals.refusal import NotFound, Refusal
from storage.database import writing
from web.errors import told
from web.extensions import office
from web.lists import saved
from web.visitors import access

bp = Blueprint("saved_views", __name__, url_prefix="/views")

_KEPT = 200  #: characters of a name that was refused, to be made shorter


@bp.post("")
@access.signed_in
def save() -> Response:
    """Keep the question that the page shows; one of the same name is replaced."""
    address, key = _address(), request.form.get("list", "")[:40]
    place, name = office(), request.form.get("name", "")
    try:
        with writing(place.sessions) as session:
            saved.save(session, g.visitor.actor.id, key, name, address, at=place.now())
    except Refusal as error:
        flash(told(error), "error")
        joint = "&" if "?" in address else "?"
        return redirect(f"{address}{joint}{urlencode({'name': name[:_KEPT]})}", 303)
    flash(f"已保存查询条件“{name.strip()}”。", "success")
    return redirect(address, 303)


def _address() -> str:
    """Read the address of the page that asks; raises `NotFound` for what is no page of ours.

    What is asked is kept in its own letters: percent signs would make nine of each Chinese one.
    """
    path, _, question = request.form.get("address", "").partition("?")
    if not path.startswith("/") or path.startswith("//") or len(path) > 80:
        raise NotFound
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException as error:
        raise NotFound from error
    question = uri_to_iri(question)
    if len(question) > saved.LONGEST_QUESTION:
        raise NotFound
    return f"{path}?{question}" if question else path


@bp.post("/<view_id>/delete")
@access.signed_in
def forget(view_id: str) -> Response:
    """Drop one's own; the list stays as it was asked."""
    address = _address()
    with writing(office().sessions) as session:
        saved.forget(session, g.visitor.actor.id, view_id)
    flash("已删除保存的查询条件。", "success")
    return redirect(address, 303)
