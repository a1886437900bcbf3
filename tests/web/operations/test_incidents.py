"""The operators' page: what went wrong is seen, tried again or skipped with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from adapters import world
from casework.office import Office
from engine.jobs import queue
from engine.tables import Job, JobState
from registry.trail.audit import AuditEvent
from storage.database import writing
from tests.web.browser import Tab

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
    assert "请填写跳过该任务的原因" in operator.text
    assert operator.soup().find(id=f"reason-{incident}")["value"] == "无"  # type: ignore[index]
    assert _states(office) == [JobState.DEAD]
    assert _audited(office) == []


def test_an_incident_is_skipped_with_a_reason(operator: Tab, office: Office, incident: str) -> None:
    operator.send(
        f"/operations/incidents/{incident}", {"action": "skip", "reason": "号码已停用，另行通知"}
    )

    assert _states(office) == []
    (event,) = _audited(office)
    assert event.facts["reason"] == "号码已停用，另行通知"


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

    assert "sign_in" in operator.text
    assert world.OFFICIALS[-1].name in operator.text
