"""The machine stops anywhere: nothing is lost, nothing is done twice, numbers stay.

A stop is played at the worst moment of each job: after its outside effect (printed, signed, sealed,
sent), before the transaction that records it. The job is then found by another worker.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.tables import LetterIntent, PendingAuthorization
from engine.actors import Actor
from engine.running.job_runs import JobRuns
from registry.applications import documents
from registry.applications.documents import SignatureRecord
from registry.certificates import certificates
from registry.certificates.certificates import Certificate
from registry.certificates.registrations import Registration
from registry.trail import audit
from signing.judging import verify
from tests.offices import Town
from tests.walks import Killed, Walk, another_worker_takes_over, walk_until

pytestmark = pytest.mark.both_databases

OPERATIONS = (
    "document/render_application",
    "signing/send_code",
    "signing/sign_application",
    "signing/seal_application",
    "document/issue_notice",
    "certificate/issue",
    "notice/deliver_sms",
    "signing/augment",
)


def kill_once(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Stop the machine the first time that `operation` is about to record its effect."""
    finish, killed = JobRuns._finish, []

    def stop(self: JobRuns, held: Any, outcome: Any, left: Any) -> bool:
        if held.job.operation == operation and not killed:
            killed.append(held.job.id)
            raise Killed
        return finish(self, held, outcome, left)

    monkeypatch.setattr(JobRuns, "_finish", stop)


def count(town: Town, table: type) -> int:
    with town.office.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_stop_after_the_effect_repeats_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """R41, R59, I11, I17: one signature, one seal, one number, one certificate; all verify."""
    walk = Walk(town)
    kill_once(monkeypatch, operation)

    assert walk.to_the_end() == 1

    assert town.status(walk.case) == "COMPLETED"
    with town.office.sessions() as session:
        papers = documents.history(session, walk.case)
        certificate = certificates.of_application(session, walk.case)
    assert [document.kind for document in papers] == [
        "application",
        "acceptance-notice",
        "decision",
        "certificate",
    ]
    assert certificate is not None
    assert certificate.no.startswith("DZ31S2202600001")
    assert count(town, Certificate) == count(town, Registration) == 1
    assert count(town, LetterIntent) == 2
    assert count(town, PendingAuthorization) == 0
    assert count(town, SignatureRecord) == 5
    for paper in papers:
        report = verify.examine(
            town.office.files.get(paper.sha256), town.office.signatures.authority.trust()
        )
        assert report.ok, (paper.kind, report.findings)
    assert len({text for _, text in town.world.messages}) == len(town.world.messages)


def test_a_stop_leaves_evidence_before_anything_is_sealed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I11: number and hash of what will be sealed are on record before the seal is made."""
    walk = Walk(town)

    def stop(*_: object, **__: object) -> None:
        raise Killed

    walk_until(walk, "decide")
    monkeypatch.setattr(town.office.signatures, "seal_as_agency", stop)
    with pytest.raises(Killed):
        walk.steps["decide"]()

    with town.office.sessions() as session:
        [intent] = session.scalars(
            select(LetterIntent).where(LetterIntent.kind == "decision")
        ).all()
    monkeypatch.undo()
    another_worker_takes_over(town)
    with town.office.sessions() as session:
        letter = documents.current(session, walk.case, "decision")
    assert letter is not None
    assert letter.number == intent.number


def test_the_person_of_another_case_is_not_touched(town: Town) -> None:
    """R16: two cases side by side keep their papers apart."""
    first = Walk(town)
    other: Actor = town.person(2, issued=date(2025, 6, 2))
    second = town.starts(other)
    town.saves(second, other, town.values(second, other))
    first.to_the_end()

    with town.office.sessions() as session:
        assert [document.kind for document in documents.history(session, second)] == ["application"]
    assert town.status(second) == "READY_TO_SIGN"


def test_the_audit_tells_of_every_signature_before_and_after(town: Town) -> None:
    """I1: one line before a signature and one after it, whoever signs."""
    walk = Walk(town)
    walk.to_the_end()

    with town.office.sessions() as session:
        said = [event.action for event in audit.of(session, f"application:{walk.case}")]
    for before, after in (
        ("sign.code", "sign"),
        ("seal.pin", "seal"),
        ("letter.reserve", "acceptance-notice"),
        ("letter.reserve", "decision"),
        ("certificate.prepare", "issue"),
    ):
        assert said.index(before) < said.index(after)


def test_a_gateway_that_is_down_for_hours_loses_no_message(town: Town) -> None:
    """D.5: notices wait in their rows and are sent when the gateway is back; the case goes on."""
    walk = Walk(town)
    walk_until(walk, "enter_code")
    town.world.down.add("sms")
    walk.steps["enter_code"]()
    walk.steps["review_application"]()
    for _ in range(20):
        town.clock.forward(minutes=5)
        town.works()
    assert town.status(walk.case) == "UNDER_REVIEW"
    sent = len(town.world.messages)

    town.world.down.clear()
    town.clock.forward(minutes=6)
    town.works()

    assert len(town.world.messages) == sent + 2
    assert town.troubles() == []
