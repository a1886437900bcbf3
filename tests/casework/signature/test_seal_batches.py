"""One PIN for a list of files: each gets its own seal, by the action of a single one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from casework.signature import enterprise_seal, personal, seal_batches
from engine import actors
from engine.actors import Actor
from engine.jobs import queue
from engine.tables import Job
from refusals.refusal import NotFound
from registry.applications import documents
from registry.enterprises import enterprises
from registry.enterprises import seal_batches as lists
from registry.trail.audit import AuditEvent
from signing import Role
from signing.errors import AuthorizationUnknown, PinWrong
from storage.database import writing
from tests import people
from tests.offices import PIN, Town

USCC = people.uscc(1)


@pytest.fixture
def clerk(town: Town) -> Actor:
    """Give an operator on record, so that he can be withdrawn and named."""
    town.enterprise()
    return joins(town, "柏测试")


def joins(town: Town, name: str) -> Actor:
    with writing(town.office.sessions) as session:
        if session.get(enterprises.Enterprise, USCC) is None:
            facts = town.world.companies[USCC]
            enterprises.record(session, facts, at=town.clock())
        operator = enterprises.enrol_operator(
            session, USCC, subject=name, name=name, at=town.clock()
        )
    return actors.operator(operator.id, USCC)


@pytest.fixture
def cases(town: Town, clerk: Actor) -> list[str]:
    """Give two applications that wait for the enterprise."""
    return [signed(town, number) for number in (1, 2)]


def signed(town: Town, number: int) -> str:
    person = town.person(number, issued=date(2025, 6, 2))
    case = town.starts(person)
    town.saves(case, person, town.values(case, person))
    town.clock.forward(minutes=2)
    town.signs(case, person)
    return case


def confirms(town: Town, batch: str, clerk: Actor, pin: str = PIN) -> None:
    """Leave everything chosen, tick the opinion, type the PIN."""
    with town.office.sessions() as session:
        chosen = [item.id for item in lists.items(session, batch)]
    seal_batches.confirm(
        town.office, batch, chosen=chosen, opinions_ticked=True, pin=pin, actor=clerk
    )


def seals_the_first(town: Town, batch: str) -> None:
    """Let the worker come as far as the first of the list."""
    with town.office.sessions() as session:
        first = lists.items(session, batch)[0]
    seal_batches.apply(town.office, first.id)


def ends(town: Town, batch: str) -> list[tuple[str, str | None]]:
    """Give the state and the code of each item."""
    with town.office.sessions() as session:
        return [(item.state, item.code) for item in lists.items(session, batch)]


def seals_of(town: Town, case: str) -> list[str]:
    form = personal.document(town.office, case)
    with town.office.sessions() as session:
        return [signature.role for signature in documents.signatures(session, form.id)]


@pytest.mark.both_databases
def test_one_pin_seals_each_file_by_itself(town: Town, cases: list[str], clerk: Actor) -> None:
    """Each of the list gets its own seal; what was listed is in the trail, by its hash."""
    shown = [personal.document(town.office, case).sha256 for case in cases]
    batch = seal_batches.compose(town.office, USCC, cases, clerk)

    confirms(town, batch, clerk)
    town.works()

    assert ends(town, batch) == [("SEALED", None)] * 2
    for case in cases:
        assert town.status(case) == "UNDER_REVIEW"
        assert seals_of(town, case) == ["applicant", "enterprise"]
    with town.office.sessions() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        leaves = [item.authorization for item in lists.items(session, batch)]
    assert [row.facts["sha256"] for row in rows if row.action == "seal.listed"] == shown
    assert [row.facts.get("batch") for row in rows if row.action == "seal.pin"] == [batch] * 2
    assert sum(row.action == "seal.agree" for row in rows) == 2
    assert leaves == [None, None]


def test_a_file_that_changed_since_is_refused_and_the_others_are_sealed(
    town: Town, cases: list[str], clerk: Actor
) -> None:
    """The PIN allows what was listed: another file of the same case is not sealed by it."""
    person = town.person(1)
    batch = seal_batches.compose(town.office, USCC, cases, clerk)
    town.saves(cases[0], person, town.values(cases[0], person, enterprise_phone="021-00000002"))
    town.clock.forward(minutes=2)
    town.signs(cases[0], person)

    confirms(town, batch, clerk)
    town.works()

    assert ends(town, batch) == [("REFUSED", "E_DOCUMENT_CHANGED"), ("SEALED", None)]
    assert town.status(cases[0]) == "PERSONAL_SIGNED"
    assert seals_of(town, cases[0]) == ["applicant"]


def test_a_wrong_pin_seals_nothing(town: Town, cases: list[str], clerk: Actor) -> None:
    """It counts as one wrong try for the whole list; the list can be confirmed afterwards."""
    batch = seal_batches.compose(town.office, USCC, cases, clerk)

    with pytest.raises(PinWrong, match="还可以输入4次"):
        confirms(town, batch, clerk, pin="000000")
    town.works()

    assert ends(town, batch) == [("PENDING", None)] * 2
    confirms(town, batch, clerk)
    town.works()
    assert ends(town, batch) == [("SEALED", None)] * 2


@pytest.mark.both_databases
def test_two_clerks_with_overlapping_lists(town: Town, cases: list[str], clerk: Actor) -> None:
    """Both confirm at once: every file is sealed once, and the other list says by whom."""
    colleague = joins(town, "温样本")
    batches = {
        seal_batches.compose(town.office, USCC, cases, clerk): clerk,
        seal_batches.compose(town.office, USCC, cases, colleague): colleague,
    }
    for batch, actor in batches.items():
        confirms(town, batch, actor)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: town.works(), range(2)))
    town.works()

    first, second = (ends(town, batch) for batch in batches)
    for pair in zip(first, second, strict=True):
        assert sorted(pair) == [("REFUSED", "E_SEALED_BY_COLLEAGUE"), ("SEALED", None)]
    for case in cases:
        assert seals_of(town, case) == ["applicant", "enterprise"]
    assert town.troubles() == []


def test_a_withdrawn_clerk_seals_no_more(town: Town, cases: list[str], clerk: Actor) -> None:
    """His running list stops: what he had confirmed and was not begun is not sealed."""
    batch = seal_batches.compose(town.office, USCC, cases, clerk)
    confirms(town, batch, clerk)
    seals_the_first(town, batch)
    with writing(town.office.sessions) as session:
        known = session.get_one(enterprises.Operator, clerk.id.partition(":")[2])
        known.active = False

    town.works()

    assert ends(town, batch) == [("SEALED", None), ("STOPPED", "E_SEALER_WITHDRAWN")]
    assert town.status(cases[1]) == "PERSONAL_SIGNED"


def test_stopping_leaves_the_rest_and_takes_back_the_leave(
    town: Town, cases: list[str], clerk: Actor
) -> None:
    """What was not begun waits as before; the leave that the PIN gave for it is worth nothing."""
    batch = seal_batches.compose(town.office, USCC, cases, clerk)
    confirms(town, batch, clerk)
    with town.office.sessions() as session:
        leave = str(lists.items(session, batch)[1].authorization)
    seals_the_first(town, batch)

    seal_batches.stop(town.office, batch, clerk)
    town.works()

    assert ends(town, batch) == [("SEALED", None), ("STOPPED", "E_SEAL_STOPPED")]
    assert town.open_nodes(cases[1]) == {"review_application"}
    form = personal.document(town.office, cases[1])
    with pytest.raises(AuthorizationUnknown):
        town.office.signatures.seal_application(
            town.office.files.get(form.sha256), uscc=USCC, authorization=leave, key="late"
        )
    seal_batches.stop(town.office, batch, clerk)  # a second press is done
    with pytest.raises(seal_batches.BatchNotOpen):
        seal_batches.stop(town.office, batch, joins(town, "侯测试"))


def test_a_seal_blocked_half_way_is_told_for_the_rest(
    town: Town, cases: list[str], clerk: Actor
) -> None:
    """A certificate that is revoked while the list runs: the first is sealed, the rest says why."""
    batch = seal_batches.compose(town.office, USCC, cases, clerk)
    confirms(town, batch, clerk)
    seals_the_first(town, batch)
    town.revokes_the_key()

    town.works()

    assert ends(town, batch) == [("SEALED", None), ("REFUSED", "E_CERT_REVOKED")]
    assert town.open_nodes(cases[1]) == {"review_application"}


@pytest.mark.both_databases
def test_a_crash_between_the_seal_and_its_note_seals_once(
    town: Town, cases: list[str], clerk: Actor
) -> None:
    """The job comes again after its runner died: it finds the seal and only notes it."""
    town.works()
    batch = seal_batches.compose(town.office, USCC, cases[:1], clerk)
    confirms(town, batch, clerk)
    with writing(town.office.sessions) as session:
        held = queue.claim(session, town.clock())
        assert held is not None
        assert held.job.operation == "signing/seal_item"
    seal_batches.apply(town.office, held.job.params["item_id"])  # and then the process dies
    with writing(town.office.sessions) as session:
        session.get_one(Job, held.job.id).lease_until = 0
        lists.items(session, batch)[0].state = "SEALING"

    town.works()

    assert ends(town, batch) == [("SEALED", None)]
    assert seals_of(town, cases[0]) == ["applicant", "enterprise"]
    assert town.troubles() == []


def test_what_stands_against_a_seal_is_told_before_the_pin(
    town: Town, cases: list[str], clerk: Actor
) -> None:
    """A case that a colleague has taken or that waits elsewhere is held back with its reason."""
    colleague = joins(town, "温样本")
    enterprise_seal.agree(town.office, cases[0], opinion_ticked=True, actor=colleague)
    town.seals(cases[1], clerk)

    batch = seal_batches.compose(town.office, USCC, cases, clerk)

    assert ends(town, batch) == [("HELD_BACK", "E_SEAL_HELD"), ("HELD_BACK", "E_STEP_NOT_OPEN")]
    with pytest.raises(seal_batches.NothingChosen):
        confirms(town, batch, clerk)


def test_what_cannot_be_confirmed(town: Town, cases: list[str], clerk: Actor) -> None:
    """Nobody's, somebody else's, too old, twice, without the opinion, too many: each has a code."""
    office, colleague = town.office, joins(town, "温样本")
    with pytest.raises(seal_batches.NothingChosen):
        seal_batches.compose(office, USCC, [], clerk)
    with pytest.raises(seal_batches.TooManyChosen, match="一次最多选择100件"):
        seal_batches.compose(office, USCC, [str(number) for number in range(101)], clerk)
    with pytest.raises(NotFound):
        seal_batches.compose(office, people.uscc(2), cases, town.enterprise(2))
    batch = seal_batches.compose(office, USCC, cases, clerk)
    with pytest.raises(seal_batches.ListOfAnother, match="柏测试"):
        confirms(town, batch, colleague)
    with office.sessions() as session:
        chosen = [item.id for item in lists.items(session, batch)]
    with pytest.raises(seal_batches.OpinionsNotTicked):
        seal_batches.confirm(
            office, batch, chosen=chosen, opinions_ticked=False, pin=PIN, actor=clerk
        )
    town.clock.forward(minutes=31)
    with pytest.raises(seal_batches.BatchOutdated):
        confirms(town, batch, clerk)
    again = seal_batches.compose(office, USCC, cases, clerk)
    confirms(town, again, clerk)

    with pytest.raises(seal_batches.BatchNotOpen):
        confirms(town, again, clerk)


def test_agreeing_and_sealing_on_one_page(town: Town, cases: list[str], clerk: Actor) -> None:
    """A single application: opinion and PIN in one action; a wrong PIN leaves it as it was."""
    with pytest.raises(PinWrong):
        enterprise_seal.agree_and_seal(
            town.office, cases[0], opinion_ticked=True, pin="000000", actor=clerk
        )
    assert town.open_nodes(cases[0]) == {"review_application"}

    enterprise_seal.agree_and_seal(town.office, cases[0], opinion_ticked=True, pin=PIN, actor=clerk)

    assert town.status(cases[0]) == "UNDER_REVIEW"
    assert seals_of(town, cases[0]) == [Role.APPLICANT, Role.ENTERPRISE]
