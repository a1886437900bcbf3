from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from storage import vault
from storage.database import (
    Encrypted,
    EncryptedJson,
    Json,
    UtcDateTime,
    new_id,
    open_database,
    writing,
)
from tests.storage.own import Own


class Note(Own):
    __tablename__ = "test_note"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    facts: Mapped[dict[str, object] | None] = mapped_column(Json())
    sealed: Mapped[dict[str, object] | None] = mapped_column(EncryptedJson("test_note.sealed"))
    secret: Mapped[str | None] = mapped_column(Encrypted("test_note.secret"))
    other: Mapped[str | None] = mapped_column(Encrypted("test_note.other"))
    count: Mapped[int] = mapped_column(default=0)


def test_values_come_back_as_they_went_in(sessions: sessionmaker[Session]) -> None:
    """Moments return in UTC, JSON with its Chinese, secrets readable."""
    at = datetime(2026, 11, 24, 8, tzinfo=timezone(timedelta(hours=8)))

    with writing(sessions) as session:
        session.add(Note(id="a", at=at, facts={"意见": ["同意", None]}, secret="𠮷"))

    with sessions() as session:
        note = session.get_one(Note, "a")
    assert note.at == datetime(2026, 11, 24, tzinfo=UTC)
    assert note.at.utcoffset() == timedelta(0)
    assert note.facts == {"意见": ["同意", None]}
    assert note.secret == "𠮷"


@pytest.mark.parametrize("column", ["facts", "sealed"])
def test_true_is_written_over_one(sessions: sessionmaker[Session], column: str) -> None:
    """They are equal to Python and differ in JSON; the same document again is no change."""
    with writing(sessions) as session:
        session.add(Note(id="a", **{column: {"agreed": 1}}))

    with writing(sessions) as session:
        note = session.get_one(Note, "a")
        setattr(note, column, {"agreed": 1})
        assert not session.is_modified(note)
        setattr(note, column, {"agreed": True})

    with sessions() as session:
        assert getattr(session.get_one(Note, "a"), column) == {"agreed": True}
        assert getattr(session.get_one(Note, "a"), column)["agreed"] is True


def test_a_moment_without_zone_is_refused(sessions: sessionmaker[Session]) -> None:
    """A naive time would be eight hours wrong somewhere."""
    with writing(sessions) as session:
        session.add(Note(at=datetime(2026, 1, 1)))  # noqa: DTZ001

        with pytest.raises(StatementError, match="without a time zone"):
            session.flush()
        session.expunge_all()


def test_a_secret_is_not_stored_in_clear(sessions: sessionmaker[Session]) -> None:
    """Encrypted at rest, and bound to its column: a moved ciphertext does not open."""
    with writing(sessions) as session:
        session.add(Note(id="a", secret="310000199208259913"))

    with sessions() as session:
        raw = session.execute(text("SELECT secret FROM test_note")).scalar_one()
    assert b"310000" not in bytes(raw)

    with writing(sessions) as session:
        session.execute(text("UPDATE test_note SET other = secret"))
    with sessions() as session, pytest.raises(InvalidTag):
        session.get(Note, "a")


