"""What every page shares: built assets, the main menu, the words and the way of writing things.

`install(app)` is all that create_app calls.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import KeysView, MutableMapping
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from flask.templating import Environment
from jinja2 import BaseLoader, ChoiceLoader, PackageLoader, PrefixLoader, Undefined

from professions.tasks import Task
from registry.trail import notices
from web import display
from web.extensions import db, office
from web.ui import compiled, navigation, professions, wording
from web.ui.assets import asset, with_parts

MOST_UNREAD = 99  #: how many unread messages the menu counts
_LOG = structlog.get_logger(__name__)


class Unknown(Undefined):
    """A name that nothing gives: it may be asked for, but not be printed as if it were empty.

    Tests fail on a page with a hole; people get the page, and the log says what is missing.
    """

    def __str__(self) -> str:
        """Say what is missing; raises UndefinedError where tests look on."""
        if current_app.testing:
            self._fail_with_undefined_error()
        _LOG.error("page_with_a_hole", what=self._undefined_message)
        return ""


class _Names(ChainMap[str, Any]):
    """The globals of a template: each import inside a template compares their names.

    A chain looks each name up in Python; the names of a dict are compared at once.
    """

    def keys(self) -> KeysView[str]:
        """Give all names."""
        return {name: None for names in reversed(self.maps) for name in names}.keys()


_OF_DICTS = frozenset(dir(dict))


class Pages(Environment):
    """Flask's templates, with globals that are cheap to compare."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> _Names:
        """Lay a template's own globals over those of all."""
        return _Names({} if d is None else d, self.globals)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Give what a dot asks for: of a plain dict, which has no such attribute, its value.

        As Jinja does, without an exception for each value; the parts of the kit are given dicts.
        """
        if type(obj) is dict and attribute not in _OF_DICTS:
            if attribute in obj:
                return obj[attribute]
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def install(app: Flask) -> None:
    """Give templates their loader, filters and globals."""
    env = app.jinja_env
    kit = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    own = app.jinja_loader
    env.loader = ChoiceLoader([*([own] if isinstance(own, BaseLoader) else []), kit])
    env.undefined = Unknown
    env.trim_blocks = env.lstrip_blocks = True
    compiled.install(env)
    env.filters |= {
        "clock_time": display.clock_time,
        "millimetres": display.millimetres,
        "day": display.day,
        "month": display.month,
        "size": display.size,
        "due": display.due,
        "status_tag": wording.status_tag,
    }
    env.globals |= {
        "asset": asset,
        "kept": compiled.Parts().kept,
        "scripts_of": with_parts,
        "wording": wording,
        "main_menu": main_menu,
        "tasks": Task,
        "contact": contact,
        "site_name": professions.site_name,
        "professions": professions.all_offered,
        "profession_of": professions.title_of,
        "guides_of": professions.guides,
    }


def contact() -> str:
    """Return the authority's telephone; that for digital certificates is `wording.HOTLINE`."""
    return office().policy.contact


def main_menu() -> list[navigation.Item]:
    """Return the menu of whoever asks for this page."""
    visitor = g.get("visitor")
    if visitor is None:
        return navigation.items(None, request.path)
    unread = notices.unread(db.session(), *visitor.actor.told_in, cap=MOST_UNREAD + 1)
    said = display.capped(unread, MOST_UNREAD) if unread else ""
    return navigation.items(visitor, request.path, unread=said)
