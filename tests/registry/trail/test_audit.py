from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from registry.trail import audit
from registry.trail.audit import AuditEvent, AuditHead, Checkpoint
from storage.database import writing
from tests.registry.conftest import NOW

Sessions = sessionmaker[Session]


def write(sessions: Sessions, count: int) -> None:
    with writing(sessions) as session:
        for number in range(count):
            audit.record(
                session,
                "form.save",
                actor=f"person:{number}",
                subject="application:1",
                at=NOW,
                facts={"revision": number, "说明": "保存"},
            )


def seal(sessions: Sessions, limit: int = 5_000) -> int:
    with writing(sessions) as session:
        return audit.seal_batch(session, limit)


def trouble(sessions: Sessions, trusted: tuple[Checkpoint, ...] = ()) -> str | None:
    with sessions() as session:
        return audit.verify(session, trusted)


@pytest.fixture
def sealed(sessions: Sessions) -> Checkpoint:
    write(sessions, 10)
    assert seal(sessions, 7) == 7
    assert seal(sessions) == 3
    with sessions() as session:
        return audit.checkpoint(session)


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 3)


@pytest.mark.proves("F:traces-3")
def test_what_came_behind_the_last_checkpoint_is_counted_as_not_proven(
    sessions: Sessions, sealed: Checkpoint
) -> None:
    """Rows that are cut behind it leave no trace: since when nothing is proven can be told."""
    write(sessions, 3)
    seal(sessions, 1)

    with sessions() as session:
        assert audit.after(session, sealed.seq) == (NOW, 3)
        assert audit.after(session, 99) == (None, 2)


def test_a_whole_log_verifies(sessions: Sessions, sealed: Checkpoint) -> None:
    """Who did what to which thing, chained in batches without holding up anybody."""
    assert sealed.seq == 10
    assert trouble(sessions, (sealed,)) is None
    assert seal(sessions) == 0
    write(sessions, 2)
    assert seal(sessions) == 2
    assert trouble(sessions, (sealed,)) is None
    with sessions() as session:
        assert [event.actor for event in audit.of(session, "application:1", limit=2)] == [
            "person:0",
            "person:1",
        ]


def test_an_empty_log_verifies(sessions: Sessions) -> None:
    """Nothing happened, nothing is wrong; the line to publish is canonical."""
    assert trouble(sessions) is None
    assert seal(sessions) == 0
    with sessions() as session:
        line = audit.checkpoint(session).to_line()
    assert line == '{"root":"' + "0" * 64 + '","seq":0}'


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        ("UPDATE audit_event SET actor = 'person:evil' WHERE seq = 5", "第5条审计记录内容被改动"),
        ("UPDATE audit_event SET facts = '{}' WHERE seq = 5", "第5条审计记录内容被改动"),
        ("UPDATE audit_event SET result = 'DENIED' WHERE seq = 10", "第10条审计记录内容被改动"),
        ("DELETE FROM audit_event WHERE seq = 3", "第3条审计记录缺失"),
        ("DELETE FROM audit_event WHERE seq > 8", "截断"),
        ("UPDATE audit_event SET seq = seq + 100 WHERE seq > 8", "第9条审计记录缺失"),
    ],
)
def test_tampering_is_told(sessions: Sessions, sealed: Checkpoint, attack: str, told: str) -> None:
    """An edited, deleted, renumbered or cut row is found from inside."""
    with writing(sessions) as session:
        session.execute(text(attack))

    assert told in (trouble(sessions) or "")


@pytest.mark.parametrize(
    "column",
    sorted({*AuditEvent.__table__.columns.keys()} - {"digest", "seq", "chain"}),
)
def test_everything_that_a_row_says_is_covered(
    sessions: Sessions, sealed: Checkpoint, column: str
) -> None:
    """Who, for whom, what, when, whence: no column of a row can be changed unseen."""
    with writing(sessions) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.seq == 5)).one()
        before = getattr(event, column)
        changed = {"facts": {"revision": 99}, "at": NOW + timedelta(seconds=1)}
        setattr(event, column, changed.get(column, "ERROR" if before != "ERROR" else "OK"))

    assert trouble(sessions) == "第5条审计记录内容被改动"


def test_two_rows_changed_over_are_told(sessions: Sessions, sealed: Checkpoint) -> None:
    """The order is chained too."""
    with writing(sessions) as session:
        for before, after in ((3, 103), (4, 3), (103, 4)):
            session.execute(text(f"UPDATE audit_event SET seq = {after} WHERE seq = {before}"))

    assert trouble(sessions) == "第3条审计记录链接中断"


def rewrite(session: Session, keep: Callable[[AuditEvent], bool]) -> None:
    """Do what an attacker with the whole database can: leave things out, then chain anew."""
    for event in session.scalars(select(AuditEvent)):
        if not keep(event):
            session.delete(event)
    session.flush()
    chain, seq = b"\0" * 32, 0
    for event in session.scalars(select(AuditEvent).order_by(AuditEvent.seq)):
        seq += 1
        event.digest = audit.digest(event)
        chain = audit._link(chain, event.digest)
        event.seq, event.chain = seq, chain
        session.flush()
    head = session.scalars(select(AuditHead)).one()
    head.seq, head.chain = seq, chain


@pytest.mark.parametrize("missing", ["person:4", "person:9"])
def test_a_complete_rewrite_is_told_by_the_checkpoint_outside(
    sessions: Sessions, sealed: Checkpoint, missing: str
) -> None:
    """A consistent forgery is only told by what was published before."""
    with writing(sessions) as session:
        rewrite(session, lambda event: event.actor != missing)
    assert trouble(sessions) is None
    assert "截断" in (trouble(sessions, (sealed,)) or "")

    write(sessions, 3)
    seal(sessions)
    assert "整体改写" in (trouble(sessions, (sealed,)) or "")


def test_an_event_vanishes_with_its_action(sessions: Sessions) -> None:
    """It is written in the transaction of the action, so neither stands alone."""
    with sessions() as session:
        session.connection(execution_options={"writes": True})
        audit.record(session, "x", actor="system", subject="application:1", at=NOW)
        session.flush()
        session.rollback()
    assert seal(sessions) == 0


def test_two_sealers_take_turns(sessions: Sessions) -> None:
    """Two workers seal while others write; the chain has no fork and nothing is left out."""
    failures: list[BaseException] = []

    def repeat(work: Callable[[], object]) -> None:
        try:
            for _ in range(8):
                work()
        except BaseException as error:  # the thread must tell what it met
            failures.append(error)

    works: list[Callable[[], object]] = [lambda: seal(sessions), lambda: write(sessions, 3)]
    threads = [threading.Thread(target=repeat, args=(work,)) for work in works * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(sessions)

    assert failures == []
    assert trouble(sessions) is None
    with sessions() as session:
        assert audit.checkpoint(session).seq == 48


@pytest.mark.parametrize("line", ["", "started", "[1]", '{"seq": "1", "root": "00"}', '{"seq": 1}'])
def test_other_lines_of_a_log_are_no_checkpoints(line: str) -> None:
    """The kept log holds many things."""
    assert Checkpoint.from_line(line) is None
    assert Checkpoint.from_line(Checkpoint(seq=3, root="ab").to_line()) == Checkpoint(
        seq=3, root="ab"
    )
