"""Every list that a visitor comes to finds the same, however its words are typed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from registry.people.persons import Person
from storage.database import writing
from tests.variants import VARIANTS
from tests.web import furnished
from tests.web.desk import Desk
from tests.web.fields import Walk
from tests.web.furnished import clock, prepared
from web.demo.people.population import populate

__all__ = ["clock", "prepared"]

#: Where each visitor lands; every list is found by links.
LANDINGS = {
    "engineer-practising-2": "/certificates",
    "engineer-signed": "/applications",
    "enterprise": "/enterprise/inbox",
    "shouli": "/agency/inbox",
    "jueding": "/agency/inbox",
    "yunwei": "/operations",
}
STORIES = ("practising-2", "signed", "deciding")
#: A name with a dot, and one with brackets; whoever bears it is looked for in every list.
DOTTED, BRACKETED = "买买提·示例", world.COMPANIES[0].name
#: Other ways to type the same words; brackets and dots are those of an input method.
SPELT = {
    **{name: how for name, how in VARIANTS.items() if name != "dotted"},
    "dots": lambda word: word.replace("·", "•"),
    "brackets": lambda word: word.replace("（", "(").replace("）", ")"),
}


@pytest.fixture(scope="module")
def lived_in(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare an installation in which cases stand in several places."""
    folder = tmp_path_factory.mktemp("lived-in") / "var"
    shutil.copytree(prepared, folder)
    for app in furnished.opened(folder, furnished.Clock()):
        office = app.extensions["zhuce_office"]
        populate(office, only=STORIES)
        signed = next(one for one in world.ENGINEERS if one.subject == "engineer-signed")
        with writing(office.sessions) as session:
            session.scalars(select(Person).filter_by(name=signed.name)).one().name = DOTTED
    return folder


@pytest.fixture
def lived(lived_in: Path, tmp_path: Path, clock: furnished.Clock) -> Iterator[Flask]:
    """Open a fresh copy of it."""
    shutil.copytree(lived_in, tmp_path / "lived")
    yield from furnished.opened(tmp_path / "lived", clock)


def _walk(app: Flask, who: str) -> Walk:
    desk = Desk(app)
    if who.startswith("engineer"):
        desk.sign_in("person", who)
    else:
        desk.comes_as(who)
    return Walk(desk, [LANDINGS[who]])


def _rows(desk: Desk) -> list[str]:
    return [row.get_text(" ", strip=True) for row in desk.soup().select("main tbody tr")]


@pytest.mark.proves("F:input-1")
@pytest.mark.proves("F:outside-4")
@pytest.mark.parametrize("who", LANDINGS)
def test_a_list_finds_the_same_however_it_is_asked(lived: Flask, who: str) -> None:
    """Whatever stands in a list and is found as it stands is found in every other spelling."""
    walk = _walk(lived, who)
    searches = [place for place in walk.places() if (place.method, place.name) == ("get", "q")]
    different = []

    for place in searches:
        walk.desk.open(place.action)
        cells = [cell.get_text(" ", strip=True) for cell in walk.desk.soup().select("main tbody *")]
        for word in (DOTTED, BRACKETED, *_told(cells)):
            assert walk.desk.open(place.asked(word)).status_code == 200, place.action
            if not (rows := _rows(walk.desk)):
                continue
            for how, variant in SPELT.items():
                walk.desk.open(place.asked(variant(word)))
                if _rows(walk.desk) != rows:
                    different.append(f"{place.action} {how}: {word}")

    assert searches
    assert different == []


def _told(cells: list[str]) -> list[str]:
    """Give a few words of a list that could be typed otherwise, the shortest first."""
    telling = {cell for cell in cells if re.search(r"[A-Z0-9]{6}|[·（]", cell) and len(cell) <= 40}
    return sorted(telling, key=lambda cell: (len(cell), cell))[:2]
