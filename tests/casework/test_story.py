"""The main job from start to claimed certificate, with the real parts."""

from __future__ import annotations

from datetime import date

import pytest

from casework.certificate import claims
from registry.applications import documents
from registry.certificates import certificates
from tests.offices import Town

pytestmark = pytest.mark.both_databases


def test_a_timely_application_of_shanghai_is_accepted_by_itself(town: Town) -> None:
    """R36–R48, R59, G4: fill, sign, seal; accepted at once; two officers; issued and claimed."""
    person, employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
    reviewer, approver = town.officer("wang", "reviewer"), town.officer("li", "approver")

    case = town.starts(person)
    assert town.status(case) == "DRAFT"
    town.saves(case, person, town.values(case, person))
    assert town.status(case) == "READY_TO_SIGN"
    town.signs(case, person)
    assert town.troubles() == []
    assert town.status(case) == "PERSONAL_SIGNED"
    town.seals(case, employer)
    assert town.status(case) == "UNDER_REVIEW"
    town.reviews(case, reviewer)
    town.decides(case, approver)
    assert town.status(case) == "APPROVED"
    town.claims(case, person)

    assert town.status(case) == "COMPLETED"
    assert claims.download(town.office, case, person).startswith(b"%PDF-")
    with town.office.sessions() as session:
        kinds = [document.kind for document in documents.history(session, case)]
        certificate = certificates.of_application(session, case)
    assert kinds == ["application", "acceptance-notice", "decision", "certificate"]
    assert certificate is not None
    assert certificate.claim_state == "CLAIMED"
