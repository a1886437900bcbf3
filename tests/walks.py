"""Somebody walks a case step by step, while processes die under the steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import update

from casework.signature import enterprise_seal, personal
from casework.signature.personal import CodeNotSent
from engine.tables import Job
from storage.database import writing
from tests.offices import PIN, Town


class Killed(BaseException):
    """The process was killed."""


class Walk:
    """Somebody who takes the next step of a case, whatever it is, until it is completed."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.person, self.employer = town.person(issued=date(2025, 6, 2)), town.enterprise()
        self.reviewer = town.officer("wang", "reviewer")
        self.approver = town.officer("li", "approver")
        self.case = town.starts(self.person)
        self.steps: dict[str, Callable[[], Any]] = {
            "fill_form": lambda: town.saves(
                self.case, self.person, town.values(self.case, self.person)
            ),
            "preview_document": self._begin,
            "enter_code": self._confirm,
            "review_application": lambda: town.seals(self.case, self.employer),
            "seal_document": self._seal,
            "review": lambda: town.reviews(self.case, self.reviewer),
            "decide": lambda: town.decides(self.case, self.approver),
            "confirm_claim": lambda: town.claims(self.case, self.person),
        }

    def _begin(self) -> None:
        form = personal.document(self.town.office, self.case)
        self.town.clock.forward(seconds=61)
        with suppress(CodeNotSent):
            personal.begin(self.town.office, self.case, form.sha256, self.person)

    def _confirm(self) -> None:
        mobile = self.town.world.messages[-1][0]
        code = self.town.world.code_for(mobile)
        personal.confirm(self.town.office, self.case, code, self.person)

    def _seal(self) -> None:
        enterprise_seal.seal(self.town.office, self.case, pin=PIN, actor=self.employer)

    def to_the_end(self) -> int:
        """Walk on; return how often the machine stopped."""
        stops = 0
        for _ in range(30):
            nodes = self.town.open_nodes(self.case)
            try:
                if nodes:
                    self.steps[min(nodes)]()
                self.town.works()
            except Killed:
                stops += 1
                another_worker_takes_over(self.town)
            if self.town.status(self.case) == "COMPLETED" and not self.town.open_nodes(self.case):
                break
        self.town.works()
        return stops


def another_worker_takes_over(town: Town) -> None:
    """Let the leases of the killed process end."""
    with writing(town.office.sessions) as session:
        session.execute(update(Job).values(lease_until=0).where(Job.lease_until.is_not(None)))
    town.office.runner.job_runs.own.queue.clear()
    town.works()


def walk_until(walk: Walk, node: str) -> None:
    """Take steps until a task at `node` is open."""
    for _ in range(20):
        nodes = walk.town.open_nodes(walk.case)
        if node in nodes:
            return
        walk.steps[min(nodes)]()
