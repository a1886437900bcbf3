"""An installation with its registration types, and people who press what the manual names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from casework.office import Office
from tests.databases import TEST_SECRET
from tests.once import once
from tests.web.desk import Desk
from web import create_app
from web.demo.people.seed import seed
from web.process import wiring
from web.settings import Settings

FONTS = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)


def _settings(folder: Path, database_url: str) -> Settings:
    return Settings(
        secret=TEST_SECRET,
        database_url=database_url,
        keys_url=f"sqlite:///{folder}/keys.db",
        files=str(folder / "files"),
        fonts=FONTS,
        worker_threads=0,
        store_ofd=False,  # each certificate would be drawn twice; told in test_publication
    )


def _prepare_in(folder: Path) -> None:
    _prepare(_settings(folder, f"sqlite:///{folder}/zhuce.db"))


def _prepare(settings: Settings) -> None:
    wiring.migrate_database(settings)
    office = wiring.open_office_of(settings, clock=Clock())
    for _ in wiring.deploy_types(office, wiring.TYPES):
        pass
    seed(office)
    wiring.close(office)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare an installation on SQLite once; the tests copy it."""
    return once(tmp_path_factory, "furnished", _prepare_in)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _open(settings: Settings, clock: Clock) -> Iterator[Flask]:
    office = wiring.open_office_of(settings, clock=clock)
    made = create_app(settings, office)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    wiring.close(office)


def opened(folder: Path, clock: Clock, **more: str) -> Iterator[Flask]:
    """Open the installation that lies in a folder, until the iteration goes on.

    `more` are settings beside the usual ones.
    """
    settings = _settings(folder, f"sqlite:///{folder}/zhuce.db")
    return _open(replace(settings, **more), clock)  # type: ignore[arg-type]  # those of text


@pytest.fixture
def app(tmp_path: Path, prepared: Path, clock: Clock) -> Iterator[Flask]:
    """Open a fresh installation on SQLite."""
    folder = tmp_path / "var"
    shutil.copytree(prepared, folder)
    yield from opened(folder, clock)


@pytest.fixture
def app_on_both(tmp_path: Path, database_url: str, clock: Clock) -> Iterator[Flask]:
    """Open a fresh installation on SQLite and on PostgreSQL."""
    settings = _settings(tmp_path / "var", database_url)
    _prepare(settings)
    yield from _open(settings, clock)


@pytest.fixture
def office(app: Flask) -> Office:
    made: Office = app.extensions["zhuce_office"]
    return made


@pytest.fixture
def desk(app: Flask) -> Callable[[str], Desk]:
    """Give somebody signed in: "person-01", "enterprise" or an officer's login."""

    def sit_down(who: str) -> Desk:
        return Desk(app).comes_as(who)

    return sit_down


@pytest.fixture
def me(desk: Callable[[str], Desk]) -> Desk:
    """Give the applicant whose qualification is in the register of Shanghai."""
    return desk("person-01")
