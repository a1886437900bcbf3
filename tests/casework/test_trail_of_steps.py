"""Each step of a case leaves exactly its audit rows: who did what, and how it ended.

A story is a list of steps with what the trail says afterwards, in order; a row that is missing, a
row too many or another actor fails. What the office does by itself is "system".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest
from sqlalchemy import select

from casework.application import withdrawal
from casework.case.refusals import StepRefused
from casework.decision import officer_tasks
from casework.registration import cancellation
from casework.rename import batches
from casework.signature import enterprise_seal, personal
from engine.actors import Actor
from registry.trail.audit import AuditEvent
from tests import people
from tests.casework.registration import cancelling
from tests.casework.rename.test_batches import hire, rename_outside
from tests.offices import PIN, TYPE, Town


@dataclass
class Cast:
    """Who plays, and which case it is about."""

    town: Town
    person: Actor
    employer: Actor
    officers: dict[str, Actor] = field(default_factory=dict)
    case: str = ""

    def officer(self, login: str) -> Actor:
        roles = {"zhao": "acceptor", "wang": "reviewer", "li": "approver"}
        if login not in self.officers:
            self.officers[login] = self.town.officer(login, roles[login])
        return self.officers[login]

    def names(self) -> dict[str, str]:
        """Give each actor's word in the stories."""
        told = {self.person.id: "person", self.employer.id: "employer", "system": "system"}
        return told | {actor.id: login for login, actor in self.officers.items()}


@pytest.fixture
def cast(town: Town) -> Cast:
    return Cast(town, town.person(issued=date(2025, 6, 2)), town.enterprise())


def starts(cast: Cast) -> None:
    cast.case = cast.town.starts(cast.person)


def saves(cast: Cast) -> None:
    cast.town.saves(cast.case, cast.person, cast.town.values(cast.case, cast.person))
    cast.town.clock.forward(minutes=2)


def saves_again(cast: Cast) -> None:
    changed = cast.town.values(cast.case, cast.person, enterprise_phone="021-00000002")
    cast.town.saves(cast.case, cast.person, changed)
    cast.town.clock.forward(minutes=2)


def asks_for_a_code(cast: Cast) -> None:
    form = personal.document(cast.town.office, cast.case)
    personal.begin(cast.town.office, cast.case, form.sha256, cast.person)


def types_a_wrong_code(cast: Cast) -> None:
    with pytest.raises(StepRefused, match="验证码"):
        personal.confirm(cast.town.office, cast.case, "000000", cast.person)


def types_the_code(cast: Cast) -> None:
    code = cast.town.world.code_for(people.person(1).mobile)
    personal.confirm(cast.town.office, cast.case, code, cast.person)


def agrees(cast: Cast) -> None:
    enterprise_seal.agree(cast.town.office, cast.case, opinion_ticked=True, actor=cast.employer)


def seals(cast: Cast) -> None:
    enterprise_seal.seal(cast.town.office, cast.case, pin=PIN, actor=cast.employer)


def sends_back(cast: Cast) -> None:
    enterprise_seal.send_back(
        cast.town.office, cast.case, reason="联系电话有误", actor=cast.employer
    )


def reviews(cast: Cast) -> None:
    cast.town.reviews(cast.case, cast.officer("wang"))


def extends(cast: Cast) -> None:
    officer_tasks.extend(
        cast.town.office, cast.case, reason="须向发证机关核实", actor=cast.officer("li")
    )


def decides(cast: Cast) -> None:
    cast.town.decides(cast.case, cast.officer("li"))


def refuses(cast: Cast) -> None:
    cast.town.decides(cast.case, cast.officer("li"), "reject")


def claims(cast: Cast) -> None:
    cast.town.claims(cast.case, cast.person)


def withdraws(cast: Cast) -> None:
    withdrawal.withdraw(cast.town.office, cast.case, cast.person)


def cancels(cast: Cast) -> None:
    cancelling.registers(cast.town, cast.person)
    cast.case = cancelling.signs(cast.town, cast.person)


def returns_the_cancellation(cast: Cast) -> None:
    cancelling.returns(cast.town, cast.case, cast.employer)


def asks_alone(cast: Cast) -> None:
    cancelling.asks_alone(cast.town, cast.case, cast.person)


def accepts(cast: Cast) -> None:
    task = cast.town.task(cast.case, "formal_check")
    officer_tasks.formal_check(cast.town.office, task.id, "accept", actor=cast.officer("zhao"))


def asks_to_correct(cast: Cast) -> None:
    task = cast.town.task(cast.case, "formal_check")
    officer_tasks.formal_check(
        cast.town.office, task.id, "correct", items=["证明材料不清晰"], actor=cast.officer("zhao")
    )


def objects(cast: Cast) -> None:
    cancellation.answer(
        cast.town.office, cast.case, agrees=False, text="合同尚未解除", actor=cast.employer
    )


def requests(cast: Cast) -> None:
    registration = cancelling.registers(cast.town, cast.person)
    cast.case = cancelling.requests(cast.town, registration, cast.employer)


def seals_the_request(cast: Cast) -> None:
    cancellation.seal_request(cast.town.office, cast.case, pin=PIN, actor=cast.employer)


