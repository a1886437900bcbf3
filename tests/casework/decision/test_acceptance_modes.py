"""How an application is accepted is a table, not code (G4)."""

from __future__ import annotations

from datetime import date

import pytest

from casework.office import Policy
from registry.applications import documents
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.offices import Town

CASES = {
    "all data authoritative": (date(2025, 6, 2), {}),
    "overdue": (date(2020, 6, 1), {"ce_compulsory_hours": 60, "ce_elective_hours": 60}),
    "typed in": (None, OTHER_PROVINCE),
}


@pytest.fixture(params=["RISK_BASED", "AUTO", "OFFICER"])
def policy(request: pytest.FixtureRequest) -> Policy:
    return Policy(acceptance_mode=request.param, watermark="演示", province="99")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.proves("G4")
def test_acceptance_by_mode_and_risk(town: Town, policy: Policy, name: str) -> None:
    """G4, R47, R63: AUTO is the manual to the letter; RISK_BASED checks what is uncertain."""
    issued, typed = CASES[name]
    person, employer = town.person(issued=issued), town.enterprise()
    case = town.starts(person)
    values = town.values(case, person, **typed)
    values["qualification_scans"] = [town.scan(case, person)]
    values["ce_proof"] = [town.scan(case, person, "ce_proof")]
    town.saves(case, person, values)
    town.signs(case, person)

    town.seals(case, employer)

    at_once = policy.acceptance_mode == "AUTO" or (
        policy.acceptance_mode == "RISK_BASED" and name == "all data authoritative"
    )
    assert town.status(case) == ("UNDER_REVIEW" if at_once else "ENTERPRISE_SEALED")
    with town.office.sessions() as session:
        kinds = [document.kind for document in documents.history(session, case)]
    assert kinds == ["application", "acceptance-notice" if at_once else "receipt"]
