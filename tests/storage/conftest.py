"""Tables of tests alone, made anew where a test has a database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.storage.own import Own


@pytest.fixture(autouse=True)
def _own_tables(request: pytest.FixtureRequest) -> None:
    if "engine" not in request.fixturenames:
        return
    engine: Engine = request.getfixturevalue("engine")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        Own.metadata.drop_all(connection)
        Own.metadata.create_all(connection)
