"""Fresh databases: every test that asks for `database_url` or `sessions` runs on both.

`sessions` has every table that the test session imported so far. On PostgreSQL a database is a
schema of its own in the cluster of the run, made in milliseconds and dropped afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from registry import tables, vault
from registry.database import new_id, open_database, sessions_of

TEST_KEY = bytes(range(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database of our own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/zhuce.db"
        return
    cluster = os.environ["ZHUCE_TEST_POSTGRESQL"]
    schema = f"t{new_id()}"
    _run(cluster, f"CREATE SCHEMA {schema}")
    url = make_url(cluster).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    _run(cluster, f"DROP SCHEMA {schema} CASCADE")


def _run(url: str, statement: str) -> None:
    engine = open_database(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Open a database with every table known so far, and a vault with a test key."""
    vault.configure(vault.Vault(TEST_KEY))
    engine = open_database(database_url)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            tables.metadata.create_all(connection)
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Give the maker of sessions on a fresh database."""
    return sessions_of(engine)
