"""The operators' page: what went wrong is seen, tried again or skipped with a reason."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from sqlalchemy import select

from adapters import world
from casework.office import Office
from engine.jobs import queue
from engine.tables import Job, JobState
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.web.browser import Tab
from web.process import wiring

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MESSAGE = {"sms_id": "nobody"}


@pytest.fixture
def incident(office: Office) -> str:
    """Leave a job behind that failed for good."""
    with writing(office.sessions) as session:
        queue.add(session, "notice/deliver_sms", MESSAGE, "broken", office.now())
        job = session.scalars(select(Job)).one()
        job.state, job.attempts, job.error = JobState.DEAD, 5, "Unavailable: 短信平台"
        return job.id


@pytest.fixture
def operator(tab: Tab) -> Tab:
    tab.sign_in("officer", "yunwei")
    return tab


def _states(office: Office) -> list[str]:
    with office.sessions() as session:
        return list(session.scalars(select(Job.state)))


def _audited(office: Office) -> list[AuditEvent]:
    with office.sessions() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action.like("incident_%"))))


def test_an_incident_is_shown_with_its_error(operator: Tab, incident: str) -> None:
    """I6: a message that could not be delivered is not lost silently."""
    operator.open("/operations")

    assert "notice/deliver_sms" in operator.text
    assert "Unavailable: 短信平台" in operator.text


def test_an_incident_is_tried_again(operator: Tab, office: Office, incident: str) -> None:
    answer = operator.send(f"/operations/incidents/{incident}", {"action": "retry"}, follow=True)

    assert answer.status_code == 200
    assert "已重新安排执行" in operator.text
    assert JobState.DEAD not in _states(office)
    (event,) = _audited(office)
    assert (event.action, event.subject) == ("incident_retry", f"job:{incident}")


def test_skipping_asks_for_a_reason(operator: Tab, office: Office, incident: str) -> None:
    answer = operator.send(f"/operations/incidents/{incident}", {"action": "skip", "reason": "无"})

    assert answer.status_code == 422
    assert "请填写跳过该步骤的原因" in operator.text
    assert operator.soup().find(id=f"reason-{incident}")["value"] == "无"  # type: ignore[index]
    assert _states(office) == [JobState.DEAD]
    assert _audited(office) == []


@pytest.fixture
def colleague(app: Flask) -> Tab:
    tab = Tab(app)
    tab.sign_in("officer", "yunwei2")
    return tab


def _ask(operator: Tab, incident: str) -> None:
    fields = {"action": "skip", "reason": "号码已停用，另行通知"}
    operator.send(f"/operations/incidents/{incident}", fields, follow=True)
    assert "等待另一名运行维护人员确认" in operator.text


@pytest.mark.proves("F:trust-5")
def test_an_incident_is_skipped_by_two(
    operator: Tab, colleague: Tab, office: Office, incident: str
) -> None:
    """One asks with a reason, another reads who asked and why, and confirms."""
    _ask(operator, incident)
    colleague.open("/operations")
    assert "路运维" in colleague.text
    assert "号码已停用，另行通知" in colleague.text

    colleague.send(f"/operations/incidents/{incident}", {"action": "confirm"}, follow=True)

    assert "已跳过该步骤" in colleague.text
    assert _states(office) == []
    asked, done = _audited(office)
    assert (asked.action, done.action) == ("incident_skip_asked", "incident_skip")
    assert done.facts["asked_by"] == asked.actor != done.actor


@pytest.mark.proves("F:trust-5")
def test_who_asked_does_not_confirm(operator: Tab, office: Office, incident: str) -> None:
    _ask(operator, incident)

    answer = operator.send(f"/operations/incidents/{incident}", {"action": "confirm"})

    assert answer.status_code == 409
    assert "E_SKIP_NEEDS_ANOTHER" in operator.text
    assert _states(office) == [JobState.DEAD]


def test_who_disagrees_leaves_the_incident(
    operator: Tab, colleague: Tab, office: Office, incident: str
) -> None:
    _ask(operator, incident)

    colleague.send(f"/operations/incidents/{incident}", {"action": "decline"}, follow=True)
    answer = operator.send(f"/operations/incidents/{incident}", {"action": "confirm"})

    assert answer.status_code == 409
    assert "E_SKIP_NOT_ASKED" in operator.text
    assert _states(office) == [JobState.DEAD]


@pytest.mark.parametrize("action", ["retry", "skip"])
def test_settling_twice_is_told(action: str, operator: Tab, office: Office, incident: str) -> None:
    """Two operators at one incident: the second reads that it is settled."""
    fields = {"action": action, "reason": "号码已停用，另行通知"}
    with writing(office.sessions) as session:
        session.get_one(Job, incident).state = JobState.RUNNING

    answer = operator.send(f"/operations/incidents/{incident}", fields)

    assert answer.status_code == 409
    assert "E_NOT_AN_INCIDENT" in operator.text
    assert _audited(office) == []


@pytest.mark.parametrize(
    ("job_id", "action"), [("nobody", "retry"), ("", "retry"), ("incident", "erase")]
)
def test_what_is_not_there_cannot_be_settled(
    job_id: str, action: str, operator: Tab, incident: str
) -> None:
    known = incident if job_id == "incident" else job_id

    answer = operator.send(f"/operations/incidents/{known}", {"action": action})

    assert answer.status_code == 404


def test_only_operators_settle(tab: Tab, office: Office, incident: str) -> None:
    tab.sign_in("officer", "jueding")

    assert tab.send(f"/operations/incidents/{incident}", {"action": "retry"}).status_code == 403
    assert _states(office) == [JobState.DEAD]


def test_the_latest_audit_events_are_listed(operator: Tab) -> None:
    operator.open("/operations")

    assert "登录" in [cell.text for cell in operator.soup().select("td[data-label=操作]")]
    [me] = [official for official in world.OFFICIALS if official.login == "yunwei"]
    assert me.name in operator.text


@pytest.mark.proves("F:crossed-6")
def test_whose_clock_is_wrong_says_so(operator: Tab, office: Office) -> None:
    """It is not ready, operators read by how much and what to do, and it sweeps nothing away."""
    office.runner.machine.wall = lambda: time.time() + 3600
    done = wiring.sweep(office)

    assert done == {"leases_ended": 0}
    answer = operator.open("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["clock"] is False
    assert "本机时钟比数据库快3600秒" in answer.json["warnings"][0]
    operator.open("/operations")
    assert "chrony" in operator.text
    office.runner.machine.wall = time.time
    assert "duties_armed" in wiring.sweep(office)
    assert operator.open("/readyz").status_code == 200
    operator.open("/operations")
    assert "chrony" not in operator.text


def test_a_clock_that_another_process_found_wrong_is_told(
    operator: Tab, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator asks a process that is right of one that is not."""
    office.runner.machine.wall = lambda: time.time() - 90
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("web.process.clocks.platform.node", lambda: "node-2")
        wiring.sweep(office)
    office.runner.machine.wall = time.time

    operator.open("/operations")

    assert "node-2" in operator.text
    assert "慢90秒" in operator.text