def computes_a_rename(cast: Cast) -> None:
    hire(cast.town, 2)
    rename_outside(cast.town)
    cast.case = batches.compute(cast.town.office, people.uscc(1), TYPE, cast.employer)


def confirms_the_rename(cast: Cast) -> None:
    batches.confirm(cast.town.office, cast.case, PIN, cast.employer)
    cast.town.works()


def cancels_the_rename(cast: Cast) -> None:
    batches.cancel(cast.town.office, cast.case, cast.employer)


Story = tuple[tuple[Callable[[Cast], None], str], ...]

START = (starts, "person start")
SAVE = (saves, "person attachment.add, person form.save, system form.print")
ASK = (asks_for_a_code, "person sign.begin, system sign.code-sent")
SIGN = (types_the_code, "person sign.code, system sign, system notice.send")
AGREE = (agrees, "employer seal.agree")
SEAL = (
    seals,
    (
        "employer seal.pin, system seal, system accept, system letter.reserve,"
        " system acceptance-notice, system notice.send"
    ),
)
SEALED: Story = (START, SAVE, ASK, SIGN, AGREE, SEAL)
REVIEW = (reviews, "wang review")
#: Of a cancellation that the enterprise sent back and the person brings to the agency alone.
ALONE: Story = (
    (
        cancels,
        (
            "person start, person form.save, system form.print, person sign.begin,"
            " system sign.code-sent, person sign.code, system sign, system notice.send"
        ),
    ),
    (returns_the_cancellation, "employer return, employer notice.send"),
    (
        asks_alone,
        "person attachment.add, person ask_alone, system letter.reserve, system receipt",
    ),
)
COMPUTE = (computes_a_rename, "employer rename.compute")
STORIES: dict[str, Story] = {
    "an initial registration": (
        *SEALED,
        (
            extends,
            (
                "li extension, li extend, system letter.reserve, system extension-notice,"
                " system notice.send"
            ),
        ),
        REVIEW,
        (
            decides,
            (
                "li decide, system letter.reserve, system decision, system notice.send,"
                " system register, system certificate.prepare, system issue, system notice.send"
            ),
        ),
        (claims, "person claim.confirm, person claim, person close"),
    ),
    "a refusal": (
        *SEALED,
        REVIEW,
        (
            refuses,
            "li decide, system letter.reserve, system decision, system notice.send, system close",
        ),
    ),
    "a wrong code": (
        *(START, SAVE, ASK),
        (types_a_wrong_code, "person sign.code-refused DENIED"),
        SIGN,
    ),
    "sent back, changed, withdrawn": (
        *(START, SAVE, ASK, SIGN),
        (sends_back, "employer return, employer notice.send"),
        (
            saves_again,
            (
                "person attachment.add, person form.save, person void, person notice.send,"
                " system form.print"
            ),
        ),
        (withdraws, "person withdraw, person form.void, person close"),
    ),
    "a cancellation without the enterprise": (
        *ALONE,
        (
            accepts,
            (
                "zhao formal_check, zhao accept, system letter.reserve, system acceptance-notice,"
                " system notice.send"
            ),
        ),
        (objects, "employer answer"),
        REVIEW,
        (
            decides,
            (
                "li decide, system letter.reserve, system decision, system notice.send,"
                " system cancel, system certificate.prepare, system issue, system notice.send,"
                " system close"
            ),
        ),
    ),
    "a correction": (
        *ALONE,
        (
            asks_to_correct,
            (
                "zhao formal_check, system letter.reserve, system correction-notice,"
                " system notice.send"
            ),
        ),
    ),
    "a request of an enterprise": (
        (
            requests,
            "employer start, employer attachment.add, employer form.save, system form.print",
        ),
        (
            seals_the_request,
            "employer seal.pin, system seal, system letter.reserve, system receipt",
        ),
    ),
    "a new name": (
        COMPUTE,
        (
            confirms_the_rename,
            (
                "employer rename.confirm, system rename.seal, system rename.begin,"
                " system rename.item, system reissue, system certificate.prepare, system issue,"
                " system notice.send,"
                " system rename.done, system certificate.publish"
            ),
        ),
    ),
    "a new name given up": (COMPUTE, (cancels_the_rename, "employer rename.cancel")),
}


def trail(cast: Cast) -> list[AuditEvent]:
    """Give the whole trail, oldest first."""
    with cast.town.office.sessions() as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def told(cast: Cast, event: AuditEvent) -> str:
    """Give a row in words: who, what, and how it ended when it was refused.

    The row names the case, or what belongs to it, and says for whom the operator acted.
    """
    who = cast.names()[event.actor]
    assert event.acting_for == (people.uscc(1) if who == "employer" else None)
    return f"{who} {event.action}" + ("" if event.result == "OK" else f" {event.result}")


@pytest.mark.proves("F:traces-1")
@pytest.mark.parametrize("story", STORIES)
def test_each_step_leaves_exactly_its_rows(cast: Cast, story: str) -> None:
    """GB/T 22239: who, what, how it ended; nothing is done without its row, nothing has two."""
    for step, rows in STORIES[story]:
        before = len(trail(cast))
        step(cast)

        assert ", ".join(told(cast, event) for event in trail(cast)[before:]) == rows, step.__name__
