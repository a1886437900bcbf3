"""An installation of one's own: real office, real keys, twins, and a clock to turn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from adapters.sms import SmsTwin
from casework.office import Office
from tests.databases import TEST_SECRET, postgresql
from tests.offices import Town
from tests.once import once
from tests.web import place as place_of
from tests.web.browser import Tab
from web import create_app
from web.demo.people.seed import seed
from web.process import logs, wiring
from web.settings import Settings

FONTS = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
BEGIN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.moment = BEGIN

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)


def settings_in(folder: Path, database_url: str) -> Settings:
    return Settings(
        secret=TEST_SECRET,
        database_url=database_url,
        keys_url=f"sqlite:///{folder}/keys.db",
        files=str(folder / "files"),
        fonts=FONTS,
        worker_threads=0,
        store_ofd=False,  # each certificate would be drawn twice; told in test_publication
    )


def _prepare(settings: Settings) -> None:
    wiring.migrate_database(settings)
    office = wiring.open_office_of(settings, clock=Clock())
    seed(office)
    wiring.close(office)


def _prepare_in(folder: Path) -> None:
    _prepare(settings_in(folder, f"sqlite:///{folder}/zhuce.db"))


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    logs.configure()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare an installation on SQLite once; the tests copy it."""
    return once(tmp_path_factory, "prepared", _prepare_in)


@pytest.fixture(scope="session")
def prepared_on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Prepare an installation on PostgreSQL once; give its folder and the name of its database."""
    folder = tmp_path_factory.mktemp("prepared-on-postgresql")
    with postgresql() as url:
        _prepare(settings_in(folder, url))
        yield folder, str(make_url(url).database)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str
) -> Iterator[Settings]:
    """Give the settings of a migrated and seeded installation."""
    folder = tmp_path / "var"
    if database_url.startswith("sqlite"):
        shutil.copytree(request.getfixturevalue("prepared"), folder)
        yield settings_in(folder, f"sqlite:///{folder}/zhuce.db")
        return
    prepared, template = request.getfixturevalue("prepared_on_postgresql")
    shutil.copytree(prepared, folder)
    with postgresql(template) as url:
        yield settings_in(folder, url)


@pytest.fixture
def office(settings: Settings, clock: Clock) -> Iterator[Office]:
    opened = wiring.open_office_of(settings, clock=clock)
    yield opened
    wiring.close(opened)


@pytest.fixture
def app(settings: Settings, office: Office) -> Flask:
    made = create_app(settings, office)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def tab(app: Flask) -> Tab:
    """Give a browser tab in front of the installation."""
    return Tab(app)


@pytest.fixture(scope="module")
def place(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[place_of.Place]:
    folder = tmp_path_factory.mktemp("verification") / "var"
    shutil.copytree(prepared, folder)
    settings, clock = settings_in(folder, f"sqlite:///{folder}/zhuce.db"), Clock()
    office = wiring.open_office_of(settings, clock=clock)
    list(wiring.deploy_types(office, wiring.TYPES))
    assert isinstance(office.sms, SmsTwin)
    case = place_of.register(Town(office, place_of.Telephone(office.sms), clock))  # type: ignore[arg-type]  # only codes are asked
    app = create_app(settings, office)
    app.testing = True
    yield place_of.Place(office, Tab(app), case)
    wiring.close(office)
