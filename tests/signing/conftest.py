"""A signing service with a clock that tests move, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from signing import Signatures, open_signatures
from tests.databases import postgresql
from tests.signing import story

KEK = b"k" * 32
BASE = "http://127.0.0.1:8000"


class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def posix(self) -> str:
        return str(int(self.now.timestamp()))

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def fonts() -> Path:
    return Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enrol everybody once, in a file that tests copy."""
    path = tmp_path_factory.mktemp("enrolled") / "keys.db"
    _enrol(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def enrolled_on_postgresql() -> Iterator[str]:
    """Enrol everybody once, in a database that tests copy; give its name."""
    with postgresql() as url:
        _enrol(url)
        yield str(make_url(url).database)


def _enrol(keys_url: str) -> None:
    fonts = Path(os.environ.get("ZHUCE_FONTS", "var/fonts"))
    opened = open_signatures(keys_url, kek=KEK, base_url=BASE, fonts=fonts, clock=TestClock())
    story.enrol(opened)
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def keys_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of keys of our own: with `signatures` everybody is enrolled, else none is."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/keys.db"
        return
    is_enrolled = "signatures" in request.fixturenames
    template = request.getfixturevalue("enrolled_on_postgresql") if is_enrolled else "template0"
    with postgresql(template) as url:
        yield url


@pytest.fixture
def signatures(
    keys_url: str, clock: TestClock, fonts: Path, enrolled: Path
) -> Iterator[Signatures]:
    if keys_url.startswith("sqlite"):
        shutil.copy(enrolled, str(make_url(keys_url).database))
    opened = open_signatures(keys_url, kek=KEK, base_url=BASE, fonts=fonts, clock=clock)
    yield opened
    opened.close()
