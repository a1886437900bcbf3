"""A transaction whose COMMIT is refused leaves nothing to whoever gets its connection next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

import signing.database
from storage.connections import keeping
from storage.database import open_database, sessions_of, writing


@pytest.fixture(params=["register", "keys"])
def refusing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    """Give a database that asks at COMMIT whether the person of a licence is on record."""
    url = f"sqlite:///{tmp_path}/{request.param}.db"
    if request.param == "register":
        sessions = sessions_of(open_database(url))
    else:
        sessions = signing.database.open_sessions(url)
    engine = sessions.kw["bind"]
    engine.dispose()
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys = ON"))
    with writing(sessions) as session:
        session.execute(text("CREATE TABLE person_7 (id INTEGER PRIMARY KEY)"))
        session.execute(
            text(
                "CREATE TABLE licence_7 (person INTEGER"
                " REFERENCES person_7 DEFERRABLE INITIALLY DEFERRED)"
            )
        )
    yield sessions
    engine.dispose()


@pytest.mark.parametrize("kept", [False, True], ids=["pooled", "kept"])
def test_what_was_refused_is_not_committed_by_the_next(
    refusing: sessionmaker[Session], kept: bool
) -> None:
    with keeping() if kept else nullcontext():
        with pytest.raises(IntegrityError), writing(refusing) as session:
            session.execute(text("INSERT INTO licence_7 VALUES (7)"))

        with writing(refusing) as session:
            session.execute(text("INSERT INTO person_7 VALUES (7)"))
        with refusing() as session:
            assert session.scalar(text("SELECT count(*) FROM licence_7")) == 0
