"""Every profession brings its own stories, as data: they are told by the same machinery."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine import definitions
from engine.definitions import Definitions
from professions import manifests
from professions.manifests import RegistrationType
from registry import numbering
from storage import vault
from storage.database import Base, open_database, sessions_of, writing
from tests.databases import TEST_KEY
from tests.professions.folders import BPMN
from tests.professions.storytelling import (
    EXAMPLES,
    NOW,
    Storyteller,
    examples_of,
    matter_of,
    name_of,
    stories,
)

FOLDERS = [folder for folder in sorted(BPMN.glob("*/examples")) if folder != EXAMPLES]
STORIES = [path for folder in FOLDERS for path in stories(folder)]


@dataclass
class House:
    """A database in which every one of these types is deployed."""

    sessions: sessionmaker[Session]
    shelf: Definitions
    types: dict[str, RegistrationType]

    def type_of(self, path: Path) -> RegistrationType:
        """Give the type that a story is of."""
        return self.types[examples_of(path).parent.name]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    vault.configure(vault.Vault(TEST_KEY))
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('stories')}/zhuce.db")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        Base.metadata.create_all(connection)
    sessions = sessions_of(engine)
    types = {folder.parent.name: manifests.load(folder.parent) for folder in FOLDERS}
    with writing(sessions) as session:
        for key, kind in types.items():
            definitions.deploy(session, key, kind.files, "tester", NOW)
    yield House(sessions, Definitions(sessions), types)
    engine.dispose()


def numbers(house: House, path: Path) -> dict[str, str]:
    """Give the next numbers that the profession of a story writes."""
    kind, day = house.type_of(path), NOW.date()
    with writing(house.sessions) as session:
        matter, patterns = matter_of(path), kind.numbers
        return {
            "application": numbering.application_no(session, matter, day, patterns=patterns),
            "registration": numbering.registration_no(session, day, patterns=patterns),
            "certificate": numbering.certificate_no(session, day, patterns=patterns),
        }


@pytest.mark.parametrize("path", STORIES, ids=name_of)
def test_a_story_ends_as_it_says(house: House, path: Path) -> None:
    """R8: ages, specialities, hours and numbers of a profession; its forms judged by its rules."""
    story = json.loads(path.read_text("utf-8"))

    told = Storyteller(house.sessions, house.shelf, house.type_of(path), path).tell()

    assert story["ends"] in told.passed
    assert told.ended == story["status"]
    assert told.letters == story.get("letters", told.letters)
    assert told.notices == story.get("told", told.notices)
    written = numbers(house, path)
    assert all(written[name].startswith(begin) for name, begin in story.get("numbers", {}).items())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.parent.name)
def test_a_profession_tells_of_what_people_start_in_it(folder: Path) -> None:
    """Initial registration, renewal and cancellation, in Chinese, each saying what it shows."""
    told = [json.loads(path.read_text("utf-8")) for path in stories(folder)]

    assert {matter_of(path) for path in stories(folder)} >= {"INITIAL", "RENEWAL", "CANCELLATION"}
    assert all(story["shows"] and not story["title"].isascii() for story in told)


def test_there_is_another_profession() -> None:
    """A folder that is renamed must not leave the test above without anything to tell."""
    assert "builder-2" in [folder.parent.name for folder in FOLDERS]
