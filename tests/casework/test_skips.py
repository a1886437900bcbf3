"""Going on without a step: which may be, by whom, and what its case shows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import select, update

from casework import skips
from casework.office import Office
from casework.signature import personal
from engine import operations
from engine.actors import Actor
from engine.errors import NotAnIncident
from engine.jobs import queue
from engine.tables import Job, JobKind, JobState
from professions.operations import OPERATIONS
from registry.applications import timeline
from registry.trail import audit
from registry.trail import skips as requests
from storage.database import writing
from tests.offices import Town

pytestmark = pytest.mark.proves("F:trust-5")

BPMN = Path(__file__).parents[2] / "bpmn"
WHY = "短信平台检修，申请人可以重新获取"

#: What people may be spared; everything else has legal effect, or is what a rule goes by.
SPARED = {
    "webhook/deliver",
    "notice/deliver_sms",
    "notice/send",
    "rename/tell",
    "signing/send_code",
    "studio/try",
    "studio/notice",  # of nobody's case
    "upkeep/checkpoint",
    "upkeep/publish",
    "upkeep/recount",
    "upkeep/remind",
    "upkeep/sync_enterprises",
}


def _service_tasks() -> dict[str, str]:
    """Give every service task of every diagram: where it is drawn → its operation."""
    drawn = {}
    for path in sorted(BPMN.rglob("*.bpmn")):
        for task in etree.parse(path).iterfind(".//{*}serviceTask"):
            operator = task.find(".//{*}serviceTaskOperator")
            drawn[f"{path.relative_to(BPMN)}#{task.get('id')}"] = str(operator.get("id"))
    return drawn


DRAWN = _service_tasks()


def _dead(office: Office, operation: str, key: str, kind: JobKind = JobKind.SERVICE) -> str:
    with writing(office.sessions) as session:
        row = queue.row(
            kind=kind,
            operation=operation,
            params={},
            key=key,
            due_at=office.now(),
            now=office.now(),
        )
        queue.insert_rows(session, [{**row, "state": JobState.DEAD}], None)
    return str(row["id"])


def test_every_operation_says_whether_it_may_be_skipped_and_why() -> None:
    """Each service task's operation is on the one list, with a reason."""
    assert len(DRAWN) > 100
    assert set(DRAWN.values()) <= set(OPERATIONS)
    assert {name for name, described in OPERATIONS.items() if described.skipping.allowed} == SPARED
    assert all(declaration.skipping.why for declaration in OPERATIONS.values())
    assert all(OPERATIONS[name].skipping.title for name in SPARED)


def test_a_service_task_with_legal_effect_is_skipped_by_nobody(office: Office, town: Town) -> None:
    """Each service task of each diagram: what may not be skipped stays, whoever asks."""
    operator, second = town.officer("first", "operator"), town.officer("second", "operator")
    jobs = {
        _dead(office, operation, place): operation
        for place, operation in DRAWN.items()
        if operation not in SPARED
    }
    jobs[_dead(office, "timer", "timer", JobKind.TIMER)] = "timer"

    for job_id, operation in jobs.items():
        with pytest.raises(skips.SkipForbidden):
            skips.ask(office, job_id, WHY, operator)
        with writing(office.sessions) as session:  # nor by a request that was written past us
            about = {"operation": operation, "business_key": None, "reason": WHY}
            requests.ask(session, job_id, actor=operator.id, at=office.now(), **about)
        with pytest.raises(skips.SkipForbidden):
            skips.confirm(office, job_id, second)

    with office.sessions() as session:
        dead = session.scalars(select(Job.id).where(Job.state == JobState.DEAD))
        assert set(dead) == set(jobs)


def test_a_notice_of_a_diagram_never_waits_to_be_skipped() -> None:
    """What may be spared and is part of its action never becomes an incident."""
    inline = {name for name in SPARED & set(DRAWN.values()) if operations.known.get(name).inline}

    assert inline == {"notice/send", "rename/tell"}


@pytest.fixture
def applicant(town: Town) -> Actor:
    town.enterprise()
    return town.person(issued=date(2025, 6, 2))


def _case_without_code(office: Office, town: Town, applicant: Actor) -> tuple[str, str]:
    """Leave a case whose code was not sent; give the case and the incident."""
    case = town.starts(applicant)
    town.saves(case, applicant, town.values(case, applicant))
    office.runner.actions.runs_own_jobs = False
    form = personal.document(office, case)
    personal.begin(office, case, form.sha256, applicant)
    office.runner.actions.runs_own_jobs = True
    with writing(office.sessions) as session:
        at_work = Job.operation == "signing/send_code"
        session.execute(update(Job).where(at_work).values(state=JobState.DEAD))
        return case, session.scalars(select(Job.id).where(at_work)).one()


def test_the_case_shows_what_it_went_on_without(
    office: Office, town: Town, applicant: Actor
) -> None:
    """Two operators: the case goes on, and audit and timeline say so in the same transaction."""
    operator, second = town.officer("first", "operator"), town.officer("second", "operator")
    case, job_id = _case_without_code(office, town, applicant)

    skips.ask(office, job_id, WHY, operator)
    with pytest.raises(skips.SkipNeedsAnother):
        skips.confirm(office, job_id, operator)
    skips.confirm(office, job_id, second)

    assert town.open_nodes(case) == {"enter_code"}
    with office.sessions() as session:
        line = timeline.of(session, case)[-1]
        trail = [event.action for event in audit.of(session, f"job:{job_id}")]
    assert line.text == "系统步骤“发送验证码”未能完成，经两名运行维护人员核对后跳过"
    assert line.facts["why"] == f"跳过的原因：{WHY}"
    assert trail == ["incident_skip_asked", "incident_skip"]
    skips.confirm(office, job_id, second)  # a second press
    with office.sessions() as session:
        assert [event.action for event in audit.of(session, f"job:{job_id}")] == trail
    with pytest.raises(NotAnIncident):
        skips.confirm(office, job_id, operator)


def test_a_step_that_is_tried_again_is_not_skipped(
    office: Office, town: Town, applicant: Actor
) -> None:
    """Who tries again makes the request void."""
    operator, second = town.officer("first", "operator"), town.officer("second", "operator")
    case, job_id = _case_without_code(office, town, applicant)
    skips.ask(office, job_id, WHY, operator)

    skips.retry(office, job_id, operator)

    with pytest.raises(NotAnIncident):
        skips.confirm(office, job_id, second)
    with office.sessions() as session:
        assert requests.get(session, job_id) is None
        assert [entry.kind for entry in timeline.of(session, case)].count("skip") == 0
