"""A signing service with a clock that tests move, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url

from signing import Signatures, open_signatures
from tests.signing import story

KEK = b"k" * 32


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


@pytest.fixture(params=["sqlite", "postgresql"])
def keys_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/keys.db"
        return
    schema = f"keys_{uuid.uuid4().hex}"
    url = make_url(os.environ["ZHUCE_TEST_POSTGRESQL"])
    _run(url, f"CREATE SCHEMA {schema}")
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    yield own.render_as_string(hide_password=False)
    _run(url, f"DROP SCHEMA {schema} CASCADE")


def _run(url: URL, statement: str) -> None:
    admin = create_engine(url)
    with admin.begin() as connection:
        connection.exec_driver_sql(statement)
    admin.dispose()


@pytest.fixture
def signatures(keys_url: str, clock: TestClock, fonts: Path) -> Iterator[Signatures]:
    opened = open_signatures(
        keys_url, kek=KEK, base_url="http://127.0.0.1:8000", fonts=fonts, clock=clock
    )
    story.enrol(opened)
    yield opened
    opened.close()
