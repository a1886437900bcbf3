"""Nothing that was done to the trail reads as if it were well."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from casework import checkpoints
from registry.trail import audit
from registry.trail.audit import AuditEvent, AuditHead
from storage.database import writing
from tests.offices import Town

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def _record(town: Town, count: int) -> None:
    with writing(town.office.sessions) as session:
        for number in range(count):
            audit.record(session, "test", actor=f"person:{number}", subject="a:1", at=NOW)


def _trouble(town: Town, folder: Path) -> list[str]:
    kept = checkpoints.read(town.office, sorted(folder.glob("*.json")))
    with town.office.sessions() as session:
        wrong = audit.verify(session, kept.trusted)
    return [*kept.faults, *([wrong] if wrong else [])]


def _cut_and_move(session: Session) -> None:
    """Cut the end and move the head to what is left, so that the chain is whole again."""
    last = session.scalars(select(AuditEvent).where(AuditEvent.seq == 3)).one()
    session.execute(delete(AuditEvent).where(AuditEvent.seq > 3))
    session.execute(update(AuditHead).values(seq=3, chain=last.chain))


def _rewrite_with_the_key(session: Session) -> None:
    """Change a row and digest and chain everything anew, as who has database and key can."""
    session.scalars(select(AuditEvent).where(AuditEvent.seq == 2)).one().actor = "person:evil"
    audit.digest_anew(session)


def _change_unchained(session: Session) -> None:
    """Change the row that came after the checkpoint and waits for its place."""
    session.execute(text("UPDATE audit_event SET actor = 'person:evil' WHERE seq IS NULL"))


def _digest_without_the_key(session: Session) -> None:
    session.execute(
        text("UPDATE audit_event SET actor = 'person:evil', digest = :d WHERE seq = 2"),
        {"d": b"\1" * 32},
    )


@pytest.mark.proves("F:traces-3")
@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (_cut_and_move, "截断"),
        (_rewrite_with_the_key, "整体改写"),
        (_change_unchained, "尚未链接的审计记录"),
        (_digest_without_the_key, "内容被改动"),
    ],
)
def test_harm_to_the_trail_is_told(
    town: Town, tmp_path: Path, harm: Callable[[Session], None], told: str
) -> None:
    """Cut, moved, rewritten, changed before it was chained: the kept checkpoint tells."""
    _record(town, 5)
    checkpoints.keep(town.office, tmp_path)
    _record(town, 1)
    assert _trouble(town, tmp_path) == []

    with writing(town.office.sessions) as session:
        harm(session)

    (fault,) = _trouble(town, tmp_path)
    assert told in fault


@pytest.mark.proves("F:traces-3")
@pytest.mark.parametrize("part", ["root", "stamp", "seq"])
def test_a_checkpoint_that_was_not_stamped_by_us_proves_nothing(
    town: Town, tmp_path: Path, part: str
) -> None:
    """Who rewrites the trail would write its checkpoint too; the stamp is over both."""
    _record(town, 2)
    path = checkpoints.keep(town.office, tmp_path)
    said = json.loads(path.read_text())
    said[part] = said[part] + 1 if part == "seq" else said[part][:-8] + "AAAAAAA="
    path.write_text(json.dumps(said))

    kept = checkpoints.read(town.office, [path])

    assert kept.trusted == ()
    assert "不能作为依据" in kept.faults[0]


@pytest.mark.proves("F:traces-3")
def test_a_trail_is_digested_anew_when_the_key_comes(town: Town, tmp_path: Path) -> None:
    """A migration takes the digests of the version before to the keyed ones."""
    _record(town, 4)
    with writing(town.office.sessions) as session:
        audit.seal_batch(session)
        session.execute(update(AuditEvent).values(digest=b"\2" * 32))
    with writing(town.office.sessions) as session:
        audit.digest_anew(session)

    checkpoints.keep(town.office, tmp_path)
    assert _trouble(town, tmp_path) == []
