"""The 15 working days to correct hold until the form is filed again, whatever happens between."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from casework import deployment
from casework.application import form_entry, new_application
from casework.decision import officer_tasks
from casework.office import Policy
from casework.signature import enterprise_seal
from registry.law.calendars import shanghai_day
from tests.offices import TYPE, Town, person_id
from tests.professions.folders import BPMN

WAYS = [("INITIAL", TYPE), ("RENEWAL", TYPE), ("INITIAL", "builder-2")]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def policy() -> Policy:
    """Have an officer check every form."""
    return Policy(watermark="演示", province="99", acceptance_mode="STRICT")


class Corrected:
    """A case of one matter and profession that the agency sent back once, corrected and signed."""

    def __init__(self, town: Town, matter: str, profession: str) -> None:
        self.town, self.employer = town, town.enterprise()
        self.person, self.acceptor = town.person(), town.officer("zhao", "acceptor")
        list(deployment.deploy(town.office, BPMN))
        if matter == "RENEWAL":
            town.registered(self.person, ends=date(2026, 11, 30))
        self.case = new_application.start(
            town.office, person_id(self.person), matter, self.person, profession
        )
        self.limit = town.office.calendar.add_workdays(town.office.today(), 15).day
        self._files(self._values(matter, profession))
        town.seals(self.case, self.employer)
        task = town.task(self.case, "formal_check")
        officer_tasks.formal_check(
            town.office, task.id, "correct", items=["联系电话填写有误"], actor=self.acceptor
        )
        town.clock.forward(days=3)
        again = form_entry.prefill(town.office, self.case) | {"enterprise_phone": "021-00000009"}
        self._files(again)

    def _values(self, matter: str, profession: str) -> dict[str, Any]:
        town, case, person = self.town, self.case, self.person
        if matter == "RENEWAL":
            return town.renewal_values(case)
        scans = {"qualification_scans": [town.scan(case, person)]}
        other: dict[str, Any] = {
            "qualification_region": "OTHER",
            "qualification_province": "浙江省",
            "qualification_no": "DEMO-ZJ-0001",
            "qualification_issued_on": "2026-03-02",
            "qualification_issuer": "浙江省住房和城乡建设厅（虚构）",
        }
        if profession != TYPE:
            other["specialities"] = ["建筑工程", "机电工程"]
        return town.values(case, person, **other, **scans)

    def _files(self, values: dict[str, Any]) -> None:
        self.town.saves(self.case, self.person, values)
        self.town.signs(self.case, self.person)

    def pass_to(self, day: date) -> None:
        """Let time pass to the morning of a day."""
        while shanghai_day(self.town.clock.now) < day:
            self.town.clock.forward(days=1)
        self.town.works()


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def corrected(town: Town, request: pytest.FixtureRequest) -> Corrected:
    return Corrected(town, *request.param)


def test_returned_by_the_enterprise(corrected: Corrected) -> None:
    """I18: who got the corrected form back has what is left of the limit, not 90 days."""
    town, case = corrected.town, corrected.case
    enterprise_seal.send_back(town.office, case, reason="请核对联系电话", actor=corrected.employer)
    assert town.status(case) == "RETURNED"

    corrected.pass_to(corrected.limit)
    assert town.status(case) == "RETURNED"
    corrected.pass_to(corrected.limit + timedelta(days=1))

    assert town.status(case) == "CLOSED"


def test_left_alone_by_the_enterprise(corrected: Corrected) -> None:
    """I10, I18: an enterprise that does nothing does not make the limit longer."""
    town, case = corrected.town, corrected.case
    corrected.pass_to(corrected.limit)
    assert town.status(case) == "PERSONAL_SIGNED"

    corrected.pass_to(corrected.limit + timedelta(days=1))
    town.works()

    assert town.status(case) == "CLOSED"


def test_sealed_on_the_last_day(corrected: Corrected) -> None:
    """I18: filed again within the limit, after a return, the correction is answered."""
    town, case, person = corrected.town, corrected.case, corrected.person
    enterprise_seal.send_back(town.office, case, reason="请说明工作内容", actor=corrected.employer)
    form_entry.resubmit(town.office, case, person)
    corrected.pass_to(corrected.limit)
    town.seals(case, corrected.employer)

    corrected.pass_to(corrected.limit + timedelta(days=2))

    assert town.status(case) == "ENTERPRISE_SEALED"
    assert town.open_nodes(case) == {"formal_check"}
