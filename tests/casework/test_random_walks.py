"""Anybody may press anything at any time: the case stays in a state that makes sense."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from casework.application import form_entry, withdrawal
from casework.decision import officer_tasks
from casework.signature import enterprise_seal, personal
from engine.actors import Actor
from refusals.refusal import Refusal
from registry.applications import documents
from registry.applications.statuses import Status
from tests.casework.application.test_form_entry import OTHER_PROVINCE
from tests.offices import PIN, Town

pytestmark = pytest.mark.both_databases

STEPS = 60
#: Whose signatures the current form carries in each status; None: whatever, the case is over.
SIGNED_BY: dict[str, list[str] | None] = {
    "DRAFT": [],
    "READY_TO_SIGN": [],
    "PERSONAL_SIGNED": ["applicant"],
    "RETURNED": ["applicant"],
    "ENTERPRISE_SEALED": ["applicant", "enterprise"],
    "CORRECTION_REQUIRED": ["applicant", "enterprise"],
    "UNDER_REVIEW": ["applicant", "enterprise"],
    "APPROVED": ["applicant", "enterprise"],
    "COMPLETED": ["applicant", "enterprise"],
    "REJECTED": ["applicant", "enterprise"],
    "NOT_ACCEPTED": ["applicant", "enterprise"],
    "WITHDRAWN": None,
    "CLOSED": None,
}


class Crowd:
    """Everybody around one case, pressing buttons by chance."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.office = town, town.office
        self.chance = random.Random(seed)
        self.person, self.employer = town.person(), town.enterprise()
        self.strangers = [town.person(2), town.enterprise(2)]
        self.officers = [
            town.officer("zhao", "acceptor"),
            town.officer("qian", "reviewer", "approver"),
            town.officer("sun", "approver", "reviewer"),
        ]
        self.case = town.starts(self.person)
        typed = OTHER_PROVINCE | {"qualification_scans": [town.scan(self.case, self.person)]}
        self.values = town.values(self.case, self.person, **typed)
        self.buttons: list[tuple[int, Callable[[], object]]] = [
            (3, self.save),
            (2, self.save_changed),
            (8, self.begin),
            (8, self.confirm),
            (1, self.confirm_wrongly),
            (6, self.agree),
            (1, self.send_back),
            (6, self.seal),
            (3, self.resubmit),
            (4, self.check),
            (4, self.review),
            (4, self.decide),
            (1, self.extend),
            (3, lambda: town.claims(self.case, self.somebody(self.person))),
            (3, lambda: town.clock.forward(minutes=self.chance.randint(1, 90))),
            (1, lambda: town.clock.forward(days=self.chance.randint(1, 12))),
        ]

    def somebody(self, right: Actor) -> Actor:
        """Give the right person, mostly."""
        return right if self.chance.random() < 0.9 else self.chance.choice(self.strangers)

    def save(self) -> None:
        self.town.saves(self.case, self.person, self.values)

    def save_changed(self) -> None:
        self.values["enterprise_phone"] = f"021-{self.chance.randint(0, 99_999_999):08d}"
        self.save()

    def begin(self) -> None:
        self.town.clock.forward(seconds=61)
        form = personal.document(self.office, self.case)
        personal.begin(self.office, self.case, form.sha256, self.somebody(self.person))

    def confirm(self) -> None:
        sent = any("验证码" in text for _, text in self.town.world.messages)
        code = self.town.world.code_for("19900000001") if sent else "000000"
        personal.confirm(self.office, self.case, code, self.somebody(self.person))

    def confirm_wrongly(self) -> None:
        personal.confirm(self.office, self.case, "000000", self.person)

    def agree(self) -> None:
        actor = self.somebody(self.employer)
        enterprise_seal.agree(self.office, self.case, opinion_ticked=True, actor=actor)

    def send_back(self) -> None:
        enterprise_seal.send_back(self.office, self.case, reason="请核对电话", actor=self.employer)

    def seal(self) -> None:
        enterprise_seal.seal(self.office, self.case, pin=PIN, actor=self.somebody(self.employer))

    def resubmit(self) -> None:
        form_entry.resubmit(self.office, self.case, self.somebody(self.person))

    def check(self) -> None:
        task = self.town.any_task(self.case)
        outcome = self.chance.choice(["accept", "accept", "correct"])
        actor = self.chance.choice(self.officers)
        items = ["请补充盖章页的扫描件"]
        officer_tasks.formal_check(self.office, task, outcome, items=items, actor=actor)

    def review(self) -> None:
        task, actor = self.town.any_task(self.case), self.chance.choice(self.officers)
        officer_tasks.review(
            self.office, task, "approve", opinion="材料齐全，符合条件", actor=actor
        )

    def decide(self) -> None:
        task, actor = self.town.any_task(self.case), self.chance.choice(self.officers)
        officer_tasks.decide(self.office, task, "approve", actor=actor)

    def extend(self) -> None:
        actor = self.chance.choice(self.officers)
        officer_tasks.extend(self.office, self.case, reason="需要核实资格证书", actor=actor)

    def press(self) -> str:
        """Press a button; give the code of the refusal, or nothing."""
        weights = [weight for weight, _ in self.buttons]
        [(_, button)] = self.chance.choices(self.buttons, weights)
        try:
            button()
        except Refusal as refusal:
            return refusal.code
        return ""

    def check_sense(self) -> None:
        """Hold what must be true of a case at any time."""
        application = self.town.case(self.case)
        status = application.status
        with self.office.sessions() as session:
            papers = documents.history(session, self.case)
            current = [
                paper
                for paper in papers
                if paper.kind == "application" and paper.state == "current"
            ]
            roles = [
                record.role for form in current for record in documents.signatures(session, form.id)
            ]
        assert self.town.troubles() == []
        assert len(current) <= 1
        assert all(form.revision == application.revision for form in current)
        expected = SIGNED_BY[status]
        assert expected is None or roles == expected, (status, roles)
        if not Status(status).is_open:
            assert self.town.open_nodes(self.case) == set()


@pytest.mark.parametrize("seed", range(4))
def test_a_case_makes_sense_whatever_is_pressed(town: Town, seed: int) -> None:
    """B.4, R42–R44, C.9: sixty buttons by chance: no job fails, signatures match the status."""
    crowd = Crowd(town, seed)
    for _ in range(STEPS):
        crowd.press()
        town.works()
        crowd.check_sense()
    with pytest.raises(Refusal):
        withdrawal.withdraw(town.office, crowd.case, crowd.strangers[0])

    assert town.case(crowd.case).revision >= 1
