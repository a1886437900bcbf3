"""One officer who reads very many files is told of: a notice, a row, a warning to operators."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from casework.office import Office
from casework.privacy import said
from casework.privacy.bulk_reads import ALARM
from registry.people import officers
from registry.trail import audit
from registry.trail.audit import AuditEvent
from storage.database import new_id, writing
from tests.web.desk import Desk
from tests.web.furnished import Clock, app, clock, office, prepared

__all__ = ["app", "clock", "office", "prepared"]


def has_read(office: Office, login: str, files: int) -> str:
    """Let an officer have read so many files in the last minutes."""
    with writing(office.sessions) as session:
        officer = officers.by_login(session, login)
        assert officer is not None
        who = f"officer:{officer.id}"
        for _ in range(files):
            subject = f"application:{new_id()}"
            audit.record(session, "file.view", actor=who, subject=subject, at=office.now())
    return who


def alarms(office: Office) -> list[AuditEvent]:
    with office.sessions() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == ALARM)))


@pytest.fixture
def case(app: Flask) -> str:
    """Give the address of a task that the reviewers may open."""
    me = Desk(app).comes_as("person-01").fills().signs()
    Desk(app).comes_as("enterprise").seals(me.application)
    return Desk(app).comes_as("shencha").task()


def test_many_files_in_an_hour_raise_an_alarm_once(
    app: Flask, office: Office, case: str, clock: Clock
) -> None:
    """PIPL 51: the threshold is data; the operator sees who and how many, once an hour."""
    most = said.read().people_an_hour
    officer, operator = Desk(app).comes_as("shencha"), Desk(app).comes_as("yunwei")
    who = has_read(office, "shencha", most - 1)

    # 1. As many as may be: no word. One more: a notice, a row, a warning; again is no second.
    assert officer.open(case).status_code == 200
    assert alarms(office) == []
    has_read(office, "shencha", 1)
    for _ in range(2):
        officer.open(case)
    [row] = alarms(office)
    assert (row.actor, row.result) == (who, "DENIED")
    assert row.facts == {"seen": most + 1, "most": most}
    operator.open("/operations")
    assert "有工作人员集中查阅他人资料" in operator.text
    operator.open("/notices")
    assert f"在一小时内查看或者导出了超过{most}人的资料" in operator.text

    # 2. What was read two hours ago counts no more; what another reads is his.
    clock.turn(hours=2)
    officer.open(case)
    Desk(app).comes_as("shenjue").open("/agency/people")
    assert len(alarms(office)) == 1


def test_a_long_list_taken_at_once_raises_it_too(
    app: Flask, office: Office, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of more rows than `privacy.toml` says, and none of fewer."""
    officer = Desk(app).comes_as("shencha")
    officer.open("/agency/inbox?download=csv")
    assert alarms(office) == []
    few = said.Notice(**{**vars(said.read()), "rows_of_a_list": 0})
    monkeypatch.setattr(said, "read", lambda: few)

    officer.open("/agency/inbox?download=csv")

    assert [row.facts["most"] for row in alarms(office)] == [0]
