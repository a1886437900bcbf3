"""办事指南: the help text that a registration type brings for each of its matters."""

from __future__ import annotations

from flask import Blueprint, render_template

from casework.case import offered_professions
from casework.terms import periods
from professions.manifests import NoSuchMatter, NoSuchProfession
from professions.texts import help_texts
from refusals.refusal import NotFound
from web.extensions import office
from web.visitors import access

bp = Blueprint("guide", __name__)


@bp.get("/guide/<matter>")
@access.public
def guide(matter: str) -> str:
    """Show the help text of a matter of the first profession, e.g. /guide/initial."""
    return _guide(None, matter)


@bp.get("/guide/<profession>/<matter>")
@access.public
def guide_of(profession: str, matter: str) -> str:
    """Show the help text of a matter out of the newest version, e.g. /guide/KEY/initial."""
    return _guide(profession, matter)


def _guide(profession: str | None, matter: str) -> str:
    try:
        kind = offered_professions.find(office(), profession)
        explained = kind.matter(matter.upper())
    except (NoSuchProfession, NoSuchMatter) as error:
        raise NotFound from error
    if explained.help is None:
        raise NotFound
    with office().sessions() as session:
        definition = office().definitions.latest(kind.key).hash
        text = periods.filled(office(), session, definition, kind.help(explained.help))
    return render_template("guide/guide.html", help=help_texts.read(text), kind=kind)
