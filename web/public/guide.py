"""办事指南: the help text that a registration type brings for each of its matters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Blueprint, render_template

from casework.case import offered_professions
from casework.terms import periods
from professions.manifests import NoSuchMatter, NoSuchProfession
from refusals.refusal import NotFound
from web.extensions import office
from web.visitors import access

bp = Blueprint("guide", __name__)

_ITEM = re.compile(r"(?P<mark>-|\d+\.) +(?P<text>.+)")
_LISTS = {"-": "bullet"}


@dataclass
class Block:
    """A heading, a paragraph, or a list with its items."""

    kind: str  #: title, heading, text, bullet or number
    text: str = ""
    items: list[str] = field(default_factory=list)


def blocks(text: str) -> Iterator[Block]:
    r"""Read the little Markdown that help texts use: headings, lists and paragraphs.

    >>> [(block.kind, block.text or block.items) for block in blocks("# A\n\n- b\n- c\n\nd")]
    [('title', 'A'), ('bullet', ['b', 'c']), ('text', 'd')]
    """
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = part.splitlines()
        items = [match for line in lines if (match := _ITEM.match(line))]
        if part.startswith("#"):
            mark, _, words = part.partition(" ")
            yield Block("title" if mark == "#" else "heading", words)
        elif items and len(items) == len(lines):
            kind = _LISTS.get(items[0]["mark"], "number")
            yield Block(kind, items=[item["text"] for item in items])
        else:
            yield Block("text", "".join(lines))


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
    title, *rest = blocks(text)
    return render_template("guide/guide.html", title=title.text, blocks=rest, kind=kind)
