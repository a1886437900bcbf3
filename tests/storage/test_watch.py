"""Noticing writes of others without asking a table."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from storage.database import open_database
from storage.watch import Watch


def test_a_commit_of_anybody_is_noticed_once(tmp_path: Path) -> None:
    """Each connection's commit counts, whichever process it is of; a look changes nothing."""
    engine = open_database(f"sqlite:///{tmp_path / 'seen.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE seen (number INTEGER)"))
    watch = Watch(engine)

    assert watch.has_changed()  # whoever asks for the first time knows nothing yet
    assert not watch.has_changed()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO seen VALUES (1)"))
    assert watch.has_changed()
    assert not watch.has_changed()
    with engine.begin() as connection:
        connection.execute(text("SELECT number FROM seen"))
    assert not watch.has_changed()

    watch.close()
    engine.dispose()


def test_where_nobody_can_tell_it_may_always_have_changed() -> None:
    """PostgreSQL gives no cheap answer, and is not even asked."""
    engine = open_database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    watch = Watch(engine)

    assert watch.has_changed()
    assert watch.has_changed()
    engine.dispose()
