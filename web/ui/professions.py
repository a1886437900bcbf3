"""How pages name the professions that are deployed here; no page knows one by itself (R8)."""

from __future__ import annotations

from dataclasses import dataclass

from casework.case import offered_professions
from professions.manifests import RegistrationType
from registry.applications.applications import Application
from registry.applications.statuses import PERSONAL
from web.extensions import office

SEVERAL = "执业资格"  #: what the service registers when it is not one profession alone


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A 办事指南 and where it is."""

    title: str  #: of the matter
    href: str


def all_offered() -> list[RegistrationType]:
    """Return every profession for which something may be started."""
    return offered_professions.offered(office())


def site_name() -> str:
    """Return the name of the service: that of its profession while there is only one."""
    known = all_offered()
    return f"{known[0].title if len(known) == 1 else SEVERAL}注册"


def title_of(application: Application) -> str:
    """Return the profession of a case."""
    return offered_professions.of(office(), application).title


def guides(kind: RegistrationType) -> dict[str, Guide]:
    """Return the guides of what a person may start in a profession, by code of the matter.

    Those of the first profession have the short address.
    """
    first = all_offered()[0]
    place = "/guide" if kind.key == first.key else f"/guide/{kind.key}"
    return {
        matter.code: Guide(title=matter.title, href=f"{place}/{matter.code.lower()}")
        for matter in kind.matters
        if matter.help is not None and matter.code in PERSONAL
    }
