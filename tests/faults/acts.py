"""The acts under which everything fails once: what comes before each, and how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from casework.rename import batches
from casework.signature import enterprise_seal
from registry.enterprises import enterprises, renames
from registry.enterprises.batch_states import BatchState
from storage.database import writing
from tests import engineers, people
from tests.offices import PIN, START, TYPE, Town
from tests.walks import Walk, walk_until

NEW_NAME = "上海示例结构设计集团有限公司"

Take = Callable[[], None]  #: does the act if it is not done yet, as the page would let it


@dataclass(frozen=True)
class Act:
    """An act of somebody, or of the house itself."""

    name: str
    prepare: Callable[[Town], Take]
    #: what is there once more when the act failed in a way that was told: it was asked for again
    again: frozenset[tuple[str, tuple[str, ...]]] = frozenset()

    def __str__(self) -> str:
        return self.name


def _step(name: str, node: str, *again: tuple[str, tuple[str, ...]]) -> Act:
    """Give an act upon one task of a first registration, with the jobs that follow from it."""

    def prepare(town: Town) -> Take:
        walk = Walk(town)
        walk.steps["review_application"] = lambda: enterprise_seal.agree(
            town.office, walk.case, opinion_ticked=True, actor=walk.employer
        )
        if node == "fill_form":
            values = town.values(walk.case, walk.person)
            walk.steps[node] = lambda: town.saves(walk.case, walk.person, values)
        walk_until(walk, node)
        town.works()

        def take() -> None:
            if node in town.open_nodes(walk.case):
                walk.steps[node]()
            town.works()

        return take

    return Act(name, prepare, frozenset(again))


def _rename(town: Town) -> Take:
    """Compute the new name of an enterprise of three engineers; it is confirmed in the act."""
    clerk = town.enterprise()
    uscc = people.uscc(1)
    town.works()
    company = town.world.companies[uscc]
    with writing(town.office.sessions) as session:
        enterprises.record(session, company, at=START)
        engineers.register(
            session,
            town.office.files,
            (1, 2, 3),
            uscc=uscc,
            enterprise_name=company.name,
            at=START,
            valid_to=date(2029, 6, 1),
        )
    town.world.companies[uscc] = replace(
        company, name=NEW_NAME, former_names=(*company.former_names, company.name)
    )
    batch = batches.compute(town.office, uscc, TYPE, clerk)
    town.works()

    def take() -> None:
        with town.office.sessions() as session:
            state = renames.get(session, batch).state
        if state == BatchState.COMPUTED:
            batches.confirm(town.office, batch, PIN, clerk)
        town.works()

    return take


ACTS = (
    _step("submit", "fill_form"),
    _step(
        "ask for the code",
        "preview_document",
        ("tasks", ("preview_document", "DONE")),
        ("steps", ("TASK", "preview_document")),
        ("steps", ("SERVICE", "send_code")),
    ),
    _step("sign", "enter_code"),
    _step("agree", "review_application"),
    _step("seal", "seal_document"),
    _step("review", "review"),
    _step("decide and issue", "decide"),
    _step("claim", "confirm_claim"),
    Act("rename", _rename),
)