def test_an_error_rolls_everything_back(sessions: sessionmaker[Session]) -> None:
    """One action, one transaction: all or nothing."""

    def fail_late() -> None:
        with writing(sessions) as session:
            session.add(Note(id="a"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()

    with sessions() as session:
        assert session.scalar(select(func.count(Note.id))) == 0


def test_a_write_must_be_declared(sessions: sessionmaker[Session]) -> None:
    """A reader that becomes a writer would fail under load; it fails at once instead."""
    with sessions() as session:
        session.add(Note(id="a"))

        with pytest.raises(RuntimeError, match="writing"):
            session.flush()
    with sessions() as session, pytest.raises(RuntimeError, match="writing"):
        session.execute(update(Note).values(count=1))


def test_writers_queue_and_readers_do_not_wait(sessions: sessionmaker[Session]) -> None:
    """Twelve writers add to one row at once: none is lost, none sees a locked database."""
    with writing(sessions) as session:
        session.add(Note(id="a"))
    failures: list[BaseException] = []

    def add() -> None:
        try:
            for _ in range(5):
                with writing(sessions) as session:
                    session.execute(update(Note).values(count=Note.count + 1))
        except BaseException as error:  # the thread must tell what it met
            failures.append(error)

    threads = [threading.Thread(target=add) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with sessions() as session:
        assert session.get_one(Note, "a").count == 60


def test_a_reader_is_not_blocked_by_a_writer(sessions: sessionmaker[Session]) -> None:
    """WAL and MVCC: reading goes on while a write transaction is open."""
    with writing(sessions) as writer:
        writer.add(Note(id="a"))
        writer.flush()

        with sessions() as reader:
            assert reader.get(Note, "a") is None


def test_sqlite_keeps_acknowledged_commits(engine: Engine) -> None:
    """WAL with synchronous FULL on a library without the WAL-reset bug; keys are enforced."""
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW server_encoding")) == "UTF8"
        return

    with engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        pragmas = [connection.scalar(text(f"PRAGMA {name}")) for name in asked]
        version = connection.scalar(text("SELECT sqlite_version()"))

    assert pragmas == ["wal", 2, 1, 15_000]
    assert tuple(map(int, version.split("."))) >= (3, 51, 3)


def test_ids_sort_by_time() -> None:
    """Keyset pages follow ids."""
    ids = [new_id() for _ in range(1000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 1000


def test_vault_rotates_its_key() -> None:
    """What a former key closed still opens; the blind index stays."""
    old, new = vault.Vault(b"o" * 32), vault.Vault(b"n" * 32, b"o" * 32)
    closed = old.encrypt("张三", place="person.name")

    assert new.decrypt(closed, place="person.name") == "张三"
    assert new.blind_index("h0000") == old.blind_index(" Ｈ0000 ")
    assert new.encrypt("张三", place="p")[:4] != closed[:4]


def test_vault_refuses_what_was_changed() -> None:
    """A flipped bit, another place, a short key."""
    box = vault.Vault(b"k" * 32)
    closed = box.encrypt("x", place="a.b")

    with pytest.raises(InvalidTag):
        box.decrypt(closed[:-1] + bytes([closed[-1] ^ 1]), place="a.b")
    with pytest.raises(InvalidTag):
        box.decrypt(closed, place="a.c")
    with pytest.raises(ValueError, match="32 bytes"):
        vault.Vault(b"short")


def test_vault_must_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten key is a loud fault of the wiring, not clear text in the database."""
    monkeypatch.setattr(vault, "_configured", [])

    with pytest.raises(RuntimeError, match="configure"):
        vault.current_vault()


def test_a_new_database_file_is_nobody_elses_to_read(tmp_path: Path) -> None:
    """Personal data: the file, and the folder when it is missing, are made by us alone."""
    path = tmp_path / "var" / "zhuce.db"
    engine = open_database(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        modes = {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    engine.dispose()

    assert modes == {0o600}


@pytest.mark.proves("F:traces-2")
def test_an_error_does_not_say_what_a_statement_was_given(sessions: sessionmaker[Session]) -> None:
    """Parameters are personal data, and the text of an error goes into logs and job rows."""
    with writing(sessions) as session:
        session.add(Note(id="310000199208259913"))

    with writing(sessions) as session:
        session.add(Note(id="310000199208259913", facts={"意见": "不同意"}))
        with pytest.raises(IntegrityError) as told:
            session.flush()
        session.rollback()

    assert "test_note" in str(told.value)
    assert "310000199208259913" not in str(told.value)
    assert "不同意" not in str(told.value)


@pytest.mark.proves("F:traces-2")
def test_a_database_in_a_file_is_closed_to_others(tmp_path: Path) -> None:
    """Nobody else on the machine reads the file or the files beside it."""
    engine = open_database(f"sqlite:///{tmp_path}/new/zhuce.db")
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.exec_driver_sql("CREATE TABLE note (id TEXT)")

        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    finally:
        engine.dispose()

    assert modes == dict.fromkeys(("zhuce.db", "zhuce.db-wal", "zhuce.db-shm"), 0o600)
